//! Threat rows 27 and 32: every kind of token at every kind of door, and only the right one opens.

use daftar_core::account::Surface;
use daftar_core::client::Scope;
use daftar_testkit::Installation;
use serde_json::json;

use super::{Machine, admits, host};
use crate::app::{EMAIL, RESET, access, asked, by_mail, by_phone, english, show};
use crate::usapi::{applicant, signed_in, started};

#[tokio::test]
async fn row_27_and_row_32_a_token_opens_the_doors_of_its_own_kind_alone() {
    let site = Installation::start().await;
    let machine = Machine::new(&site, &[Scope::B2b, Scope::Usapi, Scope::Admin]).await;
    let access_token = machine.token(&site).await;
    let person = signed_in(&site, 1).await;
    let on_app = by_phone(&site).await;
    by_mail(&site).await;
    let code = asked(&english(&site), RESET, EMAIL, 0).await;
    let recovery = access(&show(&english(&site), RESET, &code, &site.newest_code(2, EMAIL).await).await);
    let registration = started(&site, &applicant(2, "LINK")).await;
    let tokens =
        [("access", access_token), ("usapi", person), ("app", on_app), ("code", code), ("registration", registration), ("recovery", recovery)];
    for (kind, token) in &tokens {
        let bearer = site.anybody().bearer(token);
        for scope in Scope::ALL {
            assert_eq!(admits(&site, token, *scope).await, *kind == "access", "{kind} as a machine's with scope {scope:?}");
        }
        for surface in Surface::ALL {
            let is_signed_in = site.accounts().authenticate(token, *surface).await.is_ok();
            assert_eq!(is_signed_in, *kind == surface.name(), "{kind} as a session on {surface:?}");
        }
        assert_eq!(bearer.get("/basic-profile").await.status == 200, *kind == "usapi", "{kind}");
        assert_eq!(bearer.get("/app/auth/info").await.status == 200, *kind == "app", "{kind}");
        let password = bearer.put("/app/auth/password", &json!({"password": "anotherone"})).await;
        assert_eq!(password.status == 200, *kind == "recovery", "{kind} as a recovery: {password:?}");
        // A machine that calls USAPI has Basic, and its own tokens are no part of that; nor do they authenticate it here.
        assert_eq!(bearer.post("/signup", &applicant(9, "LINK")).await.status, 401, "{kind}");
        for (path, form) in [
            ("/oauth/token", ("grant_type", "client_credentials")),
            ("/oauth/introspect", ("token", token.as_str())),
            ("/oauth/revoke", ("token", token.as_str())),
        ] {
            assert_eq!(bearer.post_form(path, &[form]).await.status, 401, "{kind} at {path}");
        }
        if *kind != "registration" {
            let resend = site.shop().post("/signup/resend", &json!({"token": token})).await;
            resend.says(400, "Invalid verification code");
        }
    }
}

#[tokio::test]
async fn row_32_a_machine_without_the_scope_is_let_in_nowhere() {
    let site = Installation::start().await;
    for scope in Scope::ALL {
        let token = Machine::new(&site, &[*scope]).await.token(&site).await;
        for door in Scope::ALL {
            assert_eq!(admits(&site, &token, *door).await, scope == door, "{scope:?} at {door:?}");
        }
    }
    // Any client may have a token, but only `usapi` calls USAPI with its secret.
    host(&site).await.caller(&site).post("/signup", &applicant(1, "LINK")).await.says(401, "Unauthorized");
}
