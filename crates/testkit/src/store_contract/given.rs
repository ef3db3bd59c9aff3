//! What the cases start from: accounts, registrations and messages that are all right, for a test to change what matters to it.

use std::sync::Arc;
use std::time::Duration;

use daftar_core::access::{ACCESS_LIFETIME, Grant, GrantId};
use daftar_core::account::{AccountId, Claim, NewAccount, Origin, Standing, Surface};
use daftar_core::audit::{Act, Caller, Scribe};
use daftar_core::client::{ClientId, MachineClient, Scope};
use daftar_core::code::{Challenge, ChallengeId, ChallengeState, Code, Purpose, Shown};
use daftar_core::identifier::{Country, EmailAddress, LoginId, PhoneNumber, Username};
use daftar_core::limit::guesses::GuessLimits;
use daftar_core::limit::{Charge, Gcra, LimitKey, LimitKind};
use daftar_core::locale::Locale;
use daftar_core::message::{Channel, Content, Envelope, Message, Recipient, Sealer};
use daftar_core::outbox::Settlement;
use daftar_core::password::{PasswordRecord, Scheme};
use daftar_core::person::{FullName, PersonName, PlaceName, Profile};
use daftar_core::ports::{Inbox as _, InboxMessage, Once, Outbox as _, SigningKeys as _, Store as _, Timestamp, new_id};
use daftar_core::registration::{FinishRegistration, Mode, NewRegistration, Proof, Registration, RegistrationId, RegistrationState, Resend};
use daftar_core::repeat::{Repeat, RepeatKey};
use daftar_core::secret::{Mac, RandomSecret, Secrets};
use daftar_core::session::{Session, SessionId};
use daftar_core::sign_in::{OpenSession, Opened};
use daftar_core::token::{SealedKey, Term};
use daftar_store::SqlStore;

use crate::clock::{ManualClock, OsEntropy};

mod codes;
mod customers;
mod messages;

pub use codes::*;
pub use customers::*;
pub use messages::*;

pub const MINUTE: Duration = Duration::from_secs(60);
pub const HOUR: Duration = Duration::from_secs(60 * 60);
pub const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The moment at which every case begins.
#[must_use]
pub fn now() -> Timestamp {
    "2026-11-21T10:00:00Z".parse().unwrap()
}

#[must_use]
pub fn secrets() -> Secrets {
    Secrets::derive(&[7; 32])
}

#[must_use]
pub fn sealer() -> Sealer {
    Sealer::new(secrets().outbox, Arc::new(OsEntropy))
}

/// The address from which everybody signs in.
#[must_use]
pub fn from() -> Mac {
    secrets().addresses.sign(&[b"192.0.2.1"])
}

#[must_use]
pub fn phone(number: u32) -> PhoneNumber {
    PhoneNumber::from_e164(&format!("+62812{number:08}")).unwrap()
}

#[must_use]
pub fn email(name: &str) -> EmailAddress {
    EmailAddress::parse(&format!("{name}@example.test")).unwrap()
}

#[must_use]
pub fn username(name: &str) -> Username {
    Username::parse(name).unwrap()
}

#[must_use]
pub fn client(name: &str) -> ClientId {
    ClientId::parse(name).unwrap()
}

/// A machine client that may do everything but administer.
#[must_use]
pub fn machine(name: &str) -> MachineClient {
    MachineClient {
        id: client(name),
        name: "Toko Siti".to_owned(),
        scopes: vec![Scope::B2b, Scope::Usapi],
        country: Country::indonesia(),
        secret_mac: Mac([3; 32]),
        created_at: now(),
        disabled_at: None,
    }
}

/// What a token stands for that `client` gets now.
#[must_use]
pub fn grant(client: &MachineClient) -> Grant {
    Grant {
        id: GrantId(new_id(now(), &OsEntropy)),
        client: client.id.clone(),
        scopes: vec![Scope::B2b],
        secret_mac: client.secret_mac,
        created_at: now(),
        expires_at: now() + ACCESS_LIFETIME,
    }
}

/// A record that looks like a hash; nobody verifies it.
#[must_use]
pub fn password(text: &str) -> PasswordRecord {
    PasswordRecord { scheme: Scheme::Argon2id, phc: format!("$argon2id$v=19$m=8,t=1,p=1$c2FsdA${text}") }
}

/// A name for an account that nobody has.
#[must_use]
pub fn account_id() -> AccountId {
    AccountId(new_id(now(), &OsEntropy))
}

