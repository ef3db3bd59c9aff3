//! Row 18: other ways to write a path, other methods and override headers get no extra tries at anything that can be guessed.

use daftar_testkit::{Answer, Caller, Installation};
use reqwest::Method;
use serde_json::{Value, json};

use super::{raw, status_of};
use crate::app::{E164, EMAIL, LOGIN, PHONE, asked, by_mail, english, with_password};
use crate::invas::{self, newest_token};
use crate::usapi::{self, applicant, registered, started};

/// Headers that make other servers take a request for another one, and values that would.
const OVERRIDES: [(&str, &str); 9] = [
    ("x-http-method-override", "PUT"),
    ("x-http-method", "DELETE"),
    ("x-method-override", "GET"),
    ("x-original-url", "/check/email"),
    ("x-rewrite-url", "/app/auth/username/info"),
    ("x-forwarded-uri", "/healthz"),
    ("x-forwarded-path", "/healthz"),
    ("x-forwarded-prefix", "/other"),
    ("forwarded", "for=203.0.113.9"),
];

/// A call at which something can be guessed, with what is right.
struct Guess {
    path: &'static str,
    authorization: String,
    right: Value,
}

impl Guess {
    fn new(path: &'static str, authorization: &str, right: Value) -> Self {
        Self { path, authorization: authorization.to_owned(), right }
    }

    /// Sends the right answer to exactly this target; the status.
    async fn at(&self, site: &Installation, target: &str) -> u16 {
        let body = self.right.to_string();
        let authorization = if self.authorization.is_empty() { String::new() } else { format!("authorization: {}\r\n", self.authorization) };
        let head = format!("POST {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{authorization}content-type: application/json");
        status_of(&raw(site, format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes()).await)
    }
}

/// Every such call; what is right is right now.
async fn guesses(site: &Installation) -> Vec<Guess> {
    registered(site, 1).await;
    by_mail(site).await;
    let bearer = crate::oauth::host(site).await.token(site).await;
    let shop = site.shop().request(Method::GET, "/").build().unwrap().headers()["authorization"].to_str().unwrap().to_owned();
    let token = started(site, &applicant(2, "OTP")).await;
    let registration = json!({"token": token, "otp": site.code_for("+6281000000002").await});
    let code = asked(&english(site), LOGIN, EMAIL, 0).await;
    let code = json!({"otpToken": code, "otp": site.newest_code(2, EMAIL).await});
    invas::registered(&site.anybody().bearer(&bearer), &invas::customer()).await;
    let customer = invas::confirmation(&newest_token(site, 1, invas::NUMBER).await);
    vec![
        Guess::new("/auth", "", json!({"username": "siti 1", "password": "rahasia sekali"})),
        Guess::new("/app/auth/login", "", json!({"loginID": "siti 1", "password": "rahasia sekali", "deviceToken": "x"})),
        Guess::new("/signup/verify", &shop, registration),
        Guess::new("/app/auth/login/verify", "", code),
        Guess::new("/b2b/customer/register/confirm", &format!("Bearer {bearer}"), customer),
    ]
}

/// Other ways to write a path, which some servers take for the same.
fn variants(path: &str) -> Vec<String> {
    let (parent, last) = path.rsplit_once('/').unwrap();
    let encoded = format!("{parent}/%{:02x}{}", last.as_bytes()[0], &last[1..]);
    let mut variants = vec![
        format!("/{path}"),
        format!("{path}/"),
        format!("{path}//"),
        format!("/.{path}"),
        format!("{path}/."),
        format!("{path}/x/.."),
        format!("/x/..{path}"),
        format!("/%2e{path}"),
        format!("/%2e%2e{path}"),
        format!("{parent}//{last}"),
        format!("{parent}/./{last}"),
        format!("{parent}%2f{last}"),
        format!("{path};x=1"),
        format!("{path}%2f"),
        format!("{path}%20"),
        format!("{path}%00"),
        format!("{path}%3fx=1"),
        format!("{path}.json"),
        format!("{parent}/{}", last.to_uppercase()),
        encoded,
    ];
    // A target begins with a slash, or it is no request at all.
    variants.retain(|variant| variant != path && variant.starts_with('/'));
    variants
}

