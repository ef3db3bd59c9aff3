//! The HTTP surfaces, black-box: the real router over the real store, called by a real client. The folders mirror the contract.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, reason = "a test fails by panicking")]

mod admin;
mod app;
mod brands;
mod browser;
mod delivery;
mod forged;
mod guessing;
mod invas;
mod limits;
mod metrics;
mod oauth;
mod one_phone;
mod openapi;
mod operate;
mod pages;
mod parity;
mod property;
mod requests;
mod rolling;
mod server;
mod threats;
mod usapi;
