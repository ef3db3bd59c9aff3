//! `daftar restore`: a copy of the database in the place of the database.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use daftar_core::audit::{Caller, Scribe};
use daftar_core::ports::Clock as _;
use daftar_core::secret::Secrets;
use daftar_store::{Location, RestoreError, Restored, Restoring, restore};
use indicatif::HumanCount;

use super::say;
use crate::config::{Checked, Config, master_key_of};
use crate::keys::{MASTER_FILE, MasterKey};
use crate::system::{OsEntropy, SystemClock, operator};
use crate::wiring::{self, PICTURES};

/// Carries the command out.
pub(crate) async fn run(Checked { config, .. }: Checked, from: &Path, force: bool) -> anyhow::Result<()> {
    let url = config.database_url();
    let location = Location::parse(url.expose()).context("`database.url`")?;
    let Location::Sqlite(database) = &location else {
        anyhow::bail!(
            "the accounts are in PostgreSQL, which is restored by its own programs, into an empty database and with every server stopped: \
             `pg_restore --no-owner --dbname='{}' {}`. Then, and before a server starts: `daftar store restored`",
            url.masked(),
            from.display()
        );
    };
    // A key that this makes would fit no copy.
    let key = key(&config)?;
    wiring::private_dir_of(&location).context("`database.url`")?;
    let scribe = Scribe::new(Caller::operator(operator()), Arc::new(SystemClock), Arc::new(OsEntropy));
    let how = Restoring { replace: force, master_key: Secrets::derive(&key.bytes).fingerprint, now: SystemClock.now(), scribe };
    let restored = restore(from, database, how).await.map_err(|error| match error {
        RestoreError::Occupied => {
            anyhow::anyhow!("there is a database at {} already: say --force to replace it; it is kept beside", database.display())
        }
        error => anyhow::Error::new(error).context(format!("cannot restore {} to {}", from.display(), database.display())),
    })?;
    report(&config, database, &restored)
}

/// The installation's master key.
fn key(config: &Config) -> anyhow::Result<MasterKey> {
    match &config.secrets.master_key {
        Some(key) => Ok(MasterKey::configured(master_key_of(key.expose()).context("`secrets.master_key` is no key")?)),
        None => MasterKey::there(&config.data_dir())?.with_context(|| {
            let place = config.data_dir().join(MASTER_FILE);
            format!("there is no master key: put the one that was kept with the backup back as {}, or as `secrets.master_key`", place.display())
        }),
    }
}

fn report(config: &Config, database: &Path, Restored { ended, kept }: &Restored) -> anyhow::Result<()> {
    say(format_args!("{} is what the copy holds.", database.display()))?;
    match ended {
        0 => say("In it everything had ended that was open.")?,
        ended => say(format_args!("{} sessions, codes and messages were still open in it, and have ended.", HumanCount(*ended)))?,
    }
    if let Some(kept) = kept {
        say(format_args!(
            "What was there is kept as {}, and in it the audit trail since the backup: delete it when nobody needs it any more.",
            kept.display()
        ))?;
    }
    say("\nWhat is left to do:")?;
    say(format_args!("- Put the pictures back: {}.", config.data_dir().join(PICTURES).display()))?;
    say("- Start the server. Everybody signs in again.")?;
    Ok(say(
        "- Do again what was done since the backup: disabled accounts and clients, replaced secrets and keys (`daftar keys rotate --revoke`), erased people.",
    )?)
}
