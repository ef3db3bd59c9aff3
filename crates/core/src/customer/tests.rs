//! The decisions about a customer's registration.

use super::*;
use crate::code::ChallengeId;
use crate::code::{ChallengeState, Purpose};
use crate::password::Scheme;
use jiff::ToSpan as _;

fn now() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().unwrap()
}

fn host(name: &str) -> ClientId {
    ClientId::parse(name).unwrap()
}

fn registration() -> CustomerRegistration {
    CustomerRegistration {
        id: CustomerId(Uuid::from_u128(1)),
        host: host("bank"),
        customer: Customer {
            phone: PhoneNumber::from_e164("+6281234567890").unwrap(),
            phone_as_sent: "081234567890".into(),
            name: FullName::parse("Septian Cahyo").unwrap(),
            birth_date: BirthDate::parse("1990-12-31", now()).unwrap(),
            birth_place: PlaceName::parse("Jakarta").unwrap(),
            email: Some(EmailAddress::parse("septian@example.test").unwrap()),
            gender: Gender::Male,
            country: Country::indonesia(),
            source: Some("01011".into()),
            group: "01".into(),
        },
        locale: Locale::Indonesian,
        state: CustomerState::Pending,
        prefix: TokenPrefix::parse("UhY").unwrap(),
        sends: 1,
        link: Some(Mac([1; 32])),
        authorised_at: None,
        created_at: now(),
        expires_at: now() + 30.minutes(),
    }
}

#[test]
fn a_registration_is_seen_by_its_host_while_it_waits() {
    let pending = registration();
    assert!(pending.is_open_to(&host("bank"), now()));
    assert!(!pending.is_open_to(&host("other"), now()), "row 32");
    assert!(pending.is_open_to(&host("bank"), pending.expires_at - 1.millisecond()));
    assert!(!pending.is_open_to(&host("bank"), pending.expires_at));
    for state in [CustomerState::Complete, CustomerState::Disowned, CustomerState::Replaced] {
        assert!(!CustomerRegistration { state, ..registration() }.is_open_to(&host("bank"), now()), "{state:?}");
    }
}

#[test]
fn a_link_works_until_its_button_is_pressed_or_the_registration_ends() {
    let live = |change: fn(&mut CustomerRegistration)| {
        let mut registration = registration();
        change(&mut registration);
        registration.link_is_live(now())
    };
    assert_eq!(live(|_| {}), Ok(()));
    assert_eq!(live(|r| r.authorised_at = Some(now())), Err(DeadLink::Used));
    assert_eq!(live(|r| r.state = CustomerState::Complete), Err(DeadLink::Complete));
    assert_eq!(live(|r| r.state = CustomerState::Disowned), Err(DeadLink::Refused));
    assert_eq!(live(|r| r.state = CustomerState::Replaced), Err(DeadLink::Refused));
    assert_eq!(live(|r| r.expires_at = now()), Err(DeadLink::Expired));
}

#[test]
fn row_34_the_token_proves_the_phone_and_the_link_the_address() {
    let claimed = |by_token, authorised_at| {
        let password = PasswordRecord { scheme: Scheme::Argon2id, phc: String::new() };
        let new = NewCustomer { account: AccountId(Uuid::from_u128(7)), username: Username::parse("OZFQkAz5").unwrap(), password };
        let account = CustomerRegistration { authorised_at, ..registration() }.account(&new, by_token, now());
        account.claims.iter().map(|claim| (claim.id.kind(), claim.standing)).collect::<Vec<_>>()
    };
    let of = |phone, email| vec![(IdentifierKind::Phone, phone), (IdentifierKind::Email, email), (IdentifierKind::Username, Standing::Vouched)];
    assert_eq!(claimed(true, None), of(Standing::Proven, Standing::Said));
    assert_eq!(claimed(true, Some(now())), of(Standing::Proven, Standing::Proven));
    assert_eq!(claimed(false, Some(now())), of(Standing::Said, Standing::Proven));
}

#[test]
fn a_host_hears_of_the_token_that_was_sent_last() {
    let token = Challenge {
        id: ChallengeId(Uuid::from_u128(2)),
        purpose: Purpose::InvasSignup,
        subject: Uuid::from_u128(1),
        destination: registration().destination(),
        digits: 4,
        code_mac: Mac([0; 32]),
        link_mac: None,
        tries_left: 3,
        state: ChallengeState::Open,
        created_at: now() + 90.seconds(),
        expires_at: now() + 90.seconds() + 10.minutes(),
    };
    let applicant = Applicant { registration: registration(), token };
    let told = applicant.told(now() + 2.minutes());
    assert_eq!((told.phone_as_sent.as_str(), told.prefix.as_str(), told.sends, told.group.as_str()), ("081234567890", "UhY", 1, "01"));
    assert_eq!((told.is_active, told.token_minutes()), (true, 10));
    assert!(!applicant.told(told.expires_at).is_active, "expired");
    let dead = Applicant { token: Challenge { tries_left: 0, ..applicant.token.clone() }, ..applicant };
    assert!(!dead.told(now() + 2.minutes()).is_active, "dead of wrong tries");
}
