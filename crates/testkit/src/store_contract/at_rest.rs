//! What lies on the disk: that it is there, that it gives nothing away, and that damage names itself.

use daftar_core::account::Standing;
use daftar_core::client::{MachineClient, Scope};
use daftar_core::code::Purpose;
use daftar_core::customer::Confirmed;
use daftar_core::identifier::Country;
use daftar_core::limit::{Charge, Charged, Gcra, LimitKey, LimitKind};
use daftar_core::message::{Channel, Content, MessageId};
use daftar_core::person::{FullName, Gender, PictureId, PlaceName};
use daftar_core::ports::{Inbox as _, InboxFilter, InboxMessage, Outbox as _, SigningKeys as _, Store as _, StoreError};
use daftar_core::recovery::{NewPassword, PasswordSet};
use daftar_core::redemption::{Pays, Redeemed};
use daftar_core::registration::Finished;
use daftar_core::secret::Mac;
use daftar_core::token::{SealedKey, Term};

use super::Engine;
use super::given::{self, HOUR, MINUTE, now, sign_in};

pub async fn everything_is_there_after_the_store_was_closed_and_opened<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = given::account_with_phone("siti", &given::phone(1), Standing::Vouched);
    store.create_account(siti.clone(), None).await.unwrap();
    let account = store.account(siti.id).await.unwrap();
    let session = sign_in(store, &siti).await;
    let pending = given::by_mail("budi", None);
    store.start_registration(pending.new.clone(), None).await.unwrap();
    store.finish_registration(pending.show_wrong()).await.unwrap();
    let limit = vec![Charge::one(LimitKey::new(LimitKind::PasswordAddress, "key"), Gcra { burst: 1, period: HOUR })];
    store.charge(limit.clone(), now()).await.unwrap();

    let engine = engine.reopened().await;
    let store = engine.store();
    assert_eq!(store.account(siti.id).await.unwrap(), account);
    assert_eq!(store.session_account(session, now()).await.unwrap(), Some(siti.id));
    assert_eq!(store.registration(pending.id()).await.unwrap(), Some(pending.new.registration.clone()));
    assert_eq!(engine.count("SELECT wrong FROM wrong_codes").await, 1);
    assert!(matches!(store.charge(limit, now()).await.unwrap(), Charged::Refused { .. }));
    let claimed = store.claim(Channel::Email, 10, now(), MINUTE).await.unwrap();
    assert_eq!(claimed.messages.iter().map(|message| &message.envelope).collect::<Vec<_>>(), [&pending.new.sending.letters[0]]);
    assert!(matches!(store.finish_registration(pending.show_code()).await.unwrap(), Finished::Created(_)));
}

pub async fn row_54_the_database_holds_no_code_no_link_and_no_letter<E: Engine>(engine: E) {
    let store = engine.store();
    let pending = given::by_mail("siti", None);
    store.start_registration(pending.new.clone(), None).await.unwrap();
    store.finish_registration(pending.show_wrong()).await.unwrap();
    let bytes = engine.bytes().await;
    let legible = String::from_utf8_lossy(&bytes);
    let holds = |text: &str| legible.contains(text);
    assert!(holds("siti@example.test"), "this looks in the right place");
    // Six digits could be there by chance, in a hash or a time; not as the words of the letter.
    for secret in [pending.link.as_ref().unwrap().expose(), "https://accounts.example.test", "\"code_minutes\""] {
        assert!(!holds(secret), "{secret}");
    }
    assert!(!holds(&format!("\"{}\"", pending.code.expose())));
    assert_eq!(engine.count(&format!("SELECT count(*) FROM challenges WHERE CAST(code_mac AS TEXT) LIKE '%{}%'", pending.code.expose())).await, 0);
}

