//! Multipart forms with a profile and a picture. Whatever is in them is refused or done, and nothing that is done had more parts, or larger ones, than
//! are allowed (threat row 48).
#![no_main]

use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use daftar_fuzz::{answer, person};
use libfuzzer_sys::fuzz_target;

// The first line is the content type, the rest the body.
fuzz_target!(|input: &[u8]| {
    let Some(end) = input.iter().position(|byte| *byte == b'\n') else { return };
    let (kind, body) = (input.get(..end).unwrap_or_default(), input.get(end + 1..).unwrap_or_default());
    let request = Request::post("/update-basic-profile").header(header::AUTHORIZATION, person()).header(header::CONTENT_TYPE, kind);
    let Ok(request) = request.body(Body::from(body.to_vec())) else { return };
    let answered = answer(request);
    answered.holds();
    if answered.status == StatusCode::OK {
        assert!(kind.to_ascii_lowercase().starts_with(b"multipart/form-data"), "it took another type");
        let parts = body.windows(21).filter(|bytes| bytes.eq_ignore_ascii_case(b"\ncontent-disposition:")).count();
        let has = |text: &[u8]| body.windows(text.len()).any(|bytes| bytes == text);
        assert!(has(b"basic_profile") && has(b"phone_number") && parts >= 1, "it took what was not there");
    }
});
