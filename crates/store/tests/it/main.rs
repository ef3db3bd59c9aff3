//! The store contract on every engine, and what is peculiar to one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod circles;
mod copy;
mod postgres;
mod sqlite;
