//! `daftar account`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use daftar_core::identifier::Country;

use super::{Output, Whom, country};

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
    /// Find accounts by how a username, an e-mail address or a phone number of theirs begins
    Search {
        /// The beginning, such as siti or +62812
        #[arg(value_name = "BEGINNING")]
        beginning: String,
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
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
