//! What the surfaces say of too much: too many messages, a country that is not served, too many look-ups.

use std::time::Duration;

use daftar_core::identifier::Country;
use daftar_core::limit::Limits;
use daftar_core::limit::sending::SendingLimits;
use daftar_testkit::{Answer, Installation};
use serde_json::{Value, json};

use super::door::{app, english};
use super::table::{NONE, Section, Situation, Stage, said, situation};
use crate::invas;
use crate::oauth::{self, Machine};
use crate::usapi::{applicant, person, with};

/// A surface, as it sends codes and is asked who is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Surface {
    Usapi,
    Invas,
    App,
}

const SURFACES: [(&str, Surface); 3] = [("USAPI", Surface::Usapi), ("INVAS", Surface::Invas), ("App", Surface::App)];

/// An installation, and a host of it.
struct Scene {
    site: Installation,
    host: Machine,
}

impl Scene {
    async fn set(limits: Limits) -> Self {
        let site = Installation::builder().limited(limits).start().await;
        let host = oauth::host(&site).await;
        Self { site, host }
    }

    /// A code for the phone of person `n`, who has no account.
    async fn send(&self, surface: Surface, n: u32) -> Answer {
        let phone = format!("+62810{n:08}");
        match surface {
            Surface::Usapi => self.site.shop().post("/signup", &applicant(n, "OTP")).await,
            Surface::Invas => {
                let customer = with(&with(&invas::customer(), "phone", phone), "email", Value::Null);
                self.host().await.post("/b2b/customer/register", &customer).await
            }
            Surface::App => app(&self.site, "/otp", &json!({"nature": 2, "loginID": phone, "sendType": 0})).await,
        }
    }

    /// The same by mail, where the surface has codes by mail.
    async fn mail(&self, surface: Surface, n: u32) -> Option<Answer> {
        match surface {
            Surface::Usapi => Some(self.site.shop().post("/signup", &applicant(n, "LINK")).await),
            Surface::Invas => None,
            Surface::App => {
                let body = json!({"nature": 2, "loginID": format!("siti{n}@example.test"), "sendType": 0});
                Some(app(&self.site, "/otp", &body).await)
            }
        }
    }

    /// Whether somebody is registered: anybody asks, or a machine.
    async fn look_up(&self, surface: Surface) -> Answer {
        match surface {
            Surface::Usapi => self.site.anybody().post("/check/email", &json!({"email": "nobody@example.test"})).await,
            Surface::Invas => self.host().await.get("/b2b/customer/auth/verifyEmail?email=nobody@example.test").await,
            Surface::App => english(&self.site).post("/app/auth/account/check", &json!({"loginID": "nobody@example.test"})).await,
        }
    }

    async fn host(&self) -> daftar_testkit::Caller {
        self.site.anybody().bearer(&self.host.token(&self.site).await)
    }

    fn later(&self, seconds: u64) {
        self.site.clock.advance(Duration::from_secs(seconds));
    }
}

/// Messages to one phone, so many seconds after one another, each of which is sent; what is said of the last, which is sent here or on another surface.
fn messages(what: &str, gaps: &'static [u64], elsewhere: bool) -> Situation<Surface> {
    situation(what, move |_: Stage, surface: Surface| async move {
        let scene = Scene::set(Limits::default()).await;
        let first = match surface {
            Surface::App if elsewhere => Surface::Usapi,
            Surface::Usapi | Surface::Invas if elsewhere => Surface::App,
            here => here,
        };
        let (last, before) = gaps.split_last().unwrap();
        assert_eq!(scene.send(first, 1).await.status, 200);
        for gap in before {
            scene.later(*gap);
            assert_eq!(scene.send(first, 1).await.status, 200);
        }
        scene.later(*last);
        said(&scene.send(surface, 1).await)
    })
}

/// A first code for somebody, whom somebody else may be before, under these limits.
fn limited(what: &str, sending: fn() -> SendingLimits, is_taken: bool) -> Situation<Surface> {
    situation(what, move |_: Stage, surface: Surface| async move {
        let scene = Scene::set(Limits { sending: sending(), ..Limits::default() }).await;
        if is_taken {
            assert_eq!(scene.site.shop().post("/internal/register", &person(1)).await.status, 200);
        }
        said(&scene.send(surface, 1).await)
    })
}

/// The same by mail.
fn by_mail(what: &str, sending: fn() -> SendingLimits) -> Situation<Surface> {
    situation(what, move |_: Stage, surface: Surface| async move {
        let scene = Scene::set(Limits { sending: sending(), ..Limits::default() }).await;
        scene.mail(surface, 1).await.map_or_else(|| NONE.to_owned(), |answer| said(&answer))
    })
}

/// Indonesia, where the people of these situations are, is not served.
fn hong_kong_alone() -> SendingLimits {
    SendingLimits { countries: vec![Country::hong_kong()], ..SendingLimits::default() }
}

fn none_by_sms() -> SendingLimits {
    SendingLimits { sms_by_hour: SendingLimits::by_hour(0), ..SendingLimits::default() }
}

fn situations() -> Vec<Situation<Surface>> {
    vec![
        messages("a second message at once", &[0], false),
        messages("at once, after one on another surface", &[0], true),
        messages("59 s later", &[59], false),
        messages("60 s later", &[60], false),
        messages("60 s later, after one on another surface", &[60], true),
        messages("a fourth in 10 min", &[60, 60, 60], false),
        messages("a ninth in a day", &[60, 60, 480, 60, 60, 480, 60, 480], false),
        messages("a ninth, on another surface", &[60, 60, 480, 60, 60, 480, 60, 480], true),
        limited("no short messages left in this hour", none_by_sms, false),
        by_mail("none left, by mail", none_by_sms),
        limited("none left, and the contact is taken", none_by_sms, true),
        limited("a country that is not served", hong_kong_alone, false),
        by_mail("not served, by mail", hong_kong_alone),
        situation("a 31st look-up in a minute", |_: Stage, surface: Surface| async move {
            let scene = Scene::set(Limits::default()).await;
            for _ in 0..30 {
                assert_eq!(scene.look_up(surface).await.status, 200);
            }
            said(&scene.look_up(surface).await)
        }),
        situation("the same, after 30 on the others", |_: Stage, surface: Surface| async move {
            let scene = Scene::set(Limits::default()).await;
            for other in [Surface::Usapi, Surface::App].into_iter().cycle().take(30) {
                assert_eq!(scene.look_up(other).await.status, 200);
            }
            said(&scene.look_up(surface).await)
        }),
        situation("2 s later", |_: Stage, surface: Surface| async move {
            let scene = Scene::set(Limits::default()).await;
            for _ in 0..31 {
                scene.look_up(surface).await;
            }
            scene.later(2);
            said(&scene.look_up(surface).await)
        }),
    ]
}

pub(super) async fn section() -> Section {
    Section::played("too often (rows 42, 43, 60)", &SURFACES, situations()).await
}
