//! The state machine of a challenge: each threat row that it answers, and what holds for any sequence of attempts.

use super::*;
use crate::identifier::Country;
use crate::limit::guesses::GuessLimits;
use crate::ports::testing::CountingEntropy;
use crate::secret::Secrets;
use jiff::ToSpan as _;
use proptest::prelude::*;

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH + 24.hours()
}

fn key() -> MacKey {
    Secrets::derive(&[1; 32]).codes
}

fn code(text: &str) -> Code {
    Code::parse(text).unwrap()
}

fn shown(text: &str) -> Shown {
    Shown { purpose: Purpose::UsapiSignup, by: None, code: code(text), key: key(), limits: GuessLimits::default() }
}

fn challenge(right: &str) -> Challenge {
    let digits = u8::try_from(right.len()).unwrap();
    let mut challenge = Challenge {
        id: ChallengeId(Uuid::from_u128(1)),
        purpose: Purpose::UsapiSignup,
        subject: Uuid::from_u128(2),
        destination: LoginId::classify("siti@example.test", &Country::indonesia()).unwrap(),
        digits,
        code_mac: Mac([0; 32]),
        link_mac: None,
        tries_left: Challenge::tries(digits),
        state: ChallengeState::Open,
        created_at: now(),
        expires_at: now() + 10.minutes(),
    };
    challenge.code_mac = challenge.mac(&code(right), &key());
    challenge
}

#[test]
fn row_1_a_code_dies_after_its_tries_and_then_refuses_the_right_one_too() {
    for (right, wrong, tries) in [("1234", "4321", 3), ("12345", "54321", 3), ("123456", "654321", 5), ("12345678", "87654321", 5)] {
        let mut challenge = challenge(right);
        for left in (0..tries).rev() {
            assert_eq!(challenge.attempt(&shown(wrong), Pressure::default(), now()), Verdict::Wrong { left });
        }
        assert_eq!(challenge.attempt(&shown(right), Pressure::default(), now()), Verdict::Dead);
    }
}

#[test]
fn a_purpose_says_whose_it_is() {
    // Of an account, and no newer code of it kills another host's.
    let expected = [
        (Purpose::UsapiSignup, false, false),
        (Purpose::InvasSignup, false, true),
        (Purpose::AppSignIn, true, false),
        (Purpose::AppSignup, false, false),
        (Purpose::AppReset, true, false),
        (Purpose::AppEmail, true, false),
        (Purpose::AppPhone, true, false),
    ];
    assert_eq!(expected.map(|(purpose, ..)| purpose).as_slice(), Purpose::ALL);
    for (purpose, is_of_an_account, is_of_one_subject) in expected {
        assert_eq!((purpose.is_of_an_account(), purpose.is_of_one_subject()), (is_of_an_account, is_of_one_subject), "{purpose:?}");
    }
}

#[test]
fn row_52_a_code_is_not_in_what_debugging_shows() {
    assert_eq!(format!("{:?}", code("1234")), "Code(..)");
}

fn digits(subject: u32, installation: u32, usual: u8) -> u8 {
    Pressure { subject, installation, lost: 0 }.digits(GuessLimits::default(), Purpose::UsapiSignup, usual)
}

#[test]
fn row_5_lost_codes_tell_of_spraying_sooner_and_end_short_codes_that_are_out() {
    let (limits, contract) = (GuessLimits::default(), GuessLimits::CONTRACT);
    let sprayed = Pressure { subject: 0, installation: 100, lost: 30 };
    let digits = |pressure: Pressure, limits, usual| pressure.digits(limits, Purpose::UsapiSignup, usual);
    assert_eq!((digits(sprayed, limits, 4), digits(sprayed, limits, 6), digits(sprayed, contract, 4)), (8, 6, 4));
    let calm = Pressure { lost: 29, ..sprayed };
    assert_eq!(digits(calm, limits, 4), 4);
    let badly = Pressure { lost: 60, ..sprayed };
    assert_eq!(challenge("1234").attempt(&shown("1234"), Pressure { lost: 59, ..badly }, now()), Verdict::Right);
    assert_eq!(challenge("1234").attempt(&shown("1234"), badly, now()), Verdict::Dead);
    assert_eq!(challenge("123456").attempt(&shown("123456"), badly, now()), Verdict::Right);
    let by_contract = Shown { limits: contract, ..shown("1234") };
    let sprayed = Pressure { subject: 0, installation: 300, lost: 300 };
    assert_eq!(digits(sprayed, contract, 4), 8);
    assert_eq!(challenge("1234").attempt(&by_contract, sprayed, now()), Verdict::Right, "the contract lets short codes that are out live");
}

