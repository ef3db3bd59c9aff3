//! Calling an installation as its clients do, and reading what it answers.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::conformity;

/// What was answered, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, as text.
    pub text: String,
}

impl Answer {
    /// Reads a response.
    pub async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    /// The body as JSON.
    #[track_caller]
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("not JSON ({error}): {self:?}"))
    }

    /// A header, as text; empty when it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Demands a status and exactly this body.
    #[track_caller]
    pub fn is(&self, status: u16, body: &Value) -> &Self {
        assert_eq!((self.status.as_u16(), self.json()), (status, body.clone()));
        self
    }

    /// Demands a status and exactly `{"message": …}`.
    #[track_caller]
    pub fn says(&self, status: u16, message: &str) -> &Self {
        self.is(status, &serde_json::json!({ "message": message }))
    }
}

/// Somebody who calls an installation, with the headers that he sends along.
#[derive(Debug, Clone)]
pub struct Caller {
    http: reqwest::Client,
    url: String,
    headers: HeaderMap,
}

impl Caller {
    /// A caller of the installation at `url`, without credentials.
    #[must_use]
    pub fn new(url: &str) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Self { http, url: url.to_owned(), headers: HeaderMap::new() }
    }

    /// The same caller, sending another header.
    #[must_use]
    pub fn with(&self, name: &'static str, value: &str) -> Self {
        let mut caller = self.clone();
        caller.headers.insert(HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap());
        caller
    }

    /// The same caller, with Basic credentials.
    #[must_use]
    pub fn basic(&self, user: &str, password: &str) -> Self {
        use base64::Engine as _;
        self.with("authorization", &format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"))))
    }

    /// The same caller, with a bearer token.
    #[must_use]
    pub fn bearer(&self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    /// A request of this caller, to be finished by hand.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url)).headers(self.headers.clone())
    }

    /// Calls with GET.
    pub async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    /// Calls with POST and a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        answer(self.request(Method::POST, path).json(body)).await
    }

    /// Calls with PUT and a JSON body.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        answer(self.request(Method::PUT, path).json(body)).await
    }

    /// Calls with DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        answer(self.request(Method::DELETE, path)).await
    }

    /// Calls with POST and any bytes of any type.
    pub async fn post_raw(&self, path: &str, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
        answer(self.request(Method::POST, path).header("content-type", content_type).body(body)).await
    }

    /// Calls with POST and a form.
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        answer(self.request(Method::POST, path).form(fields)).await
    }
}

/// Sends a request and reads what is answered, which has to be as documented.
async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let (client, request) = request.build_split();
    let request = request.unwrap();
    let (method, path) = (request.method().clone(), request.url().path().to_owned());
    let answer = Answer::read(client.execute(request).await.unwrap()).await;
    conformity::demand(&method, &path, &answer);
    answer
}
