//! `daftar account`: the accounts of people, one at a time.

use anyhow::Context as _;
use daftar_core::account::{Account, AccountStatus};
use daftar_core::administration::{ToldAccount, named};
use daftar_core::erasure;
use daftar_core::identifier::{LoginId, Username, mask};
use daftar_core::ports::Store as _;
use serde_json::Value;

use super::{agreed, pictures, say, say_json};
use crate::cli::AccountCommand;
use crate::config::{Checked, Config};
use crate::wiring::Foundation;

/// Carries the command out.
pub(crate) async fn run(Checked { config, .. }: Checked, command: AccountCommand) -> anyhow::Result<()> {
    let foundation = Foundation::open(&config, config.database.migrate).await?;
    match command {
        AccountCommand::Show { whom, output } => {
            let account = serde_json::to_value(ToldAccount::from(&find(&foundation, &config, &whom.whom).await?))?;
            if output.json { Ok(say_json(&account)?) } else { show(&account) }
        }
        AccountCommand::Search { beginning, limit, output } => search(&foundation, &config, &beginning, limit, output.json).await,
        AccountCommand::Disable { whom } => set(&foundation, &config, &whom.whom, AccountStatus::Disabled).await,
        AccountCommand::Enable { whom } => set(&foundation, &config, &whom.whom, AccountStatus::Active).await,
        AccountCommand::Delete { whom, yes } => delete(&foundation, &config, &whom.whom, yes).await,
        AccountCommand::Import(from) => super::import::run(&foundation, &config, from).await,
        AccountCommand::Export(to) => super::export::run(&foundation, &config, to).await,
    }
}

async fn search(foundation: &Foundation, config: &Config, beginning: &str, limit: u32, json: bool) -> anyhow::Result<()> {
    let beginnings = LoginId::beginnings(beginning, &config.usapi.country, &config.app.default_country);
    let found = foundation.store.accounts_beginning(beginnings, limit).await?;
    let told: Vec<_> = found.iter().map(ToldAccount::from).collect();
    if json {
        return Ok(say_json(&serde_json::to_value(told)?)?);
    }
    for account in &told {
        let known: Vec<_> = [&account.username, &account.email, &account.phone].into_iter().flatten().map(String::as_str).collect();
        say(format_args!("{}  {:<8}  {}", account.id, account.status, known.join("  ")))?;
    }
    if told.is_empty() {
        say(format_args!("no account is known by anything that begins with {beginning}"))?;
    }
    Ok(())
}

async fn set(foundation: &Foundation, config: &Config, whom: &str, status: AccountStatus) -> anyhow::Result<()> {
    let account = find(foundation, config, whom).await?;
    let found = foundation.store.set_status(account.id, status, foundation.clock.now()).await?;
    anyhow::ensure!(found, "the account is gone");
    Ok(say(format_args!("account {} is {}", account.id, status.name()))?)
}

async fn delete(foundation: &Foundation, config: &Config, whom: &str, yes: bool) -> anyhow::Result<()> {
    let account = find(foundation, config, whom).await?;
    let known = [account.username.as_ref().map(Username::as_str), account.email.as_ref().map(|contact| contact.id.as_str())];
    let known = known.into_iter().flatten().chain(account.phone.as_ref().map(|contact| contact.id.as_e164())).collect::<Vec<_>>().join(", ");
    // Who is erased is nobody else's to read in a log: only a person at a terminal is shown more than the id.
    let whom = if yes { account.id.to_string() } else { format!("{} ({known})", account.id) };
    agreed(yes, format_args!("erase account {whom} for good"))?;
    let found = erasure::erase(&*foundation.store, &pictures(config)?, account.id).await?;
    anyhow::ensure!(found, "the account is gone");
    Ok(say(format_args!("account {} is erased", account.id))?)
}

/// The account by its id or by any identifier. A phone number without a country is read as each surface reads it: in `usapi.country` and in `app.default_country`.
pub(super) async fn find(foundation: &Foundation, config: &Config, whom: &str) -> anyhow::Result<Account> {
    let mut found = named(&*foundation.store, (&config.usapi.country, &config.app.default_country), whom).await?;
    anyhow::ensure!(
        found.len() < 2,
        "{whom} is one account's number in `usapi.country` and another's in `app.default_country`: write it with its + and country"
    );
    found.pop().with_context(|| format!("there is no account {}", if whom.contains('@') { mask(whom) } else { whom.to_owned() }))
}

fn show(account: &Value) -> anyhow::Result<()> {
    for (key, value) in account.as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        say(format_args!("{key:<16}{}", if value == "null" { "-" } else { &value }))?;
    }
    Ok(())
}
