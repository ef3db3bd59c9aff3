//! The documentation of every call, as OpenAPI 3.1, made by the program itself (contract `operations.md`, *Endpoints for operators*): `/openapi.json`, and `/docs` to read and
//! try it.
//!
//! Each surface says in its `described` what its calls read and answer; routes cannot be added without it. What a refusal says is written by the code that refuses, the
//! lengths are the constants that are checked, and every answer that a test gets is held against it. So it says what the program does.
//!
//! | module | what lives there |
//! |---|---|
//! | `routes` | routes with their descriptions |
//! | `operation` | one call |
//! | `property` | what is read and answered |
//! | `parameter` | headers that several calls take |
//! | `refusal` | what is answered instead of a success |
//! | `plain` | the same where no surface's own shape applies |
//! | `security` | who must say who he is |
//! | `page` | `/docs` |

pub(crate) mod operation;
mod page;
pub(crate) mod parameter;
pub(crate) mod plain;
pub(crate) mod property;
pub(crate) mod refusal;
pub(crate) mod routes;
pub(crate) mod security;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use axum::body::Bytes;
use utoipa::openapi::path::PathsBuilder;
use utoipa::openapi::schema::ComponentsBuilder;
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Info, OpenApi, OpenApiBuilder, PathItem, Server};

use routes::Routes;

pub(crate) use page::routes;

const ABOUT: &str = "One account store behind three surfaces that existing clients speak: USAPI, INVAS and App User Auth. \
    Every answer has `x-request-id`; `429` and `503` say in `retry-after` how many seconds to wait. \
    Text that people read is in the language of `accept-language`.";

/// What each part of the documentation is about, in the order in which it is read.
const TAGS: [(&str, &str); 9] = [
    ("USAPI", "User accounts of web shops and apps. Machine clients authenticate with Basic, people with the token of `POST /auth`."),
    ("App User Auth", "Sign-up, sign-in and recovery by one-time codes, for mobile apps. Every answer is an envelope."),
    ("INVAS", "Partner hosts register customers. Every refusal is a problem (RFC 9457)."),
    ("OAuth", "Access tokens of machine clients (RFC 6749 §4.4, RFC 7662, RFC 7009, RFC 8414)."),
    ("Administration", "What machine clients with scope `admin` may see and do."),
    ("Pages", "What the links in messages lead to, and pictures. For browsers."),
    ("Gateways", "Where SMS gateways report."),
    ("Operators", "Health, public keys, metrics, this documentation."),
    ("Development", "The inbox, which is there only where a transport is `inbox`."),
];

/// The whole document.
pub(crate) fn document(surfaces: &[Routes]) -> OpenApi {
    let (mut paths, mut components) = (PathsBuilder::new(), ComponentsBuilder::new());
    let mut named = BTreeSet::new();
    for (path, described) in surfaces.iter().flat_map(Routes::described) {
        paths = paths.path(path, PathItem::new(described.method, described.operation));
        let (name, properties) = described.refusal;
        if named.insert(name.clone()) {
            components = components.schema(name, property::closed(&properties));
        }
    }
    for (name, scheme) in security::schemes() {
        components = components.security_scheme(name, scheme);
    }
    let mut info = Info::new("Daftar", env!("CARGO_PKG_VERSION"));
    info.description = Some(ABOUT.to_owned());
    let tags = TAGS.map(|(name, about)| TagBuilder::new().name(name).description(Some(about)).build());
    OpenApiBuilder::new().info(info).servers(Some([Server::new("/")])).tags(Some(tags)).paths(paths).components(Some(components.build())).build()
}

/// The document as `/openapi.json` answers it and as it is kept in `docs/openapi.json`.
pub fn written() -> &'static Bytes {
    static WRITTEN: OnceLock<Bytes> = OnceLock::new();
    WRITTEN.get_or_init(|| {
        let mut text = document(&crate::surfaces()).to_pretty_json().unwrap_or_default();
        text.push('\n');
        Bytes::from(text)
    })
}
