//! `daftar outbox`.

use clap::{Args, Subcommand, ValueEnum};

use super::Output;

/// Messages.
#[derive(Debug, Subcommand)]
pub(crate) enum OutboxCommand {
    /// List messages of the last 30 days, newest first; contacts are masked unless --account is given
    List(OutboxList),
    /// Show one message: every attempt, every route, every receipt
    Show {
        /// The message's id
        id: String,
        #[command(flatten)]
        output: Output,
    },
    /// List the routes of short messages in their order, and where their gateways report: who knows that address can report, too
    Routes {
        #[command(flatten)]
        output: Output,
    },
    /// Send a message once more that failed or whose receipt does not come, by every route anew
    Retry {
        /// The message's id
        id: String,
    },
}

/// Which messages.
#[derive(Debug, Args)]
pub(crate) struct OutboxList {
    /// Those to this e-mail address or phone number
    #[arg(long, value_name = "CONTACT")]
    pub(crate) to: Option<String>,
    /// Those to the contacts of this account: its id, or its e-mail address, phone number or username
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) account: Option<String>,
    /// Those that stand so; repeat for more
    #[arg(long, value_name = "STATUS")]
    pub(crate) status: Vec<StatusName>,
    /// Those that went this way
    #[arg(long, value_name = "CHANNEL")]
    pub(crate) channel: Option<ChannelName>,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) limit: u32,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum StatusName {
    /// To be sent, or to be tried again
    Queued,
    /// A gateway or mail server has it
    Accepted,
    /// A receipt says that it has arrived
    Delivered,
    /// Given up
    Failed,
}

/// The way of a message.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ChannelName {
    /// Mail
    Email,
    /// To a phone
    Sms,
}
