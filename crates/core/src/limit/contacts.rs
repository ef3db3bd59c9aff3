//! Contacts for tests: their codes are fixed, nothing is sent to them, and nothing is charged for them. For development and for the reviewers of app
//! stores; a production installation refuses to start with them.

use crate::code::Code;
use crate::identifier::LoginId;

/// Contacts for tests, and the code of each.
#[derive(Debug, Clone, Default)]
pub struct TestContacts(pub Vec<(LoginId, Code)>);

impl TestContacts {
    /// The code of a contact, if it is one of them.
    #[must_use]
    pub fn code_of(&self, contact: &LoginId) -> Option<&Code> {
        self.0.iter().find(|(id, _)| id.is_same(contact)).map(|(_, code)| code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifier::EmailAddress;

    #[test]
    fn the_code_is_that_of_the_contact_however_it_is_spelled_and_of_no_other() {
        let id = |text: &str| LoginId::from(EmailAddress::parse(text).unwrap());
        let contacts = TestContacts(vec![
            (id("siti@example.test"), Code::parse("12345678").unwrap()),
            (id("mei@example.test"), Code::parse("87654321").unwrap()),
        ]);
        let code_of = |text: &str| contacts.code_of(&id(text)).map(|code| code.expose().to_owned());
        assert_eq!(code_of("mei@example.test").as_deref(), Some("87654321"));
        assert_eq!(code_of("SITI@example.test").as_deref(), Some("12345678"));
        assert_eq!(code_of("budi@example.test"), None);
    }
}
