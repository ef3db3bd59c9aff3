//! Tokens. What we did not sign is never taken; what we signed is taken as it is and not with one byte changed, and only if it says of itself what a
//! token of that kind has to say.
#![no_main]

use std::sync::LazyLock;

use daftar_core::account::Surface;
use daftar_core::ports::Timestamp;
use daftar_core::token::{AccessClaims, AccountClaims, Claims, CodeClaims, KeyRing, RegistrationClaims, SigningKey, TokenError, TokenKind};
use futures_util::FutureExt as _;
use jsonwebtoken::{EncodingKey, Header};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use uuid::Uuid;

const ISSUER: &str = "https://id.example";
const SECRET: &[u8; 32] = b"a secret that two services share";
const KIND: TokenKind = TokenKind::Session(Surface::Usapi);
const NOW: i64 = 1_790_000_000;
const LIFETIME: i64 = 3600;

/// One ring that signs by ES256, one that does by HS256.
static RINGS: LazyLock<[KeyRing; 2]> = LazyLock::new(|| {
    let pem = SigningKey::generate().expect("a key");
    let keys = [SigningKey::es256(&pem).expect("a key"), SigningKey::hs256(SECRET).expect("a key")];
    keys.map(|key| KeyRing::new(ISSUER, vec![key]).expect("a ring"))
});

/// A token of each.
static TOKENS: LazyLock<[String; 2]> = LazyLock::new(|| {
    RINGS.each_ref().map(|ring| {
        let registered = ring.registered(KIND, Uuid::from_u128(1), at(NOW), at(NOW + LIFETIME));
        ring.sign(&AccountClaims { registered, sub: Uuid::from_u128(2) }, at(NOW)).expect("a token")
    })
});

fuzz_target!(|input: &[u8]| {
    for (ring, good) in RINGS.iter().zip(TOKENS.iter()) {
        assert!(taken::<AccountClaims>(ring, good).is_some(), "ours is ours");
        if let Some(changed) = spliced(good, input).filter(|changed| changed != good) {
            assert!(taken::<AccountClaims>(ring, &changed).is_none(), "{changed} was not signed");
        }
        let Ok(text) = std::str::from_utf8(input) else { continue };
        let _ = TokenKind::claimed_by(text);
        assert!(text == good || taken::<AccountClaims>(ring, text).is_none(), "nobody signed it");
        assert!(taken::<AccessClaims>(ring, text).is_none() && taken::<CodeClaims>(ring, text).is_none(), "nobody signed it");
    }
    if let Ok(claims) = serde_json::from_slice(input) {
        signed(&claims);
    }
});

/// The token with some of its bytes replaced: where, how many, and by what, the input says.
fn spliced(token: &str, input: &[u8]) -> Option<String> {
    let (&[at, length], with) = input.split_first_chunk()?;
    let at = usize::from(at) * token.len() / 256;
    let end = (at + usize::from(length % 8)).min(token.len());
    let changed = [token.as_bytes().get(..at)?, with, token.as_bytes().get(end..)?].concat();
    String::from_utf8(changed).ok()
}

/// A token that somebody made who knows the secret: it is taken only with every claim of its kind, each of its type.
fn signed(claims: &Value) {
    let Some(ring) = RINGS.last() else { return };
    let kid = TOKENS.last().and_then(|token| jsonwebtoken::decode_header(token).ok()?.kid);
    let header = Header { kid, ..Header::default() };
    let Ok(token) = jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(SECRET)) else { return };
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let number = |name: &str| claims.get(name).and_then(Value::as_i64);
    let is_id = |name: &str| text(name).is_some_and(|text| text.parse::<Uuid>().is_ok());
    let is_registered = text("iss") == Some(ISSUER)
        && text("aud") == Some(Surface::Usapi.name())
        && number("iat").is_some()
        && number("exp").is_some_and(|end| NOW < end)
        && is_id("jti");
    assert_eq!(taken::<AccountClaims>(ring, &token).is_some(), is_registered && is_id("sub"), "{claims}");
    assert!(is_registered || taken::<RegistrationClaims>(ring, &token).is_none(), "{claims}");
    assert!(is_registered || taken::<AccessClaims>(ring, &token).is_none(), "{claims}");
    assert!(is_registered || taken::<CodeClaims>(ring, &token).is_none(), "{claims}");
    let other = TokenKind::claimed_by(&token).filter(|kind| *kind != KIND);
    let as_other = other.map(|_| taken::<AccountClaims>(ring, &token));
    assert!(as_other.flatten().is_none(), "one kind of token as another");
}

/// The claims of a token that is taken, which it is twice or never.
fn taken<C: Claims>(ring: &KeyRing, token: &str) -> Option<C> {
    let check = || match ring.check::<C>(token, KIND, at(NOW)).now_or_never().expect("keys that do not change are asked without waiting") {
        Ok(claims) => Some(claims),
        Err(TokenError::Invalid(_)) => None,
        Err(TokenError::Fault(fault)) => panic!("{fault}"),
    };
    let (first, second) = (check(), check());
    assert_eq!(first.is_some(), second.is_some(), "who shows it again hears the same");
    first
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a moment")
}
