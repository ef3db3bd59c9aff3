//! What the forms of hashes are written with: base64 in its many dialects, hexadecimal digits, `name=number` lists, and the alphabet of crypt(3).

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT.with_encode_padding(false));
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
const BCRYPT: GeneralPurpose = GeneralPurpose::new(&alphabet::BCRYPT, LENIENT.with_encode_padding(false).with_decode_allow_trailing_bits(true));

/// The alphabet of crypt(3), whose groups of four begin with the lowest bits.
const CRYPT: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Base64 as it comes: standard or URL-safe, with `.` for `+` as passlib writes it, padded or not.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    if text.contains(['-', '_']) { URL_SAFE.decode(text).ok() } else { STANDARD.decode(text.replace('.', "+")).ok() }
}

/// Standard base64 without padding, as PHC strings have it.
pub(super) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// bcrypt's base64.
pub(super) fn bcrypt64(text: &str) -> Option<Vec<u8>> {
    BCRYPT.decode(text).ok()
}

/// bcrypt's base64.
pub(super) fn to_bcrypt64(bytes: &[u8]) -> String {
    BCRYPT.encode(bytes)
}

/// Hexadecimal digits in either case.
pub(super) fn hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
}

/// A digest of `length` bytes, in hexadecimal digits or base64: their numbers of characters tell them apart.
pub(super) fn digest(text: &str, length: usize) -> Option<Vec<u8>> {
    let bytes = if text.len() == 2 * length { hex(text) } else { base64(text) };
    bytes.filter(|bytes| bytes.len() == length)
}

/// The digits of crypt(3) for `bytes`.
pub(super) fn to_crypt64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 4 / 3 + 1);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().rev().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        let digit = |n: usize| char::from(CRYPT.get(bits >> (6 * n) & 63).copied().unwrap_or_default());
        text.extend((0..=chunk.len()).map(digit));
    }
    text
}

/// The bytes for which these digits of crypt(3) stand; only as they are written for them.
pub(super) fn crypt64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    for chunk in text.as_bytes().chunks(4) {
        let mut bits = 0_u32;
        for (n, digit) in chunk.iter().enumerate() {
            bits |= u32::from(crypt_digit(*digit)?) << (6 * n);
        }
        bytes.extend(bits.to_le_bytes().into_iter().take(chunk.len() - 1));
    }
    Some(bytes).filter(|bytes| to_crypt64(bytes) == text)
}

/// The value of a digit of crypt(3).
pub(super) fn crypt_digit(digit: u8) -> Option<u8> {
    CRYPT.iter().position(|known| *known == digit).and_then(|value| u8::try_from(value).ok())
}

/// Whether all of it are digits of crypt(3).
pub(super) fn is_crypt64(text: &str) -> bool {
    text.bytes().all(|byte| CRYPT.contains(&byte))
}

/// A number as it is written, without sign or leading zeros.
pub(super) fn number(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| plain)
}

/// The numbers of a list like `ln=14,r=8,p=1`, under exactly these names in this order.
pub(crate) fn numbers<const N: usize>(text: &str, names: [&str; N]) -> Option<[u32; N]> {
    let mut parts = text.split(',');
    let mut found = [0; N];
    for (name, place) in names.into_iter().zip(&mut found) {
        *place = number(parts.next()?.strip_prefix(name)?.strip_prefix('=')?)?;
    }
    parts.next().is_none().then_some(found)
}
