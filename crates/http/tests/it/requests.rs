//! What holds for every request (contract `common.md`, *HTTP*; threat rows 24, 48, 49, 51, 52, 59).

use std::time::Duration;

use daftar_testkit::Installation;
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::usapi::{applicant, person};

/// Every JSON endpoint, and whether it wants a machine client.
const JSON_ENDPOINTS: [(&str, bool); 6] =
    [("/auth", false), ("/internal/register", true), ("/signup", true), ("/signup/verify", true), ("/signup/resend", true), ("/check/email", false)];

#[tokio::test]
async fn an_unknown_path_is_404_and_a_wrong_method_405_with_allow() {
    let site = Installation::start().await;
    for path in ["/", "/nothing", "/auth/nothing", "/.env", "/signup/../auth/x"] {
        site.anybody().get(path).await.says(404, "Not found");
    }
    for (path, _) in JSON_ENDPOINTS {
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
            let answer = daftar_testkit::Answer::read(site.shop().request(method, path).send().await.unwrap()).await;
            answer.says(405, "Method not allowed");
            assert_eq!(answer.header("allow"), "POST", "{path}");
        }
    }
}

#[tokio::test]
async fn head_is_get_without_its_body_and_options_is_405_unless_configured() {
    let site = Installation::start().await;
    let call = |method: Method, path: &'static str| {
        let site = &site;
        async move { daftar_testkit::Answer::read(site.anybody().request(method, path).send().await.unwrap()).await }
    };
    for path in ["/healthz", "/readyz", "/.well-known/jwks.json", "/signup/confirm?key=x", "/basic-profile", "/dev/inbox", "/pictures/x.jpg"] {
        let (get, head) = (call(Method::GET, path).await, call(Method::HEAD, path).await);
        assert_eq!((head.status, head.text.as_str()), (get.status, ""), "{path}");
        for name in ["content-type", "content-length", "cache-control", "x-content-type-options", "www-authenticate"] {
            assert_eq!(head.header(name), get.header(name), "{name} of {path}");
        }
    }
    for (path, allow) in [("/auth", "POST"), ("/healthz", "GET,HEAD"), ("/signup/confirm", "GET,HEAD,POST")] {
        let answer = call(Method::OPTIONS, path).await;
        answer.says(405, "Method not allowed");
        assert_eq!(answer.header("allow"), allow, "{path}");
    }
}

#[tokio::test]
async fn a_path_that_is_no_text_leads_nowhere() {
    let site = Installation::start().await;
    for path in ["/pictures/%ff", "/pictures/%ff.jpg", "/dev/inbox/%ff", "/dev/inbox/%C3%28", "/%ff"] {
        site.anybody().get(path).await.says(404, "Not found");
    }
}

#[tokio::test]
async fn row_51_what_is_not_one_json_object_is_400() {
    let site = Installation::start().await;
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(500), "]".repeat(500));
    let odd: Vec<Vec<u8>> = [
        "",
        "null",
        "[]",
        "\"x\"",
        "1",
        "{",
        "{}x",
        "{\"username\":\"a\",\"username\":\"b\"}",
        "{\"username\":\"\\u0000\"}",
        "{\"n\":1e999}",
        "{\"s\":\"\\ud800\"}",
        &deep,
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .chain([b"{\"s\":\"\xff\"}".to_vec()])
    .collect();
    for (path, _) in JSON_ENDPOINTS {
        for body in &odd {
            let answer = site.shop().post_raw(path, "application/json", body.clone()).await;
            answer.says(400, "Request body is malformed");
        }
    }
}

#[tokio::test]
async fn another_content_type_is_415_and_a_charset_is_none() {
    let site = Installation::start().await;
    for (path, _) in JSON_ENDPOINTS {
        for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "multipart/form-data; boundary=x"] {
            site.shop().post_raw(path, content_type, "{}").await.says(415, "Content-Type must be application/json");
        }
        assert_eq!(site.shop().post_raw(path, "Application/JSON; charset=utf-8", "{}").await.status, 400);
        let untyped = site.shop().request(Method::POST, path).body("{}").send().await.unwrap();
        assert_eq!(untyped.status(), 415);
    }
}

