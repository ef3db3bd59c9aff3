//! What is tried at every surface alike (`docs/security.md`), and must come to nothing at each.

mod addresses;
mod browsers;
mod codes;
mod common_passwords;
mod identity;
mod json;
mod numbers;
mod overload;
mod paths;
mod proxies;
mod theft;
mod timing;
mod tokens;
mod uploads;

use daftar_testkit::{Answer, Caller, Installation};
use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::app::{E164, PHONE, RESET, access, asked, by_phone, english, show};
use crate::{invas, usapi};

/// One caller of every kind, all at one installation.
struct Cast {
    site: Installation,
    anybody: Caller,
    /// A machine client of USAPI.
    shop: Caller,
    /// A partner's host.
    host: Caller,
    /// Somebody who is signed in on USAPI.
    on_usapi: Caller,
    /// Somebody who is signed in on App, whose phone number is `PHONE`.
    on_app: Caller,
    /// The same person, who may set a new password.
    recovering: Caller,
}

impl Cast {
    async fn gather() -> Self {
        let site = Installation::start().await;
        let host = invas::host(&site).await;
        let on_usapi = site.anybody().bearer(&usapi::signed_in(&site, 1).await);
        let on_app = english(&site).bearer(&by_phone(&site).await);
        let code = asked(&english(&site), RESET, PHONE, 0).await;
        let recovering = english(&site).bearer(&access(&show(&english(&site), RESET, &code, &site.newest_code(2, E164).await).await));
        Self { anybody: english(&site), shop: site.shop(), host, on_usapi, on_app, recovering, site }
    }

    /// Every call that takes JSON, and who may make it.
    fn json_calls(&self) -> Vec<(Method, &'static str, &Caller)> {
        let posted = |caller, paths: &[&'static str]| paths.iter().map(|path| (Method::POST, *path, caller)).collect::<Vec<_>>();
        let mut calls = posted(&self.anybody, &["/auth", "/check/email"]);
        calls.extend(posted(&self.shop, &["/internal/register", "/signup", "/signup/verify", "/signup/resend"]));
        calls.extend(posted(&self.anybody, &["/app/auth/account/check", "/app/auth/username/info", "/app/auth/login", "/app/auth/otp"]));
        calls.extend(posted(&self.anybody, &["/app/auth/login/verify", "/app/auth/signup/verify", "/app/auth/forgot-password/verify"]));
        calls.extend(posted(&self.on_app, &["/app/auth/update-email/verify", "/app/auth/update-phone/verify", "/app/auth/password"]));
        calls.push((Method::PUT, "/app/auth/password", &self.recovering));
        calls.push((Method::PUT, "/app/auth/device-token", &self.on_app));
        let invas = ["/b2b/customer/register", "/b2b/customer/register/confirm"];
        calls.extend(posted(&self.host, &invas));
        calls.extend(posted(&self.host, &["/b2b/customer/resend/registration/sms", "/b2b/customer/resend/registration/email"]));
        calls
    }

    /// Every call that wants credentials, and the scheme of those.
    fn guarded_calls() -> Vec<(Method, &'static str, &'static str)> {
        let (get, post, put) = (Method::GET, Method::POST, Method::PUT);
        vec![
            (post.clone(), "/internal/register", "Basic"),
            (post.clone(), "/signup", "Basic"),
            (post.clone(), "/signup/verify", "Basic"),
            (post.clone(), "/signup/resend", "Basic"),
            (post.clone(), "/update-basic-profile", "Bearer"),
            (get.clone(), "/basic-profile", "Bearer"),
            (get.clone(), "/app/auth/info", "Bearer"),
            (post.clone(), "/app/auth/update-email/verify", "Bearer"),
            (post.clone(), "/app/auth/update-phone/verify", "Bearer"),
            (post.clone(), "/app/auth/password", "Bearer"),
            (put.clone(), "/app/auth/password", "Bearer"),
            (put, "/app/auth/device-token", "Bearer"),
            (Method::DELETE, "/app/auth/logout", "Bearer"),
            (post.clone(), "/b2b/customer/register", "Bearer"),
            (post.clone(), "/b2b/customer/register/confirm", "Bearer"),
            (post.clone(), "/b2b/customer/resend/registration/sms", "Bearer"),
            (post.clone(), "/b2b/customer/resend/registration/email", "Bearer"),
            (get.clone(), "/b2b/customer/auth/verifyUsername", "Bearer"),
            (get.clone(), "/b2b/customer/auth/verifyEmail", "Bearer"),
            (get, "/admin/messages", "Bearer"),
            (post.clone(), "/oauth/token", "Basic"),
            (post.clone(), "/oauth/introspect", "Basic"),
            (post, "/oauth/revoke", "Basic"),
        ]
    }
}

/// Calls with any method, and any bytes of any type.
async fn send(caller: &Caller, method: Method, path: &str, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
    Answer::read(caller.request(method, path).header("content-type", content_type).body(body).send().await.unwrap()).await
}

/// Sends exactly this request, which no client library has tidied; what comes back until the server closes the connection.
async fn raw(site: &Installation, request: &[u8]) -> String {
    let mut socket = TcpStream::connect(site.address()).await.unwrap();
    socket.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    // What was answered counts, however the connection ends.
    let _ = socket.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status in a raw answer; 0 when there is none.
fn status_of(answer: &str) -> u16 {
    answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).and_then(|status| status.parse().ok()).unwrap_or_default()
}
