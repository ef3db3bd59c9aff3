//! Runs a command with a temporary PostgreSQL beside it, whose URL is in the command's environment: `with-postgres cargo nextest run`.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a tool of the tests: it fails by panicking")]

use std::process::{Command, ExitCode};

use daftar_testkit::postgres::{SHARED, Server, Settings};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let Some(program) = arguments.next() else {
        eprintln!("usage: with-postgres COMMAND [ARGUMENT]…");
        return ExitCode::from(2);
    };
    let server = Server::start(&Settings::default());
    let status = Command::new(program).args(arguments).env(SHARED, server.url()).status().unwrap();
    drop(server);
    status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}