pub async fn row_54_the_database_holds_no_code_and_no_made_up_password_in_clear<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = given::made(store, "siti", 1).await;
    // A code that is waiting, one that was wrong, and one that was right.
    let waiting = given::code_of(8, Purpose::AppReset, siti.id, given::email("siti")).sent(store).await;
    let wrong = given::code_of(8, Purpose::AppEmail, siti.id, given::email("rahma")).sent(store).await;
    let right = given::code_of(8, Purpose::AppSignIn, siti.id, given::phone(1)).sent(store).await;
    let guess = wrong.wrong(wrong.show());
    let guessed = guess.shown.code.clone();
    store.redeem(guess).await.unwrap();
    let show = right.show();
    let Pays::SignIn(session, _) = show.pays else { unreachable!() };
    assert_eq!(store.redeem(show).await.unwrap(), Redeemed::Done(siti.id));
    let content = Content::GeneratedPassword { password: "xK7pQm4wRtZa".to_owned() };
    let told = Some(given::envelope(given::email("siti"), content, now()).into());
    let new = NewPassword { told, ..given::first_password(siti.id, session.id, "hash") };
    assert_eq!(store.set_password(new).await.unwrap(), PasswordSet::Done);

    let bytes = engine.bytes().await;
    let legible = String::from_utf8_lossy(&bytes);
    let holds = |text: &str| legible.contains(text);
    assert!(holds("generated_password") && holds("sign_in_code"), "this looks in the right place");
    for secret in [waiting.code.expose(), wrong.code.expose(), guessed.expose(), right.code.expose(), "xK7pQm4wRtZa", "\"code_minutes\""] {
        assert!(!holds(secret), "{secret}");
    }
    assert_eq!(store.waiting().await.unwrap(), 4, "sealed, they are there");
}

/// Damages one column after the other, and collects what the store says of it.
async fn damage<E: Engine>(engine: &E, table: &'static str, columns: &[&'static str], value: &str, read: impl AsyncFn() -> Result<(), StoreError>) {
    for &column in columns {
        engine.execute(&format!("CREATE TABLE spare AS SELECT * FROM {table}")).await;
        engine.execute(&format!("UPDATE {table} SET {column} = {value}")).await;
        match read().await {
            Err(StoreError::Corrupt { table: named, column: at, row }) => {
                assert_eq!((named, at), (table, column));
                assert!(!row.is_empty() && row != "unknown", "{table}.{column}: {row}");
            }
            other => panic!("{table}.{column} is damaged, and the store says {other:?}"),
        }
        engine.execute(&format!("UPDATE {table} SET {column} = (SELECT spare.{column} FROM spare)")).await;
        engine.execute("DROP TABLE spare").await;
        read().await.unwrap();
    }
}

pub async fn row_54_the_database_holds_no_customers_token_link_or_letter_in_clear<E: Engine>(engine: E) {
    let store = engine.store();
    let waiting = given::customer("bank", "siti", &given::phone(1));
    let confirmed = given::customer("bank", "budi", &given::phone(2));
    for applying in [&waiting, &confirmed] {
        store.register_customer(applying.new.clone(), None).await.unwrap();
    }
    store.confirm_customer(waiting.show_wrong()).await.unwrap();
    assert_eq!(store.confirm_customer(confirmed.show()).await.unwrap(), Confirmed::Done);
    let bytes = engine.bytes().await;
    let legible = String::from_utf8_lossy(&bytes);
    let holds = |text: &str| legible.contains(text);
    assert!(holds("siti@example.test") && holds("customer_link") && holds(waiting.registration().prefix.as_str()), "this looks in the right place");
    for applying in [&waiting, &confirmed] {
        for secret in [applying.token.expose(), applying.link.expose()] {
            assert!(!holds(secret), "{secret}");
        }
    }
    assert!(!holds("https://accounts.example.test"));
}