/// An account known by its username and its verified e-mail address.
#[must_use]
pub fn account(name: &str) -> NewAccount {
    NewAccount {
        id: account_id(),
        claims: vec![Claim::new(username(name), Standing::Vouched), Claim::new(email(name), Standing::Vouched)],
        password: Some(password(name)),
        profile: Profile {
            first_name: Some(PersonName::parse("Siti").unwrap()),
            last_name: Some(PersonName::parse("Rahma").unwrap()),
            ..Profile::default()
        },
        origin: Origin { client: Some(client("shop")), ..Origin::of(Surface::Usapi) },
        locale: Locale::Indonesian,
        created_at: now(),
    }
}

/// [`account`], with a phone number too.
#[must_use]
pub fn account_with_phone(name: &str, number: &PhoneNumber, standing: Standing) -> NewAccount {
    let mut account = account(name);
    account.claims.insert(0, Claim::new(number.clone(), standing));
    account
}

/// A session to open with the password that `account` was made with.
#[must_use]
pub fn opening(account: &NewAccount) -> OpenSession {
    let session =
        Session { id: SessionId(account_id().0), account: account.id, surface: Surface::Usapi, created_at: now(), expires_at: now() + 12 * HOUR };
    OpenSession { session, password: account.password.clone().unwrap(), rehashed: None, device: None, from: from(), refund: Vec::new() }
}

/// Signs `account` in.
pub async fn sign_in(store: &SqlStore, account: &NewAccount) -> SessionId {
    let open = opening(account);
    let id = open.session.id;
    assert_eq!(store.open_session(open).await.unwrap(), Opened::Open);
    id
}

/// A registration about to be kept, and the secrets that went out with it.
#[derive(Debug, Clone)]
pub struct Pending {
    pub new: NewRegistration,
    pub code: Code,
    pub link: Option<RandomSecret>,
}

/// Somebody registers by short message.
#[must_use]
pub fn by_phone(name: &str, number: &PhoneNumber) -> Pending {
    pending(name, Mode::Otp, Some(number.clone()))
}

/// Somebody registers by mail, and says a phone number or not.
#[must_use]
pub fn by_mail(name: &str, number: Option<&PhoneNumber>) -> Pending {
    pending(name, Mode::Link, number.cloned())
}

fn pending(name: &str, mode: Mode, number: Option<PhoneNumber>) -> Pending {
    let registration = Registration {
        id: RegistrationId(new_id(now(), &OsEntropy)),
        surface: Surface::Usapi,
        client: client("shop"),
        username: username(name),
        email: email(name),
        phone: number,
        mode,
        password: password(name),
        first_name: PersonName::parse("Siti").unwrap(),
        last_name: PersonName::parse("Rahma").unwrap(),
        platform: Some("ONMART".to_owned()),
        locale: Locale::TraditionalChinese,
        state: RegistrationState::Pending,
        created_at: now(),
        expires_at: now() + 30 * MINUTE,
    };
    let (challenge, envelope, code, link) = challenge(&registration, now());
    Pending { new: NewRegistration { registration, challenge, sending: envelope.into() }, code, link }
}

/// A challenge for a registration, its message, its code and its link.
fn challenge(registration: &Registration, at: Timestamp) -> (Challenge, Envelope, Code, Option<RandomSecret>) {
    let code = Code::draw(6, &OsEntropy);
    let link = (registration.mode == Mode::Link).then(|| RandomSecret::draw(&OsEntropy));
    let mut challenge = Challenge {
        id: ChallengeId(new_id(at, &OsEntropy)),
        purpose: Purpose::UsapiSignup,
        subject: registration.id.0,
        destination: registration.destination(),
        digits: 6,
        code_mac: Mac([0; 32]),
        link_mac: link.as_ref().map(link_mac),
        tries_left: Challenge::tries(6),
        state: ChallengeState::Open,
        created_at: at,
        expires_at: at + 10 * MINUTE,
    };
    challenge.code_mac = challenge.mac(&code, &secrets().codes);
    let content = Content::SignupCode {
        name: "Siti".to_owned(),
        code: code.expose().to_owned(),
        code_minutes: 10,
        link: link.as_ref().map(|link| format!("https://accounts.example.test/?key={}", link.expose())),
        link_minutes: 30,
    };
    let envelope = envelope(registration.destination(), content, at);
    (challenge, envelope, code, link)
}

/// A message to `to`, written at `at` and worth sending for half an hour.
#[must_use]
pub fn envelope(to: impl Into<LoginId>, content: Content, at: Timestamp) -> Envelope {
    let to = Recipient::try_from(to.into()).unwrap();
    let message = Message { to, locale: Locale::English, platform: None, content };
    sealer().seal(message, at, at + 30 * MINUTE).unwrap()
}

/// The MAC under which a link's secret is kept.
#[must_use]
pub fn link_mac(link: &RandomSecret) -> Mac {
    secrets().links.sign(&[link.expose().as_bytes()])
}

