//! What the tests of every crate share: a whole installation, a clock to set, callers, sinks for what is sent, and the suite that every store
//! must pass. Never part of a release build.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod breakable;
pub mod clock;
mod conformity;
pub mod database;
pub mod gateway;
pub mod history;
pub mod http;
pub mod installation;
pub mod log;
pub mod pictures;
pub mod postgres;
pub mod proxy;
pub mod simulation;
pub mod smtp;
pub mod store_contract;

pub use clock::{ManualClock, OsEntropy};
pub use daftar_store::History;
pub use database::Database;
pub use http::{Answer, Caller};
pub use installation::{Builder, Installation, SmsRoute};
