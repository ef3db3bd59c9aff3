//! What a token must survive.

#![expect(clippy::string_slice, reason = "the texts are ASCII and ours")]

use super::low_s::{ORDER, signature_of};
use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::FutureExt as _;
use jiff::ToSpan as _;
use jsonwebtoken::EncodingKey;
use proptest::prelude::*;
use serde_json::json;

const KIND: TokenKind = TokenKind::Session(Surface::Usapi);

fn now() -> Timestamp {
    Timestamp::from_second(1_790_000_000).unwrap()
}

fn ring() -> KeyRing {
    ring_and_key().0
}

/// A ring, and its key once more for whoever forges.
fn ring_and_key() -> (KeyRing, SigningKey) {
    let pem = SigningKey::generate().unwrap();
    let key = || SigningKey::es256(&pem).unwrap();
    (KeyRing::new("https://id.example", vec![key()]).unwrap(), key())
}

fn claims(ring: &KeyRing) -> AccountClaims {
    AccountClaims { registered: ring.registered(KIND, Uuid::from_u128(1), now(), now() + 1.hour()), sub: Uuid::from_u128(2) }
}

/// Checks a token with keys that do not change, which waits for nothing, twice: who shows it again hears the same.
fn check(ring: &KeyRing, token: &str, kind: TokenKind, now: Timestamp) -> Result<AccountClaims, InvalidToken> {
    let outcome = check_once(ring, token, kind, now);
    assert_eq!(check_once(ring, token, kind, now), outcome, "{token}");
    outcome
}

fn check_once(ring: &KeyRing, token: &str, kind: TokenKind, now: Timestamp) -> Result<AccountClaims, InvalidToken> {
    ring.check(token, kind, now).now_or_never().unwrap().map_err(|error| match error {
        TokenError::Invalid(invalid) => invalid,
        TokenError::Fault(fault) => panic!("{fault}"),
    })
}

fn accepts(ring: &KeyRing, token: &str) -> bool {
    check(ring, token, KIND, now()).is_ok()
}

fn signed(ring: &KeyRing) -> String {
    ring.sign(&claims(ring), now()).unwrap()
}

#[test]
fn a_token_of_ours_is_accepted_until_it_ends() {
    let ring = ring();
    let token = signed(&ring);
    assert_eq!(check(&ring, &token, KIND, now()), Ok(claims(&ring)));
    assert!(check(&ring, &token, KIND, now() + 59.minutes()).is_ok());
    assert_eq!(check(&ring, &token, KIND, now() + 1.hour()), Err(InvalidToken));
}

#[test]
fn row_25_only_the_keys_own_algorithm_counts() {
    let (ring, key) = ring_and_key();
    let good = signed(&ring);
    let (header, payload) = (good.split('.').next().unwrap(), good.split('.').nth(1).unwrap());
    let kid = key.kid.clone();
    let encode = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let none = format!("{}.{payload}.", encode(json!({"alg": "none", "typ": "JWT", "kid": kid})));
    assert!(!accepts(&ring, &none));
    let public = serde_json::to_vec(&ring.jwks(now()).keys[0]).unwrap();
    let confused = Header { kid: Some(kid.clone()), ..Header::new(Algorithm::HS256) };
    assert!(!accepts(&ring, &jsonwebtoken::encode(&confused, &claims(&ring), &EncodingKey::from_secret(&public)).unwrap()));
    for odd in ["", "../../dev/null", "' OR 1=1", "unknown"] {
        let header = Header { kid: Some(odd.into()), ..Header::new(Algorithm::ES256) };
        assert!(!accepts(&ring, &jsonwebtoken::encode(&header, &claims(&ring), &key.encoding).unwrap()));
    }
    let ours = || Header { kid: Some(kid.clone()), ..Header::new(Algorithm::ES256) };
    let sign = |header: Header| with_low_s(jsonwebtoken::encode(&header, &claims(&ring), &key.encoding).unwrap());
    assert!(accepts(&ring, &sign(ours())));
    // Each of them alone would lead whoever follows it to another key, or ask for what we do not do.
    for led_astray in [
        Header { jku: Some("https://evil.example/jwks".into()), ..ours() },
        Header { jwk: ring.jwks(now()).keys.pop(), ..ours() },
        Header { x5u: Some("https://evil.example/certificate".into()), ..ours() },
        Header { x5c: Some(vec!["MIIB".into()]), ..ours() },
        Header { crit: Some(vec!["b64".into()]), ..ours() },
        Header { typ: Some("at+jwt".into()), ..ours() },
        Header { typ: None, ..ours() },
    ] {
        assert!(!accepts(&ring, &sign(led_astray.clone())), "{led_astray:?}");
    }
    assert!(!accepts(&ring, &format!("{header}.{payload}.")));
}

