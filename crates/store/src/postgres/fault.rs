//! What the server or the connection to it reports, sorted into what trying again may mend and what it will not. A server's own words can hold
//! values of a row, so only what cannot is kept of them: the code, the names of table, column and constraint, and the words where they are of
//! connections, rights and definitions.

use daftar_core::ports::{Cause, StoreError};
use deadpool_postgres::PoolError;
use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

/// A failure of the server or of the connection to it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// The server said no.
    #[error("PostgreSQL refused with {}{}", code.code(), words(.message.as_deref(), .table.as_deref(), .column.as_deref(), .constraint.as_deref()))]
    Refused {
        /// Why (SQLSTATE).
        code: SqlState,
        /// Why, in words that cannot be of a row.
        message: Option<String>,
        /// Where.
        table: Option<String>,
        /// Where.
        column: Option<String>,
        /// Where.
        constraint: Option<String>,
    },
    /// The connection broke.
    #[error("the connection to PostgreSQL broke")]
    Broken(#[source] Option<std::io::Error>),
    /// No connection came about.
    #[error("PostgreSQL cannot be reached")]
    Unreachable(#[source] Cause),
    /// A value or a row was not of the type that the statement says.
    #[error("a statement and its values do not match: {0}")]
    Mismatch(String),
}

fn words(message: Option<&str>, table: Option<&str>, column: Option<&str>, constraint: Option<&str>) -> String {
    let message = message.map(|message| format!(": {message}"));
    let named = [("table", table), ("column", column), ("constraint", constraint)];
    let named = named.iter().filter_map(|(what, name)| name.map(|name| format!(" ({what} {name})")));
    message.into_iter().chain(named).collect()
}

/// The class of a code: 08 connections; 25 the state of a transaction; 28 passwords; 3D names of databases; 40 lost races; 42 definitions and rights; 53
/// memory, disk, connections; 57 the operator.
fn class(code: &SqlState) -> &str {
    code.code().get(..2).unwrap_or_default()
}

impl Fault {
    pub(super) fn refused(error: &DbError) -> Self {
        let owned = |name: Option<&str>| name.map(str::to_owned);
        let telling = ["08", "25", "28", "3D", "40", "42", "53", "57"].contains(&class(error.code()));
        Self::Refused {
            code: error.code().clone(),
            message: telling.then(|| error.message().to_owned()),
            table: owned(error.table()),
            column: owned(error.column()),
            constraint: owned(error.constraint()),
        }
    }

    /// Whether the transaction lost against another one, and may win the next time.
    pub(super) fn is_conflict(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED)
    }

    /// Whether the connection is of no use any more, while another one may be.
    pub(super) fn is_disconnection(&self) -> bool {
        match self {
            Self::Broken(_) => true,
            Self::Refused { code, .. } => ends_the_connection(code),
            Self::Unreachable(_) | Self::Mismatch(_) => false,
        }
    }

    /// Whether the same call may succeed later: the server restarts, is full, has become a standby, or somebody holds a lock for too long.
    fn is_passing(&self) -> bool {
        match self {
            Self::Broken(_) | Self::Unreachable(_) => true,
            Self::Mismatch(_) => false,
            Self::Refused { code, .. } => {
                let passing = [SqlState::LOCK_NOT_AVAILABLE, SqlState::QUERY_CANCELED];
                // Passwords and names of databases are an operator's to change, too.
                self.is_conflict() || self.is_disconnection() || passing.contains(code) || ["08", "53", "57", "28", "3D"].contains(&class(code))
            }
        }
    }
}

fn ends_the_connection(code: &SqlState) -> bool {
    let ends = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::IDLE_SESSION_TIMEOUT,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        // The server has become a standby: another one is the primary now.
        SqlState::READ_ONLY_SQL_TRANSACTION,
    ];
    // 25P04: a time-out of whole transactions, since PostgreSQL 17.
    ends.contains(code) || class(code) == "08" || code.code() == "25P04"
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        if let Some(refused) = error.as_db_error() {
            return Self::refused(refused);
        }
        if error.is_closed() {
            return Self::Broken(None);
        }
        // Its own display names the kind of failure and a column or a type, never a value.
        let kind = error.to_string();
        match error.into_source().map(<dyn std::error::Error + Send + Sync>::downcast::<std::io::Error>) {
            Some(Ok(cause)) => Self::Broken(Some(*cause)),
            Some(Err(_)) | None => Self::Mismatch(kind),
        }
    }
}

/// Why a new connection did not come about: whatever it was, it may be mended without us.
pub(super) fn unreachable(error: Error) -> Fault {
    match error.as_db_error() {
        Some(refused) => Fault::Unreachable(Box::new(Fault::refused(refused))),
        None => Fault::Unreachable(Box::new(error)),
    }
}

/// Why the pool gave no connection.
pub(super) fn from_pool(error: PoolError) -> StoreError {
    use deadpool_postgres::TimeoutType::Wait;
    match error {
        PoolError::Timeout(Wait) => StoreError::Overloaded,
        PoolError::Backend(error) => unreachable(error).into(),
        other @ (PoolError::Timeout(_) | PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_)) => {
            Fault::Unreachable(Box::new(other)).into()
        }
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        if fault.is_passing() { Self::Unavailable(fault.into()) } else { Self::Failed(fault.into()) }
    }
}

/// What an operation failed of, if it was the server or the connection.
pub(super) fn cause(error: &StoreError) -> Option<&Fault> {
    match error {
        StoreError::Unavailable(cause) => cause.downcast_ref(),
        StoreError::Overloaded | StoreError::Corrupt { .. } | StoreError::Failed(_) => None,
    }
}
