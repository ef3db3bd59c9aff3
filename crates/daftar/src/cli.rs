//! The command line (contract `operations.md`): what can be said, and nothing of how it is done.

mod account;
mod audit;
mod client;
mod limits;
mod outbox;
mod session;
mod store;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use daftar_core::identifier::Country;

pub(crate) use account::{AccountCommand, ExportTo, ImportFrom, RowFormat};
pub(crate) use audit::AuditList;
pub(crate) use client::ClientCommand;
pub(crate) use limits::{LimitsCommand, LimitsList, LimitsReset};
pub(crate) use outbox::{ChannelName, OutboxCommand, OutboxList, StatusName};
pub(crate) use session::{Ending, SessionCommand};
pub(crate) use store::{Ends, StoreCommand};

/// A self-hosted account service.
#[derive(Debug, Parser)]
#[command(name = "daftar", version, about, arg_required_else_help = true)]
#[command(after_help = "`daftar dev` runs everything at once, without any configuration.")]
pub(crate) struct Cli {
    /// The configuration; by default daftar.toml in the working directory, if it is there
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything for development: local data, an inbox instead of mail and SMS, a ready machine client, a tour
    Dev,
    /// Run the server
    Serve,
    /// Bring the database's schema up to date
    Migrate,
    /// Machine clients: who may call with Basic authentication
    #[command(subcommand, arg_required_else_help = true)]
    Client(ClientCommand),
    /// Accounts of people
    #[command(subcommand, arg_required_else_help = true)]
    Account(AccountCommand),
    /// Sessions: where an account is signed in, and ending that
    #[command(subcommand, arg_required_else_help = true)]
    Session(SessionCommand),
    /// Who did what to which account, and from where, the newest first
    ///
    /// Who did what to which account, and from where, the newest first: sign-ins, new passwords and contacts, and all that operators and machine clients changed. What was
    /// refused is not among it: see `daftar limits list`.
    Audit(AuditList),
    /// Messages: what is waiting, sent, delivered, failed
    #[command(subcommand, arg_required_else_help = true)]
    Outbox(OutboxCommand),
    /// Limits: who has used up what, and starting one anew
    #[command(subcommand, arg_required_else_help = true)]
    Limits(LimitsCommand),
    /// The keys that sign tokens
    #[command(subcommand, arg_required_else_help = true)]
    Keys(KeysCommand),
    /// The database as a whole
    #[command(subcommand, arg_required_else_help = true)]
    Store(StoreCommand),
    /// Copy a SQLite database while it is being served from; in the copy every session and code has ended
    ///
    /// Copy a SQLite database while it is being served from. In the copy every session has ended, every code is dead and no message waits: so whoever restores it brings
    /// nothing back to life. Keep master.key and the pictures as well. For PostgreSQL it says what to use instead.
    Backup {
        /// The file of the copy
        file: PathBuf,
        /// Replace the file if it is there
        #[arg(long)]
        force: bool,
    },
    /// Put a copy that `daftar backup` made in the place of the database. Stop the server first
    ///
    /// Put a copy that `daftar backup` made in the place of the SQLite database of `database.url`, once it was checked: that it is whole, not newer
    /// than this program, and made under this installation's master key. It is refused while a server has the database open. For PostgreSQL it
    /// says what to do instead.
    Restore {
        /// The copy; it stays as it is
        file: PathBuf,
        /// Replace the database if there is one; it is kept beside under a name with the time
        #[arg(long)]
        force: bool,
    },
    /// Look whether all is well: configuration, database, keys, clock, mail servers, gateways, outbox, limits
    ///
    /// Look whether all is well, and say what to do where it is not, a line for each: configuration, database, keys, certificate, clock, mail
    /// servers, gateways, outbox, limits. It changes no data and sends nothing, and works while the server runs as well as when it does not. (SQLite
    /// may fold its log into the file, as whenever it is opened: copy both first if they may be damaged.) The status is 1 if anything FAILED.
    Doctor {
        #[command(flatten)]
        output: Output,
    },
    /// The configuration
    #[command(subcommand, arg_required_else_help = true)]
    Config(ConfigCommand),
    /// Print completions for a shell: `source <(daftar completions bash)`
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the manual pages, one for each command, into a folder
    Manual {
        /// The folder; it must be there
        dir: PathBuf,
    },
}

/// Keys that sign tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// List every key, newest first, and what it is for
    List {
        #[command(flatten)]
        output: Output,
    },
    /// Add a key that signs in a few seconds, when every server knows it; nobody is signed out
    Rotate {
        /// A key has leaked: end all of them and what they signed at once; everybody signs in again
        #[arg(long)]
        revoke: bool,
    },
}

/// The configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Say whether the server would start on it, and what it would use
    Check,
    /// Print the effective configuration, secrets masked
    Show,
}

/// An account.
#[derive(Debug, Args)]
pub(crate) struct Whom {
    /// The account's id, or its e-mail address, phone number or username
    #[arg(value_name = "ACCOUNT")]
    pub(crate) whom: String,
}

/// How to print.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Output {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// A country as an operator writes it.
fn country(text: &str) -> Result<Country, String> {
    Country::parse(text).ok_or_else(|| "allowed are the two capital letters of a country (ISO 3166), such as ID or HK".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
