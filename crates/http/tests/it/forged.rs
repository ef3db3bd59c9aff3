//! Tokens that are almost ones of ours: what rows 25, 26 and 28 of the threats say must be refused wherever a token is taken.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use daftar_core::token::{Claims, Registered};
use daftar_testkit::Installation;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The same claims under headers that lead astray (row 25).
pub(crate) fn under_another_header(token: &str) -> Vec<String> {
    let parts: Vec<_> = token.split('.').collect();
    let ours: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[0]).unwrap()).unwrap();
    let kid = &ours["kid"];
    let headers = [
        json!({"alg": "none", "typ": "JWT", "kid": kid}),
        json!({"alg": "None", "typ": "JWT", "kid": kid}),
        json!({"alg": "HS256", "typ": "JWT", "kid": kid}),
        json!({"alg": "ES256", "typ": "JWT"}),
        json!({"alg": "ES256", "typ": "JWT", "kid": "../../dev/null"}),
        json!({"alg": "ES256", "typ": "JWT", "kid": kid, "jku": "https://evil.example/jwks.json"}),
    ];
    let signatures = ["", "AAAA", parts[2]];
    let forge = |header: &Value| signatures.map(|signature| format!("{}.{}.{signature}", URL_SAFE_NO_PAD.encode(header.to_string()), parts[1]));
    headers.iter().flat_map(forge).collect()
}

/// The same claims, signed with HS256 and what everybody can read of our key, in all the ways in which it is written down (row 25).
pub(crate) async fn with_our_public_key(site: &Installation, token: &str) -> Vec<String> {
    let keys = site.anybody().get("/.well-known/jwks.json").await;
    let key = keys.json()["keys"][0].clone();
    let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    let plain = [coordinate("x"), coordinate("y")].concat();
    let point = [&[4][..], &plain].concat();
    let spki = [&URL_SAFE_NO_PAD.decode("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgA").unwrap()[..], &point].concat();
    let lines: Vec<_> = STANDARD.encode(&spki).into_bytes().chunks(64).map(<[u8]>::to_vec).collect();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", String::from_utf8(lines.join(&b'\n')).unwrap());
    let secrets = [
        plain,
        point,
        spki,
        pem.clone().into_bytes(),
        format!("{pem}\n").into_bytes(),
        key.to_string().into_bytes(),
        keys.text.into_bytes(),
        Vec::new(),
    ];
    let payload = token.split('.').nth(1).unwrap();
    let header = URL_SAFE_NO_PAD.encode(json!({"alg": "HS256", "typ": "JWT", "kid": key["kid"]}).to_string());
    let forge = |secret: &Vec<u8>| {
        let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), format!("{header}.{payload}").as_bytes());
        format!("{header}.{payload}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    };
    secrets.iter().map(forge).collect()
}

/// The same claims, signed well with a key that is nobody's here, under headers that bring it along (row 25).
pub(crate) fn with_a_strangers_key(token: &str) -> Vec<String> {
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let point = key.public_key().as_ref();
    let coordinate = |range: std::ops::Range<usize>| URL_SAFE_NO_PAD.encode(&point[range]);
    let jwk = json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "x": coordinate(1..33), "y": coordinate(33..65), "kid": "mine"});
    let parts: Vec<_> = token.split('.').collect();
    let ours: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[0]).unwrap()).unwrap();
    let kid = &ours["kid"];
    let headers = [
        ours.clone(),
        json!({"alg": "ES256", "typ": "JWT"}),
        json!({"alg": "ES256", "typ": "JWT", "jwk": jwk}),
        json!({"alg": "ES256", "typ": "JWT", "kid": kid, "jwk": jwk}),
        json!({"alg": "ES256", "typ": "JWT", "kid": "mine", "jwk": jwk}),
        json!({"alg": "ES256", "typ": "JWT", "kid": kid, "jku": "https://evil.example/jwks.json"}),
        json!({"alg": "ES256", "typ": "JWT", "kid": kid, "x5u": "https://evil.example/key.pem"}),
        json!({"alg": "ES256", "typ": "JWT", "kid": kid, "x5c": [STANDARD.encode(point)]}),
        json!({"alg": "ES256", "typ": "JWT", "kid": kid, "crit": ["exp"]}),
        json!({"alg": "ES256", "typ": "JWT", "kid": ""}),
        json!({"alg": "ES256", "typ": "JWT", "kid": [kid]}),
        json!({"alg": "ES256", "typ": "JWT", "kid": format!("{}' OR '1'='1", kid.as_str().unwrap())}),
        json!({"alg": "ES256", "typ": "JWT", "kid": "../../../dev/null"}),
        json!({"alg": "ES256", "typ": "JWT", "kid": "k".repeat(10_000)}),
    ];
    let forge = |header: &Value| {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), parts[1]);
        let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    };
    headers.iter().map(forge).collect()
}

