//! Which machine client calls (RFC 6749 §2.3.1): by Basic, or in the form. Nothing else is said of a request before that is known (threat row 33): with
//! Basic not a byte of the body is read, without it the form is read for its credentials alone.

use axum::extract::Request;
use axum::http::{HeaderMap, header};
use daftar_core::client::MachineClient;
use percent_encoding::percent_decode;

use super::error::OauthError;
use super::form::Form;
use crate::App;
use crate::surface::caller::basic;

/// A machine client that has said who it is, and what it asks.
pub(super) struct Asked {
    pub(super) client: MachineClient,
    pub(super) form: Form,
}

impl Asked {
    /// Reads a request and authenticates its client.
    pub(super) async fn read(app: &App, request: Request) -> Result<Self, OauthError> {
        let (head, body) = request.into_parts();
        let asked = if head.headers.contains_key(header::AUTHORIZATION) {
            let (id, secret) = by_basic(&head.headers).ok_or(OauthError::InvalidClient)?;
            let client = authenticate(app, &id, &secret).await?;
            let form = Form::read(&head.headers, body).await?;
            // Many clients name themselves in the form as well, which is no second way as long as it is the same one.
            if form.get("client_secret").is_some() || form.get("client_id").is_some_and(|named| named != client.id.as_str()) {
                return Err(OauthError::TwoWays);
            }
            Self { client, form }
        } else {
            let form = Form::read(&head.headers, body).await?;
            let (Some(id), Some(secret)) = (form.get("client_id"), form.get("client_secret")) else { return Err(OauthError::InvalidClient) };
            Self { client: authenticate(app, id, secret).await?, form }
        };
        if asked.form.repeats() { Err(OauthError::Repeated) } else { Ok(asked) }
    }
}

async fn authenticate(app: &App, id: &str, secret: &str) -> Result<MachineClient, OauthError> {
    app.accounts().authenticate_machine(id, secret).await?.ok_or(OauthError::InvalidClient)
}

/// Id and secret, each encoded like a form's value before they were joined.
fn by_basic(headers: &HeaderMap) -> Option<(String, String)> {
    let given = basic(headers)?;
    Some((decoded(&given.user)?, decoded(&given.password)?))
}

fn decoded(text: &str) -> Option<String> {
    Some(percent_decode(text.replace('+', " ").as_bytes()).decode_utf8().ok()?.into_owned())
}
