//! Arbitrary JSON to every endpoint: never a 5xx, never a text that is not ours.

use daftar_testkit::Installation;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

const NAMES: [&str; 20] = [
    "loginID",
    "nature",
    "sendType",
    "otpToken",
    "deviceToken",
    "deviceType",
    "username",
    "password",
    "first_name",
    "last_name",
    "phone_number",
    "email",
    "mode",
    "platform",
    "token",
    "otp",
    "options",
    "nativeApp",
    "x",
    "",
];

/// Signing out aside, which would end the session of the rounds that follow.
const APP: [(&str, &str); 12] = [
    ("POST", "/app/auth/account/check"),
    ("POST", "/app/auth/username/info"),
    ("POST", "/app/auth/login"),
    ("POST", "/app/auth/otp"),
    ("POST", "/app/auth/login/verify"),
    ("POST", "/app/auth/signup/verify"),
    ("POST", "/app/auth/forgot-password/verify"),
    ("POST", "/app/auth/update-email/verify"),
    ("POST", "/app/auth/update-phone/verify"),
    ("POST", "/app/auth/password"),
    ("PUT", "/app/auth/password"),
    ("PUT", "/app/auth/device-token"),
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "\\PC{0,300}",
        Just("LINK".to_owned()),
        Just("OTP".to_owned()),
        "62[0-9]{5,17}",
        "[0-9]{4,8}",
        "[a-z]{1,8}@[a-z]{1,8}\\.[a-z]{2,3}",
        Just("rahasia sekali".to_owned()),
        "[A-Za-z0-9_-]{1,20}\\.[A-Za-z0-9_-]{1,20}\\.[A-Za-z0-9_-]{1,20}",
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => text().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        2 => (-1_i64..7).prop_map(Value::from),
        1 => any::<f64>().prop_map(|n| json!(n)),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(&NAMES[..]), inner), 0..4).prop_map(object),
        ]
    })
}

fn object(entries: Vec<(&'static str, Value)>) -> Value {
    Value::Object(entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

#[tokio::test]
async fn arbitrary_json_gets_an_answer_of_ours_from_every_endpoint() {
    let site = Installation::start().await;
    let token = crate::usapi::signed_in(&site, 1).await;
    let mei = crate::app::by_mail(&site).await;
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let bodies = prop::collection::vec((prop::sample::select(&NAMES[..]), value()), 0..14).prop_map(object);
    for round in 0..150 {
        let body = bodies.new_tree(&mut runner).unwrap().current();
        for path in ["/auth", "/internal/register", "/signup", "/signup/verify", "/signup/resend", "/check/email"] {
            let answer = site.shop().post(path, &body).await;
            assert!(!answer.status.is_server_error(), "round {round}: {path} {body} -> {answer:?}");
            assert!(answer.status.is_success() || answer.json()["message"].is_string(), "{path} {body} -> {answer:?}");
        }
        for (method, path) in APP {
            for caller in [site.anybody(), site.anybody().bearer(&mei)] {
                let answer = daftar_testkit::Answer::read(caller.request(method.parse().unwrap(), path).json(&body).send().await.unwrap()).await;
                let envelope = answer.json();
                assert!(!answer.status.is_server_error(), "round {round}: {path} {body} -> {answer:?}");
                assert_eq!(envelope["success"], json!(answer.status.is_success()), "{path} {body} -> {answer:?}");
                assert_eq!(envelope["message"] == "", answer.status.is_success(), "{path} {body} -> {answer:?}");
            }
        }
        let form = reqwest::multipart::Form::new().text("basic_profile", body.to_string());
        let request = site.anybody().bearer(&token).request(reqwest::Method::POST, "/update-basic-profile").multipart(form);
        let answer = daftar_testkit::Answer::read(request.send().await.unwrap()).await;
        assert!(!answer.status.is_server_error() && answer.json()["message"].is_string(), "round {round}: {body} -> {answer:?}");
    }
}
