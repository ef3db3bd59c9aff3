//! Short messages through the whole program: routes out of the environment, a gateway as documented, and a signed receipt.

use std::net::TcpListener;

use base64::Engine as _;
use daftar_testkit::gateway::{GatewaySink, Shape};
use serde_json::{Value, json};

use super::program::Home;

/// Where the gateway reaches us.
const PUBLIC_URL: &str = "https://accounts.example.test";

/// As Twilio signs a receipt: HMAC-SHA-1 over the URL and the sorted fields.
fn signature(url: &str, fields: &[(&str, &str)]) -> String {
    let mut sorted = fields.to_vec();
    sorted.sort_unstable();
    let signed: String = sorted.iter().map(|(name, value)| format!("{name}{value}")).collect();
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"hunter2");
    base64::engine::general_purpose::STANDARD.encode(aws_lc_rs::hmac::sign(&key, format!("{url}{signed}").as_bytes()))
}

// The gateway answers while the test waits for a command.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_passes_a_dead_gateway_and_its_receipt_counts_only_with_the_right_signature() {
    let sink = GatewaySink::of(Shape::Twilio);
    // Nobody listens there any more.
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let routes = format!(
        r#"[{{name = "dead", preset = "generic", url = "http://{dead}/send"}},
            {{name = "twilio", preset = "twilio", url = "{}", account = "AC00112233445566778899aabbccddeeff", secret = "hunter2", sender = "DAFTAR"}}]"#,
        sink.url()
    );
    let home = Home::for_development().with("DAFTAR_SMS__ROUTES", &routes).with("DAFTAR_PUBLIC_URL", PUBLIC_URL);
    let (client, http) = (home.client(), reqwest::Client::new());
    let server = home.start(&["serve"]);
    let body = json!({
        "username": "siti", "password": "correct horse", "first_name": "Siti", "last_name": "Rahma",
        "phone_number": "6281234567890", "email": "siti@example.test", "mode": "OTP",
    });
    let signup = http.post(format!("{}/signup", server.base)).basic_auth(&client.id, Some(&client.secret)).json(&body);
    assert_eq!(signup.send().await.unwrap().status(), 200);

    let sent = sink.took(1).await.remove(0);
    let form: Vec<(String, String)> = sent.form();
    let value = |name: &str| form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    assert_eq!((value("To"), value("From")), ("+6281234567890", "DAFTAR"));
    let callback = format!("{PUBLIC_URL}/receipts/twilio");
    assert_eq!(value("StatusCallback"), callback);

    let sid = sink.reference(1);
    let fields = [("MessageSid", sid.as_str()), ("MessageStatus", "delivered"), ("To", "+6281234567890")];
    let report =
        |signature: String| http.post(format!("{}/receipts/twilio", server.base)).header("x-twilio-signature", signature).form(&fields).send();
    assert_eq!(report(signature("https://another.example.test/receipts/twilio", &fields)).await.unwrap().status(), 403);
    assert_eq!(report(signature(&callback, &fields)).await.unwrap().status(), 204);
    let found: Value = home.json(&["outbox", "list", "--to", "+6281234567890", "--status", "delivered", "--json"]);
    let attempts = found[0]["attempts"].as_array().unwrap_or_else(|| panic!("{found}"));
    let routes: Vec<&str> = attempts.iter().filter_map(|attempt| attempt["route"].as_str()).collect();
    assert_eq!((routes.first(), routes.last()), (Some(&"dead"), Some(&"twilio")), "{found}");
    assert!(!found.to_string().contains("81234567890"), "{found}");

    // The address at which one that signs nothing reports holds a token; it is the one that the server knows.
    let told = home.json(&["outbox", "routes", "--json"]);
    assert_eq!((&told[0]["name"], &told[1]["name"], &told[1]["receipts"]), (&json!("dead"), &json!("twilio"), &json!(callback)));
    let path = told[0]["receipts"].as_str().and_then(|url| url.strip_prefix(PUBLIC_URL)).unwrap_or_else(|| panic!("{told}"));
    let receipt = json!({ "id": "unheard-of", "status": "delivered" });
    assert_eq!(http.post(format!("{}{path}", server.base)).json(&receipt).send().await.unwrap().status(), 204);
    assert_eq!(http.post(format!("{}{path}x", server.base)).json(&receipt).send().await.unwrap().status(), 403);
    assert!(home.run(&["outbox", "routes"]).ok().contains(path));
    assert!(server.stop().success());
    assert_eq!(sink.counts().taken, 1);
}
