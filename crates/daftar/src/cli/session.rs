//! `daftar session`.

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::{Output, Whom};

/// Sessions.
#[derive(Debug, Subcommand)]
pub(crate) enum SessionCommand {
    /// List the sessions of an account that live, newest first
    List {
        #[command(flatten)]
        whom: Whom,
        #[command(flatten)]
        output: Output,
    },
    /// End a session, or all of an account's, at once and on every server
    End(Ending),
}

/// What is to end.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Ending {
    /// The session's id
    #[arg(value_name = "SESSION")]
    pub(crate) id: Option<Uuid>,
    /// All of this account's: its id, or its e-mail address, phone number or username
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) all_of: Option<String>,
}
