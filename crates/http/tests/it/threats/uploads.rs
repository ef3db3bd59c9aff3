//! Rows 46, 47 and 48: pictures and forms that are made to harm.

use std::time::Duration;

use daftar_testkit::{Answer, Installation, pictures};
use futures_util::future::join_all;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use tokio::time::Instant;

use super::{raw, status_of};
use crate::usapi::signed_in;

const PATH: &str = "/update-basic-profile";
const PROFILE: &str = r#"{"date_of_birth": "1996-10-18", "gender": "Perempuan", "phone_number": "6281000000001"}"#;
const NOT_A_PICTURE: &str = "Profile image must be a JPEG, PNG or WebP picture";

/// Somebody who is signed in.
struct Uploader {
    site: Installation,
    token: String,
}

impl Uploader {
    async fn new() -> Self {
        let site = Installation::start().await;
        Self { token: signed_in(&site, 1).await, site }
    }

    async fn send(&self, form: Form) -> Answer {
        Answer::read(self.site.anybody().bearer(&self.token).request(Method::POST, PATH).multipart(form).send().await.unwrap()).await
    }

    async fn upload(&self, name: &str, content_type: &str, picture: Vec<u8>) -> Answer {
        let part = Part::bytes(picture).file_name(name.to_owned()).mime_str(content_type).unwrap();
        self.send(Form::new().text("basic_profile", PROFILE).part("profile_img", part)).await
    }

    /// What is shown of the account.
    async fn shown(&self) -> String {
        self.site.anybody().bearer(&self.token).get("/basic-profile").await.text
    }

    /// Its picture and thumbnail, as they are served.
    async fn served(&self) -> Vec<(reqwest::header::HeaderMap, Vec<u8>)> {
        let profile: serde_json::Value = serde_json::from_str(&self.shown().await).unwrap();
        let mut served = Vec::new();
        for name in ["profile_img", "profile_thumb"] {
            let path = profile[name].as_str().unwrap().strip_prefix(self.site.url()).unwrap().to_owned();
            let answer = self.site.anybody().request(Method::GET, &path).send().await.unwrap();
            served.push((answer.headers().clone(), answer.bytes().await.unwrap().to_vec()));
        }
        served
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// A JPEG picture with a segment behind its first marker.
fn with_segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let picture = pictures::jpeg(300, 200);
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&picture[..2], &[0xff, marker], &length, content, &picture[2..]].concat()
}

#[tokio::test]
async fn row_46_bombs_are_refused_at_once_also_when_many_come() {
    let uploader = Uploader::new().await;
    let before = uploader.shown().await;
    let began = Instant::now();
    let sizes = [(50_000, 50_000), (65_535, 65_535), (2_147_483_647, 2_147_483_647), (1, 2_147_483_647), (50_000, 1_000)];
    let answers = join_all((0..40).map(|n| {
        let (width, height) = sizes[n % sizes.len()];
        uploader.upload("bomb.png", "image/png", pictures::png_claiming(width, height))
    }));
    let cheap = async {
        for _ in 0..20 {
            assert_eq!(uploader.site.anybody().get("/healthz").await.status, 200);
        }
    };
    let (answers, ()) = tokio::join!(answers, cheap);
    // Who finds no place comes again; nobody waits for a bomb: one of them, drawn, would be ten gigabytes.
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let (busy, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 503);
    assert!(!refused.is_empty() && busy.iter().all(|answer| !answer.header("retry-after").is_empty()), "{busy:?}");
    for answer in refused {
        answer.says(400, NOT_A_PICTURE);
    }
    for (width, height) in sizes {
        uploader.upload("bomb.png", "image/png", pictures::png_claiming(width, height)).await.says(400, NOT_A_PICTURE);
    }
    assert_eq!((uploader.shown().await, uploader.site.files_kept()), (before, 0));
}

