//! A small day, played in memory and then event by event over a real installation: both decide alike, or the simulation would be about something else.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use daftar_core::account::{AccountId, Claim, NewAccount, Origin, Standing, Surface};
use daftar_core::challenge::{Addressee, CodeLabel, CodeWish, SendCodeError, Sender};
use daftar_core::client::{ClientId, Scope};
use daftar_core::code::{Code, Purpose, Verdict};
use daftar_core::customer::{Application, ConfirmError, Confirmation, Customer, NotConfirmed, PhoneAsSent, ResendCustomerError, TypedToken};
use daftar_core::hashing::{HashingCost, HashingPool};
use daftar_core::identifier::{Country, EmailAddress, LoginId, PhoneNumber, Username};
use daftar_core::limit::look_ups::Asker;
use daftar_core::limit::{ClientAddress, NotSent, TooOften};
use daftar_core::locale::Locale;
use daftar_core::message::{Channel, Content, Recipient, Sealer};
use daftar_core::password::{Password, PasswordRecord, PreHashedPassword};
use daftar_core::person::{BirthDate, FullName, Gender, PersonName, PlaceName, Profile};
use daftar_core::ports::{Clock as _, Outbox as _, Store as _, Timestamp};
use daftar_core::redemption::{CodeError, Refusal};
use daftar_core::registration::{Finished, Proves, RegisterError, ResendError, SignUp};
use daftar_core::sign_in::{SignIn, SignedIn};
use daftar_testkit::simulation::Day;
use daftar_testkit::simulation::crowd::Member;
use daftar_testkit::simulation::script::Act;
use daftar_testkit::simulation::world::{Ticket, Wish};
use daftar_testkit::{Installation, OsEntropy};
use uuid::Uuid;

const PASSWORD: &str = "rahasia sekali";
/// What a host makes of it.
const PRE_HASHED: &str = "381BE4357FD637371F182A65E76B02EB";
/// The real installation's day is the next one: its clock stands at ten in the morning.
const LATER: Duration = Duration::from_secs(24 * 60 * 60);

/// A code that was sent.
struct Sent {
    purpose: Purpose,
    token: String,
    code: Code,
    subject: Uuid,
    client: Option<ClientId>,
}

/// A real installation on which a script is played.
pub(crate) struct Replay {
    site: Installation,
    sent: HashMap<Ticket, Sent>,
    /// Pending registrations by their subject: their token.
    pending: HashMap<Uuid, String>,
    members: HashMap<Uuid, Member>,
    clients: HashMap<String, ClientId>,
}

impl Replay {
    /// An installation in which everybody has the account that they have in `day`, and signed in from where they did.
    pub(crate) async fn of(day: &Day, site: Installation) -> Self {
        let cost = HashingCost { memory_kib: 128, passes: 1, lanes: 1 };
        let pool = HashingPool::start(cost, 1, site.secrets().passwords, &OsEntropy).unwrap();
        let password = pool.hash(&Password::typed(PASSWORD), &OsEntropy).await.unwrap();
        let mut clients = HashMap::new();
        for name in ["shop", "host-a", "host-b"] {
            let (client, _) = site.clients().create(name, vec![Scope::Usapi, Scope::B2b], Country::indonesia()).await.unwrap();
            clients.insert(name.to_owned(), client.id);
        }
        let mut members = HashMap::new();
        for (member, has_account) in day.members() {
            if has_account && !members.contains_key(&member.id.0) {
                site.store().create_account(account(&member, password.clone(), site.clock.now()), None).await.unwrap();
            }
            members.insert(member.id.0, member);
        }
        let replay = Self { site, sent: HashMap::new(), pending: HashMap::new(), members, clients };
        for (account, from) in day.world.known() {
            assert_eq!(replay.sign_in(account, true, from).await, Ok(true));
        }
        replay
    }

    /// Does what was done, and demands that the same comes of it.
    pub(crate) async fn act(&mut self, at: Timestamp, act: &Act) {
        let now = self.site.clock.now();
        self.site.clock.advance(Duration::try_from((at + LATER).duration_since(now)).unwrap());
        match act {
            Act::Ask { wish, ticket, digits } => {
                let asked = self.ask(wish, *ticket).await;
                assert_eq!(asked, *digits, "at {at}: {:?} for {:?}", wish.purpose, wish.side);
            }
            Act::Show { ticket, is_right, from, verdict } => {
                let expected = match verdict {
                    Verdict::Right => Some(true),
                    Verdict::Wrong { .. } | Verdict::Odd { .. } | Verdict::Dead => Some(false),
                    Verdict::Expired => None,
                };
                assert_eq!(self.show(*ticket, *is_right, *from).await, expected, "at {at}: {verdict:?}");
            }
            Act::SignIn { account, is_right, from, outcome } => {
                assert_eq!(self.sign_in(*account, *is_right, *from).await, *outcome, "at {at}");
            }
        }
    }

