//! The program from outside: the binary, its files, its signals, and what it answers over HTTP.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod accounts;
mod app;
mod backup;
mod bash;
mod clients;
mod clocks;
mod command_line;
mod configuration;
mod crashes;
mod descriptors;
mod dev;
mod disks;
mod doctor;
mod endings;
mod faults;
mod files;
mod guides;
mod keys;
mod limits;
mod mail;
mod message_crashes;
mod monitoring;
mod moving;
mod outage;
mod outbox;
mod overload;
mod packaging;
mod people;
mod power;
mod program;
mod races;
mod replica_crashes;
mod replicas;
mod restore;
mod sessions;
mod shutdown;
mod slow_clients;
mod sms;
mod store_copy;
mod threats;
mod tls;
mod traces;
