//! What holds for every code, at each of the five calls that show one.

use std::time::Duration;

use daftar_testkit::{Answer, Caller, Installation};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{
    DISABLED, E164, EMAIL, INVALID_CODE, LOGIN, NOT_SIGNED_IN, PHONE, RESET, SIGNUP, UPDATE_EMAIL, UPDATE_PHONE, VERIFY, asked, by_mail, by_phone,
    data, english, is_live, me, refused, show, wrong,
};
use crate::usapi::{applicant, started};

/// Somebody who is about to show a code of one nature.
struct Asker {
    nature: u8,
    caller: Caller,
    login_id: &'static str,
    to: &'static str,
    /// Messages that have been sent there.
    sent: usize,
}

impl Asker {
    /// Asks for another code; its token and the code.
    async fn ask(&mut self, site: &Installation) -> (String, String) {
        let token = asked(&self.caller, self.nature, self.login_id, 0).await;
        self.sent += 1;
        (token, site.newest_code(self.sent, self.to).await)
    }

    async fn show(&self, token: &str, code: &str) -> Answer {
        show(&self.caller, self.nature, token, code).await
    }
}

/// One for each nature, all in one installation.
async fn askers(site: &Installation) -> Vec<Asker> {
    let (phone, mail) = (by_phone(site).await, by_mail(site).await);
    let asker = |nature, caller, login_id, to, sent| Asker { nature, caller, login_id, to, sent };
    vec![
        asker(LOGIN, english(site), PHONE, E164, 1),
        asker(SIGNUP, english(site), "new@example.test", "new@example.test", 0),
        asker(RESET, english(site), EMAIL, EMAIL, 1),
        asker(UPDATE_EMAIL, me(site, &phone), "other@example.test", "other@example.test", 0),
        asker(UPDATE_PHONE, me(site, &mail), "51234567", "+85251234567", 0),
    ]
}

#[tokio::test]
async fn row_7_the_right_code_does_what_it_is_for_once() {
    let site = Installation::start().await;
    for mut asker in askers(&site).await {
        let (token, code) = asker.ask(&site).await;
        let body = json!({"otp": code.parse::<u64>().unwrap(), "otpToken": token});
        let answer = asker.caller.post(VERIFY[usize::from(asker.nature)], &body).await;
        let has_token = data(&answer)["accessToken"].is_string();
        assert_eq!(has_token, ![UPDATE_EMAIL, UPDATE_PHONE].contains(&asker.nature));
        refused(&asker.show(&token, &code).await, 400, INVALID_CODE);
    }
}

#[tokio::test]
async fn a_code_may_be_a_string_of_digits_too() {
    let site = Installation::start().await;
    for mut asker in askers(&site).await {
        let (token, code) = asker.ask(&site).await;
        data(&asker.caller.post(VERIFY[usize::from(asker.nature)], &json!({"otp": code, "otpToken": token})).await);
    }
}

#[tokio::test]
async fn row_1_a_code_dies_after_three_wrong_tries_and_then_refuses_the_right_one_too() {
    let site = Installation::start().await;
    for mut asker in askers(&site).await {
        let (token, code) = asker.ask(&site).await;
        for _ in 0..3 {
            refused(&asker.show(&token, &wrong(&code)).await, 400, INVALID_CODE);
        }
        refused(&asker.show(&token, &code).await, 400, INVALID_CODE);
    }
}

#[tokio::test]
async fn row_2_of_200_racing_wrong_codes_three_are_compared() {
    let site = Installation::start().await;
    for mut asker in askers(&site).await {
        let (token, code) = asker.ask(&site).await;
        let before = site.wrong_codes_of_everybody().await;
        let answers = join_all((0..200).map(|_| asker.show(&token, if code == "1111" { "2222" } else { "1111" }))).await;
        assert!(answers.iter().all(|answer| answer.status == 400));
        assert_eq!(site.wrong_codes_of_everybody().await - before, 3, "nature {}", asker.nature);
        refused(&asker.show(&token, &code).await, 400, INVALID_CODE);
    }
}