#[test]
fn row_26_every_registered_claim_is_required_and_of_its_type() {
    let (ring, key) = ring_and_key();
    let sign = |value: &serde_json::Value| {
        let header = Header { kid: Some(key.kid.clone()), ..Header::new(Algorithm::ES256) };
        with_low_s(jsonwebtoken::encode(&header, value, &key.encoding).unwrap())
    };
    let whole = serde_json::to_value(claims(&ring)).unwrap();
    assert!(accepts(&ring, &sign(&whole)));
    for claim in ["iss", "aud", "iat", "exp", "jti", "sub"] {
        for odd in [None, Some(json!(null)), Some(json!([whole[claim]])), Some(json!({})), Some(json!(true)), Some(json!("x"))] {
            let mut changed = whole.clone();
            match odd {
                None => {
                    changed.as_object_mut().unwrap().remove(claim);
                }
                Some(value) => changed[claim] = value,
            }
            assert!(!accepts(&ring, &sign(&changed)), "{changed}");
        }
    }
}

#[test]
fn row_27_one_kind_is_not_taken_for_another() {
    let ring = ring();
    let token = signed(&ring);
    assert!(accepts(&ring, &token), "and known from then on");
    for kind in TokenKind::all().filter(|kind| *kind != KIND) {
        assert_eq!(check(&ring, &token, kind, now()), Err(InvalidToken));
    }
}

#[test]
fn a_token_names_its_account_and_its_issuer() {
    let ring = ring();
    assert_eq!((ring.issuer(), format!("{ring:?}").as_str()), ("https://id.example", "KeyRing(https://id.example)"));
    let account = AccountId(Uuid::from_u128(2));
    let token = ring.sign_for(claims(&ring).registered, account, now()).unwrap();
    assert_eq!(ring.check_for(&token, KIND, now()).now_or_never().unwrap().unwrap(), (Uuid::from_u128(1), account));
}

#[test]
fn row_52_who_a_code_was_asked_for_is_not_in_what_debugging_shows() {
    let registered = claims(&ring()).registered;
    let shown = format!("{:?}", CodeClaims { registered, expiry: rfc3339(now()), login_id: "siti@example.test".to_owned(), nature: 7 });
    assert!(shown.starts_with("CodeClaims") && shown.contains("nature: 7") && !shown.contains("siti"), "{shown}");
}

#[test]
fn row_52_a_key_shows_its_name_alone() {
    let (_, key) = ring_and_key();
    assert_eq!(format!("{key:?}"), format!("SigningKey({} ES256)", key.kid));
}

#[test]
fn times_are_told_in_whole_seconds() {
    let moment = now() + 999.milliseconds();
    assert_eq!(rfc3339(moment), "2026-09-21T14:13:20Z");
    assert_eq!(whole_seconds(moment, Duration::from_secs(90)), now() + 90.seconds());
    assert_eq!(whole_seconds(moment, Duration::from_millis(1)), now() + 1.second());
}