    async fn ask(&mut self, wish: &Wish, ticket: Ticket) -> Result<u8, i64> {
        let client = match &wish.asker {
            Asker::Client(name) => Some(self.clients[name.as_str()].clone()),
            Asker::Person(_) => None,
        };
        let token = match (wish.purpose, &client) {
            (Purpose::UsapiSignup, Some(client)) => self.register(wish, client).await?,
            (Purpose::InvasSignup, Some(client)) => self.apply(wish, client).await?,
            _ => self.send(wish).await?,
        };
        let code = self.code(&wish.to[0]).await;
        let digits = u8::try_from(code.digits()).unwrap();
        self.sent.insert(ticket, Sent { purpose: wish.purpose, token, code, subject: wish.subject, client });
        Ok(digits)
    }

    async fn send(&self, wish: &Wish) -> Result<String, i64> {
        let to = wish.to[0].clone();
        let wished = match wish.purpose {
            Purpose::AppSignIn => CodeWish::SignIn(Addressee::At(to)),
            Purpose::AppReset => CodeWish::ResetPassword(Addressee::At(to)),
            _ => CodeWish::SignUp(to),
        };
        let label = CodeLabel { login_id: "somebody".to_owned(), nature: 1 };
        let sender = Sender { asker: wish.asker.clone(), locale: Locale::English };
        self.site.accounts().send_code(&wished, label, sender).await.map_err(|error| match error {
            SendCodeError::NotSent(refusal) => wait(refusal),
            other => unreachable!("{other:?}"),
        })
    }

    async fn register(&mut self, wish: &Wish, client: &ClientId) -> Result<String, i64> {
        let accounts = self.site.accounts();
        if let Some(token) = self.pending.get(&wish.subject) {
            match accounts.resend_registration(token, Surface::Usapi, client).await {
                Ok(started) => return Ok(started.token),
                Err(ResendError::NotSent(refusal)) => return Err(wait(refusal)),
                // Its half hour is over: once more from the start.
                Err(ResendError::Unknown) => {}
                Err(other) => unreachable!("{other:?}"),
            }
        }
        let member = &self.members[&wish.subject];
        let proves = match &wish.to[0] {
            Recipient::Email(_) => Proves::Email { phone: None },
            Recipient::Sms(number) => Proves::Phone(number.clone()),
        };
        let sign_up = SignUp {
            surface: Surface::Usapi,
            client: client.clone(),
            username: username(member),
            password: Password::typed(PASSWORD),
            email: mail(member).unwrap(),
            proves,
            first_name: PersonName::parse("Siti").unwrap(),
            last_name: PersonName::parse("Rahma").unwrap(),
            platform: None,
            locale: Locale::English,
        };
        match accounts.start_registration(sign_up, None).await {
            Ok(started) => {
                self.pending.insert(wish.subject, started.token.clone());
                Ok(started.token)
            }
            Err(RegisterError::NotSent(refusal)) => Err(wait(refusal)),
            Err(other) => unreachable!("{other:?}"),
        }
    }

    async fn apply(&mut self, wish: &Wish, host: &ClientId) -> Result<String, i64> {
        let accounts = self.site.accounts();
        let member = &self.members[&wish.subject];
        let number = number(member).unwrap();
        if self.pending.contains_key(&wish.subject) {
            let phone = as_sent(&number);
            match accounts.resend_customer_token(host, &phone, &phone).await {
                Ok(_) => return Ok(String::new()),
                Err(ResendCustomerError::NotSent(refusal)) => return Err(wait(refusal)),
                Err(ResendCustomerError::Unknown) => {}
                Err(other) => unreachable!("{other:?}"),
            }
        }
        let customer = Customer {
            phone: number.clone(),
            phone_as_sent: number.as_e164().to_owned(),
            name: FullName::parse("Septian Cahyo").unwrap(),
            birth_date: BirthDate::parse("1990-12-31", accounts.now()).unwrap(),
            birth_place: PlaceName::parse("Jakarta").unwrap(),
            email: mail(member).filter(|_| wish.to.len() > 1),
            gender: Gender::Male,
            country: Country::indonesia(),
            source: None,
            group: "01".to_owned(),
        };
        let application = Application { host: host.clone(), customer, locale: Locale::English };
        match accounts.register_customer(application, None).await {
            Ok(_) => {
                self.pending.insert(wish.subject, String::new());
                Ok(String::new())
            }
            Err(RegisterError::NotSent(refusal)) => Err(wait(refusal)),
            Err(other) => unreachable!("{other:?}"),
        }
    }

    /// The code in the message that was queued just now.
    async fn code(&self, to: &Recipient) -> Code {
        let sealer = Sealer::new(self.site.secrets().outbox, Arc::new(OsEntropy));
        let mut code = None;
        for channel in [Channel::Email, Channel::Sms] {
            let claims = self.site.store().claim(channel, 100, self.site.clock.now(), LATER * 30).await.unwrap();
            for claimed in claims.messages.iter().filter(|claimed| claimed.envelope.to == *to) {
                match sealer.open(&claimed.envelope).unwrap().content {
                    Content::Code { code: text, .. } | Content::SignupCode { code: text, .. } => code = Some(text),
                    _ => {}
                }
            }
        }
        let text = code.unwrap();
        Code::parse(&text).or_else(|_| Code::parse_token(&text)).unwrap()
    }

