//! One account on both surfaces, and one session on one.

use daftar_core::identifier::{Country, LoginId};
use daftar_core::ports::Store as _;
use daftar_testkit::Installation;
use serde_json::json;

use super::door::{Door, RIGHT, app_account, english, text};
use crate::usapi::{applicant, registered, started, verify};

#[tokio::test]
async fn an_account_made_on_usapi_signs_in_on_app_by_every_identifier() {
    let site = Installation::start().await;
    registered(&site, 1).await;
    // And one that proved its phone itself.
    let token = started(&site, &applicant(2, "OTP")).await;
    assert_eq!(verify(&site, &token, &site.code_for("+6281000000002").await).await.status, 200);
    for n in [1, 2] {
        for name in [format!("siti {n}"), format!("siti{n}@example.test"), Door::App.phone(n), Door::Usapi.phone(n)] {
            let answer = Door::App.sign_in(&site, &name, RIGHT).await;
            assert_eq!(answer.status, 200, "{name}: {answer:?}");
            let me = Door::App.me(&site, Some(&text(&answer, "accessToken"))).await.json();
            assert_eq!(me["data"], json!({"email": format!("siti{n}@example.test"), "phone": format!("+62810{n:08}")}), "{name}");
        }
    }
}

#[tokio::test]
async fn an_account_made_on_app_signs_in_on_usapi_by_every_identifier() {
    let site = Installation::start().await;
    let (email, phone) = ("siti1@example.test", "+6281000000001");
    let me = english(&site).bearer(&app_account(&site, email, 0).await);
    let asked = me.post("/app/auth/otp", &json!({"nature": 5, "loginID": phone})).await;
    let body = json!({"otp": site.code_for(phone).await, "otpToken": text(&asked, "otpToken")});
    assert_eq!(me.post("/app/auth/update-phone/verify", &body).await.status, 200);
    assert_eq!(Door::Usapi.sign_in(&site, email, "rahasia-sekali").await.status, 401);
    assert_eq!(me.post("/app/auth/password", &json!({"password": "rahasia-sekali"})).await.status, 200);
    let account = site.store().find_account(&LoginId::classify(email, &Country::indonesia()).unwrap()).await.unwrap().unwrap();
    let drawn = account.username.unwrap().as_str().to_owned();
    for name in [email, phone, "6281000000001", &drawn] {
        let answer = Door::Usapi.sign_in(&site, name, "rahasia-sekali").await;
        assert_eq!(answer.status, 200, "{name}: {answer:?}");
        let profile = Door::Usapi.me(&site, Some(&text(&answer, "token"))).await.json();
        let expected = json!({"username": drawn, "email": email, "email_verified": true, "phone_number": "6281000000001", "phone_verified": true});
        for (property, value) in expected.as_object().unwrap() {
            assert_eq!(&profile[property], value, "{name}: {property}");
        }
    }
}

#[tokio::test]
async fn row_27_the_sessions_of_one_surface_are_none_of_the_other() {
    let site = Installation::start().await;
    registered(&site, 1).await;
    for door in [Door::Usapi, Door::App] {
        let token = door.session(&site, 1).await;
        assert_eq!(door.me(&site, Some(&token)).await.status, 200);
        assert_eq!(door.other().me(&site, Some(&token)).await.status, 401);
    }
    // Nor can one end or change what is the other's.
    let (usapi, app) = (Door::Usapi.session(&site, 1).await, Door::App.session(&site, 1).await);
    let stranger = english(&site).bearer(&usapi);
    assert_eq!(stranger.delete("/app/auth/logout").await.status, 401);
    assert_eq!(stranger.put("/app/auth/device-token", &json!({"deviceToken": "another"})).await.status, 401);
    assert_eq!(stranger.post("/app/auth/otp", &json!({"nature": 5, "loginID": "+6281999999999"})).await.status, 401);
    let form = reqwest::multipart::Form::new().text("basic_profile", "{}");
    let update = english(&site).bearer(&app).request(reqwest::Method::POST, "/update-basic-profile").multipart(form);
    assert_eq!(update.send().await.unwrap().status(), 401);
    assert_eq!(Door::Usapi.me(&site, Some(&usapi)).await.status, 200);
    // Signing out on one leaves the other signed in.
    assert_eq!(english(&site).bearer(&app).delete("/app/auth/logout").await.status, 200);
    assert_eq!(Door::App.me(&site, Some(&app)).await.status, 401);
    assert_eq!(Door::Usapi.me(&site, Some(&usapi)).await.status, 200);
}
