//! `daftar backup`: a copy of the database while it is being served from.

use std::path::Path;

use anyhow::Context as _;
use daftar_core::audit::Act;
use daftar_core::ports::Clock as _;
use daftar_store::{Location, backup};
use indicatif::HumanBytes;

use super::{noted, say};
use crate::config::{Checked, Config};
use crate::keys;
use crate::system::SystemClock;
use crate::wiring::PICTURES;

/// Carries the command out; `written` is the configuration's file that was named.
pub(crate) async fn run(Checked { config, .. }: Checked, written: Option<&Path>, to: &Path, force: bool) -> anyhow::Result<()> {
    let url = config.database_url();
    let location = Location::parse(url.expose()).context("`database.url`")?;
    let Location::Sqlite(database) = &location else {
        anyhow::bail!(
            "the accounts are in PostgreSQL, which is backed up by its own programs: \
             `pg_dump --format=custom --file={} '{}'`, or its archive of the log for any moment. \
             After a restore, and before a server starts: `daftar store restored`",
            to.display(),
            url.masked()
        );
    };
    anyhow::ensure!(database.exists(), "there is no database at {} yet", database.display());
    anyhow::ensure!(force || !to.exists(), "{} is there already: name another file, or say --force to replace it", to.display());
    backup(database, to, SystemClock.now()).await.with_context(|| format!("cannot copy {} to {}", database.display(), to.display()))?;
    noted(&location, Act::StoreBackedUp).await?;
    let size = to.metadata().map_or(0, |file| file.len());
    say(format_args!("{} copied to {}. In it every session has ended and every code is dead.", HumanBytes(size), to.display()))?;
    say("\nKeep with it, but not in the same place:")?;
    keep(&config)?;
    say("\nTo restore it, with the server stopped:")?;
    let with = written.map(|file| format!("--config {} ", quoted(file))).unwrap_or_default();
    Ok(say(format_args!("  daftar {with}restore --force {}", quoted(to)))?)
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let is_plain = path.chars().all(|c| c.is_alphanumeric() || "/._-+".contains(c));
    if is_plain { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

fn keep(config: &Config) -> anyhow::Result<()> {
    let dir = config.data_dir();
    if config.secrets.master_key.is_some() {
        say("- `secrets.master_key`: without it no password can be checked.")?;
    } else {
        say(format_args!("- {}: without it no password can be checked.", dir.join(keys::MASTER_FILE).display()))?;
    }
    Ok(say(format_args!("- {}: the profile pictures.", dir.join(PICTURES).display()))?)
}