/// Everything that one could take for the same token and that is another text (row 28): characters replaced, cut and doubled, the same bytes written
/// otherwise, the twin of its signature, and parts that are missing or too many.
pub(crate) fn mauled(token: &str) -> Vec<String> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut mauled = Vec::new();
    for (i, character) in token.char_indices().step_by(4) {
        let (before, after) = (&token[..i], &token[i + 1..]);
        let other = if character == 'A' { 'Q' } else { 'A' };
        mauled.push(match i % 3 {
            0 => format!("{before}{other}{after}"),
            1 => format!("{before}{after}"),
            _ => format!("{before}{character}{character}{after}"),
        });
    }
    let parts: Vec<_> = token.split('.').collect();
    let with_part = |n: usize, part: &str| {
        let mut parts = parts.clone();
        parts[n] = part;
        parts.join(".")
    };
    for (n, part) in parts.iter().enumerate() {
        // The bits of the last character that stand for nothing.
        let spare = match part.len() % 4 {
            2 => 4,
            3 => 2,
            _ => 0,
        };
        let last = ALPHABET.iter().position(|c| part.as_bytes().ends_with(&[*c])).unwrap();
        for bits in 1..1_usize << spare {
            mauled.push(with_part(n, &format!("{}{}", &part[..part.len() - 1], char::from(ALPHABET[last ^ bits]))));
        }
        let standard = part.replace('-', "+").replace('_', "/");
        let (first, rest) = part.split_at(4);
        for written in [
            format!("{part}="),
            format!("{part}=="),
            format!("={part}"),
            format!("{first}\t{rest}"),
            format!("{first}%41{rest}"),
            format!("{part}AAAA"),
            standard,
            String::new(),
        ] {
            mauled.push(with_part(n, &written));
        }
    }
    mauled.push(with_part(2, &URL_SAFE_NO_PAD.encode(twin(&URL_SAFE_NO_PAD.decode(parts[2]).unwrap()))));
    mauled.extend([format!("{token}."), format!(".{token}"), format!("{token}.{token}"), parts[..2].join("."), format!("{}.", parts[..2].join("."))]);
    mauled.extend([token.to_uppercase(), format!("{token},{token}"), format!("Bearer {token}"), format!("\"{token}\"")]);
    mauled.retain(|text| text != token);
    mauled
}

/// The other signature that is as good for the mathematics: the same *r*, and the order of P-256 less *s*.
fn twin(signature: &[u8]) -> Vec<u8> {
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e,
        0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let mut twin = signature.to_vec();
    let mut borrow = 0;
    for i in (0..32).rev() {
        let difference = i16::from(ORDER[i]) - i16::from(signature[32 + i]) - borrow;
        borrow = i16::from(difference < 0);
        twin[32 + i] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    twin
}

/// The same token with a byte changed, cut or added (row 28).
pub(crate) fn changed(token: &str) -> Vec<String> {
    let replaced = |i: usize| {
        let mut bytes = token.as_bytes().to_vec();
        bytes[i] = if bytes[i] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    let replaced = (0..token.len()).step_by(7).map(replaced).filter(|changed| changed != token);
    let others = [format!("{token}="), format!("{token}A"), token[..token.len() - 1].to_owned(), format!("{token}.x")];
    replaced.chain(others).collect()
}

/// Any claims, to be signed with the installation's own key.
#[derive(Serialize, Deserialize)]
struct Any(Value);

impl Claims for Any {
    fn registered(&self) -> &Registered {
        unreachable!("what is made here is never checked here")
    }
}

/// The same token with one claim after the other missing or mistyped, each signed by our own key (row 26).
pub(crate) fn with_odd_claims(site: &Installation, token: &str, names: &[&str]) -> Vec<String> {
    let whole: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap();
    let mut forged = Vec::new();
    for name in names {
        for odd in [None, Some(json!(null)), Some(json!([whole[name]])), Some(json!({})), Some(json!(true)), Some(json!("x"))] {
            let mut claims = whole.clone();
            match odd {
                None => drop(claims.as_object_mut().unwrap().remove(*name)),
                Some(odd) => claims[name] = odd,
            }
            forged.push(signed(site, claims));
        }
    }
    forged
}

/// Any claims, signed by our own key.
pub(crate) fn signed(site: &Installation, claims: Value) -> String {
    site.accounts().keys().sign(&Any(claims), site.accounts().now()).unwrap()
}