impl Pending {
    /// The registration's name.
    #[must_use]
    pub fn id(&self) -> RegistrationId {
        self.new.registration.id
    }

    /// The link's MAC, of a registration that has a link.
    #[must_use]
    pub fn link(&self) -> Mac {
        link_mac(self.link.as_ref().unwrap())
    }

    /// A code that is not the right one.
    #[must_use]
    pub fn wrong_code(&self) -> Code {
        Code::parse(if self.code.expose() == "000000" { "000001" } else { "000000" }).unwrap()
    }

    /// Shows `code`, in the name of the client that started the registration.
    #[must_use]
    pub fn show(&self, code: &Code, at: Timestamp) -> FinishRegistration {
        let client = self.new.registration.client.clone();
        let shown = Shown { purpose: Purpose::UsapiSignup, by: None, code: code.clone(), key: secrets().codes, limits: GuessLimits::CONTRACT };
        finish(Proof::Code { registration: self.id(), client, shown }, at)
    }

    /// Shows the right code.
    #[must_use]
    pub fn show_code(&self) -> FinishRegistration {
        self.show(&self.code, now())
    }

    /// Shows a wrong code.
    #[must_use]
    pub fn show_wrong(&self) -> FinishRegistration {
        self.show(&self.wrong_code(), now())
    }

    /// Follows the link.
    #[must_use]
    pub fn follow_link(&self, at: Timestamp) -> FinishRegistration {
        finish(Proof::Link(self.link()), at)
    }

    /// A new code and link for the same registration; `self` knows them from now on.
    pub fn anew(&mut self, at: Timestamp) -> Resend {
        let (challenge, envelope, code, link) = challenge(&self.new.registration, at);
        (self.code, self.link) = (code, link);
        Resend { registration: self.id(), challenge, sending: envelope.into(), now: at }
    }
}

fn finish(proof: Proof, at: Timestamp) -> FinishRegistration {
    FinishRegistration { proof, account: account_id(), sealer: sealer(), now: at }
}

/// Puts a row into every table, and one account with a session; its client is "shop".
pub async fn everything(store: &SqlStore) -> NewAccount {
    assert!(store.same_master_key(secrets().fingerprint).await.unwrap());
    let shop = machine("shop");
    store.create_client(shop.clone()).await.unwrap();
    assert!(store.grant_access(grant(&shop)).await.unwrap());
    let term = Term { signs_from: now(), retires_at: None };
    store.first_signing_key(SealedKey { kid: "first".to_owned(), sealed: vec![1, 2, 3], created_at: now(), term }).await.unwrap();
    let mut siti = account("siti");
    siti.profile.full_name = FullName::parse("Siti Rahma").ok();
    siti.profile.birth_place = PlaceName::parse("Jakarta").ok();
    siti.profile.country = Some(Country::indonesia());
    (siti.origin.source, siti.origin.group) = (Some("01011".to_owned()), Some("01".to_owned()));
    let repeat = Repeat::new(client("shop"), RepeatKey::parse(b"key").unwrap(), "/signup", b"body", &secrets().repeats);
    store.create_account(siti.clone(), Some(Once { repeat, answer: Vec::new() })).await.unwrap();
    let session = sign_in(store, &siti).await;
    assert!(store.bind_device(session, device("device"), now()).await.unwrap());
    recover(store, siti.id, email("siti")).await;
    let pending = by_phone("budi", &phone(1));
    store.start_registration(pending.new.clone(), None).await.unwrap();
    store.finish_registration(pending.show_wrong()).await.unwrap();
    store.register_customer(customer("shop", "ani", &phone(2)).new, None).await.unwrap();
    for channel in [Channel::Email, Channel::Sms] {
        for message in store.claim(channel, 10, now(), MINUTE).await.unwrap().messages {
            let taken = taken(&message, "first", Some(&message.envelope.id.0.to_string()), now());
            store.settle(message.envelope.id, settled(taken, Settlement::Sent), now()).await.unwrap();
        }
    }
    let limit = Gcra { burst: 1, period: HOUR };
    store.charge(vec![Charge::one(LimitKey::new(LimitKind::PasswordAddress, "key"), limit)], now()).await.unwrap();
    let message = InboxMessage {
        id: pending.new.sending.letters[0].id,
        channel: Channel::Sms,
        to: "+6281200000001".to_owned(),
        subject: None,
        text: "text".to_owned(),
        html: None,
        sent_at: now(),
    };
    store.deliver(message).await.unwrap();
    let scribe = Scribe::new(Caller::operator("ani".to_owned()), Arc::new(ManualClock::default()), Arc::new(OsEntropy));
    store.noted_by(scribe).note(Act::AccountsExported).await.unwrap();
    siti
}
