//! Tokens that are almost ones of ours: what rows 25, 26 and 28 of the threats say must be refused wherever a token is taken.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
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