#[tokio::test]
async fn a_body_over_64_kibibytes_is_413() {
    let site = Installation::start().await;
    for (path, _) in JSON_ENDPOINTS {
        for size in [64 * 1024 + 1, 1_000_000, 10_000_000] {
            let body = format!("{{\"x\":\"{}\"}}", "x".repeat(size));
            site.shop().post_raw(path, "application/json", body).await.says(413, "Request body is too large");
        }
    }
    let fits = format!("{{\"x\":\"{}\"}}", "x".repeat(64 * 1024 - 8));
    site.shop().post_raw("/auth", "application/json", fits).await.says(400, "Must have required property 'username'");
}

#[tokio::test]
async fn a_refused_call_leaves_its_connection_usable_whatever_it_was_sending() {
    let site = Installation::start().await;
    let mut socket = TcpStream::connect(site.address()).await.unwrap();
    // Refused by its head alone, while the body is still on its way.
    for (path, size) in [("/signup", 2), ("/nothing", 40_000), ("/update-basic-profile", 3_000_000), ("/healthz", 100_000)] {
        socket.write_all(format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {size}\r\n\r\n").as_bytes()).await.unwrap();
        socket.write_all(&vec![b'x'; size]).await.unwrap();
        let answer = read_answer(&mut socket).await;
        assert!(answer.starts_with("HTTP/1.1 40") && !answer.to_lowercase().contains("connection: close"), "{path}: {answer}");
    }
}

/// Reads one answer with a `content-length`.
async fn read_answer(socket: &mut TcpStream) -> String {
    let mut answer = String::new();
    loop {
        let mut piece = [0; 4096];
        let read = socket.read(&mut piece).await.unwrap();
        assert!(read > 0, "the connection was closed: {answer}");
        answer.push_str(std::str::from_utf8(&piece[..read]).unwrap());
        if let Some((head, body)) = answer.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse::<usize>().unwrap();
            if body.len() >= length {
                return answer;
            }
        }
    }
}

#[tokio::test]
async fn unknown_properties_are_ignored() {
    let site = Installation::start().await;
    let mut body = person(1);
    body["is_admin"] = json!(true);
    body["deep"] = json!({"x": [1, 2, {"y": null}]});
    assert_eq!(site.shop().post("/internal/register", &body).await.status, 200);
}

#[tokio::test]
async fn row_59_every_answer_carries_its_request_id_and_is_kept_by_nobody() {
    let site = Installation::start().await;
    for path in ["/healthz", "/nothing", "/auth", "/basic-profile", "/signup/confirm?key=x"] {
        let answer = site.anybody().get(path).await;
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
        assert_eq!((answer.header("cache-control"), answer.header("x-content-type-options")), ("no-store", "nosniff"), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "");
    }
    let named = site.anybody().with("x-request-id", "order.17_a-B").get("/healthz").await;
    assert_eq!(named.header("x-request-id"), "order.17_a-B");
    for odd in ["with blank", &"x".repeat(65), "a/b", "<script>"] {
        let answer = site.anybody().with("x-request-id", odd).get("/healthz").await;
        assert!(!answer.header("x-request-id").is_empty() && answer.header("x-request-id") != odd);
    }
    let (one, two) = (site.anybody().get("/healthz").await, site.anybody().get("/healthz").await);
    assert_ne!(one.header("x-request-id"), two.header("x-request-id"));
}