#[tokio::test]
async fn row_7_of_100_racing_right_codes_one_succeeds() {
    let site = Installation::start().await;
    for mut asker in askers(&site).await {
        let (token, code) = asker.ask(&site).await;
        let answers = join_all((0..100).map(|_| asker.show(&token, &code))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "nature {}", asker.nature);
    }
}

#[tokio::test]
async fn row_4_a_newer_code_voids_the_older() {
    let site = Installation::start().await;
    for mut asker in askers(&site).await {
        let (old_token, old) = asker.ask(&site).await;
        let (token, code) = asker.ask(&site).await;
        refused(&asker.show(&old_token, &old).await, 400, INVALID_CODE);
        data(&asker.show(&token, &code).await);
    }
}

#[tokio::test]
async fn a_code_expires_after_ten_minutes() {
    let site = Installation::start().await;
    for mut asker in askers(&site).await {
        let (token, code) = asker.ask(&site).await;
        site.clock.advance(Duration::from_secs(600));
        refused(&asker.show(&token, &code).await, 400, INVALID_CODE);
        let (token, code) = asker.ask(&site).await;
        site.clock.advance(Duration::from_secs(598));
        data(&asker.show(&token, &code).await);
    }
}

#[tokio::test]
async fn row_6_a_code_shown_for_anything_else_is_refused_and_the_try_counts() {
    let site = Installation::start().await;
    let stranger = crate::app::signed_up(&site, "stranger@example.test", "stranger@example.test").await;
    for mut asker in askers(&site).await {
        let (token, code) = asker.ask(&site).await;
        // Somebody who is signed in, so that it is not for want of a session.
        let caller = if asker.nature < UPDATE_EMAIL { me(&site, &stranger) } else { asker.caller.clone() };
        let others = (LOGIN..=UPDATE_PHONE).filter(|nature| *nature != asker.nature).take(3);
        for other in others {
            refused(&show(&caller, other, &token, &code).await, 400, INVALID_CODE);
        }
        refused(&asker.show(&token, &code).await, 400, INVALID_CODE);
    }
}

#[tokio::test]
async fn row_6_another_account_cannot_use_a_contact_change_and_the_try_counts() {
    let site = Installation::start().await;
    let stranger = crate::app::signed_up(&site, "stranger@example.test", "stranger@example.test").await;
    for mut asker in askers(&site).await.into_iter().skip(3) {
        let (token, code) = asker.ask(&site).await;
        for _ in 0..3 {
            refused(&show(&me(&site, &stranger), asker.nature, &token, &code).await, 400, INVALID_CODE);
        }
        refused(&asker.show(&token, &code).await, 400, INVALID_CODE);
    }
}

#[tokio::test]
async fn a_contact_change_is_shown_by_whoever_is_signed_in() {
    let site = Installation::start().await;
    for mut asker in askers(&site).await.into_iter().skip(3) {
        let (token, code) = asker.ask(&site).await;
        refused(&show(&english(&site), asker.nature, &token, &code).await, 401, NOT_SIGNED_IN);
        data(&asker.show(&token, &code).await);
    }
}

#[tokio::test]
async fn foreign_and_forged_tokens_are_refused() {
    let site = Installation::start().await;
    let elsewhere = Installation::start().await;
    let of_usapi = started(&site, &applicant(1, "OTP")).await;
    let foreign = asked(&english(&elsewhere), SIGNUP, "new@example.test", 0).await;
    for mut asker in askers(&site).await {
        let (token, code) = asker.ask(&site).await;
        let cut = &token[..token.len() - 1];
        let unsigned = format!("{}.", token.rsplit_once('.').unwrap().0);
        for bad in [&of_usapi, &foreign, cut, &unsigned, "nonsense", "a.b.c"] {
            refused(&asker.show(bad, &code).await, 400, INVALID_CODE);
        }
        data(&asker.show(&token, &code).await);
    }
}

