//! What an operator does beside a running server: every command opens the same store and takes effect there at once.

pub(crate) mod account;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod client;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod keys;
pub(crate) mod limits;
pub(crate) mod migrate;
pub(crate) mod outbox;
pub(crate) mod paper;
pub(crate) mod restore;
pub(crate) mod session;
pub(crate) mod store;

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;

use anyhow::Context as _;
use daftar_core::audit::{Act, Caller, Scribe};
use daftar_core::hashing::{HashingPool, Pains};
use daftar_core::moving::{Mover, MoverParts};
use daftar_core::ports::{Pictures, Store as _};
use daftar_store::pictures::FilePictures;
use daftar_store::{Location, Opening, SqlStore};

use crate::config::Config;
use crate::system::{OsEntropy, SystemClock, operator};
use crate::wiring::{self, Foundation};

/// The directory of pictures.
pub(crate) fn pictures(config: &Config) -> anyhow::Result<Arc<dyn Pictures>> {
    Ok(Arc::new(FilePictures::new(&config.data_dir().join(wiring::PICTURES)).context("the directory of pictures")?))
}

/// What lets accounts in and out; wrapping the fast hashes that they bring along takes `pains`.
pub(crate) fn mover(config: &Config, foundation: &Foundation, pains: Pains) -> anyhow::Result<Mover> {
    let Foundation { store, clock, entropy, secrets, .. } = foundation;
    let threads = config.hashing.threads();
    let hashing = HashingPool::start(config.hashing.cost(), threads, secrets.passwords.clone(), &**entropy).context("`hashing`")?;
    let (store, clock, entropy) = (Arc::<SqlStore>::clone(store), Arc::clone(clock), Arc::clone(entropy));
    Ok(Mover::new(MoverParts { store, clock, entropy, hashing, threads, pains }))
}

/// Notes what is done to a database as a whole, in that database. What it is done for may be that nothing can be written there any more, so it does not depend on it.
pub(crate) async fn noted(database: &Location, act: Act) -> io::Result<()> {
    let scribe = Scribe::new(Caller::operator(operator()), Arc::new(SystemClock), Arc::new(OsEntropy));
    let noted = async { Ok::<_, anyhow::Error>(SqlStore::open(database, Opening::migrating(false)).await?.noted_by(scribe).note(act).await?) };
    match noted.await {
        Ok(()) => Ok(()),
        Err(error) => writeln!(io::stderr(), "the audit trail there does not tell of it: {error:#}"),
    }
}

/// Asks whether to do what cannot be undone; `yes`: it was said before.
///
/// # Errors
/// When the answer is no, or there is nobody to ask.
pub(crate) fn agreed(yes: bool, what: impl std::fmt::Display) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    anyhow::ensure!(io::stdin().is_terminal() && io::stderr().is_terminal(), "there is no terminal to ask at: say --yes to {what}");
    write!(io::stderr(), "Do you want to {what}? It cannot be undone. [y/N] ")?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    anyhow::ensure!(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"), "nothing was done");
    Ok(())
}

/// Prints one line to standard output.
pub(crate) fn say(line: impl std::fmt::Display) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}

/// Prints `value` as JSON.
pub(crate) fn say_json(value: &serde_json::Value) -> io::Result<()> {
    say(format_args!("{value:#}"))
}
