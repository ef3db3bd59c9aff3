//! The HTTP surfaces, black-box: the real router over the real store, called by a real client. The folders mirror the contract.

mod browser;
mod operate;
mod pages;
mod property;
mod requests;
mod usapi;