#[tokio::test]
async fn row_47_of_what_hides_in_or_behind_a_picture_nothing_is_served() {
    let uploader = Uploader::new().await;
    let exif = with_segment(0xe1, b"Exif\0\0MM\0*\0\0\0\x08\0\0 GPS 6.1751 S 106.8650 E <script>alert(1)</script>");
    let comment = with_segment(0xfe, b"<?php system($_GET['c']); ?><script>alert(1)</script>");
    let behind = |picture: Vec<u8>| [&picture[..], b"\nPK\x03\x04<html><script>alert(1)</script><?php system(1); ?>"].concat();
    for (name, content_type, picture) in [
        ("a.jpg", "image/jpeg", exif),
        ("a.jpg.php", "application/x-php", comment),
        ("a.html", "text/html", behind(pictures::jpeg(300, 200))),
        ("a.svg", "image/svg+xml", behind(pictures::png(300, 200))),
        ("a.js", "text/javascript", behind(pictures::png(300, 200))),
    ] {
        let answer = uploader.upload(name, content_type, picture).await;
        assert_eq!(answer.status, 200, "{name}: {answer:?}");
        for (headers, bytes) in uploader.served().await {
            assert!(headers["content-type"] == "image/jpeg" && headers["x-content-type-options"] == "nosniff", "{name}: {headers:?}");
            assert!(bytes.starts_with(&[0xff, 0xd8]) && bytes.ends_with(&[0xff, 0xd9]), "{name}: a whole JPEG picture and no more");
            for hidden in ["<script", "<?php", "<html", "GPS", "Exif", "PK\u{3}\u{4}", "alert"] {
                assert!(!contains(&bytes, hidden), "{name} holds {hidden}");
            }
        }
    }
    assert_eq!(uploader.site.files_kept(), 2);
}

#[tokio::test]
async fn row_47_what_is_none_of_three_kinds_of_picture_is_refused_whatever_it_calls_itself() {
    let uploader = Uploader::new().await;
    let svg =
        "<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg xmlns='http://www.w3.org/2000/svg'><text>&x;</text></svg>";
    let gif = [&b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"[..]].concat();
    for (name, content_type, bytes) in [
        ("a.png", "image/png", svg.as_bytes().to_vec()),
        ("a.svg", "image/svg+xml", svg.as_bytes().to_vec()),
        ("a.gif", "image/gif", gif.clone()),
        ("a.jpg", "image/jpeg", gif),
        ("a.jpg", "image/jpeg", b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec()),
        ("a.jpg", "image/jpeg", b"II*\0\x08\0\0\0\0\0\0\0".to_vec()),
        ("a.jpg", "image/jpeg", b"%PDF-1.7\n".to_vec()),
        ("a.jpg", "image/jpeg", b"<html><body>hello</body></html>".to_vec()),
        ("a.jpg", "image/jpeg", b"\xff\xd8\xff\xe0\0\x10JFIF\0".to_vec()),
        ("a.webp", "image/webp", b"RIFF\xff\xff\xff\xffWEBPVP8 ".to_vec()),
        ("a.avif", "image/avif", b"\0\0\0\x20ftypavif\0\0\0\0avifmif1".to_vec()),
    ] {
        uploader.upload(name, content_type, bytes).await.says(400, NOT_A_PICTURE);
    }
    assert_eq!(uploader.site.files_kept(), 0);
}

/// A form as a browser writes it, with these parts.
fn written(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut form = Vec::new();
    for (head, content) in parts {
        form.extend_from_slice(format!("--b\r\ncontent-disposition: form-data; {head}\r\n\r\n").as_bytes());
        form.extend_from_slice(content);
        form.extend_from_slice(b"\r\n");
    }
    form.extend_from_slice(b"--b--\r\n");
    form
}

#[tokio::test]
async fn row_48_half_a_body_is_refused_wherever_it_ends_and_leaves_nothing() {
    let uploader = Uploader::new().await;
    let before = uploader.shown().await;
    let picture = pictures::png(200, 200);
    let whole = written(&[("name=\"basic_profile\"", PROFILE.as_bytes()), ("name=\"profile_img\"; filename=\"a.png\"", &picture)]);
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {}\r\ncontent-type: multipart/form-data; boundary=b",
        uploader.token
    );
    let ends = (1..whole.len()).step_by(whole.len() / 23);
    for end in ends {
        let half = &whole[..end];
        // The length is right, and the form is not whole; then fewer bytes than the length says; then a chunk that never comes.
        let short = [format!("{head}\r\ncontent-length: {end}\r\n\r\n").as_bytes(), half].concat();
        let status = status_of(&raw(&uploader.site, &short).await);
        assert_eq!(status, 400, "cut after {end} of {}", whole.len());
        for hanging in [format!("content-length: {}\r\n\r\n", whole.len()), format!("transfer-encoding: chunked\r\n\r\n{:x}\r\n", whole.len())] {
            let request = [format!("{head}\r\n{hanging}").as_bytes(), half].concat();
            let status = status_of(&hang_up(&uploader.site, &request).await);
            assert!(status == 0 || (400..500).contains(&status), "{status} after {end} of {}", whole.len());
        }
    }
    assert_eq!((uploader.shown().await, uploader.site.files_kept()), (before, 0));
    // Whole, it is good.
    let good = [format!("{head}\r\ncontent-length: {}\r\n\r\n", whole.len()).as_bytes(), &whole].concat();
    assert_eq!(status_of(&raw(&uploader.site, &good).await), 200);
}

