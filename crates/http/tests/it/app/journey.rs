//! The life of an account in the app, end to end.

use daftar_testkit::Installation;
use serde_json::json;

use super::{
    BAD_CREDENTIALS, E164, EMAIL, LOGIN, PASSWORD, PHONE, RESET, SIGNUP, UPDATE_EMAIL, access, ask, asked, data, done, english, is_live, me, refused,
    show, sign_in, with_password,
};

#[tokio::test]
async fn from_sign_up_to_a_changed_address() {
    let site = Installation::start().await;
    let app = english(&site);

    // The app asks whether the number is known, and signs it up.
    assert_eq!(data(&app.post("/app/auth/account/check", &json!({"loginID": PHONE})).await)["exists"], json!(false));
    let token = asked(&app, SIGNUP, PHONE, 0).await;
    let first = access(&show(&app, SIGNUP, &token, &site.code_for(E164).await).await);
    me(&site, &first).put("/app/auth/device-token", &json!({"deviceToken": "first phone", "deviceType": 0})).await.is(200, &done());

    // It chooses a password and signs out.
    with_password(&site, &first).await;
    me(&site, &first).delete("/app/auth/logout").await.is(200, &done());
    assert!(!is_live(&site, &first).await);

    // On another device it signs in by password.
    assert_eq!(data(&app.post("/app/auth/account/check", &json!({"loginID": PHONE})).await)["setPassword"], json!(true));
    let second = access(&sign_in(&site, PHONE, PASSWORD).await);
    assert!(is_live(&site, &second).await);

    // It forgets the password and resets it: all old sessions are dead.
    refused(&sign_in(&site, PHONE, "was it this?").await, 401, BAD_CREDENTIALS);
    let token = asked(&app, RESET, PHONE, 0).await;
    let recovery = access(&show(&app, RESET, &token, &site.newest_code(2, E164).await).await);
    me(&site, &recovery).put("/app/auth/password", &json!({"password": "gdfhdjo33"})).await.is(200, &done());
    assert!(!is_live(&site, &first).await && !is_live(&site, &second).await);
    refused(&sign_in(&site, PHONE, PASSWORD).await, 401, BAD_CREDENTIALS);
    let third = access(&sign_in(&site, PHONE, "gdfhdjo33").await);

    // It links an address, and changes it: the old one is told.
    let mei = me(&site, &third);
    for (count, address) in [(1, EMAIL), (1, "mei@new.example")] {
        let token = asked(&mei, UPDATE_EMAIL, address, 0).await;
        show(&mei, UPDATE_EMAIL, &token, &site.newest_code(count, address).await).await.is(200, &done());
    }
    assert_eq!(data(&mei.get("/app/auth/info").await), json!({"email": "mei@new.example", "phone": PHONE}));
    assert!(site.nth_message(2, EMAIL).await.text.contains("has just been changed"));

    // The new one signs in by code, the old one does not.
    refused(&ask(&app, LOGIN, EMAIL, 0).await, 404, super::UNKNOWN_ACCOUNT);
    let token = asked(&app, LOGIN, "mei@new.example", 0).await;
    access(&show(&app, LOGIN, &token, &site.newest_code(2, "mei@new.example").await).await);
}

#[tokio::test]
async fn what_one_replica_began_any_other_goes_on_with() {
    let site = Installation::start().await;
    let (second, third) = (site.replica().await, site.replica().await);
    let token = asked(&english(&site), SIGNUP, PHONE, 0).await;
    let code = site.code_for(E164).await;
    let session = access(&show(&english(&second), SIGNUP, &token, &code).await);
    refused(&show(&english(&third), SIGNUP, &token, &code).await, 400, super::INVALID_CODE);
    for replica in [&site, &second, &third] {
        assert!(is_live(replica, &session).await);
    }
    // Row 3: wrong codes that were shown all over count together.
    for (count, [one, other]) in [(2, [&site, &second]), (3, [&second, &third])] {
        let token = asked(&english(one), LOGIN, PHONE, 0).await;
        let wrong = super::wrong(&site.newest_code(count, E164).await);
        for replica in [one, other, one] {
            refused(&show(&english(replica), LOGIN, &token, &wrong).await, 400, super::INVALID_CODE);
        }
    }
    let token = asked(&english(&third), RESET, PHONE, 0).await;
    let code = site.newest_code(4, E164).await;
    assert_eq!(code.len(), 8);
    let recovery = access(&show(&english(&site), RESET, &token, &code).await);
    me(&second, &recovery).put("/app/auth/password", &json!({"password": PASSWORD})).await.is(200, &done());
    for replica in [&site, &second, &third] {
        assert!(!is_live(replica, &session).await);
    }
    refused(&me(&third, &recovery).put("/app/auth/password", &json!({"password": PASSWORD})).await, 401, super::NOT_SIGNED_IN);
}
