//! What an operator does beside a running server: every command opens the same store and takes effect there at once.

pub(crate) mod account;
pub(crate) mod client;
pub(crate) mod config;
pub(crate) mod keys;
pub(crate) mod limits;
pub(crate) mod migrate;
pub(crate) mod outbox;
pub(crate) mod store;

use std::io::{self, Write as _};

/// Prints one line to standard output.
pub(crate) fn say(line: impl std::fmt::Display) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}

/// Prints `value` as JSON.
pub(crate) fn say_json(value: &serde_json::Value) -> io::Result<()> {
    say(format_args!("{value:#}"))
}