pub async fn a_corrupt_row_names_itself<E: Engine>(engine: E) {
    let store = engine.store();
    let mut siti = given::account("siti");
    siti.claims.truncate(1);
    siti.profile.gender = Some(Gender::Female);
    siti.profile.full_name = FullName::parse("Siti Rahma").ok();
    siti.profile.birth_place = PlaceName::parse("Jakarta").ok();
    siti.profile.country = Some(Country::indonesia());
    siti.profile.picture = PictureId::parse(&"p".repeat(43));
    store.create_account(siti.clone(), None).await.unwrap();
    let read = async || store.account(siti.id).await.map(drop);
    let names = ["status", "first_name", "full_name", "birth_date", "birth_place", "gender", "country", "picture", "surface", "client", "locale"];
    damage(&engine, "accounts", &names, "'  '", read).await;
    damage(&engine, "identifiers", &["kind"], "'shoe size'", read).await;
    damage(&engine, "identifiers", &["shown"], "''", read).await;
    damage(&engine, "passwords", &["scheme"], "'rot13'", async || {
        store.sign_in_record(&given::username("siti").into(), given::from()).await.map(drop)
    })
    .await;

    let pending = given::by_mail("budi", Some(&given::phone(1)));
    store.start_registration(pending.new.clone(), None).await.unwrap();
    let read = async || store.registration(pending.id()).await.map(drop);
    let names = ["surface", "client", "username", "email", "phone", "mode", "scheme", "first_name", "locale", "state"];
    damage(&engine, "registrations", &names, "''", read).await;
    let read = async || store.linked_registration(pending.link()).await.map(drop);
    damage(&engine, "challenges", &["purpose", "destination_kind", "destination", "state"], "''", read).await;
    damage(&engine, "challenges", &["digits", "tries_left"], "-1", read).await;
    damage(&engine, "challenges", &["created_at"], "9223372036854775807", read).await;

    let customer = given::customer("bank", "septian", &given::phone(3));
    store.register_customer(customer.new.clone(), None).await.unwrap();
    let read = async || store.linked_customer(customer.link()).await.map(drop);
    let names = ["host", "phone", "full_name", "birth_date", "birth_place", "email", "gender", "country", "locale", "state", "prefix"];
    damage(&engine, "customers", &names, "''", read).await;
    damage(&engine, "customers", &["sends"], "-1", read).await;

    let recovery = given::recover(store, given::made(store, "ani", 2).await.id, given::phone(2)).await;
    let read = async || store.recovery(recovery, now()).await.map(drop);
    damage(&engine, "recoveries", &["contact_kind", "contact"], "'shoe size'", read).await;
    let session = sign_in(store, &siti).await;
    assert!(store.bind_device(session, given::device("device"), now()).await.unwrap());
    let read = async || store.session_of_device(&given::device("device").token, now()).await.map(drop);
    damage(&engine, "sessions", &["device_kind"], "'telegraph'", read).await;

    let client = MachineClient {
        id: given::client("shop"),
        name: "shop".to_owned(),
        scopes: vec![Scope::B2b],
        country: Country::indonesia(),
        secret_mac: Mac([0; 32]),
        created_at: now(),
        disabled_at: None,
    };
    store.create_client(client.clone()).await.unwrap();
    damage(&engine, "clients", &["scopes", "country"], "'b2b everything'", async || store.client(&client.id).await.map(drop)).await;
    let grant = given::grant(&client);
    assert!(store.grant_access(grant.clone()).await.unwrap());
    let read = async || store.live_grant(grant.id, now()).await.map(drop);
    damage(&engine, "access_tokens", &["granted"], "'b2b everything'", read).await;

    let term = Term { signs_from: now(), retires_at: None };
    store.first_signing_key(SealedKey { kid: "kid".to_owned(), sealed: vec![7], created_at: now(), term }).await.unwrap();
    let read = async || store.signing_keys().await.map(drop);
    damage(&engine, "signing_keys", &["created_at", "signs_from", "retires_at"], "9223372036854775807", read).await;

    let letter = InboxMessage {
        id: MessageId(given::account_id().0),
        channel: Channel::Sms,
        to: "+6281200000001".to_owned(),
        subject: None,
        text: "text".to_owned(),
        html: None,
        sent_at: now(),
    };
    store.deliver(letter).await.unwrap();
    damage(&engine, "inbox", &["channel"], "'pigeon'", async || store.newest(&InboxFilter::default(), 1).await.map(drop)).await;
}

pub async fn row_52_a_corrupt_row_does_not_name_a_whole_contact<E: Engine>(engine: E) {
    let store = engine.store();
    store.create_account(given::account("siti"), None).await.unwrap();
    let charge = Charge::one(LimitKey::new(LimitKind::PasswordAddress, "email/siti@example.test"), Gcra { burst: 1, period: HOUR });
    store.charge(vec![charge.clone()], now()).await.unwrap();
    engine.execute("UPDATE limits SET arrival = 9223372036854775807").await;
    let error = store.charge(vec![charge], now()).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { table: "limits", column: "arrival", .. }), "{error:?}");
    engine.execute("UPDATE identifiers SET shown = 'not siti@example.test' WHERE kind = 'email'").await;
    let other = store.find_account(&given::email("siti").into()).await.unwrap_err();
    assert!(matches!(other, StoreError::Corrupt { table: "identifiers", column: "shown", .. }), "{other:?}");
    for error in [error, other] {
        assert!(!format!("{error} {error:?}").contains("siti@"), "{error}");
    }
}
