//! `daftar account`: the accounts of people, one at a time.

use std::io::{self, IsTerminal as _, Write as _};

use anyhow::Context as _;
use daftar_core::account::{Account, AccountId, AccountStatus};
use daftar_core::client::ClientId;
use daftar_core::erasure;
use daftar_core::identifier::{Country, LoginId, Username, mask};
use daftar_core::person::{FullName, Gender, PersonName, PlaceName};
use daftar_core::ports::Store as _;
use serde_json::{Value, json};

use super::{pictures, say, say_json};
use crate::cli::AccountCommand;
use crate::config::{Checked, Config};
use crate::wiring::Foundation;

/// Carries the command out.
pub(crate) async fn run(Checked { config, .. }: Checked, command: AccountCommand) -> anyhow::Result<()> {
    let foundation = Foundation::open(&config, config.database.migrate).await?;
    match command {
        AccountCommand::Show { whom, output } => {
            let account = find(&foundation, &config, &whom.whom).await?;
            if output.json { Ok(say_json(&shown(&account))?) } else { show(&shown(&account)) }
        }
        AccountCommand::Disable { whom } => set(&foundation, &config, &whom.whom, AccountStatus::Disabled).await,
        AccountCommand::Enable { whom } => set(&foundation, &config, &whom.whom, AccountStatus::Active).await,
        AccountCommand::Delete { whom, yes } => delete(&foundation, &config, &whom.whom, yes).await,
        AccountCommand::Import(from) => super::import::run(&foundation, &config, from).await,
        AccountCommand::Export(to) => super::export::run(&foundation, &config, to).await,
    }
}

async fn set(foundation: &Foundation, config: &Config, whom: &str, status: AccountStatus) -> anyhow::Result<()> {
    let account = find(foundation, config, whom).await?;
    let found = foundation.store.set_status(account.id, status, foundation.clock.now()).await?;
    anyhow::ensure!(found, "the account is gone");
    Ok(say(format_args!("account {} is {}", account.id, status.name()))?)
}

async fn delete(foundation: &Foundation, config: &Config, whom: &str, yes: bool) -> anyhow::Result<()> {
    let account = find(foundation, config, whom).await?;
    if !yes {
        anyhow::ensure!(
            io::stdin().is_terminal() && io::stderr().is_terminal(),
            "there is no terminal to ask at: say --yes to erase account {}",
            account.id
        );
        let known = [account.username.as_ref().map(Username::as_str), account.email.as_ref().map(|contact| contact.id.as_str())];
        let known = known.into_iter().flatten().chain(account.phone.as_ref().map(|contact| contact.id.as_e164())).collect::<Vec<_>>().join(", ");
        write!(io::stderr(), "Erase account {} ({known}) for good? Nothing of it can be had back. [y/N] ", account.id)?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        anyhow::ensure!(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"), "nothing was erased");
    }
    let found = erasure::erase(&*foundation.store, &pictures(config)?, account.id).await?;
    anyhow::ensure!(found, "the account is gone");
    Ok(say(format_args!("account {} is erased", account.id))?)
}

/// The account by its id or by any identifier. A phone number without a country is read as each surface reads it: in `usapi.country` and in `app.default_country`.
pub(super) async fn find(foundation: &Foundation, config: &Config, whom: &str) -> anyhow::Result<Account> {
    if let Ok(id) = whom.parse()
        && let Some(account) = foundation.store.account(AccountId(id)).await?
    {
        return Ok(account);
    }
    let mut found: Option<Account> = None;
    for id in LoginId::readings(whom, &config.usapi.country, &config.app.default_country) {
        let Some(account) = foundation.store.find_account(&id).await? else { continue };
        let other = found.replace(account.clone()).is_some_and(|other| other.id != account.id);
        anyhow::ensure!(
            !other,
            "{whom} is one account's number in `usapi.country` and another's in `app.default_country`: write it with its + and country"
        );
    }
    found.with_context(|| format!("there is no account {}", if whom.contains('@') { mask(whom) } else { whom.to_owned() }))
}

fn shown(account: &Account) -> Value {
    let name = |name: &Option<PersonName>| name.as_ref().map(|name| name.as_str().to_owned());
    json!({
        "id": account.id.to_string(),
        "status": account.status.name(),
        "username": account.username.as_ref().map(Username::as_str),
        "email": account.email.as_ref().map(|contact| contact.id.as_str()),
        "email_verified": account.email.as_ref().is_some_and(|contact| contact.verified_at.is_some()),
        "phone": account.phone.as_ref().map(|contact| contact.id.as_e164()),
        "phone_verified": account.phone.as_ref().is_some_and(|contact| contact.verified_at.is_some()),
        "has_password": account.has_password,
        "first_name": name(&account.profile.first_name),
        "last_name": name(&account.profile.last_name),
        "full_name": account.profile.full_name.as_ref().map(FullName::as_str),
        "birth_date": account.profile.birth_date.map(|day| day.to_string()),
        "birth_place": account.profile.birth_place.as_ref().map(PlaceName::as_str),
        "gender": account.profile.gender.map(Gender::name),
        "country": account.profile.country.as_ref().map(Country::as_str),
        "surface": account.origin.surface.name(),
        "client": account.origin.client.as_ref().map(ClientId::as_str),
        "platform": account.origin.platform,
        "source": account.origin.source,
        "group": account.origin.group,
        "locale": account.locale.tag(),
        "created_at": account.created_at.to_string(),
    })
}

fn show(account: &Value) -> anyhow::Result<()> {
    for (key, value) in account.as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        say(format_args!("{key:<16}{}", if value == "null" { "-" } else { &value }))?;
    }
    Ok(())
}
