//! `POST /signup` and `POST /signup/resend`.

use std::time::Duration;

use daftar_core::message::Channel;
use daftar_core::ports::{Clock as _, Outbox as _};
use daftar_testkit::Installation;
use serde_json::json;

use super::{applicant, claims, person, registered, sign_in, started, verify, with, without, wrong};

const PATH: &str = "/signup";

#[tokio::test]
async fn link_mode_sends_a_mail_with_a_link_and_a_six_digit_code() {
    let site = Installation::start().await;
    let answer = site.shop().post(PATH, &applicant(1, "LINK")).await;
    let now = site.clock.now().as_second();
    let body = answer.json();
    let expected = json!({
        "status": true, "message": "Please check your email to complete registration",
        "token": body["token"], "exp": now + 1800, "exp_otp": 600,
    });
    answer.is(200, &expected);
    let mail = site.only_message("siti1@example.test").await;
    assert_eq!(mail.channel.name(), "email");
    assert_eq!(site.code_for("siti1@example.test").await.len(), 6);
    let link = site.link_for("siti1@example.test").await;
    assert!(link.starts_with(&format!("{}/signup/confirm?key=", site.url())), "{link}");
}

#[tokio::test]
async fn a_mail_tells_the_whole_lifetimes_also_when_sent_within_a_second() {
    let site = Installation::start().await;
    site.clock.advance(Duration::from_millis(500));
    started(&site, &applicant(1, "LINK")).await;
    let text = site.only_message("siti1@example.test").await.text;
    assert!(text.contains("30 minutes") && text.contains("10 minutes"), "{text}");
}

#[tokio::test]
async fn otp_mode_sends_a_short_message_with_a_six_digit_code() {
    let site = Installation::start().await;
    let answer = site.shop().post(PATH, &applicant(1, "OTP")).await;
    assert_eq!(answer.json()["message"], "Please check your SMS to complete registration");
    let sms = site.only_message("+6281000000001").await;
    assert_eq!(sms.channel.name(), "sms");
    assert_eq!(site.code_for("+6281000000001").await.len(), 6);
    assert!(!sms.text.contains("http"));
}

#[tokio::test]
async fn an_absent_mode_means_link() {
    let site = Installation::start().await;
    for body in [without(&applicant(1, "LINK"), "mode"), with(&applicant(2, "LINK"), "mode", json!(null))] {
        assert_eq!(site.shop().post(PATH, &body).await.json()["message"], "Please check your email to complete registration");
    }
}

#[tokio::test]
async fn row_9_the_token_holds_its_documented_claims_and_nothing_else() {
    let site = Installation::start().await;
    for (n, mode) in [(1, "LINK"), (2, "OTP")] {
        let token = started(&site, &applicant(n, mode)).await;
        let claims = claims(&token);
        let mut names: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["aud", "exp", "iat", "iss", "jti", "mode", "username"]);
        assert_eq!((&claims["username"], &claims["mode"]), (&json!(format!("siti {n}")), &json!(mode)));
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 1800);
    }
}

#[tokio::test]
async fn row_10_the_token_alone_proves_nothing() {
    let site = Installation::start().await;
    let token = started(&site, &applicant(1, "LINK")).await;
    site.anybody().bearer(&token).get("/basic-profile").await.says(401, "Unauthorized");
    assert_eq!(sign_in(&site, "siti 1", "rahasia sekali").await.status, 401);
}

