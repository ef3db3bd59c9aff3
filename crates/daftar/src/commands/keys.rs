//! `daftar keys`: the keys that sign tokens, as far as the store keeps them. Neither command shows a key itself.

use daftar_core::token::{KeyInfo, KeyState, StoredKeys};
use serde_json::json;

use super::{say, say_json};
use crate::cli::{KeysCommand, Output};
use crate::config::{Checked, Config, KeySource};
use crate::signing;
use crate::wiring::Foundation;

/// Carries the command out.
pub(crate) async fn run(Checked { config, .. }: Checked, command: KeysCommand) -> anyhow::Result<()> {
    must_be_stored(&config)?;
    let foundation = Foundation::open(&config, config.database.migrate).await?;
    match command {
        KeysCommand::List { output } => list(&foundation.signing_keys().list().await?, output),
        KeysCommand::Rotate { revoke } => rotate(&signing::stored(&config, &foundation).await?, &config, revoke).await,
    }
}

fn must_be_stored(config: &Config) -> anyhow::Result<()> {
    match config.tokens.keys() {
        KeySource::Store => Ok(()),
        KeySource::Secret(_) => anyhow::bail!(
            "the key comes from the configuration (`tokens.secret`): to rotate it, set another secret in every service that shares it and on every \
             server, and restart them; everybody signs in again"
        ),
        KeySource::Files(_) => anyhow::bail!(
            "the keys come from the configuration (`tokens.key_files`): to rotate them, append a new file on every server and restart it, then move \
             that file to the front on every server, and remove the old one when its tokens have ended"
        ),
    }
}

async fn rotate(keys: &StoredKeys, config: &Config, revoke: bool) -> anyhow::Result<()> {
    if revoke {
        keys.revoke().await?;
    } else {
        keys.rotate(config.longest_token()).await?;
    }
    let Some(KeyInfo { kid, term, .. }) = keys.list().await?.into_iter().next() else { anyhow::bail!("the new key is gone") };
    Ok(if revoke {
        say(format_args!("key {kid} is the only one now: what the others signed is worth nothing any more, and everybody signs in again"))
    } else {
        say(format_args!("key {kid} signs from {}; what the others signed stays valid", term.signs_from))
    }?)
}

fn list(keys: &[KeyInfo], output: Output) -> anyhow::Result<()> {
    if output.json {
        let listed = |KeyInfo { kid, created_at, term, state }: &KeyInfo| {
            let (created_at, signs_from) = (created_at.to_string(), term.signs_from.to_string());
            let retires_at = term.retires_at.map(|at| at.to_string());
            json!({"kid": kid, "state": state.name(), "created_at": created_at, "signs_from": signs_from, "retires_at": retires_at})
        };
        return Ok(say_json(&keys.iter().map(listed).collect())?);
    }
    for KeyInfo { kid, created_at, term, state } in keys {
        let state = match (state, term.retires_at) {
            (KeyState::Next, _) => format!("signs from {}", term.signs_from),
            (KeyState::Checking, Some(at)) => format!("checking until {at}"),
            (KeyState::Signing, _) | (KeyState::Checking, None) => state.name().to_owned(),
        };
        say(format_args!("{kid}  created {created_at}  {state}"))?;
    }
    if keys.is_empty() {
        say("there are no keys yet; the first start of the server makes one")?;
    }
    Ok(())
}