#[test]
fn row_5_longer_codes_that_are_the_way_into_an_account_grow_and_end_likewise_while_limits_are_on() {
    let (limits, sprayed) = (GuessLimits::default(), Pressure { subject: 0, installation: 100, lost: 60 });
    for (purpose, grown) in [(Purpose::AppSignIn, 8), (Purpose::AppReset, 8), (Purpose::UsapiSignup, 6)] {
        assert_eq!(sprayed.digits(limits, purpose, 6), grown);
        assert_eq!(Pressure { installation: 300, ..sprayed }.digits(GuessLimits::CONTRACT, purpose, 6), 6);
    }
    let way_in = |digits: &str, pressure| {
        let mut challenge = Challenge { purpose: Purpose::AppSignIn, ..challenge(digits) };
        challenge.code_mac = challenge.mac(&code(digits), &key());
        challenge.attempt(&Shown { purpose: Purpose::AppSignIn, ..shown(digits) }, pressure, now())
    };
    assert_eq!(way_in("123456", sprayed), Verdict::Dead);
    assert_eq!(way_in("123456", Pressure { lost: 59, ..sprayed }), Verdict::Right);
    assert_eq!(way_in("12345678", sprayed), Verdict::Right, "a grown code is what one asks for instead");
}

#[test]
fn row_3_codes_grow_after_six_wrong_ones_and_short_ones_die() {
    assert_eq!(digits(5, 299, 6), 6);
    assert_eq!(digits(6, 0, 4), 8);
    assert_eq!(digits(6, 0, 6), 8);
    // Row 5: spraying pays against short codes only.
    assert_eq!(digits(0, 300, 4), 8);
    assert_eq!(digits(0, 300, 6), 6);
    let attacked = Pressure { subject: 6, installation: 0, lost: 0 };
    assert_eq!(challenge("1234").attempt(&shown("1234"), attacked, now()), Verdict::Dead);
    assert_eq!(challenge("123456").attempt(&shown("123456"), attacked, now()), Verdict::Right);
}

#[test]
fn row_6_a_code_is_bound_to_its_challenge_purpose_subject_and_destination() {
    let right = challenge("123456");
    let mut moved = [right.clone(), right.clone(), right.clone()];
    moved[0].id = ChallengeId(Uuid::from_u128(9));
    moved[1].subject = Uuid::from_u128(9);
    moved[2].destination = LoginId::classify("budi@example.test", &Country::indonesia()).unwrap();
    for mut challenge in moved {
        assert_eq!(challenge.attempt(&shown("123456"), Pressure::default(), now()), Verdict::Wrong { left: 4 });
        assert_eq!(challenge.tries_left, 4, "the try counts");
    }
}

#[test]
fn row_6_a_right_code_shown_for_another_purpose_or_by_another_account_is_a_wrong_one() {
    let right = challenge("123456");
    let owner = Shown { by: Some(right.subject), ..shown("123456") };
    assert_eq!(right.clone().attempt(&owner, Pressure::default(), now()), Verdict::Right);
    let others = Purpose::ALL.iter().filter(|purpose| **purpose != right.purpose);
    let others = others.map(|purpose| Shown { purpose: *purpose, ..shown("123456") });
    for swapped in others.chain([Shown { by: Some(Uuid::from_u128(9)), ..shown("123456") }]) {
        let mut challenge = right.clone();
        assert_eq!(challenge.attempt(&swapped, Pressure::default(), now()), Verdict::Wrong { left: 4 }, "{swapped:?}");
        assert_eq!(challenge.tries_left, 4, "the try counts");
    }
}