#[tokio::test]
async fn row_59_scripts_of_other_origins_may_not_call_unless_configured() {
    let preflight = |site: &Installation| {
        let caller = site.anybody().with("origin", "https://shop.example").with("access-control-request-method", "POST");
        async move { daftar_testkit::Answer::read(caller.request(Method::OPTIONS, "/auth").send().await.unwrap()).await }
    };
    let closed = Installation::start().await;
    assert_eq!(preflight(&closed).await.header("access-control-allow-origin"), "");
    let open = Installation::builder().cors_origin("https://shop.example").start().await;
    let allowed = preflight(&open).await;
    assert_eq!(allowed.header("access-control-allow-origin"), "https://shop.example");
    assert_eq!(allowed.header("access-control-allow-methods"), "GET,POST,PUT,DELETE");
}

#[tokio::test]
async fn row_49_silent_and_slow_clients_are_closed_within_the_header_timeout_and_harm_nobody() {
    let site = Installation::start().await;
    let mut silent = Vec::new();
    for n in 0..300 {
        let mut socket = TcpStream::connect(site.address()).await.unwrap();
        match n % 3 {
            0 => {}
            1 => socket.write_all(b"POST /auth HTT").await.unwrap(),
            _ => socket.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ").await.unwrap(),
        }
        silent.push(socket);
    }
    assert_eq!(site.anybody().get("/healthz").await.status, 200);
    let closing = futures_util::future::join_all(silent.iter_mut().map(|socket| async {
        let mut rest = Vec::new();
        // What is read does not matter, that it ends does.
        let _ = socket.read_to_end(&mut rest).await;
    }));
    tokio::time::timeout(Duration::from_secs(15), closing).await.expect("every socket is closed within the header timeout of 10 s");
}

#[tokio::test]
async fn half_a_body_is_the_clients_own_loss() {
    let site = Installation::start().await;
    let mut socket = TcpStream::connect(site.address()).await.unwrap();
    socket.write_all(b"POST /auth HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"user").await.unwrap();
    socket.shutdown().await.unwrap();
    let mut answer = String::new();
    let _ = socket.read_to_string(&mut answer).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert_eq!(site.anybody().get("/healthz").await.status, 200);
}

#[tokio::test]
async fn row_52_no_secret_and_no_whole_contact_reaches_a_log_at_trace_level() {
    let site = Installation::start().await;
    let log = daftar_testkit::log::capture();
    let shop = site.shop();
    let token = shop.post("/signup", &applicant(7, "LINK")).await.json()["token"].as_str().unwrap().to_owned();
    let (code, link) = (site.code_for("siti7@example.test").await, site.link_for("siti7@example.test").await);
    let otp = shop.post("/signup", &applicant(8, "OTP")).await.json()["token"].as_str().unwrap().to_owned();
    let sms_code = site.code_for("+6281000000008").await;
    shop.post("/signup/verify", &json!({"token": token, "otp": code})).await;
    let session = site.anybody().post("/auth", &json!({"username": "siti 7", "password": "rahasia sekali"})).await.json();
    let session = session["token"].as_str().unwrap().to_owned();
    site.anybody().bearer(&session).get("/basic-profile").await;
    site.break_store();
    for (path, body) in [("/auth", json!({"username": "siti7@example.test", "password": "rahasia sekali"})), ("/signup", applicant(9, "OTP"))] {
        let answer = shop.post(path, &body).await;
        assert!(answer.status.is_server_error(), "{path}: {answer:?}");
    }
    let key = link.rsplit_once("key=").unwrap().1.to_owned();
    site.anybody().get(&format!("/signup/confirm?key={key}")).await;
    let text = log.text();
    assert!(text.contains("answered"), "the log was on: {} bytes", text.len());
    let secret = site.shop_secret();
    for secret in [&*code, &key, &sms_code, &token, &otp, &session, "rahasia sekali", secret, "siti7@example.test", "6281000000008", "$argon2id$"] {
        assert!(!text.contains(secret), "the log holds {secret}: {}", text.lines().find(|l| l.contains(secret)).unwrap_or_default());
    }
}
