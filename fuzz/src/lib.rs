//! What the targets share: an installation that answers requests without a socket, and requests written as a file has them.

use std::sync::{LazyLock, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daftar_core::client::Scope;
use daftar_core::identifier::Country;
use daftar_http::Peer;
use daftar_testkit::Installation;
use http_body_util::BodyExt as _;
use serde_json::json;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

/// The one installation of a process: its store on SQLite, its hashes cheap, without limits, and with nobody who sends what it wants sent.
static SERVICE: LazyLock<Service> = LazyLock::new(Service::start);

struct Service {
    runtime: Runtime,
    router: Router,
    /// The Basic credentials of a machine client that may do everything.
    client: String,
    /// The Bearer credentials of somebody who is signed in.
    person: Mutex<String>,
    /// It stops when it is dropped.
    _installation: Installation,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its header.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Answer {
    /// Demands what holds for every answer: nothing fails for what somebody sent, and what is said to be JSON is, where there is anything (to `HEAD` there is not).
    pub fn holds(&self) -> &Self {
        assert!(!self.status.is_server_error(), "{self:?}");
        let kind = self.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let is_json = kind.starts_with("application/json") || kind.starts_with("application/problem+json");
        assert!(!is_json || self.body.is_empty() || serde_json::from_slice::<serde_json::Value>(&self.body).is_ok(), "{self:?}");
        self
    }
}

/// The answer to a request.
#[must_use]
pub fn answer(request: Request) -> Answer {
    SERVICE.answer(request)
}

/// The `authorization` of a machine client that may do everything.
#[must_use]
pub fn client() -> &'static str {
    &SERVICE.client
}

/// The `authorization` of somebody who is signed in, also after he was made to sign out.
#[must_use]
pub fn person() -> String {
    let mut person = SERVICE.person.lock().unwrap_or_else(PoisonError::into_inner);
    let profile = Request::get("/basic-profile").header(header::AUTHORIZATION, person.as_str()).body(Body::empty()).expect("a request");
    if SERVICE.answer(profile).status != StatusCode::OK {
        *person = SERVICE.somebody();
    }
    person.clone()
}

impl Service {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let installation = runtime.block_on(Installation::builder().without_workers().behind_proxy().start());
        let scopes = Scope::ALL.to_vec();
        let (client, secret) = runtime.block_on(installation.clients().create("all", scopes, Country::indonesia())).expect("a client");
        let client = format!("Basic {}", STANDARD.encode(format!("{}:{}", client.id.as_str(), secret.expose())));
        let router = daftar_http::router(installation.app());
        let service = Self { runtime, router, client, person: Mutex::default(), _installation: installation };
        *service.person.lock().unwrap_or_else(PoisonError::into_inner) = service.somebody();
        service
    }

    fn answer(&self, mut request: Request) -> Answer {
        // From this machine, whose forwarded headers are believed.
        request.extensions_mut().insert(Peer(([127, 0, 0, 1], 1).into()));
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
            let (head, body) = response.into_parts();
            let body = body.collect().await.expect("answers are whole").to_bytes();
            Answer { status: head.status, headers: head.headers, body }
        })
    }

    /// The credentials of an account that was made for it.
    fn somebody(&self) -> String {
        let name = format!("siti-{}", uuid::Uuid::new_v4());
        let phone = format!("6281{:010}", uuid::Uuid::new_v4().as_u128() % 10_000_000_000);
        let account = json!({
            "username": name, "password": "correct horse", "email": format!("{name}@example.com"),
            "first_name": "Siti", "last_name": "Rahma", "phone_number": phone,
        });
        let registered = self.post("/internal/register", &account);
        assert_eq!(registered.status, StatusCode::OK, "{registered:?}");
        let signed_in = self.post("/auth", &json!({"username": name, "password": "correct horse"}));
        let answer: serde_json::Value = serde_json::from_slice(&signed_in.body).expect("JSON");
        format!("Bearer {}", answer.get("token").and_then(|token| token.as_str()).expect("a token"))
    }

    fn post(&self, path: &str, body: &serde_json::Value) -> Answer {
        let request = Request::post(path).header(header::AUTHORIZATION, &self.client).header(header::CONTENT_TYPE, "application/json");
        self.answer(request.body(Body::from(body.to_string())).expect("a request"))
    }
}

/// A request as a file has it: `METHOD /path`, header fields, an empty line, the body. The credentials `client` and `person` stand for real ones.
/// `None`: it is none that a server would read.
#[must_use]
pub fn request(file: &[u8]) -> Option<Request> {
    let mut rest = file;
    let (method, target) = line(&mut rest)?.split_once(' ')?;
    let mut request = Request::builder().method(method).uri(target);
    loop {
        let (name, value) = match line(&mut rest)? {
            "" => break request.body(Body::from(rest.to_vec())).ok(),
            field => field.split_once(": ")?,
        };
        request = match (name, value) {
            ("authorization", "client") => request.header(name, client()),
            ("authorization", "person") => request.header(name, person()),
            _ => request.header(name, value),
        };
    }
}

/// The next line, if there is one more.
fn line<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let (line, behind) = rest.split_at_checked(end)?;
    *rest = behind.get(1..)?;
    std::str::from_utf8(line).ok()
}
