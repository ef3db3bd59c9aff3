//! What was done and what came of it, to be played again over a real installation.

use daftar_core::account::AccountId;
use daftar_core::code::Verdict;
use daftar_core::limit::ClientAddress;
use daftar_core::ports::Timestamp;

use super::world::{Ticket, Wish};

/// Everything in the order of time.
pub type Script = Vec<(Timestamp, Act)>;

/// Something that somebody did.
#[derive(Debug, Clone)]
pub enum Act {
    /// Asked for a code.
    Ask {
        /// Whose.
        wish: Wish,
        /// The name of the code, if it was sent.
        ticket: Ticket,
        /// Its digits; or how long to wait.
        digits: Result<u8, i64>,
    },
    /// Showed a code.
    Show {
        /// Which.
        ticket: Ticket,
        /// Whether it was the right one.
        is_right: bool,
        /// From where.
        from: ClientAddress,
        /// What came of it.
        verdict: Verdict,
    },
    /// Tried a password.
    SignIn {
        /// At which account.
        account: AccountId,
        /// Whether it was the right one.
        is_right: bool,
        /// From where.
        from: ClientAddress,
        /// Whether it was right; or how long to wait.
        outcome: Result<bool, i64>,
    },
}
