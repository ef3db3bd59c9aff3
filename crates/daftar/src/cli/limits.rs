//! `daftar limits`.

use std::net::IpAddr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use daftar_core::limit::LimitKind;

use super::Output;

/// Limits.
#[derive(Debug, Subcommand)]
pub(crate) enum LimitsCommand {
    /// List the limits of which something is used, those first that take longest to be free again; contacts are masked
    List(LimitsList),
    /// Forget what somebody has used of a limit, at once and for every server
    ///
    /// Forget what somebody has used of a limit: the next try counts as the first. Every server that runs knows it at once; but one that has just refused
    /// look-ups may go on to refuse them for up to a minute, because it remembers that by itself.
    Reset(LimitsReset),
}

/// Which limits.
#[derive(Debug, Args)]
pub(crate) struct LimitsList {
    /// Those of this kind
    #[arg(long, value_name = "KIND", value_parser = limit_kinds())]
    pub(crate) limit: Option<LimitKind>,
    /// Those alone that have no room
    #[arg(long)]
    pub(crate) spent: bool,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) max: u32,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Which limit is to begin anew.
#[derive(Debug, Args)]
pub(crate) struct LimitsReset {
    /// Its kind
    #[arg(value_name = "KIND", value_parser = limit_kinds())]
    pub(crate) kind: LimitKind,
    /// Of whom: an e-mail address or phone number (send.destination, send.strangers), an account's id or any of its names
    /// (password.account_address, password.strangers), a phone number or its beginning (send.prefix, send.owners, send.pause), a client address (….address), a machine client's id (….client)
    #[arg(value_name = "OF", conflicts_with = "all")]
    pub(crate) of: Option<String>,
    /// With password.account_address: what was tried from this address alone
    #[arg(long, value_name = "ADDRESS", requires = "of")]
    pub(crate) from: Option<IpAddr>,
    /// All limits of the kind
    #[arg(long)]
    pub(crate) all: bool,
}

/// The kinds of limits, by their names.
fn limit_kinds() -> impl TypedValueParser<Value = LimitKind> {
    let kinds = LimitKind::ALL.iter().map(|kind| PossibleValue::new(kind.name()).help(counts(*kind)));
    PossibleValuesParser::new(kinds).try_map(|name| LimitKind::from_name(&name).ok_or("there is no such limit"))
}

/// What a limit counts.
const fn counts(kind: LimitKind) -> &'static str {
    match kind {
        LimitKind::PasswordAccountAddress => "Wrong passwords for an account from one client address",
        LimitKind::PasswordAddress => "Wrong passwords from one client address",
        LimitKind::PasswordStrangers => "Wrong passwords for an account from addresses that never signed in to it",
        LimitKind::SendDestination => "Messages to one contact",
        LimitKind::SendStrangers => "Messages to an account's contact, asked for from addresses that never signed in to it",
        LimitKind::SendAddress => "Messages asked for from one client address",
        LimitKind::SendClient => "Messages asked for by one machine client",
        LimitKind::SendPrefix => "Short messages to numbers that differ in their last four digits alone",
        LimitKind::SendOwners => "The same, to accounts that have proven their numbers, where they signed in before",
        LimitKind::SendPause => "Such numbers to which nothing is sent, because nobody verifies the codes; but to accounts that have proven theirs",
        LimitKind::SmsHour => "All short messages of an hour",
        LimitKind::SmsDay => "What all short messages of a day cost",
        LimitKind::LookUpAddress => "Look-ups of who is registered from one client address",
        LimitKind::LookUpClient => "The same by one machine client",
    }
}
