//! The keys that sign tokens: whether each can be used, and whether the one that signs has done so for too long.

use std::sync::Arc;
use std::time::Duration;

use daftar_core::token::{KeyInfo, KeyState, StoredKeys};
use daftar_store::SqlStore;

use crate::config::KeySource;
use crate::keys;
use crate::system::OsEntropy;

use super::finding::{Finding, chain};
use super::patient::{Moment, Patient};

/// How long a key signs before another should: a year, and a month to get to it.
const OVERDUE: Duration = Duration::from_secs(395 * 24 * 60 * 60);

/// Looks at them.
pub(super) async fn look(patient: &Patient) -> Vec<Finding> {
    match patient.config.tokens.keys() {
        KeySource::Secret(_) => vec![Finding::ok("tokens are signed with `tokens.secret`")],
        KeySource::Files(files) => {
            let wrong: Vec<_> = files.iter().filter_map(|file| keys::signing_key(file).err()).collect();
            if wrong.is_empty() {
                return vec![Finding::ok(format_args!("all {} of `tokens.key_files` can be used", files.len()))];
            }
            wrong.iter().map(|error| Finding::failed(chain(error), "Put the key back there: no server starts without it")).collect()
        }
        KeySource::Store => vec![stored(patient).await],
    }
}

async fn stored(patient: &Patient) -> Finding {
    let store = match patient.store() {
        Ok(store) => store,
        Err(unseen) => return unseen,
    };
    let Ok(Some(secrets)) = &patient.secrets else { return Finding::unseen("there is no master key") };
    let keys = StoredKeys::new(Arc::<SqlStore>::clone(store), Arc::new(Moment(patient.now)), Arc::new(OsEntropy), secrets);
    match keys.check().await {
        Err(error) => Finding::failed(
            chain(&error),
            "If the master key is the right one, what the database keeps is damaged: `daftar keys rotate --revoke` makes another, and everybody signs in again",
        ),
        Ok(keys) => standing(&keys, patient),
    }
}

fn standing(keys: &[KeyInfo], patient: &Patient) -> Finding {
    let Some(signing) = keys.iter().find(|key| key.state == KeyState::Signing) else {
        return Finding::ok("there is none yet; the first start of the server makes one");
    };
    let said = format!("key {} signs since {}, and each of {} can be used", signing.kid, signing.created_at, keys.len());
    let age = Duration::try_from(patient.now.duration_since(signing.created_at)).unwrap_or_default();
    if age > OVERDUE { Finding::warning(said, "It is time for another: `daftar keys rotate`; nobody is signed out") } else { Finding::ok(said) }
}
