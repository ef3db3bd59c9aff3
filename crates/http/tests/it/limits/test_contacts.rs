//! Contacts for tests: their codes are the operator's, nothing is sent to them and nothing counts for them but wrong tries. (`daftar` refuses them in production.)

use daftar_core::identifier::{Country, LoginId};
use daftar_core::limit::Limits;
use daftar_core::limit::sending::SendingLimits;
use daftar_core::ports::{Clock as _, Store as _};
use daftar_testkit::Installation;
use serde_json::json;

use super::{Contact, Senders, WAYS, Way};
use crate::app::{self, INVALID_CODE, LOGIN, RESET, SIGNUP, access, asked, data, english, refused, show};
use crate::invas;
use crate::usapi::{self, registered, with};

const CODE: &str = "4711";

fn contact(text: &str) -> LoginId {
    LoginId::classify(text, &Country::indonesia()).unwrap()
}

/// With the phone and the address of person 1 for tests; and where not a single short message may be sent.
async fn site() -> Installation {
    let sending = SendingLimits { sms_by_hour: SendingLimits::by_hour(0), countries: Vec::new(), ..SendingLimits::default() };
    let builder = Installation::builder().limited(Limits { sending, ..Limits::default() });
    builder.test_contact(contact("+6281000000001"), CODE).test_contact(contact("siti1@example.test"), CODE).behind_proxy().start().await
}

/// That nothing was sent to anybody, nor waits for it, nor was paid.
async fn nothing_sent(site: &Installation) {
    site.all_sent().await;
    assert!(site.messages().await.is_empty());
    let used = site.store().limits_used(None, 100, site.clock.now()).await.unwrap();
    let paid: Vec<_> = used.iter().map(|(key, _)| key.as_str()).filter(|key| key.starts_with("send.") || key.starts_with("sms.")).collect();
    assert!(paid.is_empty(), "{paid:?}");
}

#[tokio::test]
async fn a_test_contact_has_its_code_on_every_surface_and_gets_no_message() {
    for (contact, ways) in [(Contact::Phone, WAYS), (Contact::Email, WAYS)] {
        for way in ways {
            let site = site().await;
            let senders = Senders::on(&site).await;
            if way == Way::UsapiResend {
                senders.sends(&site, Way::UsapiSignup, contact, 1).await;
            }
            if way == Way::InvasResend {
                senders.sends(&site, Way::InvasRegister, contact, 1).await;
            }
            // As often as one likes.
            let mut prefix = String::new();
            for _ in 0..12 {
                let answer = senders.send(&site, way, contact, 1).await;
                assert_eq!(answer.status, 200, "{way:?} {contact:?}: {answer:?}");
                prefix = answer.json()["tokenPrefix"].as_str().unwrap_or_default().to_owned();
            }
            nothing_sent(&site).await;
            let app = english(&site).bearer(&senders.session);
            let shown = match way {
                Way::UsapiSignup | Way::UsapiResend => usapi::verify(&site, &senders.token(Way::UsapiSignup, contact, 1), CODE).await,
                Way::InvasRegister | Way::InvasResend => {
                    // The phone is one for tests in both cases.
                    let body = with(&invas::confirmation(&format!("{prefix}{CODE}")), "username", "081000000001");
                    senders.host(&site).await.post("/b2b/customer/register/confirm", &body).await
                }
                Way::AppSignup => show(&app, SIGNUP, &senders.token(way, contact, 1), CODE).await,
                Way::AppChange => {
                    let nature = if contact == Contact::Phone { app::UPDATE_PHONE } else { app::UPDATE_EMAIL };
                    show(&app, nature, &senders.token(way, contact, 1), CODE).await
                }
            };
            assert_eq!(shown.status, 200, "{way:?} {contact:?}: {shown:?}");
        }
    }
}

#[tokio::test]
async fn an_account_of_a_test_contact_signs_in_and_recovers_with_its_code() {
    let site = site().await;
    registered(&site, 1).await;
    for nature in [LOGIN, RESET] {
        for (login_id, send_type) in [("6281000000001", 0), ("siti1@example.test", 0), ("siti 1", 1), ("siti 1", 2)] {
            let token = asked(&english(&site), nature, login_id, send_type).await;
            access(&show(&english(&site), nature, &token, CODE).await);
        }
    }
    nothing_sent(&site).await;
}

#[tokio::test]
async fn wrong_tries_at_a_test_contacts_code_count() {
    let site = site().await;
    let token = asked(&english(&site), SIGNUP, "siti1@example.test", 0).await;
    for _ in 0..3 {
        refused(&show(&english(&site), SIGNUP, &token, "4712").await, 400, INVALID_CODE);
    }
    refused(&show(&english(&site), SIGNUP, &token, CODE).await, 400, INVALID_CODE);
    assert_eq!(site.wrong_codes("email/siti1@example.test").await, 3);
    // Another is good again.
    let token = asked(&english(&site), SIGNUP, "siti1@example.test", 0).await;
    access(&show(&english(&site), SIGNUP, &token, CODE).await);
    assert_eq!(site.wrong_codes("email/siti1@example.test").await, 0);
}

#[tokio::test]
async fn everybody_else_is_sent_a_code_that_is_drawn() {
    let site = Installation::builder().limits().test_contact(contact("+6281000000001"), CODE).start().await;
    let senders = Senders::on(&site).await;
    senders.sends(&site, Way::AppSignup, Contact::Phone, 2).await;
    let code = site.code_for(&Contact::Phone.of(2)).await;
    data(&show(&english(&site), SIGNUP, &senders.token(Way::AppSignup, Contact::Phone, 2), &code).await);
    assert_eq!(senders.send(&site, Way::AppSignup, Contact::Phone, 2).await.status, 409);
    // A customer whose phone is for tests still has his mail, and its budget.
    let customer = with(&with(&invas::customer(), "phone", "081000000001"), "email", "mei@example.test");
    let host = senders.host(&site).await;
    assert_eq!(host.post("/b2b/customer/register", &customer).await.status, 200);
    site.all_sent().await;
    let to: Vec<_> = site.messages().await.into_iter().map(|message| message.to).collect();
    assert_eq!(to, ["mei@example.test".to_owned(), Contact::Phone.of(2)]);
    invas::problem(&host.post("/b2b/customer/register", &customer).await, 429, "TOO_MANY_REQUESTS", None);
    assert_eq!(host.post("/b2b/customer/register", &with(&customer, "email", json!(null))).await.status, 200);
}
