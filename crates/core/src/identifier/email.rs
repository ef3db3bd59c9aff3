//! E-mail addresses: a subset that no two programs read differently.

use super::IdentifierError;

/// Longest e-mail address, in characters (RFC 5321 §4.5.3.1.3).
pub const EMAIL_MAX: usize = 254;
/// Longest part before the `@`, in characters (RFC 5321 §4.5.3.1.1).
const EMAIL_LOCAL_MAX: usize = 64;
/// An e-mail address: the part before the `@` as written, the domain lower-case and in IDNA form.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress {
    shown: String,
    key: String,
}

impl EmailAddress {
    /// Takes an address of the practical subset of WHATWG and RFC 5321: an ASCII dot-atom of up to 64
    /// characters, one `@`, a domain of at least two labels; at most 254 characters in all. Blanks around it are dropped, anything
    /// else that mail software could read as a second address is refused (threat row 41).
    ///
    /// # Errors
    /// [`IdentifierError`] naming which of these does not hold.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let text = text.trim_matches([' ', '\t']);
        if text.is_empty() {
            return Err(IdentifierError::Empty);
        }
        if text.chars().count() > EMAIL_MAX {
            return Err(IdentifierError::TooLong { max: EMAIL_MAX });
        }
        let (local, domain) = text.split_once('@').ok_or(IdentifierError::Malformed)?;
        if !is_dot_atom(local) || local.len() > EMAIL_LOCAL_MAX {
            return Err(IdentifierError::Malformed);
        }
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| IdentifierError::Malformed)?;
        if !is_mail_domain(&domain) {
            return Err(IdentifierError::Malformed);
        }
        let shown = format!("{local}@{domain}");
        if shown.len() > EMAIL_MAX {
            return Err(IdentifierError::TooLong { max: EMAIL_MAX });
        }
        Ok(Self { key: shown.to_ascii_lowercase(), shown })
    }

    /// The form in which it is unique.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// The address as mail is sent to it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.shown
    }
}

fn is_dot_atom(local: &str) -> bool {
    local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&b)))
}

fn is_mail_domain(domain: &str) -> bool {
    let label = |label: &str| !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-');
    let last = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.') && domain.split('.').all(label) && !last.bytes().all(|b| b.is_ascii_digit())
}