#[tokio::test]
async fn properties_are_checked_in_table_order() {
    let site = Installation::start().await;
    let mut body = applicant(1, "OTP");
    body = without(&body, "phone_number");
    site.shop().post(PATH, &body).await.says(400, "Must have required property 'phone_number'");
    // A list of values is a format: what is missing comes first.
    site.shop().post(PATH, &with(&with(&body, "mode", "FAX"), "platform", 5)).await.says(400, "Property 'platform' must be string");
    site.shop().post(PATH, &with(&body, "mode", "FAX")).await.says(400, "Property 'mode' must be one of: LINK, OTP");
    site.shop().post(PATH, &with(&body, "mode", 1)).await.says(400, "Property 'mode' must be string");
    let other = with(&applicant(1, "LINK"), "platform", "ELSEWHERE");
    site.shop().post(PATH, &other).await.says(400, "Property 'platform' must be one of: ONMART, ONMARKET, OSAS, ONAPPS");
    for property in ["last_name", "first_name", "email", "password", "username"] {
        body = without(&body, property);
        site.shop().post(PATH, &body).await.says(400, &format!("Must have required property '{property}'"));
    }
}

#[tokio::test]
async fn the_phone_number_has_a_text_of_its_own_here() {
    let site = Installation::start().await;
    for mode in ["LINK", "OTP"] {
        let answer = site.shop().post(PATH, &with(&applicant(1, mode), "phone_number", "0812345678")).await;
        answer.says(400, "The phone number format is invalid. Please use the format: 628XXXXXXXXX");
    }
    let mail_only = without(&applicant(1, "LINK"), "phone_number");
    assert_eq!(site.shop().post(PATH, &mail_only).await.status, 200);
    for platform in ["ONMART", "ONMARKET", "OSAS", "ONAPPS"] {
        assert_eq!(site.shop().post(PATH, &with(&mail_only, "platform", platform)).await.status, 200, "{platform}");
    }
}

#[tokio::test]
async fn what_is_taken_is_told_at_once_and_nothing_is_sent() {
    let site = Installation::start().await;
    let taken = registered(&site, 1).await;
    for mode in ["LINK", "OTP"] {
        let body = with(&taken, "mode", mode);
        site.shop().post(PATH, &body).await.says(400, "Phone number already exist");
        let body = with(&body, "phone_number", "6281999999999");
        site.shop().post(PATH, &body).await.says(400, "Username already exist");
        let body = with(&body, "username", "somebody else");
        site.shop().post(PATH, &body).await.says(400, "Email already exist");
    }
    assert_eq!(site.messages().await.len(), 0);
}

#[tokio::test]
async fn row_33_without_a_client_nothing_is_learnt_from_the_body() {
    let site = Installation::start().await;
    for path in [PATH, "/signup/verify", "/signup/resend"] {
        for body in [json!({}), applicant(1, "LINK")] {
            let answer = site.anybody().post(path, &body).await;
            answer.says(401, "Unauthorized");
            assert!(answer.header("www-authenticate").starts_with("Basic"));
        }
    }
    assert_eq!(site.messages().await.len(), 0);
}

#[tokio::test]
async fn fault_2_an_expired_code_is_never_sent_not_even_beside_a_living_link() {
    let site = Installation::builder().without_workers().start().await;
    for (n, mode, channel) in [(1, "LINK", Channel::Email), (2, "OTP", Channel::Sms)] {
        started(&site, &applicant(n, mode)).await;
        let now = site.clock.now();
        let due = |seconds| site.store().claim(channel, 10, now + Duration::from_secs(seconds), Duration::ZERO);
        assert_eq!(due(599).await.unwrap().messages.len(), 1, "{mode}");
        assert_eq!(due(600).await.unwrap().messages.len(), 0, "{mode}");
    }
}

#[tokio::test]
async fn row_4_a_code_sent_again_voids_the_older_one() {
    let site = Installation::start().await;
    let token = started(&site, &applicant(1, "OTP")).await;
    let old = site.code_for("+6281000000001").await;
    let again = site.shop().post("/signup/resend", &json!({"token": token})).await;
    assert_eq!(again.status, 200, "{again:?}");
    assert_eq!(again.json()["message"], "Please check your SMS to complete registration");
    let new = site.newest_code(2, "+6281000000001").await;
    if old != new {
        verify(&site, &token, &old).await.says(400, "Invalid verification code");
    }
    assert_eq!(verify(&site, again.json()["token"].as_str().unwrap(), &new).await.status, 200);
}

