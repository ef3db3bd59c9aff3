//! The HTTP surfaces, the web pages and the operator endpoints. A handler parses, makes one call on the core's `Accounts`, and maps the outcome;
//! it holds no rule and no storage.

mod app;
pub mod operate;
pub mod pages;

pub use app::{App, Parts, Readiness, Settings};
