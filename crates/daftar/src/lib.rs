//! Daftar, the program: the command line, the configuration, the keys, and the wiring of the other crates. It holds no rule.
//!
//! | module | what lives there |
//! |---|---|
//! | `cli` | what can be said on the command line |
//! | `config` | the configuration, a section per file |
//! | `keys`, `system` | key files; the machine's clock and randomness |
//! | `certificate` | the certificate with which the server speaks TLS |
//! | `clock` | the time of day that all servers of one database share |
//! | `signing` | the keys that sign tokens, wherever they are |
//! | `wiring` | from a configuration to the parts of the other crates |
//! | `logging`, `traces` | the log; traces for a collector |
//! | `serve`, `dev` | running the server, and running it for development with a tour |
//! | `commands` | what works beside a running server |
//! | `doctor` | what `daftar doctor` looks at, a look per file |
//!
//! The program is [`main`] and nothing else. What is public besides reads what others wrote, so that it can be tried with texts that nobody thought of
//! (`fuzz/`).

mod certificate;
mod cli;
mod clock;
mod commands;
mod config;
mod dev;
mod doctor;
mod housekeeping;
mod keys;
mod logging;
mod serve;
mod signals;
mod signing;
mod system;
mod tour;
mod traces;
mod wiring;

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command};
use config::{Config, Preset, Sources, Use};

pub use commands::import::rows::{Line, Rows, RowsError};

/// Does what the command line of this process says.
#[must_use]
pub fn main() -> ExitCode {
    // A wrong command line ends here with status 2, as clap does it.
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // The last resort is silent: there is nowhere left to say that standard error is gone.
            let _ = writeln!(std::io::stderr(), "daftar: {}", chain(&error));
            ExitCode::FAILURE
        }
    }
}

/// The configuration with which the server would start, as `daftar config show` writes it.
///
/// # Errors
/// Everything that is wrong with it, in words for an operator.
pub fn configuration(file: PathBuf, variables: Vec<(OsString, OsString)>) -> anyhow::Result<String> {
    let sources = Sources { preset: Preset::Usual, file: Some(file), variables };
    Ok(Config::load(&sources, Use::Serving)?.config.shown()?)
}

#[tokio::main]
async fn run(cli: Cli) -> anyhow::Result<()> {
    // Two libraries that could each choose another provider would panic at the first handshake.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let usual = Sources::of_process(Preset::Usual, cli.config.clone());
    match cli.command {
        Command::Dev => dev::run(&Sources { preset: Preset::Development, ..usual }).await,
        Command::Serve => serve::run(&usual).await,
        Command::Config(command) => commands::config::run(&usual, &command),
        Command::Migrate => commands::migrate::run(Config::load(&usual.or_development(), Use::Store)?).await,
        Command::Client(command) => commands::client::run(Config::load(&usual.or_development(), Use::Store)?, command).await,
        Command::Keys(command) => commands::keys::run(Config::load(&usual.or_development(), Use::Store)?, command).await,
        Command::Store(command) => commands::store::run(Config::load(&usual.or_development(), Use::Store)?, command).await,
        Command::Outbox(command) => commands::outbox::run(Config::load(&usual.or_development(), Use::Store)?, command).await,
        Command::Limits(command) => commands::limits::run(Config::load(&usual.or_development(), Use::Store)?, command).await,
        Command::Session(command) => commands::session::run(Config::load(&usual.or_development(), Use::Store)?, command).await,
        Command::Audit(wanted) => commands::audit::run(Config::load(&usual.or_development(), Use::Store)?, wanted).await,
        Command::Backup { file, force } => {
            commands::backup::run(Config::load(&usual.or_development(), Use::Store)?, cli.config.as_deref(), &file, force).await
        }
        Command::Restore { file, force } => commands::restore::run(Config::load(&usual.or_development(), Use::Store)?, &file, force).await,
        Command::Doctor { output } => commands::doctor::run(usual.or_development(), output).await,
        Command::Completions { shell } => commands::paper::completions(shell),
        Command::Manual { dir } => commands::paper::manual(&dir),
        Command::Account(command) => commands::account::run(Config::load(&usual.or_development(), Use::Store)?, command).await,
    }
}

/// An error with its causes, on one line.
fn chain(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Whether whoever reads our output has seen enough (`daftar client list | head -1`).
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe))
}
