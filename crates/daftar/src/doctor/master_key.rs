//! The master key: whether it is there, for its owner alone, and the one under which the database was made.

use std::os::unix::fs::MetadataExt as _;

use crate::keys::MASTER_FILE;

use super::finding::{Finding, chain};
use super::patient::Patient;
use super::store::unreadable;

/// Looks at it.
pub(super) async fn look(patient: &Patient) -> Vec<Finding> {
    let file = patient.config.data_dir().join(MASTER_FILE);
    let is_configured = patient.config.secrets.master_key.is_some();
    let place = if is_configured { "`secrets.master_key`".to_owned() } else { file.display().to_string() };
    let ours = match &patient.secrets {
        Ok(ours) => ours.as_ref().map(|secrets| secrets.fingerprint),
        Err(error) => return vec![Finding::failed(chain(error), "Put the right one there from where it is kept, readable for the service's user")],
    };
    let store = match patient.store() {
        Ok(store) => store,
        Err(unseen) => return vec![unseen],
    };
    let theirs = match store.master_key().await {
        Ok(theirs) => theirs,
        Err(error) => return vec![unreadable(&error)],
    };
    let found = match (ours, theirs) {
        (Some(ours), Some(theirs)) if ours == theirs => Finding::ok(format_args!("{place} is the one of the database")),
        (Some(_), Some(_)) => Finding::failed(
            format_args!("the database was made under another master key than {place}"),
            "Put the right one there: without it no password and no client secret can be checked, and no server starts",
        ),
        (None, Some(_)) => Finding::failed(
            format_args!("the database was made under a master key that is not at {place}"),
            "Put it there: without it no password and no client secret can be checked, and no server starts",
        ),
        (_, None) => Finding::ok("nothing was made under one yet"),
    };
    let is_open = !is_configured && file.metadata().is_ok_and(|file| file.mode() & 0o077 != 0);
    let open = is_open.then(|| Finding::warning(format_args!("{place} can be read by others than its owner"), format_args!("`chmod 600 {place}`")));
    std::iter::once(found).chain(open).collect()
}
