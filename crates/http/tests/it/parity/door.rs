//! The two surfaces as somebody meets them who signs in with a password.

use daftar_testkit::{Answer, Caller, Installation};
use serde_json::{Value, json};

/// A surface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    Usapi,
    App,
}

/// Both, as columns.
pub(super) const DOORS: [(&str, Door); 2] = [("USAPI", Door::Usapi), ("App", Door::App)];

/// The password of everybody here who has one.
pub(super) const RIGHT: &str = "rahasia sekali";
pub(super) const WRONG: &str = "wrong password";

/// Somebody who reads English on App.
pub(super) fn english(site: &Installation) -> Caller {
    site.anybody().with("accept-language", "en")
}

/// Calls App with POST.
pub(super) async fn app(site: &Installation, path: &str, body: &Value) -> Answer {
    english(site).post(&format!("/app/auth{path}"), body).await
}

/// The text at `name` of an answer's data, or of the answer itself.
pub(super) fn text(answer: &Answer, name: &str) -> String {
    let body = answer.json();
    let found = body["data"][name].as_str().or_else(|| body[name].as_str());
    assert!(found.is_some(), "no {name}: {answer:?}");
    found.unwrap().to_owned()
}

impl Door {
    /// The other one.
    pub(super) fn other(self) -> Self {
        match self {
            Self::Usapi => Self::App,
            Self::App => Self::Usapi,
        }
    }

    /// How the phone number of person `n` is written here.
    pub(super) fn phone(self, n: u32) -> String {
        match self {
            Self::Usapi => format!("62810{n:08}"),
            Self::App => format!("+62 810-{n:08}"),
        }
    }

    /// Signs somebody in.
    pub(super) async fn sign_in(self, site: &Installation, name: &str, password: &str) -> Answer {
        match self {
            Self::Usapi => crate::usapi::sign_in(site, name, password).await,
            Self::App => app(site, "/login", &json!({"loginID": name, "password": password, "deviceToken": "a device"})).await,
        }
    }

    /// Signs person `n` in; the session's token.
    pub(super) async fn session(self, site: &Installation, n: u32) -> String {
        let answer = self.sign_in(site, &format!("siti {n}"), RIGHT).await;
        text(
            &answer,
            match self {
                Self::Usapi => "token",
                Self::App => "accessToken",
            },
        )
    }

    /// A call for whoever is signed in.
    pub(super) async fn me(self, site: &Installation, token: Option<&str>) -> Answer {
        let caller = token.map_or_else(|| english(site), |token| english(site).bearer(token));
        match self {
            Self::Usapi => caller.get("/basic-profile").await,
            Self::App => caller.get("/app/auth/info").await,
        }
    }
}

/// Makes an account on App with this e-mail address or phone number, which has got `sent` messages before; the session's token. It has no password.
pub(super) async fn app_account(site: &Installation, login_id: &str, sent: usize) -> String {
    let asked = app(site, "/otp", &json!({"nature": 2, "loginID": login_id, "sendType": 0})).await;
    let code = site.newest_code(sent + 1, login_id).await;
    let made = app(site, "/signup/verify", &json!({"otp": code, "otpToken": text(&asked, "otpToken")})).await;
    text(&made, "accessToken")
}
