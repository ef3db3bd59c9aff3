//! A server with ten thousand messages on their way that is killed again and again, before, during and after its gateway's answers (`threats.md`, *Faults* 2).
//! `TEST_CRASH_MESSAGES` says how many.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use daftar_core::code::{Challenge, ChallengeId, ChallengeState, Purpose};
use daftar_core::identifier::PhoneNumber;
use daftar_core::locale::Locale;
use daftar_core::message::{CodeUse, Content, Envelope, Message, Recipient, Sealer};
use daftar_core::ports::{Store as _, Timestamp, new_id};
use daftar_core::secret::{Mac, Secrets};
use daftar_store::{Location, Opening, SqlStore};
use daftar_testkit::OsEntropy;
use daftar_testkit::database::Engine;
use daftar_testkit::gateway::{Behaviour, GatewaySink};
use tokio::task::JoinSet;

use super::program::Home;

const MASTER_KEY: [u8; 32] = [7; 32];
const CRASHES: usize = 20;
/// Messages whose codes end while nothing can be sent.
const SHORT_LIVED: usize = 200;
/// How many write at once.
const WRITERS: usize = 64;
/// What a server sends at once, by one channel: as many messages can be repeated by one crash.
const AT_ONCE: usize = 128;

/// A home whose short messages go to `gateway`, with a lease that a killed server does not keep for long.
fn home(gateway: &GatewaySink) -> Home {
    let key: String = MASTER_KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    Home::for_development()
        .with("DAFTAR_SECRETS__MASTER_KEY", &key)
        .with("DAFTAR_SMS__ROUTES", &format!(r#"[{{"name":"only","preset":"generic","url":"{}"}}]"#, gateway.url()))
        .with("DAFTAR_OUTBOX__SEND_TIMEOUT", "2s")
        .with("DAFTAR_OUTBOX__LEASE", "5s")
}

/// Queues codes to the phones `numbers`, worth sending for `lifetime`.
async fn queue(store: &SqlStore, numbers: Range<usize>, lifetime: Duration) {
    let sealer = Sealer::new(Secrets::derive(&MASTER_KEY).outbox, Arc::new(OsEntropy));
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (store, sealer, mine) = (store.clone(), sealer.clone(), numbers.clone().skip(writer).step_by(WRITERS));
        writers.spawn(async move {
            for number in mine {
                let (challenge, envelope) = code(&sealer, number, lifetime);
                store.send_challenge(challenge, envelope.into()).await.unwrap();
            }
        });
    }
    writers.join_all().await;
}

/// The time of day, as the server under test reads it.
#[expect(clippy::disallowed_methods, reason = "the server is a process of its own, whose clock no test can set")]
fn system_time() -> SystemTime {
    SystemTime::now()
}

/// A code to the phone `number`.
fn code(sealer: &Sealer, number: usize, lifetime: Duration) -> (Challenge, Envelope) {
    let now = Timestamp::try_from(system_time()).unwrap();
    let phone = PhoneNumber::from_e164(&format!("+62812{number:08}")).unwrap();
    let content = Content::Code { good_for: CodeUse::SignIn, code: format!("{number:06}"), code_minutes: 10 };
    let message = Message { to: Recipient::Sms(phone.clone()), locale: Locale::English, platform: None, content };
    let id = new_id(now, &OsEntropy);
    let challenge = Challenge {
        id: ChallengeId(id),
        purpose: Purpose::AppSignup,
        subject: id,
        destination: phone.into(),
        digits: 6,
        code_mac: Mac([0; 32]),
        link_mac: None,
        tries_left: 5,
        state: ChallengeState::Open,
        created_at: now,
        expires_at: now + lifetime,
    };
    (challenge, sealer.seal(message, now, now + lifetime).unwrap())
}

/// How many messages: `TEST_CRASH_MESSAGES`, else ten thousand on SQLite and fewer on PostgreSQL, where a commit takes longer.
fn messages() -> usize {
    let usual = match Engine::of_this_run() {
        Engine::Sqlite => 10_000,
        Engine::Postgres => 3_000,
    };
    std::env::var("TEST_CRASH_MESSAGES").map_or(usual, |text| text.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_2_ten_thousand_messages_survive_a_server_that_is_killed_twenty_times() {
    let messages = messages();
    let gateway = GatewaySink::start();
    gateway.behave(Behaviour::Slow(Duration::from_millis(5)));
    let home = home(&gateway);
    home.run(&["migrate"]).ok();
    let store = SqlStore::open(&Location::parse(&home.database_url()).unwrap(), Opening::migrating(false)).await.unwrap();
    queue(&store, 0..messages, Duration::from_secs(600)).await;
    let ended_at = system_time() + Duration::from_secs(1);
    queue(&store, messages..messages + SHORT_LIVED, Duration::from_secs(1)).await;

    let mut kills = Vec::new();
    for crash in 1..=CRASHES {
        let server = home.start(&["serve"]);
        gateway.until(|counts| counts.requests >= crash * messages / (CRASHES + 1)).await;
        server.kill();
        kills.push(system_time());
    }
    let server = home.start(&["serve"]);
    gateway.until(|counts| counts.taken >= messages).await;
    while home.json(&["outbox", "list", "--status", "queued", "--json"]) != serde_json::json!([]) {}
    assert!(server.stop().success());

    let mut copies = BTreeMap::<String, Vec<(String, String, SystemTime)>>::new();
    for request in gateway.requests() {
        let body = request.json();
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        copies.entry(text("to")).or_default().push((text("text"), request.header("idempotency-key").to_owned(), request.at));
    }
    for number in 0..messages {
        let phone = format!("+62812{number:08}");
        let copies = copies.get(&phone).unwrap_or_else(|| panic!("{phone} was promised a code and got none"));
        assert!(copies.iter().all(|(text, key, _)| text.contains(&format!("{number:06}")) && *key == copies[0].1), "{phone}: {copies:?}");
        // What was on its way to a server that was killed may be read a moment later.
        let between = |first: SystemTime, second: SystemTime| kills.iter().any(|kill| *kill + Duration::from_secs(1) >= first && *kill <= second);
        assert!(copies.windows(2).all(|two| between(two[0].2, two[1].2)), "{phone} was repeated without a crash: {copies:?}");
    }
    let repeated: usize = copies.values().map(|copies| copies.len() - 1).sum();
    assert!(repeated <= CRASHES * AT_ONCE, "{repeated} repeated messages after {CRASHES} crashes");
    for number in messages..messages + SHORT_LIVED {
        for (_, _, at) in copies.get(&format!("+62812{number:08}")).into_iter().flatten() {
            // What was on its way at the end may still be read a moment later.
            assert!(*at < ended_at + Duration::from_secs(1), "an expired code was sent");
        }
    }
    eprintln!("{messages} messages, {CRASHES} kills: {repeated} repeated");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_2_a_message_whose_server_dies_before_the_answer_is_sent_again_under_its_key() {
    let gateway = GatewaySink::start();
    let home = home(&gateway);
    home.run(&["migrate"]).ok();
    let store = SqlStore::open(&Location::parse(&home.database_url()).unwrap(), Opening::migrating(false)).await.unwrap();
    queue(&store, 0..1, Duration::from_secs(600)).await;
    gateway.behave(Behaviour::Hang);
    let server = home.start(&["serve"]);
    gateway.received(1).await;
    server.kill();
    gateway.behave(Behaviour::Accept);
    let server = home.start(&["serve"]);
    let requests = gateway.received(2).await;
    assert_eq!((requests[0].header("idempotency-key"), requests[0].text()), (requests[1].header("idempotency-key"), requests[1].text()));
    let sent = loop {
        let sent = home.json(&["outbox", "list", "--status", "accepted", "--json"]);
        if sent != serde_json::json!([]) {
            break sent;
        }
    };
    assert_eq!(
        (&sent[0]["without_answer"], sent[0]["attempts"].as_array().unwrap().len(), &sent[0]["attempts"][0]["number"]),
        (&1.into(), 1, &2.into())
    );
    assert!(server.stop().success());
    assert_eq!(gateway.counts().requests, 2);
}