#[tokio::test]
async fn row_4_a_newer_registration_for_the_same_address_voids_the_older_ones_code_and_link() {
    let site = Installation::start().await;
    let first = started(&site, &applicant(1, "LINK")).await;
    let (code, link) = (site.code_for("siti1@example.test").await, site.link_for("siti1@example.test").await);
    started(&site, &with(&with(&applicant(1, "LINK"), "username", "another"), "phone_number", "6281999999999")).await;
    verify(&site, &first, &code).await.says(400, "Invalid verification code");
    assert_eq!(site.anybody().get(link.strip_prefix(site.url()).unwrap()).await.status, 410);
}

#[tokio::test]
async fn resending_needs_a_registration_that_waits() {
    let site = Installation::start().await;
    let resend = |body| {
        let shop = site.shop();
        async move { shop.post("/signup/resend", &body).await }
    };
    resend(json!({})).await.says(400, "Must have required property 'token'");
    resend(json!({"token": 1})).await.says(400, "Property 'token' must be string");
    resend(json!({"token": ""})).await.says(400, "Property 'token' must not be empty");
    resend(json!({"token": "forged"})).await.says(400, "Invalid verification code");
    let token = started(&site, &applicant(1, "LINK")).await;
    let stranger = site.client_with(&["usapi"]).await;
    stranger.post("/signup/resend", &json!({"token": token})).await.says(400, "Invalid verification code");
    let code = site.code_for("siti1@example.test").await;
    assert_eq!(verify(&site, &token, &code).await.status, 200);
    resend(json!({"token": token})).await.says(400, "Registration is already complete");
    let late = started(&site, &applicant(2, "LINK")).await;
    site.clock.advance(Duration::from_secs(1800));
    resend(json!({"token": late})).await.says(400, "Invalid verification code");
}

#[tokio::test]
async fn nothing_is_sent_anew_for_what_is_somebodys_by_now() {
    let site = Installation::start().await;
    let first = started(&site, &applicant(1, "LINK")).await;
    let second = with(&with(&applicant(1, "LINK"), "username", "another"), "phone_number", "6281999999999");
    let second = started(&site, &second).await;
    assert_eq!(verify(&site, &second, &site.newest_code(2, "siti1@example.test").await).await.status, 200);
    site.shop().post("/signup/resend", &json!({"token": first})).await.says(400, "Email already exist");
    site.all_sent().await;
    assert_eq!(site.messages().await.len(), 2);
}

#[tokio::test]
async fn row_3_after_six_wrong_codes_new_ones_have_eight_digits_until_one_is_verified() {
    let site = Installation::start().await;
    let token = started(&site, &applicant(1, "OTP")).await;
    let mut sent = 1;
    for guesses in [5, 1] {
        let code = site.newest_code(sent, "+6281000000001").await;
        assert_eq!(code.len(), 6);
        for _ in 0..guesses {
            verify(&site, &token, &wrong(&code)).await.says(400, "Invalid verification code");
        }
        site.shop().post("/signup/resend", &json!({"token": token})).await;
        sent += 1;
    }
    let grown = site.newest_code(sent, "+6281000000001").await;
    assert_eq!(grown.len(), 8);
    assert_eq!(verify(&site, &token, &grown).await.status, 200);
    // The count is the destination's and ended with the success.
    let next = with(&with(&applicant(2, "LINK"), "email", "siti1b@example.test"), "phone_number", json!(null));
    started(&site, &next).await;
    assert_eq!(site.code_for("siti1b@example.test").await.len(), 6);
}

#[tokio::test]
async fn a_repeated_person_may_start_again_since_nothing_is_reserved() {
    let site = Installation::start().await;
    let (first, second) = (started(&site, &applicant(1, "LINK")).await, started(&site, &applicant(1, "LINK")).await);
    assert_ne!(first, second);
}

