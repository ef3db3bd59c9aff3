//! `daftar store`.

use clap::{Args, Subcommand};

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