    /// Whether the code was taken; `None`: it was over.
    async fn show(&self, ticket: Ticket, is_right: bool, from: ClientAddress) -> Option<bool> {
        let sent = &self.sent[&ticket];
        let code = if is_right { sent.code.clone() } else { wrong(&sent.code) };
        let accounts = self.site.accounts();
        let shown = match (sent.purpose, &sent.client) {
            (Purpose::UsapiSignup, Some(client)) => {
                return match accounts.finish_by_code(&sent.token, Surface::Usapi, client, code).await.unwrap() {
                    Finished::Created(_) => Some(true),
                    Finished::Refused => Some(false),
                    Finished::Expired => None,
                    other @ (Finished::Complete | Finished::Taken(_)) => unreachable!("{other:?}"),
                };
            }
            (Purpose::InvasSignup, Some(host)) => {
                let number = number(&self.members[&sent.subject]).unwrap();
                let password = PreHashedPassword::parse(PRE_HASHED).unwrap();
                let token = Some(TypedToken::Token(code));
                let confirmation = Confirmation { host: host.clone(), username: as_sent(&number), password, token };
                return match accounts.confirm_customer(confirmation).await {
                    Ok(_) => Some(true),
                    Err(ConfirmError::Refused(NotConfirmed::Wrong { .. } | NotConfirmed::Over)) => Some(false),
                    Err(other) => unreachable!("{other:?}"),
                };
            }
            (Purpose::AppReset, _) => accounts.begin_recovery(&sent.token, code, from).await,
            (Purpose::AppSignIn, _) => accounts.sign_in_by_code(&sent.token, code, from).await,
            _ => accounts.sign_up_by_code(&sent.token, code, Locale::English, from).await,
        };
        match shown {
            Ok(_) => Some(true),
            Err(CodeError::Refused(Refusal::Wrong)) => Some(false),
            Err(CodeError::Refused(Refusal::Expired)) => None,
            Err(other) => unreachable!("{other:?}"),
        }
    }

    async fn sign_in(&self, account: AccountId, is_right: bool, from: ClientAddress) -> Result<bool, i64> {
        let who = Some(LoginId::from(self.members[&account.0].contacts[0].clone()));
        let password = Password::typed(if is_right { PASSWORD } else { "not that" });
        let attempt = SignIn { surface: Surface::App, who, password, from, native_app: false, device: None };
        match self.site.accounts().sign_in(attempt).await.unwrap() {
            SignedIn::Welcome { .. } => Ok(true),
            SignedIn::Refused => Ok(false),
            SignedIn::Disabled => unreachable!("nobody is disabled"),
            SignedIn::Throttled { retry_after } => Err(seconds(retry_after)),
        }
    }
}

fn account(member: &Member, password: PasswordRecord, now: Timestamp) -> NewAccount {
    let contacts = member.contacts.iter().map(|contact| Claim::new(LoginId::from(contact.clone()), Standing::Proven));
    NewAccount {
        id: member.id,
        claims: contacts.chain([Claim::new(username(member), Standing::Vouched)]).collect(),
        password: Some(password),
        profile: Profile::default(),
        origin: Origin::of(Surface::App),
        locale: Locale::English,
        created_at: now,
    }
}

fn username(member: &Member) -> Username {
    Username::parse(&format!("u{}", member.id.0.simple())).unwrap()
}

fn mail(member: &Member) -> Option<EmailAddress> {
    member.contacts.iter().find_map(|contact| match contact {
        Recipient::Email(address) => Some(address.clone()),
        Recipient::Sms(_) => None,
    })
}

fn number(member: &Member) -> Option<PhoneNumber> {
    member.contacts.iter().find_map(|contact| match contact {
        Recipient::Email(_) => None,
        Recipient::Sms(number) => Some(number.clone()),
    })
}

fn as_sent(number: &PhoneNumber) -> PhoneAsSent {
    PhoneAsSent::parse(number.as_e164()).unwrap()
}

/// The same with another last digit.
fn wrong(code: &Code) -> Code {
    let (head, last) = code.expose().split_at(code.expose().len() - 1);
    let text = format!("{head}{}", (last.parse::<u8>().unwrap() + 1) % 10);
    Code::parse(&text).or_else(|_| Code::parse_token(&text)).unwrap()
}

fn wait(refusal: NotSent) -> i64 {
    match refusal {
        NotSent::TooOften(TooOften(retry_after)) => seconds(retry_after),
        NotSent::CountryNotServed => unreachable!("every country here is served"),
    }
}

/// As surfaces tell it, in milliseconds.
fn seconds(wait: Duration) -> i64 {
    i64::try_from(wait.as_millis().div_ceil(1000)).unwrap() * 1000
}
