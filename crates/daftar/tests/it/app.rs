//! `[app]`: what an operator decides for the App surface, by the program itself (contract `operations.md`, `app-auth.md`).

use serde_json::{Value, json};

use super::program::{Home, Server};

async fn post(server: &Server, path: &str, body: Value) -> (u16, Value) {
    let answer = reqwest::Client::new().post(format!("{}{path}", server.base)).json(&body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// The one message to somebody, from the inbox.
pub(super) async fn message(server: &Server, to: &str) -> String {
    let url = format!("{}/dev/inbox.json?to={}", server.base, to.replace('+', "%2B"));
    let http = reqwest::Client::new();
    let waiting = async {
        loop {
            let inbox: Value = http.get(&url).send().await.unwrap().json().await.unwrap();
            if let Some(text) = inbox[0]["text"].as_str() {
                return text.to_owned();
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), waiting).await.unwrap()
}

#[tokio::test]
async fn somebody_signs_up_by_phone_in_the_default_country_with_four_digits() {
    let home = Home::for_development();
    let server = home.start(&["serve"]);
    let (status, sent) = post(&server, "/app/auth/otp", json!({"nature": 2, "loginID": "68098227"})).await;
    assert_eq!((status, &sent["success"]), (200, &json!(true)), "{sent}");
    let text = message(&server, "+85268098227").await;
    let code = text.split_whitespace().next().unwrap();
    assert_eq!(code.len(), 4, "{text}");
    let (status, made) = post(&server, "/app/auth/signup/verify", json!({"otp": code, "otpToken": sent["data"]["otpToken"]})).await;
    assert_eq!(status, 200, "{made}");
    let me = reqwest::Client::new().get(format!("{}/app/auth/info", server.base)).bearer_auth(made["data"]["accessToken"].as_str().unwrap());
    let info: Value = me.send().await.unwrap().json().await.unwrap();
    assert_eq!(info, json!({"success": true, "message": "", "data": {"email": null, "phone": "68098227"}}));
    // An operator finds the account by the number as the app shows it.
    let shown = home.json(&["account", "show", "68098227", "--json"]);
    assert_eq!((&shown["phone"], &shown["phone_verified"], &shown["has_password"]), (&json!("+85268098227"), &json!(true), &json!(false)));
    assert_eq!(home.json(&["account", "show", "+852 6809 8227", "--json"]), shown);
}

#[tokio::test]
async fn a_number_that_names_two_accounts_is_none_that_an_operator_disables_by_chance() {
    let home = Home::for_development();
    let (server, http, client) = (home.start(&["serve"]), reqwest::Client::new(), home.client());
    // The same digits, at home in Indonesia and in Hong Kong.
    let person = json!({"username": "siti", "password": "rahasia sekali", "first_name": "Siti", "last_name": "Rahma",
        "phone_number": "6268098227", "email": "siti@example.test"});
    let register = http.post(format!("{}/internal/register", server.base)).basic_auth(&client.id, Some(&client.secret)).json(&person);
    assert_eq!(register.send().await.unwrap().status(), 200);
    assert_eq!(home.json(&["account", "show", "68098227", "--json"])["phone"], json!("+6268098227"));
    let (_, sent) = post(&server, "/app/auth/otp", json!({"nature": 2, "loginID": "68098227"})).await;
    let text = message(&server, "+85268098227").await;
    let code = text.split_whitespace().next().unwrap();
    let (status, made) = post(&server, "/app/auth/signup/verify", json!({"otp": code, "otpToken": sent["data"]["otpToken"]})).await;
    assert_eq!(status, 200, "{made}");
    let error = home.run(&["account", "disable", "68098227"]).failed();
    assert!(error.contains("`usapi.country`") && error.contains("`app.default_country`"), "{error}");
    home.run(&["account", "disable", "+85268098227"]).ok();
    assert_eq!(home.json(&["account", "show", "siti", "--json"])["status"], json!("active"));
}

#[tokio::test]
async fn digits_country_and_statuses_are_the_operators() {
    let home =
        Home::for_development().with("DAFTAR_APP__OTP_DIGITS", "6").with("DAFTAR_APP__DEFAULT_COUNTRY", "ID").with("DAFTAR_APP__ALWAYS_OK", "true");
    let server = home.start(&["serve"]);
    let (status, sent) = post(&server, "/app/auth/otp", json!({"nature": 2, "loginID": "081234567890"})).await;
    assert_eq!(status, 200, "{sent}");
    let text = message(&server, "+6281234567890").await;
    assert_eq!(text.split_whitespace().next().unwrap().len(), 6, "{text}");
    let (status, refused) = post(&server, "/app/auth/account/check", json!({"loginID": "nobody"})).await;
    assert_eq!((status, refused), (200, json!({"success": false, "message": "輸入的用戶名不存在", "data": null})));
}

#[test]
fn what_is_not_allowed_is_refused_by_name() {
    for (variable, value, key) in [
        ("DAFTAR_APP__OTP_DIGITS", "3", "app.otp_digits"),
        ("DAFTAR_APP__OTP_DIGITS", "9", "app.otp_digits"),
        ("DAFTAR_APP__ALWAYS_OK", "perhaps", "app.always_ok"),
        ("DAFTAR_APP__SESSION_LIFETIME", "long", "app.session_lifetime"),
        ("DAFTAR_APP__DEFAULT_COUNTRY", "Hong Kong", "app.default_country"),
        ("DAFTAR_APP__DEFAULT_COUNTRY", "XX", "app.default_country"),
        ("DAFTAR_USAPI__COUNTRY", "XX", "usapi.country"),
    ] {
        let error = Home::for_development().with(variable, value).run(&["config", "check"]).failed();
        assert!(error.contains(&format!("`{key}`")) && error.contains(value), "{error}");
    }
}