#[test]
fn row_3_wrong_codes_count_against_whoever_is_guessed_at() {
    let against = |purpose| Challenge { purpose, ..challenge("1234") }.counted_against();
    let (account, contact) = (format!("account/{}", Uuid::from_u128(2)), "email/siti@example.test".to_owned());
    assert_eq!(against(Purpose::UsapiSignup), std::slice::from_ref(&contact));
    assert_eq!(against(Purpose::InvasSignup), std::slice::from_ref(&contact));
    assert_eq!(against(Purpose::AppSignup), std::slice::from_ref(&contact));
    assert_eq!(against(Purpose::AppSignIn), std::slice::from_ref(&account));
    assert_eq!(against(Purpose::AppReset), std::slice::from_ref(&account));
    assert_eq!(against(Purpose::AppEmail), [account.clone(), contact.clone()]);
    assert_eq!(against(Purpose::AppPhone), [account, contact]);
}

#[test]
fn a_number_does_not_begin_with_zero_and_has_every_other_first_digit() {
    let entropy = CountingEntropy::default();
    let first: std::collections::BTreeSet<_> = (0..500).map(|_| Code::draw_number(4, &entropy).expose().as_bytes()[0]).collect();
    assert_eq!(first.into_iter().collect::<Vec<_>>(), b"123456789");
    assert!((0..500).any(|_| Code::draw_number(4, &entropy).expose().ends_with('0')));
}

#[test]
fn a_code_works_until_the_moment_it_expires() {
    let mut late = challenge("123456");
    let end = late.expires_at;
    assert_eq!(late.clone().attempt(&shown("123456"), Pressure::default(), end - 1.millisecond()), Verdict::Right);
    assert_eq!(late.attempt(&shown("123456"), Pressure::default(), end), Verdict::Expired);
    assert_eq!(late.tries_left, 5);
}

#[test]
fn row_8_a_code_of_another_length_costs_no_try() {
    let mut challenge = challenge("123456");
    for other in ["1234", "12345", "1234567", "12345678"] {
        assert_eq!(challenge.attempt(&shown(other), Pressure::default(), now()), Verdict::Odd { left: 5 });
    }
    assert_eq!(challenge.tries_left, 5);
    assert_eq!(challenge.attempt(&shown("123456"), Pressure::default(), now()), Verdict::Right);
}

#[test]
fn row_8_odd_forms_are_no_codes() {
    for odd in [" 1234", "1234 ", "１２３４", "1234.0", "-1", "+1234", "", "123", "123456789", "12a4", "1234\n"] {
        assert_eq!(Code::parse(odd).map(|_| ()), Err(NotACode), "{odd:?}");
    }
}

#[test]
fn a_token_is_three_letters_and_a_code() {
    let token = Code::parse_token("UhY1234").unwrap();
    assert_eq!((token.prefix().unwrap().as_str(), token.digits(), token.expose()), ("UhY", 4, "UhY1234"));
    assert_eq!(Code::parse_token("UhY12345678").map(|token| token.digits()).unwrap(), 8);
    for odd in
        ["1234", "Uh1234", "UhYx1234", "UhY123", "UhY123456789", " UhY1234", "UhY1234 ", "UhY 1234", "UhY12a4", "UhY１２３４", "ÜhY1234", "UhY", ""]
    {
        assert_eq!(Code::parse_token(odd).map(|_| ()), Err(NotACode), "{odd:?}");
    }
    assert_eq!(code("1234").prefix(), None);
    let prefix = TokenPrefix::draw(&CountingEntropy::default());
    assert_eq!(TokenPrefix::parse(prefix.as_str()).as_ref(), Some(&prefix));
    assert_eq!(code("1234").after(&prefix).prefix(), Some(prefix));
    assert!(["", "Uh", "UhYx", "Uh1", "ÜhY"].iter().all(|odd| TokenPrefix::parse(odd).is_none()));
}

#[test]
fn row_6_a_token_with_another_prefix_is_a_wrong_one_and_the_try_counts() {
    let mut challenge = challenge("1234");
    challenge.code_mac = challenge.mac(&Code::parse_token("UhY1234").unwrap(), &key());
    let with = |token: &str| Shown { code: Code::parse_token(token).unwrap(), ..shown("1234") };
    for other in ["Uhy1234", "ABC1234"] {
        assert!(matches!(challenge.attempt(&with(other), Pressure::default(), now()), Verdict::Wrong { .. }), "{other}");
    }
    assert_eq!(challenge.attempt(&with("UhY12345"), Pressure::default(), now()), Verdict::Odd { left: 1 });
    assert_eq!(challenge.attempt(&with("UhY1234"), Pressure::default(), now()), Verdict::Right);
}

