//! One signature per token. ECDSA has a twin for every signature: (r, n − s) verifies where (r, s) does. Only the one with the smaller s is ours,
//! so that no byte of a token can be changed (threat row 28).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The order n of P-256, and its half, big-endian (SEC 2, §2.4.2).
pub(super) const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
    0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xde, 0x73, 0x7d, 0x56, 0xd3, 0x8b, 0xcf, 0x42,
    0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8,
];

/// The signed part of an ES256 token, and its signature.
pub(super) fn signature_of(token: &str) -> Option<(&str, Vec<u8>)> {
    let (message, signature) = token.rsplit_once('.')?;
    Some((message, URL_SAFE_NO_PAD.decode(signature).ok().filter(|bytes| bytes.len() == 64)?))
}

/// Whether an ES256 token carries the smaller of its two possible signatures.
pub(super) fn has_low_s(token: &str) -> bool {
    signature_of(token).and_then(|(_, signature)| signature.get(32..).map(|s| *s <= HALF_ORDER[..])).unwrap_or(false)
}

/// The same token with the smaller of its two possible signatures.
pub(super) fn with_low_s(token: String) -> String {
    if has_low_s(&token) {
        return token;
    }
    let Some((message, mut signature)) = signature_of(&token) else { return token };
    let mut borrow = 0_i16;
    for (s, n) in signature.iter_mut().skip(32).zip(ORDER).rev() {
        let difference = i16::from(n) - i16::from(*s) - borrow;
        borrow = i16::from(difference < 0);
        *s = difference.rem_euclid(256).to_le_bytes()[0];
    }
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}
