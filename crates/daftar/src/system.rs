//! The core's clock and randomness, as the operating system gives them.

use daftar_core::line::Line;
use daftar_core::ports::{Clock, Entropy, Timestamp};

/// The system's clock, to the millisecond.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the Clock port")]
        let now = Timestamp::now();
        // What is finer would be lost in the store, and a time that was read would differ from the one that was written.
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }
}

/// The system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            // Going on would make keys and codes that can be guessed.
            tracing::error!(%error, "the operating system gives no randomness");
            std::process::abort();
        }
    }
}

/// Who has the command line: the name that the environment says, which whoever has it can choose, and the number that the system says. Whoever became another by `sudo` is himself
/// by name.
pub(crate) fn operator() -> String {
    // The environment may hold anything, and whoever reads the trail has a terminal.
    let named = |name: &&str| Line::<64>::parse(&std::env::var(name).ok()?).ok();
    let uid = format!("uid {}", rustix::process::getuid());
    match ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(named) {
        Some(name) => format!("{} ({uid})", name.as_str()),
        None => uid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_counts_whole_milliseconds() {
        assert_eq!(SystemClock.now().as_nanosecond() % 1_000_000, 0);
    }
}