#[tokio::test]
async fn row_34_an_unverified_phone_does_not_keep_its_owner_from_registering() {
    let site = Installation::start().await;
    // Somebody says a number at a LINK sign-up, and never proves it.
    let squatter = started(&site, &applicant(1, "LINK")).await;
    assert_eq!(verify(&site, &squatter, &site.code_for("siti1@example.test").await).await.status, 200);
    // For whoever does not prove it either, it is taken.
    let claim = with(&person(2), "phone_number", "6281000000001");
    site.shop().post("/internal/register", &claim).await.says(400, "Phone number already exist");
    site.shop().post(PATH, &with(&claim, "mode", "LINK")).await.says(400, "Phone number already exist");
    // Its owner proves it and gets it; the account that never did is told.
    let owner = started(&site, &with(&claim, "mode", "OTP")).await;
    assert_eq!(verify(&site, &owner, &site.code_for("+6281000000001").await).await.status, 200);
    let token = sign_in(&site, "6281000000001", "rahasia sekali").await.json()["token"].as_str().unwrap().to_owned();
    let profile = site.anybody().bearer(&token).get("/basic-profile").await.json();
    assert_eq!((&profile["username"], &profile["phone_verified"]), (&json!("siti 2"), &json!(true)));
    let lost = sign_in(&site, "siti 1", "rahasia sekali").await.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(site.anybody().bearer(&lost).get("/basic-profile").await.json()["phone_number"], json!(null));
    let told = site.nth_message(2, "siti1@example.test").await;
    assert!(told.text.contains("+62*****001") && !told.text.contains("6281000000001"), "{}", told.text);
}

#[tokio::test]
async fn row_34_a_verified_phone_stays_with_whoever_proved_it() {
    let site = Installation::start().await;
    let first = started(&site, &applicant(1, "OTP")).await;
    assert_eq!(verify(&site, &first, &site.code_for("+6281000000001").await).await.status, 200);
    let second = with(&applicant(2, "OTP"), "phone_number", "6281000000001");
    site.shop().post(PATH, &second).await.says(400, "Phone number already exist");
}

#[tokio::test]
async fn row_40_a_name_with_line_breaks_and_markup_stays_text() {
    let site = Installation::start().await;
    let body = with(&applicant(1, "LINK"), "first_name", "Siti\r\nBcc: evil@example.test <script>alert(1)</script>");
    started(&site, &body).await;
    let mail = site.only_message("siti1@example.test").await;
    assert!(!mail.html.as_ref().unwrap().contains("<script>"));
    assert!(!mail.subject.as_ref().unwrap().contains('\n') && !mail.text.contains("Siti\r\n"));
    assert_eq!(site.messages().await.len(), 1);
}

#[tokio::test]
async fn row_38_links_are_built_from_the_public_url_alone() {
    let site = Installation::start().await;
    let shop = site.shop().with("x-forwarded-host", "evil.example").with("forwarded", "host=evil.example").with("x-forwarded-proto", "ftp");
    let shop = shop.with("host", "evil.example");
    assert_eq!(shop.post(PATH, &applicant(1, "LINK")).await.status, 200);
    let mail = site.only_message("siti1@example.test").await;
    assert!(!mail.text.contains("evil.example") && !mail.html.unwrap().contains("evil.example"));
    assert!(mail.text.contains(site.url()));
}

#[tokio::test]
async fn messages_are_written_in_the_language_that_the_caller_passes_on() {
    let site = Installation::start().await;
    let mut texts = Vec::new();
    for (n, language) in [(1, "en-GB"), (2, "id-ID,id;q=0.9,en;q=0.5"), (3, "zh-HK")] {
        let answer = site.shop().with("accept-language", language).post(PATH, &applicant(n, "LINK")).await;
        assert_eq!(answer.status, 200);
        texts.push(site.only_message(&format!("siti{n}@example.test")).await.subject.unwrap());
    }
    texts.dedup();
    assert_eq!(texts.len(), 3, "{texts:?}");
}
