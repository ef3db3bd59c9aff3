//! Customers whom hosts register.

use daftar_core::account::AccountId;
use daftar_core::code::{Challenge, ChallengeId, ChallengeState, Code, Purpose, Shown, TokenPrefix};
use daftar_core::customer::{
    Applicant, ConfirmCustomer, Customer, CustomerId, CustomerRegistration, CustomerState, NewCustomer, NewCustomerRegistration, ResendLink,
    ResendToken,
};
use daftar_core::identifier::{Country, PhoneNumber, Username};
use daftar_core::limit::Sending;
use daftar_core::limit::guesses::GuessLimits;
use daftar_core::locale::Locale;
use daftar_core::message::Content;
use daftar_core::password::{PasswordRecord, Scheme};
use daftar_core::person::{BirthDate, FullName, Gender, PlaceName};
use daftar_core::ports::{Timestamp, new_id};
use daftar_core::secret::{Mac, RandomSecret};

use super::{MINUTE, account_id, client, email, envelope, link_mac, now, sealer, secrets};
use crate::clock::OsEntropy;

/// A customer's registration about to be kept, and the secrets that went out with it.
#[derive(Debug, Clone)]
pub struct Applying {
    pub new: NewCustomerRegistration,
    pub token: Code,
    pub link: RandomSecret,
}

/// `host` registers somebody with this number and the address of this name.
#[must_use]
pub fn customer(host: &str, name: &str, number: &PhoneNumber) -> Applying {
    let link = RandomSecret::draw(&OsEntropy);
    let registration = CustomerRegistration {
        id: CustomerId(new_id(now(), &OsEntropy)),
        host: client(host),
        customer: Customer {
            phone: number.clone(),
            phone_as_sent: format!("0{}", number.digits().trim_start_matches("62")),
            name: FullName::parse("Septian Cahyo").unwrap(),
            birth_date: BirthDate::parse("1990-12-31", now()).unwrap(),
            birth_place: PlaceName::parse("Jakarta").unwrap(),
            email: Some(email(name)),
            gender: Gender::Male,
            country: Country::indonesia(),
            source: Some("01011".to_owned()),
            group: "01".to_owned(),
        },
        locale: Locale::Indonesian,
        state: CustomerState::Pending,
        prefix: TokenPrefix::draw(&OsEntropy),
        sends: 1,
        link: Some(link_mac(&link)),
        authorised_at: None,
        created_at: now(),
        expires_at: now() + 30 * MINUTE,
    };
    let (token, code) = drawn(&registration, now());
    let texts = [sms(&code), mail(&link)];
    let [by_sms, by_mail] = texts;
    let envelopes = vec![envelope(number.clone(), by_sms, now()), envelope(email(name), by_mail, now())];
    Applying {
        new: NewCustomerRegistration { applicant: Applicant { registration, token }, sending: Sending { letters: envelopes, ..Sending::default() } },
        token: code,
        link,
    }
}

fn sms(code: &Code) -> Content {
    Content::SignupCode { name: "Septian Cahyo".to_owned(), code: code.expose().to_owned(), code_minutes: 10, link: None, link_minutes: 0 }
}

fn mail(link: &RandomSecret) -> Content {
    let link = format!("https://accounts.example.test/?key={}", link.expose());
    Content::CustomerLink { name: "Septian Cahyo".to_owned(), link, link_minutes: 30 }
}

/// A token for a registration, with its prefix.
fn drawn(registration: &CustomerRegistration, at: Timestamp) -> (Challenge, Code) {
    let code = Code::draw(4, &OsEntropy).after(&registration.prefix);
    let mut challenge = Challenge {
        id: ChallengeId(new_id(at, &OsEntropy)),
        purpose: Purpose::InvasSignup,
        subject: registration.id.0,
        destination: registration.destination(),
        digits: 4,
        code_mac: Mac([0; 32]),
        link_mac: None,
        tries_left: Challenge::tries(4),
        state: ChallengeState::Open,
        created_at: at,
        expires_at: at + 10 * MINUTE,
    };
    challenge.code_mac = challenge.mac(&code, &secrets().codes);
    (challenge, code)
}

impl Applying {
    /// The registration.
    #[must_use]
    pub fn registration(&self) -> &CustomerRegistration {
        &self.new.applicant.registration
    }

    /// The link's MAC.
    #[must_use]
    pub fn link(&self) -> Mac {
        link_mac(&self.link)
    }

    /// Confirms with what `shown` is, in the name of the host that registered.
    #[must_use]
    pub fn confirm(&self, shown: Option<&Code>, at: Timestamp) -> ConfirmCustomer {
        let shown = shown.map(|code| Shown {
            purpose: Purpose::InvasSignup,
            by: None,
            code: code.clone(),
            key: secrets().codes,
            limits: GuessLimits::CONTRACT,
        });
        let password = PasswordRecord { scheme: Scheme::Md5Argon2id, phc: "$argon2id$".to_owned() };
        let new = NewCustomer { account: account_id(), username: Username::draw(&OsEntropy), password };
        ConfirmCustomer { id: self.registration().id, host: self.registration().host.clone(), shown, new, sealer: sealer(), now: at }
    }

    /// Confirms with the right token.
    #[must_use]
    pub fn show(&self) -> ConfirmCustomer {
        self.confirm(Some(&self.token), now())
    }

    /// Confirms with a wrong one.
    #[must_use]
    pub fn show_wrong(&self) -> ConfirmCustomer {
        let (text, wrong) = (self.token.expose(), |digit: char| if digit == '0' { '1' } else { '0' });
        let other: String = text.char_indices().map(|(place, c)| if place == text.len() - 1 { wrong(c) } else { c }).collect();
        self.confirm(Some(&Code::parse_token(&other).unwrap()), now())
    }

    /// A new token for the same registration; `self` knows it from now on.
    pub fn token_anew(&mut self, at: Timestamp) -> ResendToken {
        let registration = &mut self.new.applicant.registration;
        registration.prefix = TokenPrefix::draw(&OsEntropy);
        let (token, code) = drawn(registration, at);
        self.token = code;
        let envelope = envelope(registration.customer.phone.clone(), sms(&self.token), at);
        ResendToken {
            id: registration.id,
            host: registration.host.clone(),
            prefix: registration.prefix.clone(),
            token,
            sending: envelope.into(),
            now: at,
        }
    }

    /// A new link for the same registration; `self` knows it from now on.
    pub fn link_anew(&mut self, at: Timestamp) -> ResendLink {
        self.link = RandomSecret::draw(&OsEntropy);
        let registration = self.registration();
        let envelope = envelope(registration.customer.email.clone().unwrap(), mail(&self.link), at);
        ResendLink { id: registration.id, host: registration.host.clone(), link: self.link(), sending: envelope.into(), now: at }
    }

    /// The account that confirming makes.
    #[must_use]
    pub fn made(confirm: &ConfirmCustomer) -> AccountId {
        confirm.new.account
    }
}
