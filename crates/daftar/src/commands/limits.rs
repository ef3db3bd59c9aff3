//! `daftar limits`: who has used up what, and starting a limit anew.

use daftar_core::limit::reset::{ResetError, Whose, reset};
use daftar_core::limit::told::{Told, Wanted, list as used};
use daftar_core::limit::{ClientAddress, LimitKind};
use daftar_core::ports::Store as _;

use super::{say, say_json};
use crate::cli::{LimitsCommand, LimitsList, LimitsReset};
use crate::config::{Checked, Config};
use crate::wiring::Foundation;

/// Carries the command out.
pub(crate) async fn run(Checked { config, .. }: Checked, command: LimitsCommand) -> anyhow::Result<()> {
    let foundation = Foundation::open(&config, config.database.migrate).await?;
    match command {
        LimitsCommand::List(wanted) => list(&foundation, &config, &wanted).await,
        LimitsCommand::Reset(which) => begin_anew(&foundation, &config, which).await,
    }
}

async fn list(foundation: &Foundation, config: &Config, wanted: &LimitsList) -> anyhow::Result<()> {
    // What was used while limits were on is still there when they are off.
    let limits = config.limits.limits(&config.sms).unwrap_or_default();
    let LimitsList { limit, spent, max, output } = wanted;
    let wanted = Wanted { kind: *limit, spent: *spent, most: *max };
    let found = used(&*foundation.store, &limits, &wanted, foundation.clock.now()).await?;
    if output.json {
        return Ok(say_json(&serde_json::to_value(found)?)?);
    }
    for limit in &found {
        say(line(limit))?;
    }
    if found.is_empty() {
        say(if *spent { "nothing is spent" } else { "nothing is used" })?;
    }
    Ok(())
}

fn line(told: &Told) -> String {
    let Told { limit, of, from, used, most, left: _, period, free_in, resets_at } = told;
    let of = from.as_ref().map_or_else(|| of.clone(), |from| format!("{of} from {from}"));
    let used = format!("{used} of {most} in {}", spoken(*period));
    let state = if *free_in == 0 { "has room".to_owned() } else { format!("spent, free in {}", spoken(*free_in)) };
    format!("{limit:<26}{of:<40}  {used:<20}{state:<21}all free at {resets_at}")
}

/// So many seconds, as one says them; rounded up.
fn spoken(seconds: u64) -> String {
    let (unit, letter) = match seconds {
        0..120 => (1, 's'),
        120..7200 => (60, 'm'),
        _ => (3600, 'h'),
    };
    format!("{}{letter}", seconds.div_ceil(unit))
}

async fn begin_anew(foundation: &Foundation, config: &Config, which: LimitsReset) -> anyhow::Result<()> {
    let LimitsReset { kind, of, from, all } = which;
    let name = kind.name();
    anyhow::ensure!(from.is_none() || kind == LimitKind::PasswordAccountAddress, "--from goes with password.account_address: {name} is not of two");
    let of = of.or_else(|| kind.is_of_everybody().then(|| "all".to_owned()));
    let count = match of {
        _ if all => foundation.store.reset_limits(kind, None).await?,
        Some(of) => {
            let whose = Whose { of, from: from.map(ClientAddress::from) };
            let countries = (&config.usapi.country, &config.app.default_country);
            reset(&*foundation.store, countries, kind, &whose, foundation.clock.now()).await.map_err(|error| match error {
                ResetError::IsNot(_) => anyhow::anyhow!("{name} is not of {:?}, which {error}", whose.of),
                ResetError::Store(error) => error.into(),
            })?
        }
        None => anyhow::bail!("say of whom {name} is to be reset, or --all: `daftar limits list --limit {name}` shows who has used something"),
    };
    match count {
        0 => anyhow::bail!("there was nothing to reset: `daftar limits list --limit {name}` shows who has used something"),
        1 => Ok(say("1 limit reset")?),
        count => Ok(say(format_args!("{count} limits reset"))?),
    }
}