#[test]
fn row_3_a_short_code_has_no_more_tries_than_are_left_before_it_dies_of_all_that_were_made() {
    let left = |digits: &str, subject| challenge(digits).left(Pressure { subject, installation: 0, lost: 0 }, GuessLimits::default());
    assert_eq!([0, 3, 4, 5, 6, 99].map(|met| left("1234", met)), [3, 3, 2, 1, 0, 0]);
    assert_eq!([0, 4, 6].map(|met| left("12345", met)), [3, 2, 0]);
    assert_eq!([0, 5, 6, 99].map(|met| left("12345678", met)), [5, 5, 5, 5]);
    let met_five = Pressure { subject: 5, installation: 0, lost: 0 };
    assert_eq!(challenge("1234").attempt(&shown("4321"), met_five, now()), Verdict::Wrong { left: 0 });
}

#[test]
fn every_digit_is_drawn_about_equally_often() {
    let entropy = CountingEntropy::default();
    let mut seen = [0_u32; 10];
    for _ in 0..10_000 {
        for byte in Code::draw(6, &entropy).expose().bytes() {
            seen[usize::from(byte - b'0')] += 1;
        }
    }
    // 6,000 each on average; five standard deviations are 367.
    assert!(seen.iter().all(|&n| (5_633..6_367).contains(&n)), "{seen:?}");
}

proptest! {
    /// Whatever is tried in whatever order, a challenge says `Right` at most once and compares at most `tries` codes.
    #[test]
    fn at_most_one_success_and_no_more_comparisons_than_tries(
        attempts in prop::collection::vec((0_u32..4, 0_i64..900), 1..40), digits in 4_usize..=8,
    ) {
        let right = &"12345678"[..digits];
        let mut challenge = challenge(right);
        let (mut rights, mut compared) = (0, 0);
        for (guess, seconds) in attempts {
            let guess = if guess == 0 { shown(right) } else { shown(&"87654321"[..digits]) };
            match challenge.attempt(&guess, Pressure::default(), now() + seconds.seconds()) {
                Verdict::Right => { rights += 1; compared += 1; }
                Verdict::Wrong { .. } => compared += 1,
                Verdict::Odd { .. } | Verdict::Expired | Verdict::Dead => {}
            }
        }
        prop_assert!(rights <= 1);
        prop_assert!(compared <= Challenge::tries(challenge.digits));
    }
}

#[test]
fn row_5_wrong_codes_before_a_right_one_were_slips_on_the_code_before_it_too() {
    let slipped = |id, minutes: i64, tries_left| {
        let created_at = now() - minutes.minutes();
        Challenge { id: ChallengeId(Uuid::from_u128(id)), tries_left, created_at, ..challenge("1234") }
    };
    let right = Challenge { tries_left: 1, ..challenge("1234") };
    let pressure = |subject| Pressure { subject, ..Pressure::default() };
    let forgives = |older: &[Challenge], pressure| right.forgives(older, pressure).iter().map(|(_, wrong)| wrong).sum::<u32>();
    assert_eq!(forgives(&[], pressure(6)), 1, "its own");
    assert_eq!(challenge("1234").forgives(&[], pressure(6)), [], "who was right at once forgives nothing");
    let older = [slipped(2, 2, 0), slipped(3, 19, 2), slipped(4, 20, 0), right.clone()];
    assert_eq!(forgives(&older, pressure(6)), 5, "and those of the last twenty minutes");
    assert_eq!(right.forgives(&older, pressure(6)), [(now(), 1), (now() - 2.minutes(), 3), (now() - 19.minutes(), 1)], "each when its code was sent");
    assert_eq!(forgives(&older, pressure(2)), 2, "but nothing that a success has forgiven before");
    let elsewhere = LoginId::classify("budi@example.test", &Country::indonesia()).unwrap();
    let others = [Challenge { purpose: Purpose::AppReset, ..slipped(5, 2, 0) }, Challenge { destination: elsewhere, ..slipped(6, 2, 0) }];
    assert_eq!(forgives(&others, pressure(6)), 1, "what is tried elsewhere is a guess");
}
