//! `daftar client`: machine clients.

use std::sync::Arc;

use anyhow::Context as _;
use daftar_core::administration::ToldClient;
use daftar_core::client::{ClientId, Clients, MachineClient, Scope};
use daftar_core::ports::Store as _;
use daftar_core::secret::RandomSecret;
use daftar_store::SqlStore;
use serde_json::{Value, json};

use super::{say, say_json};
use crate::cli::{ClientCommand, Output};
use crate::config::Checked;
use crate::wiring::Foundation;

/// Carries the command out.
pub(crate) async fn run(Checked { config, .. }: Checked, command: ClientCommand) -> anyhow::Result<()> {
    let foundation = Foundation::open(&config, config.database.migrate).await?;
    let clients = clients(&foundation);
    match command {
        ClientCommand::Create { name, scopes, country, output } => {
            let (client, secret) = clients.create(&name, scopes.into_iter().map(Scope::from).collect(), country).await?;
            say_secret(&client, &secret, output)
        }
        ClientCommand::List { output } => list(&clients.list().await?, output),
        ClientCommand::Rotate { id, output } => {
            let id = id_of(&id)?;
            let known = foundation.store.client(&id).await?.with_context(|| unknown(&id))?;
            anyhow::ensure!(known.disabled_at.is_none(), "client {id} is disabled, so a new secret would not admit it");
            let secret = clients.rotate(&id).await?.with_context(|| unknown(&id))?;
            let client = foundation.store.client(&id).await?.with_context(|| unknown(&id))?;
            say_secret(&client, &secret, output)
        }
        ClientCommand::Country { id, country } => {
            let id = id_of(&id)?;
            anyhow::ensure!(clients.set_country(&id, country.clone()).await?, unknown(&id));
            Ok(say(format_args!("client {id} reads phone numbers in {country}"))?)
        }
        ClientCommand::Disable { id } => {
            let id = id_of(&id)?;
            anyhow::ensure!(clients.disable(&id).await?, unknown(&id));
            Ok(say(format_args!("client {id} is disabled"))?)
        }
    }
}

/// The administration of the clients in this store.
pub(crate) fn clients(foundation: &Foundation) -> Clients {
    let Foundation { store, clock, entropy, secrets, .. } = foundation;
    Clients::new(Arc::<SqlStore>::clone(store), Arc::clone(clock), Arc::clone(entropy), secrets.clone())
}

/// A client with its secret, as `--json` prints it.
pub(crate) fn with_secret(client: &MachineClient, secret: &RandomSecret) -> Value {
    json!({"id": client.id.as_str(), "secret": secret.expose(), "name": client.name, "scopes": scopes(client)})
}

fn scopes(client: &MachineClient) -> Vec<&'static str> {
    client.scopes.iter().map(|scope| scope.name()).collect()
}

fn id_of(text: &str) -> anyhow::Result<ClientId> {
    ClientId::parse(text).with_context(|| format!("{text:?} is not the id of a client; `daftar client list` shows them"))
}

fn unknown(id: &ClientId) -> String {
    format!("there is no client {id}; `daftar client list` shows them")
}

fn say_secret(client: &MachineClient, secret: &RandomSecret, output: Output) -> anyhow::Result<()> {
    if output.json {
        return Ok(say_json(&with_secret(client, secret))?);
    }
    say(format_args!("id      {}", client.id))?;
    say(format_args!("secret  {}", secret.expose()))?;
    say(format_args!("name    {}", client.name))?;
    say(format_args!("scopes  {}", scopes(client).join(" ")))?;
    Ok(say("\nThe secret is shown this once and kept nowhere.")?)
}

fn list(clients: &[MachineClient], output: Output) -> anyhow::Result<()> {
    if output.json {
        let listed: Vec<ToldClient> = clients.iter().map(ToldClient::from).collect();
        return Ok(say_json(&serde_json::to_value(listed)?)?);
    }
    for client in clients {
        let ToldClient { id, name, scopes, country, disabled_at, .. } = client.into();
        let state = disabled_at.map_or_else(|| "active".to_owned(), |at| format!("disabled {at}"));
        say(format_args!("{id:<18}{:<18}{:<4}{state:<10}{name}", scopes.join(","), country.as_deref().unwrap_or("-")))?;
    }
    if clients.is_empty() {
        say("there are no clients; make one with `daftar client create NAME --scope usapi`")?;
    }
    Ok(())
}
