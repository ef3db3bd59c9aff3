//! Erasing an account: nothing of it is left in any table, and nothing of anybody else is gone.

use daftar_core::account::{AccountId, Standing};
use daftar_core::code::Purpose;
use daftar_core::erasure::Erased;
use daftar_core::limit::{Charge, Gcra, LimitKey, LimitKind};
use daftar_core::message::{Channel, MessageId};
use daftar_core::outbox::{Receipt, ReceiptOutcome, Settlement};
use daftar_core::person::PictureId;
use daftar_core::ports::{Inbox as _, InboxMessage, Outbox as _, Store as _};
use daftar_core::registration::Finished;
use daftar_store::SqlStore;

use super::given::{self, HOUR, MINUTE, now};
use super::{Engine, at_once};

/// Somebody of whom there is something in every table that can hold something of a person: what he is, and the number of his phone.
async fn somebody(store: &SqlStore, name: &str, number: u32) -> AccountId {
    let phone = given::phone(number);
    store.register_customer(given::customer("bank", name, &phone).new, None).await.unwrap();
    let pending = given::by_mail(name, Some(&phone));
    store.start_registration(pending.new.clone(), None).await.unwrap();
    store.finish_registration(pending.show_wrong()).await.unwrap();
    let finish = pending.show_code();
    let id = finish.account;
    assert_eq!(store.finish_registration(finish).await.unwrap(), Finished::Created(id));
    let session = given::sign_in_by_code(store, id, given::email(name)).await;
    assert!(store.bind_device(session, given::device(&format!("device of {name}")), now()).await.unwrap());
    given::recover(store, id, given::email(name)).await;
    let code = given::send(store, Purpose::AppReset, id, given::email(name)).await;
    store.redeem(code.wrong(code.show())).await.unwrap();
    let code = given::send(store, Purpose::AppSignup, given::account_id(), phone.clone()).await;
    store.redeem(code.wrong(code.show())).await.unwrap();
    for channel in [Channel::Email, Channel::Sms] {
        for message in store.claim(channel, 2, now(), MINUTE).await.unwrap().messages {
            let reference = format!("message to {name} {}", message.envelope.id.0);
            let taken = given::taken(&message, "first", Some(&reference), now());
            store.settle(message.envelope.id, given::settled(taken, Settlement::Sent), now()).await.unwrap();
            let receipt = Receipt { reference, outcome: ReceiptOutcome::Delivered, reason: None };
            store.note_receipt(&given::route("first"), receipt, now()).await.unwrap();
        }
    }
    let contacts = [format!("email/{name}@example.test"), format!("phone/{}", phone.as_e164())];
    let keys = [
        LimitKey::new(LimitKind::SendDestination, &contacts[0]),
        LimitKey::new(LimitKind::SendStrangers, &contacts[1]),
        LimitKey::new(LimitKind::PasswordStrangers, format!("account/{id}")),
        LimitKey::new(LimitKind::PasswordAccountAddress, format!("192.0.2.1/account/{id}")),
    ];
    let limit = Gcra { burst: 1, period: HOUR };
    store.charge(keys.into_iter().map(|key| Charge::one(key, limit)).collect(), now()).await.unwrap();
    for (channel, to) in [(Channel::Email, format!("{name}@example.test")), (Channel::Sms, phone.as_e164().to_owned())] {
        let letter = InboxMessage {
            id: MessageId(given::account_id().0),
            channel,
            to,
            subject: None,
            text: format!("Dear {name}"),
            html: None,
            sent_at: now(),
        };
        store.deliver(letter).await.unwrap();
    }
    id
}

/// What the tables hold, but for counts of wrong codes that are everybody's.
async fn rows<E: Engine>(engine: &E) -> Vec<String> {
    let mut rows = engine.rows().await;
    rows.retain(|row| !row.starts_with("wrong_code_minutes"));
    rows.sort_unstable();
    rows
}

/// The tables that hold something of this.
async fn tables_with<E: Engine>(engine: &E, text: &str) -> Vec<String> {
    let holds = |row: &String| row.to_lowercase().contains(&text.to_lowercase());
    let mut tables: Vec<_> = rows(engine).await.iter().filter(|row| holds(row)).filter_map(|row| row.split(' ').next().map(str::to_owned)).collect();
    tables.dedup();
    tables
}