#[test]
fn row_27_every_kind_is_told_from_the_others() {
    let ring = ring();
    assert_eq!(TokenKind::all().count(), 1 + 4 * Surface::ALL.len());
    for kind in TokenKind::all() {
        let registered = ring.registered(kind, Uuid::from_u128(1), now(), now() + 1.hour());
        let token = ring.sign(&AccountClaims { registered, sub: Uuid::from_u128(2) }, now()).unwrap();
        assert_eq!(TokenKind::claimed_by(&token), Some(kind));
    }
    let of = |payload: &str| format!("e30.{}.x", URL_SAFE_NO_PAD.encode(payload));
    for odd in ["", "x", "a.b.c", "..", &of("{}"), &of("[]"), &of("{\"aud\":\"nobody\"}"), &of("{\"aud\":[\"clients\"]}")] {
        assert_eq!(TokenKind::claimed_by(odd), None, "{odd}");
    }
}

#[test]
fn row_28_the_twin_of_a_signature_is_refused() {
    let (ring, key) = ring_and_key();
    let token = signed(&ring);
    let (message, mut signature) = signature_of(&token).unwrap();
    let mut borrow = 0_i16;
    for i in (32..64).rev() {
        let difference = i16::from(ORDER[i - 32]) - i16::from(signature[i]) - borrow;
        borrow = i16::from(difference < 0);
        signature[i] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    let twin = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
    assert_ne!(twin, token);
    let mathematically = jsonwebtoken::decode::<AccountClaims>(&twin, &key.decoding, &{
        let mut v = jsonwebtoken::Validation::new(Algorithm::ES256);
        (v.validate_exp, v.validate_aud) = (false, false);
        v
    });
    assert!(mathematically.is_ok(), "the twin is a valid signature, so it takes us to refuse it");
    assert!(!accepts(&ring, &twin));
}

#[test]
fn row_28_no_character_can_be_changed_cut_or_added() {
    let ring = ring();
    let token = signed(&ring);
    assert!(accepts(&ring, &token), "and known from then on");
    for (i, old) in token.char_indices() {
        for new in ['A', 'B', '.', '=', '~'] {
            if new != old {
                let changed = format!("{}{new}{}", &token[..i], &token[i + 1..]);
                assert!(!accepts(&ring, &changed), "{i}: {old} -> {new}");
            }
        }
        assert!(!accepts(&ring, &token[..i]));
    }
    // The last character of 64 bytes in base64 carries four spare bits: only one spelling of it is canonical.
    let last = token.chars().next_back().unwrap();
    for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".chars().filter(|c| *c != last) {
        assert!(!accepts(&ring, &format!("{}{c}", &token[..token.len() - 1])));
    }
    for tail in ["=", "A", ".", " ", "\n"] {
        assert!(!accepts(&ring, &format!("{token}{tail}")));
    }
}

#[test]
fn keys_rotate_without_signing_anybody_out() {
    let (old, new) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
    let before = KeyRing::new("i", vec![SigningKey::es256(&old).unwrap()]).unwrap();
    let after = KeyRing::new("i", vec![SigningKey::es256(&new).unwrap(), SigningKey::es256(&old).unwrap()]).unwrap();
    assert!(accepts(&after, &signed(&before)));
    assert!(!accepts(&before, &signed(&after)));
    assert_eq!(after.jwks(now()).keys.len(), 2);
}

#[test]
fn a_shared_secret_is_long_and_never_published() {
    assert!(matches!(SigningKey::hs256(b"short"), Err(KeyError::TooShort)));
    let ring = KeyRing::new("i", vec![SigningKey::hs256(&[7; 32]).unwrap()]).unwrap();
    assert!(accepts(&ring, &signed(&ring)));
    assert!(ring.jwks(now()).keys.is_empty());
}

#[test]
fn row_9_the_public_key_is_all_that_is_published() {
    let published = serde_json::to_value(ring().jwks(now())).unwrap();
    let key = published["keys"][0].as_object().unwrap();
    let mut names: Vec<_> = key.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
}

proptest! {
    #[test]
    fn nothing_that_we_did_not_sign_is_accepted(token in "\\PC*") {
        prop_assert!(!accepts(&ring(), &token));
    }
}