#[tokio::test]
async fn row_8_odd_forms_of_a_code_are_refused_and_cost_no_try() {
    let site = Installation::start().await;
    for mut asker in askers(&site).await {
        let (token, code) = asker.ask(&site).await;
        let path = VERIFY[usize::from(asker.nature)];
        let number: f64 = code.parse().unwrap();
        let wide: String = code.chars().map(|c| char::from_u32(c as u32 - u32::from('0') + 0xff10).unwrap()).collect();
        let odd = [
            json!(format!(" {code}")),
            json!(format!("{code} ")),
            json!(wide),
            json!(number),
            json!([code]),
            json!([number]),
            json!(-1),
            json!(format!("-{code}")),
            json!(format!("+{code}")),
            json!(format!("{code}.0")),
            json!(format!("0{code}")),
            json!(""),
            json!("123"),
            json!(123),
            json!(0),
            json!(123_456_789),
            json!(u64::MAX),
            json!(true),
            json!(null),
            json!({"code": code}),
        ];
        for odd in odd {
            let answer = asker.caller.post(path, &json!({"otp": odd, "otpToken": token})).await;
            assert_eq!((answer.status.as_u16(), &answer.json()["success"]), (400, &json!(false)), "{odd}");
        }
        let raw = format!(r#"{{"otp": {code}e0, "otpToken": "{token}"}}"#);
        assert_eq!(asker.caller.post_raw(path, "application/json", raw).await.status, 400);
        data(&asker.show(&token, &code).await);
    }
}

#[tokio::test]
async fn properties_are_checked_in_table_order() {
    let site = Installation::start().await;
    for asker in askers(&site).await {
        let call = async |body: Value| asker.caller.post(VERIFY[usize::from(asker.nature)], &body).await;
        refused(&call(json!({})).await, 400, "otp is missing.");
        refused(&call(json!({"otp": null, "otpToken": "x"})).await, 400, "otp must be of type integer.");
        refused(&call(json!({"otp": "", "otpToken": "x"})).await, 400, "otp must not be empty.");
        refused(&call(json!({"otp": 1234})).await, 400, "otpToken is missing.");
        refused(&call(json!({"otp": 1234, "otpToken": 5})).await, 400, "otpToken must be of type string.");
        refused(&call(json!({"otp": 1234, "otpToken": ""})).await, 400, "otpToken must not be empty.");
    }
}

#[tokio::test]
async fn a_disabled_account_is_told_only_to_whoever_has_the_right_code() {
    let site = Installation::start().await;
    for mut asker in askers(&site).await.into_iter().filter(|asker| [LOGIN, RESET].contains(&asker.nature)) {
        let (token, code) = asker.ask(&site).await;
        site.disable(asker.to).await;
        refused(&asker.show(&token, &wrong(&code)).await, 400, INVALID_CODE);
        refused(&asker.show(&token, &code).await, 403, DISABLED);
        refused(&asker.show(&token, &code).await, 400, INVALID_CODE);
        // And one that is disabled already is sent its code as ever.
        let (token, code) = asker.ask(&site).await;
        refused(&asker.show(&token, &code).await, 403, DISABLED);
    }
}

#[tokio::test]
async fn a_session_by_code_is_a_session_like_any_other() {
    let site = Installation::start().await;
    by_phone(&site).await;
    let token = asked(&english(&site), LOGIN, PHONE, 0).await;
    let access = data(&show(&english(&site), LOGIN, &token, &site.newest_code(2, E164).await).await)["accessToken"].as_str().unwrap().to_owned();
    assert!(is_live(&site, &access).await);
    site.clock.advance(Duration::from_secs(30 * 24 * 3600 + 1));
    assert!(!is_live(&site, &access).await);
}
