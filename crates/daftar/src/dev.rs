//! `daftar dev`: the whole service for one who tries it or develops against it. No configuration, local data, an inbox instead of mail
//! and SMS, a machine client that stays the same, and a tour to paste.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use daftar_core::client::Scope;
use daftar_core::identifier::Country;
use serde::{Deserialize, Serialize};

use crate::commands::client::{clients, with_secret};
use crate::config::{Checked, Config, Environment, Sources, Use};
use crate::serve::{Server, observe};
use crate::wiring::Installation;
use crate::{keys, tour};

/// The ready client's file in the data directory.
pub(crate) const CLIENT_FILE: &str = "dev-client.json";
const CLIENT_NAME: &str = "dev";

/// Runs until a signal ends it.
pub(crate) async fn run(sources: &Sources) -> anyhow::Result<()> {
    let Checked { config, warnings, .. } = Config::load(sources, Use::Serving)?;
    anyhow::ensure!(
        config.environment == Environment::Development,
        "`environment` = \"{}\": `daftar dev` is for \"development\" alone; in production run `daftar serve`",
        config.environment.name()
    );
    // It hands out a client's secret and shows everybody's mail.
    anyhow::ensure!(
        config.listen.ip().is_loopback(),
        "`listen` = \"{}\": `daftar dev` listens on this machine alone; allowed is a loopback address, such as \"127.0.0.1:8080\"",
        config.listen
    );
    let traces = observe(&config, &warnings)?;
    let server = Server::start(&config).await?;
    let client = ready_client(&server.installation, &config.data_dir().join(CLIENT_FILE)).await?;
    let base = format!("http://{}", server.address()?);
    let mut out = std::io::stdout();
    write!(out, "{}", tour::welcome(&base, &client.id, &client.secret, config.has_inbox())).and_then(|()| out.flush())?;
    server.run(&config).await?;
    traces.stop().await;
    Ok(())
}

/// The ready client as its file keeps it; the other keys of the file are for people.
#[derive(Serialize, Deserialize)]
struct ReadyClient {
    id: String,
    secret: String,
}

/// The client in `file`, if it can still call; else a new one, kept there.
async fn ready_client(installation: &Installation, file: &Path) -> anyhow::Result<ReadyClient> {
    let kept = std::fs::read_to_string(file).ok().and_then(|text| serde_json::from_str::<ReadyClient>(&text).ok());
    if let Some(client) = kept
        && installation.app.accounts().authenticate_client(&client.id, &client.secret, Scope::Usapi).await?.is_some()
    {
        return Ok(client);
    }
    let foundation = &installation.foundation;
    let (client, secret) = clients(foundation).create(CLIENT_NAME, vec![Scope::Usapi, Scope::B2b], Country::indonesia()).await?;
    let json = with_secret(&client, &secret);
    keys::replace(file, &format!("{json:#}\n"), &*foundation.entropy).context("the ready client cannot be kept")?;
    Ok(ReadyClient { id: client.id.to_string(), secret: secret.expose().to_owned() })
}
