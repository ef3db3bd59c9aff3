//! What is answered where no surface's own shape applies: by pages, pictures, receipts and operators' calls.

use std::marker::PhantomData;

use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use daftar_core::service::Fault;

use super::property::{Property, text};
use super::refusal::Refusal;
use crate::surface::bounds::Bounds;
use crate::surface::fault::{retry_after, status_of};
use crate::surface::headers::message;

/// A refusal of what this is about: `{"message": …}`.
pub(crate) struct Plain<A> {
    status: StatusCode,
    text: &'static str,
    header: Option<(HeaderName, HeaderValue)>,
    about: PhantomData<A>,
}

// Its status is its name.
impl<A> std::fmt::Debug for Plain<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.status.canonical_reason().unwrap_or_default().replace(' ', ""))
    }
}

/// What plain refusals are about.
pub(crate) trait About {
    /// By its name.
    const TAG: &'static str;
}

/// Pages behind links.
pub(crate) struct Pages;

impl About for Pages {
    const TAG: &'static str = "Pages";
}

/// Where gateways report.
pub(crate) struct Gateways;

impl About for Gateways {
    const TAG: &'static str = "Gateways";
}

/// What operators and their programs call.
pub(crate) struct Operators;

impl About for Operators {
    const TAG: &'static str = "Operators";
}

/// The development inbox.
pub(crate) struct Development;

impl About for Development {
    const TAG: &'static str = "Development";
}

impl<A> Plain<A> {
    /// Says so.
    pub(crate) const fn saying(status: StatusCode, text: &'static str) -> Self {
        Self { status, text, header: None, about: PhantomData }
    }

    /// There is nothing here.
    pub(crate) const fn not_found() -> Self {
        Self::saying(StatusCode::NOT_FOUND, "Not found")
    }
}

impl<A> From<Fault> for Plain<A> {
    fn from(fault: Fault) -> Self {
        let (status, seconds) = status_of(&fault);
        let text = if seconds.is_some() { "Service is busy, please try again" } else { "Internal error" };
        Self { status, text, header: seconds.map(retry_after), about: PhantomData }
    }
}

impl<A> IntoResponse for Plain<A> {
    fn into_response(self) -> Response {
        let mut response = message(self.status, self.text);
        response.headers_mut().extend(self.header);
        response
    }
}

impl<A: About> Refusal for Plain<A> {
    const TAG: &'static str = A::TAG;
    const BOUNDS: Bounds = Bounds::plain();

    fn properties() -> Vec<Property> {
        vec![text("message").about("For developers to read").like("Not found")]
    }
}
