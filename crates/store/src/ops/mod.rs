//! The operations, by subject. Each is an async function over a transaction and its input, and can be run again from the start.

pub(crate) mod access;
pub(crate) mod accounts;
pub(crate) mod attempts;
pub(crate) mod audit;
pub(crate) mod challenges;
pub(crate) mod claims;
pub(crate) mod clients;
pub(crate) mod contacts;
pub(crate) mod creation;
pub(crate) mod customers;
pub(crate) mod erasure;
pub(crate) mod housekeeping;
pub(crate) mod inbox;
pub(crate) mod inspection;
pub(crate) mod limits;
pub(crate) mod messages;
pub(crate) mod moving;
pub(crate) mod new_passwords;
pub(crate) mod outbox;
pub(crate) mod passwords;
pub(crate) mod profiles;
pub(crate) mod receipts;
pub(crate) mod recoveries;
pub(crate) mod redemptions;
pub(crate) mod registrations;
pub(crate) mod repeats;
pub(crate) mod restored;
pub(crate) mod sessions;
pub(crate) mod signing_keys;
pub(crate) mod status;
pub(crate) mod time;

use std::time::Duration;

use daftar_core::ports::Timestamp;

/// The moment `age` before `now`, in milliseconds.
fn before(now: Timestamp, age: Duration) -> i64 {
    now.as_millisecond().saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX))
}

/// The moment `time` after `now`, in milliseconds.
fn after(now: Timestamp, time: Duration) -> i64 {
    now.as_millisecond().saturating_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
}
