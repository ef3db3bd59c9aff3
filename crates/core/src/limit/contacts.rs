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
