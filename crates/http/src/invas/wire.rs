//! What several requests have in common.

use daftar_core::customer::PhoneAsSent;

use super::error::InvasError;
use crate::surface::properties::Properties;

/// A phone number that names a pending registration.
pub(super) fn phone_as_sent(body: &Properties, name: &'static str) -> Result<PhoneAsSent, InvasError> {
    PhoneAsSent::parse(body.text(name)?.any_length()).ok_or(InvasError::Format(name, NO_PHONE))
}

/// What is said of a text that is no phone number.
pub(super) const NO_PHONE: &str = "is not a phone number";
/// What is said of a text that is no e-mail address.
pub(super) const NO_EMAIL: &str = "is not an e-mail address";
