//! The program from outside: the binary, its files, its signals, and what it answers over HTTP.

mod accounts;
mod clients;
mod command_line;
mod configuration;
mod dev;
mod faults;
mod files;
mod program;
mod shutdown;
