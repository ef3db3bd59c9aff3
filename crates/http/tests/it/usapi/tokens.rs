//! Bearer tokens on USAPI: threat rows 25–32.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use daftar_testkit::{Answer, Installation};
use serde_json::{Value, json};

use super::{applicant, signed_in, started};
use crate::forged;

async fn with_token(site: &Installation, token: &str) -> Answer {
    site.anybody().bearer(token).get("/basic-profile").await
}

#[tokio::test]
async fn without_a_token_of_ours_nobody_gets_in() {
    let site = Installation::start().await;
    let mut answers = vec![site.anybody().get("/basic-profile").await, site.shop().get("/basic-profile").await];
    for odd in ["", "x", "a.b", "a.b.c", "..", &"x".repeat(5000), "null"] {
        answers.push(with_token(&site, odd).await);
    }
    answers.push(site.anybody().post_raw("/update-basic-profile", "text/plain", "x").await);
    for answer in answers {
        answer.says(401, "Unauthorized");
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
}

#[tokio::test]
async fn row_9_a_session_token_holds_its_allowed_claims_and_nothing_else() {
    let site = Installation::start().await;
    let token = signed_in(&site, 1).await;
    let decode = |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    let parts: Vec<_> = token.split('.').collect();
    let (header, claims) = (decode(parts[0]), decode(parts[1]));
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>();
    assert_eq!(names(&claims), ["aud", "exp", "iat", "iss", "jti", "sub"]);
    assert_eq!(names(&header), ["alg", "kid", "typ"]);
    assert_eq!((&header["alg"], &claims["aud"]), (&json!("ES256"), &json!("usapi")));
    let keys = site.anybody().get("/.well-known/jwks.json").await.json();
    assert_eq!(keys["keys"][0]["kid"], header["kid"]);
    assert_eq!(names(&keys["keys"][0]), ["alg", "crv", "kid", "kty", "use", "x", "y"]);
}

#[tokio::test]
async fn row_25_no_algorithm_but_the_keys_own() {
    let site = Installation::start().await;
    let token = signed_in(&site, 1).await;
    for forged in forged::under_another_header(&token) {
        with_token(&site, &forged).await.says(401, "Unauthorized");
    }
}

#[tokio::test]
async fn a_key_that_nobody_can_look_up_is_503_and_not_a_false_401() {
    let site = Installation::start().await;
    let token = signed_in(&site, 1).await;
    let header = json!({"alg": "ES256", "typ": "JWT", "kid": "k".repeat(43)}).to_string();
    let unknown = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), token.split_once('.').unwrap().1);
    with_token(&site, &unknown).await.says(401, "Unauthorized");
    site.break_store();
    let answer = with_token(&site, &unknown).await;
    answer.says(503, "Service is busy, please try again");
    assert!(!answer.header("retry-after").is_empty());
}

#[tokio::test]
async fn row_28_a_changed_token_is_refused() {
    let site = Installation::start().await;
    let token = signed_in(&site, 1).await;
    for changed in forged::changed(&token) {
        with_token(&site, &changed).await.says(401, "Unauthorized");
    }
    assert_eq!(with_token(&site, &token).await.status, 200);
}

#[tokio::test]
async fn row_27_a_registration_token_opens_no_session_and_the_reverse() {
    let site = Installation::start().await;
    let session = signed_in(&site, 1).await;
    let registration = started(&site, &applicant(2, "LINK")).await;
    with_token(&site, &registration).await.says(401, "Unauthorized");
    site.shop().post("/signup/resend", &json!({"token": session})).await.says(400, "Invalid verification code");
}

#[tokio::test]
async fn row_32_a_persons_token_is_no_machine_and_a_machine_no_person() {
    let site = Installation::start().await;
    let session = signed_in(&site, 1).await;
    site.anybody().bearer(&session).post("/signup", &applicant(2, "LINK")).await.says(401, "Unauthorized");
    site.shop().get("/basic-profile").await.says(401, "Unauthorized");
}

#[tokio::test]
async fn row_12_and_row_29_an_ended_session_is_over_at_once_on_every_replica_and_after_a_restart() {
    let site = Installation::start().await;
    let (ended, kept) = (signed_in(&site, 1).await, signed_in(&site, 2).await);
    let replica = site.replica().await;
    assert_eq!(with_token(&replica, &ended).await.status, 200);
    site.disable("siti 1").await;
    for server in [&site, &replica] {
        with_token(server, &ended).await.says(401, "Unauthorized");
    }
    drop(replica);
    let site = site.restarted().await;
    with_token(&site, &ended).await.says(401, "Unauthorized");
    assert_eq!(with_token(&site, &kept).await.status, 200);
}

#[tokio::test]
async fn row_31_the_account_comes_from_the_token_never_from_the_body() {
    let site = Installation::start().await;
    let (mine, theirs) = (signed_in(&site, 1).await, signed_in(&site, 2).await);
    let profile = json!({
        "date_of_birth": "1996-10-18", "gender": "Perempuan", "phone_number": "6281777777777",
        "sub": "x", "username": "siti 2", "account_id": "2",
    });
    let form = reqwest::multipart::Form::new().text("basic_profile", profile.to_string()).text("username", "siti 2");
    let request = site.anybody().bearer(&mine).request(reqwest::Method::POST, "/update-basic-profile").multipart(form);
    assert_eq!(request.send().await.unwrap().status(), 200);
    assert_eq!(with_token(&site, &mine).await.json()["phone_number"], "6281777777777");
    assert_eq!(with_token(&site, &theirs).await.json()["phone_number"], "6281000000002");
}
