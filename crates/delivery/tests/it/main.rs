//! Delivery from the outbox to the recipient: a real SMTP conversation, and the workers against scripted faults.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod gateways;
mod house;
mod logs;
mod mail;
mod peers;
mod texts;
mod workers;
