//! Row 6 between surfaces: a code that went to a phone is good where it was asked for, and a wrong one everywhere else.

use daftar_core::service::AppPolicy;
use daftar_testkit::Installation;
use serde_json::json;

use crate::app::{self, SIGNUP, asked, english, show};
use crate::usapi::{applicant, started, verify, with};
use crate::{invas, usapi};

/// The customer's number, as USAPI writes it.
const DIGITS: &str = "6281234567890";

#[tokio::test]
async fn row_6_a_code_of_one_surface_is_a_wrong_one_on_another_and_the_try_counts() {
    // As many digits on App as the other surface has, so that the length does not give it away.
    for digits in [6, 4] {
        let site = Installation::builder().app(AppPolicy { code_digits: digits, ..AppPolicy::default() }).start().await;
        let counted = async || site.wrong_codes(&format!("phone/{}", invas::NUMBER)).await;
        let host = invas::host(&site).await;
        let on_app = asked(&english(&site), SIGNUP, invas::NUMBER, 0).await;
        let code_of_app = site.newest_code(1, invas::NUMBER).await;
        if digits == 6 {
            let on_usapi = started(&site, &with(&applicant(1, "OTP"), "phone_number", DIGITS)).await;
            let code_of_usapi = site.newest_code(2, invas::NUMBER).await;
            if code_of_app != code_of_usapi && !code_of_usapi.starts_with('0') {
                app::refused(&show(&english(&site), SIGNUP, &on_app, &code_of_usapi).await, 400, app::INVALID_CODE);
                verify(&site, &on_usapi, &code_of_app).await.says(400, "Invalid verification code");
                assert_eq!(counted().await, 2);
            }
            // Nor is the token of one surface anything on the other; that is no try.
            app::refused(&show(&english(&site), SIGNUP, &on_usapi, &code_of_usapi.replace('0', "1")).await, 400, app::INVALID_CODE);
            verify(&site, &on_app, &code_of_app).await.says(400, "Invalid verification code");
            assert!(counted().await <= 2);
            assert_eq!(verify(&site, &on_usapi, &code_of_usapi).await.status, 200);
        } else {
            invas::registered(&host, &usapi::without(&invas::customer(), "email")).await;
            let token = invas::newest_token(&site, 2, invas::NUMBER).await;
            let (prefix, code_of_invas) = token.split_at(3);
            if code_of_app != code_of_invas && !code_of_invas.starts_with('0') {
                app::refused(&show(&english(&site), SIGNUP, &on_app, code_of_invas).await, 400, app::INVALID_CODE);
                assert_eq!(invas::confirm(&host, &format!("{prefix}{code_of_app}")).await.json()["attemptsLeft"], json!(2));
                assert_eq!(counted().await, 2);
            }
            assert_eq!(invas::confirm(&host, &token).await.status, 200);
        }
        // The number has an account by now.
        assert_eq!(show(&english(&site), SIGNUP, &on_app, &code_of_app).await.status, 409);
    }
}
