//! The command line (contract `operations.md`): what can be said, and nothing of how it is done.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use daftar_core::client::Scope;
use daftar_core::identifier::Country;
use daftar_core::limit::LimitKind;

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

/// Machine clients.
#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    /// Make a client; its secret is shown this once
    Create {
        /// What its owner calls it
        name: String,
        /// What it may do; repeat for more
        #[arg(long = "scope", value_name = "SCOPE", required = true)]
        scopes: Vec<ScopeName>,
        /// Where it reads phone numbers without a country: its two letters (ISO 3166), such as HK
        #[arg(long, value_name = "COUNTRY", default_value = "ID", value_parser = country)]
        country: Country,
        #[command(flatten)]
        output: Output,
    },
    /// List every client, oldest first
    List {
        #[command(flatten)]
        output: Output,
    },
    /// Give a client a new secret, shown this once; the old one stops at once
    Rotate {
        /// The client's id
        id: String,
        #[command(flatten)]
        output: Output,
    },
    /// Set where a client reads phone numbers without a country
    Country {
        /// The client's id
        id: String,
        /// The country's two letters (ISO 3166), such as HK
        #[arg(value_parser = country)]
        country: Country,
    },
    /// Disable a client at once
    Disable {
        /// The client's id
        id: String,
    },
}

/// Accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Show an account
    Show {
        #[command(flatten)]
        whom: Whom,
        #[command(flatten)]
        output: Output,
    },
    /// Disable an account: it cannot sign in, and its sessions end at once
    Disable {
        #[command(flatten)]
        whom: Whom,
    },
    /// Enable an account again
    Enable {
        #[command(flatten)]
        whom: Whom,
    },
    /// Erase an account for good: it, its contacts wherever they stand, its sessions, its messages, its picture
    Delete {
        #[command(flatten)]
        whom: Whom,
        /// Do not ask; needed where there is no terminal to ask at
        #[arg(long)]
        yes: bool,
    },
    /// Let accounts in that come from elsewhere, with their passwords' hashes: JSON lines, or CSV with a header (see docs/moving.md)
    ///
    /// Every row is entered or rejected, with its reason. A row that was entered before is recognised, by its `id` or `external_id` or else by what
    /// the account is known by, and changes nothing: when this was interrupted, run it again. The status is 0 when all rows are in, 1 when some were
    /// rejected.
    Import(ImportFrom),
    /// Write every account, with its password's hash, as `account import` reads it. What is written is SECRET
    ///
    /// Write every account as a line of JSON. The hashes of people's passwords are among it: whoever reads the file can try passwords, if he has the
    /// master key, and for those that were brought along and never used since even without. Hashes that were made here are worth something only under
    /// the same master key: bring it along (see docs/moving.md).
    Export(ExportTo),
}

/// From where accounts come.
#[derive(Debug, Args)]
pub(crate) struct ImportFrom {
    /// The file; - is standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// How it is written; by default CSV where its name ends so, else JSON lines
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<RowFormat>,
    /// Where to write the rows that were rejected, as JSON lines with line and reason; by default the first of them are told
    #[arg(long, value_name = "FILE")]
    pub(crate) rejected: Option<PathBuf>,
    /// Only say what would become of the rows
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Where phone numbers without a country belong: its two letters (ISO 3166); by default `app.default_country`
    #[arg(long, value_name = "COUNTRY", value_parser = country)]
    pub(crate) country: Option<Country>,
    /// Whose names `external_id` are; tells those of one system from those of another
    #[arg(long, value_name = "NAME", default_value = "")]
    pub(crate) realm: String,
    /// Keep fast hashes (MD5, SHA, phpass) at the least cost that Argon2 takes: minutes instead of hours for a million, and the master key alone
    /// protects them until their owners sign in
    #[arg(long)]
    pub(crate) quick: bool,
}

/// Where accounts go.
#[derive(Debug, Args)]
pub(crate) struct ExportTo {
    /// The file, which must not be there yet, readable for its owner alone; by default standard output
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Go on with the file where an export was interrupted
    #[arg(long, requires = "file")]
    pub(crate) resume: bool,
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RowFormat {
    /// A JSON object a line
    Jsonl,
    /// Comma-separated values, the names of the fields in the first line
    Csv,
}

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

/// The database.
#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Copy the installation into another, empty database: from SQLite to PostgreSQL, or the other way. Stop the server first
    ///
    /// Stop every server first: what is written to the source meanwhile is refused (SQLite) or not copied (PostgreSQL). A copy that was
    /// interrupted goes on where it was when the same command runs again; until it is finished, nothing can be served from the target. At the
    /// end, every row of both databases is compared. The source stays as it is.
    Copy(Ends),
    /// End every session, code and waiting message in a database that was restored from a backup, before a server starts on it
    ///
    /// A backup holds what has ended since: sessions, codes, messages that were sent. This ends all of it, so that nothing comes back to life. Not needed for a copy that
    /// `daftar backup` made.
    Restored {
        /// Do it without asking
        #[arg(long)]
        yes: bool,
    },
}

/// From where to where.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Ends {
    /// The database to copy: sqlite:///absolute/path or postgres://user:password@host/database; by default `database.url`
    #[arg(long, value_name = "URL")]
    pub(crate) from: Option<String>,
    /// The empty database to copy it into; by default `database.url`
    #[arg(long, value_name = "URL")]
    pub(crate) to: Option<String>,
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

/// What a machine client may do.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ScopeName {
    /// Call USAPI
    Usapi,
    /// Call INVAS
    B2b,
    /// Administer the installation
    Admin,
}

impl From<ScopeName> for Scope {
    fn from(name: ScopeName) -> Self {
        match name {
            ScopeName::Usapi => Self::Usapi,
            ScopeName::B2b => Self::B2b,
            ScopeName::Admin => Self::Admin,
        }
    }
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

    #[test]
    fn every_scope_can_be_named_as_it_is_stored() {
        let names: Vec<_> =
            ScopeName::value_variants().iter().map(|name| (name.to_possible_value().unwrap().get_name().to_owned(), Scope::from(*name))).collect();
        assert_eq!(names.len(), Scope::ALL.len());
        assert!(names.iter().all(|(name, scope)| name == scope.name()));
    }
}
