//! Headers that calls of several surfaces take.

use daftar_core::locale::Locale;
use daftar_core::repeat::REPEAT_KEY_MAX;

use super::property::{Property, text};

/// `idempotency-key`.
pub(crate) fn repeat_key() -> Property {
    let detail = "With the same key and body the call is carried out once, however often it is sent in 24 hours, and answered alike";
    text("idempotency-key").at_most(REPEAT_KEY_MAX).matching("^[!-~]+$").like("3f2b9d1c-register").about(detail).optional()
}

/// `accept-language`, of whoever reads what comes of the call.
pub(crate) fn language(reader: &str) -> Property {
    let tags: Vec<_> = Locale::ALL.iter().map(|locale| locale.tag()).collect();
    text("accept-language").like("id").about(format!("The language of {reader}: one of {}", tags.join(", "))).optional()
}
