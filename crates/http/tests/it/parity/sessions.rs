//! What speaks for somebody who is signed in, and until when.

use std::time::Duration;

use daftar_testkit::Installation;
use serde_json::json;

use super::door::{DOORS, Door, RIGHT, app, english, text};
use super::table::{NONE, Section, Situation, Stage, said, situation};
use crate::usapi::{applicant, registered, started};

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// Somebody who signed in so many seconds ago.
fn after(what: &str, seconds: u64) -> Situation<Door> {
    situation(what, move |_, door: Door| async move {
        let site = Installation::start().await;
        registered(&site, 1).await;
        let token = door.session(&site, 1).await;
        site.clock.advance(Duration::from_secs(seconds));
        said(&door.me(&site, Some(&token)).await)
    })
}

fn situations() -> Vec<Situation<Door>> {
    vec![
        after("just signed in", 0),
        after("11 h 59 min later", 12 * HOUR - 60),
        after("12 h later", 12 * HOUR),
        after("29 d 23 h later", 30 * DAY - HOUR),
        after("30 d later", 30 * DAY),
        situation("no token", |stage: Stage, door: Door| async move { said(&door.me(&stage.enter().0, None).await) }),
        situation("a forged token", |stage: Stage, door: Door| async move { said(&door.me(&stage.enter().0, Some("a.b.c")).await) }),
        situation("a session of the other surface", |stage: Stage, door: Door| async move {
            let (site, n) = stage.enter();
            registered(&site, n).await;
            let token = door.other().session(&site, n).await;
            said(&door.me(&site, Some(&token)).await)
        }),
        situation("the token of a code", |stage: Stage, door: Door| async move {
            let (site, n) = stage.enter();
            let token = match door {
                Door::Usapi => started(&site, &applicant(n, "OTP")).await,
                Door::App => {
                    let asked = app(&site, "/otp", &json!({"nature": 2, "loginID": format!("siti{n}@example.test")})).await;
                    text(&asked, "otpToken")
                }
            };
            said(&door.me(&site, Some(&token)).await)
        }),
        situation("signed out", |stage: Stage, door: Door| async move {
            let (site, n) = stage.enter();
            registered(&site, n).await;
            let token = door.session(&site, n).await;
            match door {
                // It has no call for it.
                Door::Usapi => NONE.to_owned(),
                Door::App => {
                    assert_eq!(english(&site).bearer(&token).delete("/app/auth/logout").await.status, 200);
                    said(&door.me(&site, Some(&token)).await)
                }
            }
        }),
        situation("disabled, and enabled again", |stage: Stage, door: Door| async move {
            let (site, n) = stage.enter();
            registered(&site, n).await;
            let token = door.session(&site, n).await;
            site.disable(&format!("siti {n}")).await;
            site.enable(&format!("siti {n}")).await;
            said(&door.me(&site, Some(&token)).await)
        }),
        situation("a password reset on App meanwhile", |stage: Stage, door: Door| async move {
            let (site, n) = stage.enter();
            registered(&site, n).await;
            let token = door.session(&site, n).await;
            let asked = app(&site, "/otp", &json!({"nature": 3, "loginID": format!("siti{n}@example.test")})).await;
            let code = site.code_for(&format!("siti{n}@example.test")).await;
            let body = json!({"otp": code, "otpToken": text(&asked, "otpToken")});
            let recovery = text(&app(&site, "/forgot-password/verify", &body).await, "accessToken");
            assert_eq!(said(&Door::App.me(&site, Some(&recovery)).await), "401 Please sign in again.");
            let chosen = english(&site).bearer(&recovery).put("/app/auth/password", &json!({"password": "rahasia-baru"})).await;
            assert_eq!(chosen.status, 200, "{chosen:?}");
            assert_eq!(door.sign_in(&site, &format!("siti {n}"), RIGHT).await.status, 401);
            assert_eq!(door.sign_in(&site, &format!("siti {n}"), "rahasia-baru").await.status, 200);
            said(&door.me(&site, Some(&token)).await)
        }),
    ]
}

pub(super) async fn section() -> Section {
    Section::played("a signed-in call (rows 12, 27, 29)", &DOORS, situations()).await
}
