//! Operations that race for the same rows on PostgreSQL must not wait for one another in a circle. Here the server never breaks one up, so that a circle is a
//! test that does not end in time, instead of a second that nobody notices.

use std::time::Duration;

use daftar_core::account::Standing;
use daftar_core::code::Purpose;
use daftar_core::identifier::PhoneNumber;
use daftar_core::message::Channel;
use daftar_core::outbox::{Receipt, ReceiptOutcome, Settlement};
use daftar_core::person::{BirthDate, Gender};
use daftar_core::ports::{Outbox as _, Store as _};
use daftar_core::profile::ProfileUpdate;
use daftar_store::{Location, Opening, SqlStore};
use daftar_testkit::postgres::Database;
use daftar_testkit::store_contract::given::{self, now};
use tokio::task::JoinSet;

const ROUNDS: u32 = 20;
/// How long all rounds of a test may take together; they take a second or two.
const PATIENCE: Duration = Duration::from_secs(60);

/// A store on a server that does not look for circles.
async fn patient() -> SqlStore {
    let database = Database::shared().await;
    let never = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = ''1h''', current_database()); END $$";
    database.connect().await.batch_execute(never).await.unwrap();
    SqlStore::open(&Location::parse(&database.url()).unwrap(), Opening::migrating(false)).await.unwrap()
}

/// Waits for all calls of a round.
async fn ended(calls: JoinSet<()>) {
    assert!(tokio::time::timeout(PATIENCE, calls.join_all()).await.is_ok(), "they wait for one another");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_address_and_the_codes_that_went_to_the_old_one() {
    let store = patient().await;
    let siti = given::made(&store, "siti0", 1).await;
    let session = given::sign_in_by_code(&store, siti.id, given::phone(1)).await;
    for round in 0..ROUNDS {
        let (old, new) = (given::email(&format!("siti{round}")), given::email(&format!("siti{}", round + 1)));
        let (login, reset) =
            (given::send(&store, Purpose::AppSignIn, siti.id, old.clone()).await, given::send(&store, Purpose::AppReset, siti.id, old).await);
        let change = given::send(&store, Purpose::AppEmail, siti.id, new).await.prove(session);
        let shown = [change, login.wrong(login.show()), login.wrong(login.show()), login.show(), reset.wrong(reset.show()), reset.show()];
        let mut calls = JoinSet::new();
        for show in shown {
            let store = store.clone();
            calls.spawn(async move {
                store.redeem(show).await.unwrap();
            });
        }
        ended(calls).await;
        // Whatever came first, a right code starts the next round anew.
        given::sign_in_by_code(&store, siti.id, given::phone(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_is_shown_while_the_next_one_is_asked_for() {
    let store = patient().await;
    let siti = given::made(&store, "siti", 1).await;
    for _ in 0..ROUNDS {
        let mut calls = JoinSet::new();
        for purpose in [Purpose::AppSignIn, Purpose::AppReset] {
            let sent = given::send(&store, purpose, siti.id, given::email("siti")).await;
            for show in [sent.wrong(sent.show()), sent.show()] {
                let store = store.clone();
                calls.spawn(async move {
                    store.redeem(show).await.unwrap();
                });
            }
            for _ in 0..2 {
                let (store, next) = (store.clone(), given::code(purpose, siti.id, given::email("siti")));
                calls.spawn(async move {
                    next.sent(&store).await;
                });
            }
        }
        ended(calls).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_number_in_the_profile_and_the_codes_that_went_to_the_old_one() {
    let store = patient().await;
    for round in 0..ROUNDS {
        let siti = given::made(&store, &format!("siti{round}"), round).await;
        let login = given::send(&store, Purpose::AppSignIn, siti.id, given::phone(round)).await;
        let update = changed(siti.id, given::phone(1000 + round));
        let mut calls = JoinSet::new();
        for show in [login.wrong(login.show()), login.show()] {
            let store = store.clone();
            calls.spawn(async move {
                store.redeem(show).await.unwrap();
            });
        }
        let writer = store.clone();
        calls.spawn(async move {
            writer.update_profile(update).await.unwrap();
        });
        ended(calls).await;
    }
}

fn changed(account: daftar_core::account::AccountId, phone: PhoneNumber) -> ProfileUpdate {
    let birth_date = BirthDate::parse("1996-10-18", now()).unwrap();
    ProfileUpdate { account, birth_date, gender: Gender::Female, phone, picture: None, sealer: given::sealer(), now: now() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_prove_the_number_that_one_of_them_only_said() {
    let store = patient().await;
    for round in 0..ROUNDS {
        let number = given::phone(round);
        let siti = given::account_with_phone(&format!("siti{round}"), &number, Standing::Said);
        store.create_account(siti.clone(), None).await.unwrap();
        let session = given::sign_in(&store, &siti).await;
        let own = given::send(&store, Purpose::AppPhone, siti.id, number.clone()).await;
        let newcomers = given::send(&store, Purpose::AppSignup, given::account_id(), number).await;
        let mut calls = JoinSet::new();
        for show in [own.wrong(own.prove(session)), own.prove(session), newcomers.wrong(newcomers.show()), newcomers.show()] {
            let store = store.clone();
            calls.spawn(async move {
                store.redeem(show).await.unwrap();
            });
        }
        ended(calls).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customers_phone_that_two_hosts_and_the_customer_register_at_once() {
    let store = patient().await;
    for round in 0..ROUNDS {
        let (number, name) = (given::phone(round), format!("siti{round}"));
        let [mut one, other] = ["bank", "shop"].map(|host| given::customer(host, &name, &number));
        for applying in [&one, &other] {
            store.register_customer(applying.new.clone(), None).await.unwrap();
        }
        let newcomers = given::send(&store, Purpose::AppSignup, given::account_id(), number.clone()).await;
        let mut calls = JoinSet::new();
        for confirm in [one.show_wrong(), one.show(), other.show_wrong(), other.show()] {
            let store = store.clone();
            calls.spawn(async move {
                store.confirm_customer(confirm).await.unwrap();
            });
        }
        for show in [newcomers.wrong(newcomers.show()), newcomers.show()] {
            let store = store.clone();
            calls.spawn(async move {
                store.redeem(show).await.unwrap();
            });
        }
        let (writer, newer) = (store.clone(), given::customer("bank", &name, &number).new);
        calls.spawn(async move {
            writer.register_customer(newer, None).await.unwrap();
        });
        let (writer, link, token) = (store.clone(), one.link(), one.token_anew(now()));
        calls.spawn(async move {
            writer.resend_token(token).await.unwrap();
            let _ = writer.authorise_customer(link, now()).await.unwrap();
            writer.disown_customer(link, now()).await.unwrap();
        });
        ended(calls).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_of_two_accounts_that_swap_their_devices() {
    let store = patient().await;
    let (siti, budi) = (given::made(&store, "siti", 1).await, given::made(&store, "budi", 2).await);
    let one = given::sign_in_by_code(&store, siti.id, given::email("siti")).await;
    let other = given::sign_in_by_code(&store, budi.id, given::email("budi")).await;
    for round in 0..ROUNDS {
        let devices = if round % 2 == 0 { ["x", "y"] } else { ["y", "x"] };
        let mut calls = JoinSet::new();
        for (session, device) in [one, other].into_iter().zip(devices) {
            let store = store.clone();
            calls.spawn(async move {
                assert!(store.bind_device(session, given::device(device), now()).await.unwrap());
            });
        }
        ended(calls).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_settled_reported_taken_up_again_and_whose_code_is_shown_at_once() {
    let store = patient().await;
    for round in 0..ROUNDS {
        let mut pending = given::by_phone(&format!("siti{round}"), &given::phone(round));
        store.start_registration(pending.new.clone(), None).await.unwrap();
        let (id, mut calls) = (pending.new.sending.letters[0].id, JoinSet::new());
        let message = store
            .claim(Channel::Sms, 10, now(), given::MINUTE)
            .await
            .unwrap()
            .messages
            .into_iter()
            .find(|message| message.envelope.id == id)
            .unwrap();
        let reference = id.0.to_string();
        let taken = given::taken(&message, "first", Some(&reference), now());
        let settled = given::settled(taken, Settlement::Awaiting { until: now() + given::MINUTE });
        for outcome in [ReceiptOutcome::Undelivered, ReceiptOutcome::Delivered] {
            let (store, receipt) = (store.clone(), Receipt { reference: reference.clone(), outcome, reason: None });
            calls.spawn(async move {
                store.note_receipt(&given::route("first"), receipt, now()).await.unwrap();
            });
        }
        let writer = store.clone();
        calls.spawn(async move {
            writer.settle(id, settled, now()).await.unwrap();
        });
        let writer = store.clone();
        calls.spawn(async move {
            writer.retry_message(id, now()).await.unwrap();
        });
        let (writer, show, resend) = (store.clone(), pending.show_code(), pending.anew(now()));
        calls.spawn(async move {
            writer.finish_registration(show).await.unwrap();
        });
        let writer = store.clone();
        calls.spawn(async move {
            writer.resend_registration(resend).await.unwrap();
        });
        let writer = store.clone();
        calls.spawn(async move {
            writer.claim(Channel::Sms, 10, now() + 2 * given::MINUTE, given::MINUTE).await.unwrap();
        });
        ended(calls).await;
    }
}
