//! Storage for the core's ports, each operation written once.
//!
//! ```text
//! ports.rs      the core's traits, each method one line: which operation, on which path
//! ops/          the operations, by subject: async functions over a Tx, SQL that both engines take
//! tx.rs row.rs  what an operation may do with a transaction and with a row
//! sqlite/       the engine inside: one writer thread with group commit, look-ups on the caller's thread, two threads for long reads
//! postgres/     the engine of many replicas: shared connections for look-ups, exclusive ones for transactions, retries
//! copy/         a whole installation from one database to another
//! pictures/     pictures in a directory
//! password_list/ lists of passwords that nobody may choose, in files
//! migration.rs  the one history of the schema (`migrations/`)
//! ```
//!
//! Nothing here decides a rule: an operation loads, calls the core's pure functions, and writes what they say.
//!
//! # Adding an operation
//!
//! 1. Write it in `ops/`, in the file of its subject: an `async fn` over `&mut Tx` with `$1` parameters, `RETURNING` and `ON CONFLICT` where they
//!    help. What is not alike on both engines is a method of `Tx`, never a branch. It awaits the transaction and nothing else.
//! 2. Give the port its method in `ports.rs`: `write` for a transaction, `look_up` for an indexed point look-up, `scan` for anything longer.
//! 3. Add its cases to the contract suite in the test kit, races included.

mod backup;
pub mod copy;
mod error;
mod inspection;
mod location;
mod measure;
mod migration;
mod ops;
pub mod password_list;
pub mod pictures;
mod ports;
mod postgres;
mod restore;
mod row;
mod sqlite;
mod store;
mod trace;
mod tx;
mod value;

pub use backup::{BackupError, backup};
pub use error::OpenError;
pub use inspection::Schema;
pub use location::Location;
pub use measure::count_from_zero;
pub use migration::History;
pub use ops::time::{Kept, Told};
pub use postgres::{Address, AddressError, Connections, TlsError};
pub use restore::{RestoreError, Restored, Restoring, restore};
pub use store::{Opening, SqlStore};
