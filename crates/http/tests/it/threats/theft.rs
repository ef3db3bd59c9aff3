//! Row 54: what a thief of the database has, after everything that hands out secrets was done over HTTP.

use daftar_core::service::AppPolicy;
use daftar_testkit::gateway::GatewaySink;
use daftar_testkit::{Installation, SmsRoute};
use serde_json::json;

use crate::app::{LOGIN, PHONE, RESET, SIGNUP, access, asked, english, me, show};
use crate::usapi::{applicant, registered, sign_in, started, verify, without, wrong};
use crate::{invas, oauth};

/// The words of a short message that a gateway got.
async fn text(gateway: &GatewaySink, count: usize) -> String {
    gateway.received(count).await[count - 1].json()["text"].as_str().unwrap().to_owned()
}

/// The code in them, which is one of these lengths.
fn code_in(text: &str, lengths: &[usize]) -> String {
    let is_code = |word: &&str| lengths.contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit());
    text.split_whitespace().find(is_code).unwrap().to_owned()
}

/// The shortest secret that is looked for.
const SHORTEST: usize = 7;

/// What can be read in a heap of bytes: everything that could hold a secret, and little else.
fn legible(bytes: &[u8]) -> String {
    let runs = bytes.split(|byte| !(0x20..0x7f).contains(byte)).filter(|run| run.len() >= SHORTEST);
    runs.map(|run| format!("{}\n", String::from_utf8_lossy(run))).collect()
}

#[tokio::test]
async fn row_54_a_thief_of_the_database_has_no_secret_that_was_ever_handed_out_or_typed() {
    // Short messages go through a gateway: mail goes into the inbox of development, which holds it in clear, and of which nothing is said here.
    // Eight digits are nowhere by chance.
    let gateway = GatewaySink::start();
    let app = AppPolicy { code_digits: 8, ..AppPolicy::default() };
    let site = Installation::builder().app(app).sms([SmsRoute::to("gateway", &gateway)]).start().await;
    let mut secrets: Vec<String> = Vec::new();

    // A person made at once, who signs in; one who signs up by code, after a wrong one.
    registered(&site, 1).await;
    secrets.push(sign_in(&site, "siti 1", "rahasia sekali").await.json()["token"].as_str().unwrap().to_owned());
    sign_in(&site, "siti 1", "wrong but typed").await;
    let registration = started(&site, &applicant(2, "OTP")).await;
    let words = text(&gateway, 1).await;
    let code = code_in(&words, &[6]);
    verify(&site, &registration, &wrong(&code)).await.says(400, "Invalid verification code");
    assert_eq!(verify(&site, &registration, &code).await.status, 200);
    secrets.extend([words, registration]);

    // App: codes used, wrong and waiting, a session, a recovery, passwords chosen and made up.
    let signup = asked(&english(&site), SIGNUP, PHONE, 0).await;
    let used = code_in(&text(&gateway, 2).await, &[8]);
    let session = access(&show(&english(&site), SIGNUP, &signup, &used).await);
    assert_eq!(me(&site, &session).post("/app/auth/password", &json!({})).await.status, 200);
    let made_up = text(&gateway, 3).await.split_whitespace().next().unwrap().to_owned();
    let reset = asked(&english(&site), RESET, PHONE, 0).await;
    let paid = code_in(&text(&gateway, 4).await, &[8]);
    let recovery = access(&show(&english(&site), RESET, &reset, &paid).await);
    assert_eq!(me(&site, &recovery).put("/app/auth/password", &json!({"password": "ChosenAnew77"})).await.status, 200);
    let waiting = asked(&english(&site), LOGIN, PHONE, 0).await;
    let unused = code_in(&text(&gateway, 5).await, &[8]);
    show(&english(&site), LOGIN, &waiting, &crate::app::wrong(&unused)).await;
    secrets.extend([used, session, made_up, paid, recovery, unused, waiting, "ChosenAnew77".to_owned()]);

    // INVAS: a host with its secret and token, a customer's token, and the MD5 of a password.
    let machine = oauth::host(&site).await;
    let bearer = machine.token(&site).await;
    let host = site.anybody().bearer(&bearer);
    let keyed = host.with("idempotency-key", "a-key-of-the-host-4711");
    assert_eq!(keyed.post("/b2b/customer/register", &without(&invas::customer(), "email")).await.status, 200);
    let words = text(&gateway, 6).await;
    let token = words.split_whitespace().find(|word| word.len() == 7 && word.bytes().skip(3).all(|b| b.is_ascii_digit())).unwrap();
    assert_eq!(invas::confirm(&host, token).await.status, 200);
    secrets.extend([token.to_owned(), machine.secret, bearer, invas::PRE_HASHED.to_owned(), words.clone()]);
    secrets.extend([site.shop_secret().to_owned(), "rahasia sekali".to_owned(), "wrong but typed".to_owned()]);
    secrets.extend([invas::PRE_HASHED.to_lowercase(), "PRIVATE KEY".to_owned(), "the master key of every test yes".to_owned()]);

    let text = legible(&site.bytes_on_disk().await);
    let holds = |secret: &str| text.contains(secret);
    for known in ["siti1@example.test", "+6281000000001", "$argon2id$"] {
        assert!(holds(known), "{known}: this looks in the right place");
    }
    for secret in secrets {
        assert!(secret.len() >= SHORTEST && !holds(&secret), "the database holds {secret}");
    }
}

#[tokio::test]
async fn row_54_a_password_typed_where_the_name_belongs_is_counted_and_not_kept() {
    let site = Installation::with_limits().await;
    for _ in 0..10 {
        assert_eq!(sign_in(&site, "My-Pass-4711", "anything").await.status, 401);
    }
    assert_eq!(sign_in(&site, "my-pass-4711", "anything").await.status, 429);
    let text = legible(&site.bytes_on_disk().await).to_lowercase();
    assert!(text.contains("password.account_address/127.0.0.1/"), "this looks in the right place");
    assert!(!text.contains("my-pass-4711"));
}