#[tokio::test]
async fn row_18_no_other_way_to_write_a_path_leads_to_anything_that_can_be_guessed() {
    let site = Installation::start().await;
    for guess in guesses(&site).await {
        for variant in variants(guess.path) {
            assert_eq!(guess.at(&site, &variant).await, 404, "{variant}");
        }
        // What is right was not used up by any of them.
        assert_eq!(guess.at(&site, guess.path).await, 200, "{}", guess.path);
    }
    assert_eq!(site.wrong_codes_of_everybody().await, 0);
}

#[tokio::test]
async fn row_18_no_method_and_no_override_header_leads_to_anything_that_can_be_guessed() {
    let site = Installation::start().await;
    for guess in guesses(&site).await {
        let bare = site.anybody();
        let caller = if guess.authorization.is_empty() { bare } else { bare.with("authorization", &guess.authorization) };
        for method in ["GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE", "post", "POSTS"] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            for (name, _) in OVERRIDES {
                let request = caller.with(name, if name.contains("method") { "POST" } else { guess.path }).request(method.clone(), guess.path);
                let answer = Answer::read(request.json(&guess.right).send().await.unwrap()).await;
                assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "POST"), "{method} {} with {name}", guess.path);
            }
        }
        // Nor does a header lead here what goes elsewhere.
        for (name, _) in OVERRIDES.iter().filter(|(name, _)| !name.contains("method")) {
            for elsewhere in ["/nothing", "/healthz"] {
                let answer = caller.with(name, guess.path).post(elsewhere, &guess.right).await;
                assert_eq!(answer.status, if elsewhere == "/nothing" { 404 } else { 405 }, "{name}");
            }
        }
        assert_eq!(guess.at(&site, guess.path).await, 200, "{}: nothing was used up", guess.path);
    }
}

/// The same call with each override header in turn.
fn overridden(caller: &Caller) -> impl Iterator<Item = Caller> {
    OVERRIDES.iter().map(|(name, value)| caller.with(name, value)).chain([caller.clone()])
}

#[tokio::test]
async fn row_18_override_headers_and_queries_give_no_fresh_passwords() {
    for path in ["/auth", "/app/auth/login"] {
        let site = Installation::with_limits().await;
        registered(&site, 1).await;
        let body = |password: &str| match path {
            "/auth" => json!({"username": "siti 1", "password": password}),
            _ => json!({"loginID": "siti 1", "password": password, "deviceToken": "x"}),
        };
        for (n, caller) in overridden(&site.anybody()).take(10).enumerate() {
            assert_eq!(caller.post(&format!("{path}?try={n}"), &body("wrong password")).await.status, 401, "{n}");
        }
        for (n, caller) in overridden(&site.anybody()).enumerate() {
            assert_eq!(caller.post(&format!("{path}?again={n}"), &body("rahasia sekali")).await.status, 429, "{n}");
        }
    }
}

#[tokio::test]
async fn row_18_override_headers_and_queries_give_no_fresh_codes() {
    let site = Installation::start().await;
    let session = crate::app::by_phone(&site).await;
    with_password(&site, &session).await;
    // App: three tries.
    let token = asked(&english(&site), LOGIN, PHONE, 0).await;
    let code = site.newest_code(2, E164).await;
    let shown = |code: &str| json!({"otpToken": token, "otp": code});
    for (n, caller) in overridden(&site.anybody()).take(9).enumerate() {
        let answer = caller.post(&format!("/app/auth/login/verify?try={n}"), &shown(&crate::app::wrong(&code))).await;
        assert_eq!(answer.status, 400);
    }
    assert_eq!(site.wrong_codes_of_everybody().await, 3);
    for caller in overridden(&site.anybody()) {
        assert_eq!(caller.post("/app/auth/login/verify", &shown(&code)).await.status, 400);
    }
    // USAPI: five.
    let token = started(&site, &applicant(2, "OTP")).await;
    let code = site.code_for("+6281000000002").await;
    let shown = |code: &str| json!({"token": token, "otp": code});
    for (n, caller) in overridden(&site.shop()).take(9).enumerate() {
        let answer = caller.post(&format!("/signup/verify?try={n}"), &shown(&usapi::wrong(&code))).await;
        assert_eq!(answer.status, 400);
    }
    assert_eq!(site.wrong_codes_of_everybody().await, 8);
    for caller in overridden(&site.shop()) {
        assert_eq!(caller.post("/signup/verify", &shown(&code)).await.status, 400);
    }
}