/// Sends a request and ends the sending side; what comes back.
async fn hang_up(site: &Installation, request: &[u8]) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut socket = tokio::net::TcpStream::connect(site.address()).await.unwrap();
    socket.write_all(request).await.unwrap();
    socket.shutdown().await.unwrap();
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn row_48_parts_have_a_number_a_size_and_a_name() {
    let uploader = Uploader::new().await;
    let before = uploader.shown().await;
    let me = uploader.site.anybody().bearer(&uploader.token);
    let picture = pictures::png(10, 10);
    let profile = ("name=\"basic_profile\"", PROFILE.as_bytes());
    let other: (&str, &[u8]) = ("name=\"other\"", b"x");
    let many = |count: usize| written(&[&[profile][..], &vec![other; count - 1]].concat());
    let large = format!("{{\"x\":\"{}\"}}", "x".repeat(64 * 1024));
    let mixed = b"--c\r\ncontent-disposition: attachment; filename=\"a\"\r\n\r\nx\r\n--c--";
    for (what, status, form) in [
        ("17 parts", 400, many(17)),
        ("10,000 parts", 400, many(10_000)),
        ("the profile twice", 400, written(&[profile, profile])),
        (
            "the picture twice",
            400,
            written(&[profile, ("name=\"profile_img\"; filename=\"a\"", &picture), ("name=\"profile_img\"; filename=\"b\"", &picture)]),
        ),
        ("a profile of 64 KiB and more", 413, written(&[("name=\"basic_profile\"", large.as_bytes())])),
        ("a picture of 5 MiB and more", 413, written(&[profile, ("name=\"profile_img\"; filename=\"a\"", &vec![0; 5 * 1024 * 1024 + 1])])),
        ("6 MiB and more of what nobody asked for", 413, written(&[profile, ("name=\"other\"", &vec![0; 6 * 1024 * 1024 + 1])])),
        ("a part without a name", 400, written(&[("filename=\"a\"", PROFILE.as_bytes())])),
        ("forms in a form", 400, written(&[profile, ("name=\"profile_img\"; filename=\"a\"", mixed)])),
        ("lines that end otherwise", 400, String::from_utf8_lossy(&written(&[profile])).replace("\r\n", "\n").into_bytes()),
    ] {
        let answer = me.post_raw(PATH, "multipart/form-data; boundary=b", form).await;
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        assert!(answer.json()["message"].is_string(), "{what}");
    }
    for boundary in ["", "; boundary=", "; boundary=c", "; charset=utf-8", &format!("; boundary={}", "b".repeat(10_000))] {
        let answer = me.post_raw(PATH, &format!("multipart/form-data{boundary}"), written(&[profile])).await;
        assert_eq!(answer.status, 400, "{boundary:?}: {answer:?}");
    }
    assert_eq!((uploader.shown().await, uploader.site.files_kept()), (before, 0));
    assert_eq!(me.post_raw(PATH, "multipart/form-data; boundary=b", many(16)).await.status, 200);
}
