//! The keys that sign tokens, wherever the configuration says that they are: in itself, in files, or in the store, which is then followed.

use std::time::Duration;

use anyhow::Context as _;
use daftar_core::service::Accounts;
use daftar_core::token::{KeyRing, SigningKey, StoredKeys};
use tokio::time::{MissedTickBehavior, interval};

use crate::config::{Config, KeySource};
use crate::keys;
use crate::wiring::Foundation;

/// How often the store's keys are read. A new key is known there for several times as long before anybody signs with it.
const EVERY: Duration = Duration::from_secs(2);
const _: () = assert!(daftar_core::token::ANNOUNCED.as_secs() >= 5 * EVERY.as_secs(), "every replica knows a key before it signs");

/// The keys to sign and check with.
///
/// # Errors
/// When there is a key that cannot be had.
pub(crate) async fn ring(config: &Config, foundation: &Foundation) -> anyhow::Result<KeyRing> {
    let issuer = config.issuer();
    match config.tokens.keys() {
        KeySource::Secret(secret) => {
            let secret = secret.context("`tokens.secret` must be set for HS256")?;
            KeyRing::new(issuer, vec![SigningKey::hs256(secret.expose().as_bytes())?]).context("`tokens.secret`")
        }
        KeySource::Files(files) => {
            let keys = files.iter().map(|file| keys::signing_key(file)).collect::<Result<_, _>>().context("`tokens.key_files`")?;
            Ok(KeyRing::new(issuer, keys)?)
        }
        KeySource::Store => Ok(KeyRing::stored(issuer, stored(config, foundation).await?).await?),
    }
}

/// The keys in the store, where there is one from now on: the one that an earlier release kept in a file, so that nobody is signed out.
///
/// # Errors
/// When the store fails or that file holds no key.
pub(crate) async fn stored(config: &Config, foundation: &Foundation) -> anyhow::Result<StoredKeys> {
    let keys = foundation.signing_keys();
    if keys.is_empty().await? {
        keys.begin(keys::earlier_signing_key(&config.data_dir())?.as_deref()).await?;
    }
    Ok(keys)
}

/// Follows the store's keys, for ever. A store that fails is complained of once, and not every time.
pub(crate) async fn follow(accounts: Accounts) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        ticks.tick().await;
        let outcome = accounts.keys().reload().await;
        match (&outcome, failing) {
            (Err(fault), false) => {
                tracing::warn!(error = fault as &dyn std::error::Error, "the signing keys cannot be read: going on with those that are known");
            }
            (Ok(()), true) => tracing::info!("the signing keys can be read again"),
            (Ok(()), false) | (Err(_), true) => {}
        }
        failing = outcome.is_err();
    }
}
