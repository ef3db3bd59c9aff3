//! `daftar audit`: who did what to which account, and from where.

use daftar_core::account::AccountId;
use daftar_core::audit::{Filter, Told};
use daftar_core::ports::Store as _;

use super::{account, say, say_json};
use crate::cli::AuditList;
use crate::config::Checked;
use crate::wiring::Foundation;

/// Carries the command out.
pub(crate) async fn run(Checked { config, .. }: Checked, wanted: AuditList) -> anyhow::Result<()> {
    let foundation = Foundation::open(&config, config.database.migrate).await?;
    let AuditList { account, act, before, after, limit, output } = wanted;
    let account = match account {
        None => None,
        // An account that is erased has nothing but its id.
        Some(whom) => Some(match whom.parse() {
            Ok(id) => AccountId(id),
            Err(_) => account::find(&foundation, &config, &whom).await?.id,
        }),
    };
    let found = foundation.store.audit(&Filter { account, act, before, after }, limit).await?;
    if output.json {
        return Ok(say_json(&serde_json::to_value(found)?)?);
    }
    for entry in &found {
        say(line(entry))?;
    }
    if found.is_empty() {
        say("nothing is written down")?;
    }
    Ok(())
}

fn line(told: &Told) -> String {
    let Told { id: _, at, act, account, about, actor, name, door, from } = told;
    let done_to: Vec<_> = account.iter().chain(about).map(String::as_str).collect();
    let by = name.as_ref().map_or_else(|| actor.clone(), |name| format!("{actor} {name}"));
    let from = from.as_ref().map_or_else(|| door.clone(), |from| format!("{door} from {from}"));
    format!("{at:<25} {act:<18} {:<74} by {by}, {from}", done_to.join(" "))
}