pub async fn an_erased_account_leaves_everything_as_if_it_had_never_been<E: Engine>(engine: E) {
    let store = engine.store();
    let before = rows(&engine).await;
    let id = somebody(store, "xenia", 77).await;
    let (hex, number) = (id.0.simple().to_string(), given::phone(77));
    let personal = ["xenia", number.digits(), &hex, &id.to_string()];
    let mut tables = Vec::new();
    for text in personal {
        tables.extend(tables_with(&engine, text).await);
    }
    tables.sort_unstable();
    tables.dedup();
    let expected = [
        "accounts",
        "challenges",
        "customers",
        "identifiers",
        "inbox",
        "known_addresses",
        "limits",
        "outbox",
        "passwords",
        "receipts",
        "recoveries",
        "registrations",
        "sessions",
        "wrong_codes",
    ];
    assert!(expected.iter().all(|table| tables.iter().any(|there| there == table)), "the test finds what there is to find: {tables:?}");
    assert!(engine.count("SELECT count(*) FROM attempts").await > 0);

    assert_eq!(store.erase_account(id).await.unwrap(), Some(Erased { picture: None }));
    for text in personal {
        assert_eq!(tables_with(&engine, text).await, Vec::<String>::new(), "{text}");
    }
    assert_eq!(rows(&engine).await, before);
    // The name is free, and a person of it is a new one.
    assert_ne!(somebody(store, "xenia", 77).await, id);
}

pub async fn what_others_have_is_not_erased_with_an_account<E: Engine>(engine: E) {
    let store = engine.store();
    given::everything(store).await;
    // A name that begins with the other's, and a number that does.
    somebody(store, "xeni", 7).await;
    let before = rows(&engine).await;
    let mut account = given::account_with_phone("xenia", &given::phone(77), Standing::Said);
    account.profile.picture = PictureId::parse(&"p".repeat(43));
    store.create_account(account.clone(), None).await.unwrap();
    given::sign_in(store, &account).await;
    assert_eq!(store.erase_account(account.id).await.unwrap(), Some(Erased { picture: account.profile.picture }));
    assert_eq!(rows(&engine).await, before);
}

pub async fn nobody_is_erased_twice<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = given::made(store, "siti", 1).await;
    assert_eq!(store.erase_account(given::account_id()).await.unwrap(), None);
    assert!(store.account(siti.id).await.unwrap().is_some());
    assert!(store.erase_account(siti.id).await.unwrap().is_some());
    assert_eq!(store.erase_account(siti.id).await.unwrap(), None);
    assert_eq!(store.sign_in_record(&given::email("siti").into(), given::from()).await.unwrap(), None);
}

pub async fn of_8_erasures_beside_codes_that_are_asked_for_proofs_and_sign_ins_one_is_done_and_nothing_is_left<E: Engine>(engine: E) {
    let store = engine.store();
    let before = rows(&engine).await;
    let id = somebody(store, "xenia", 77).await;
    let mut codes = Vec::new();
    for _ in 0..4 {
        codes.push(given::send(store, Purpose::AppSignIn, id, given::email("xenia")).await);
    }
    let signing_in = codes.into_iter().map(|code| {
        let store = store.clone();
        tokio::spawn(async move { store.redeem(code.show()).await.map(drop) })
    });
    let asking = (0..8).map(|_| {
        let store = store.clone();
        // It is sent before, or there is nobody any more to send it to.
        let sent = given::code(Purpose::AppReset, id, given::email("xenia"));
        tokio::spawn(async move { store.send_challenge(sent.challenge, sent.envelope.into()).await.map(drop) })
    });
    let signing_in: Vec<_> = signing_in.chain(asking).collect();
    let erasures = (0..8).map(|_| {
        let store = store.clone();
        async move { store.erase_account(id).await.unwrap().is_some() }
    });
    assert_eq!(at_once(erasures).await.into_iter().filter(|erased| *erased).count(), 1);
    for sign_in in signing_in {
        sign_in.await.unwrap().unwrap();
    }
    assert_eq!(rows(&engine).await, before);
}
