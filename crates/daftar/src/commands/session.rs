//! `daftar session`: where accounts are signed in, and ending that.

use daftar_core::administration::ToldSession;
use daftar_core::ports::Store as _;
use daftar_core::session::SessionId;

use super::{account, say, say_json};
use crate::cli::{Ending, SessionCommand};
use crate::config::{Checked, Config};
use crate::wiring::Foundation;

/// How many sessions of an account are listed, the newest.
const MOST: u32 = 1000;

/// Carries the command out.
pub(crate) async fn run(Checked { config, .. }: Checked, command: SessionCommand) -> anyhow::Result<()> {
    let foundation = Foundation::open(&config, config.database.migrate).await?;
    match command {
        SessionCommand::List { whom, output } => list(&foundation, &config, &whom.whom, output.json).await,
        SessionCommand::End(ending) => end(&foundation, &config, ending).await,
    }
}

async fn list(foundation: &Foundation, config: &Config, whom: &str, json: bool) -> anyhow::Result<()> {
    let account = account::find(foundation, config, whom).await?;
    let sessions = foundation.store.live_sessions(account.id, foundation.clock.now(), MOST).await?;
    let told: Vec<_> = sessions.iter().map(ToldSession::from).collect();
    if json {
        return Ok(say_json(&serde_json::to_value(told)?)?);
    }
    for ToldSession { id, surface, created_at, expires_at, .. } in &told {
        say(format_args!("{id}  {surface:<6}  since {created_at:<25}  until {expires_at}"))?;
    }
    if told.is_empty() {
        say(format_args!("account {} is signed in nowhere", account.id))?;
    }
    Ok(())
}

async fn end(foundation: &Foundation, config: &Config, Ending { id, all_of }: Ending) -> anyhow::Result<()> {
    let now = foundation.clock.now();
    if let Some(id) = id {
        anyhow::ensure!(foundation.store.end_session(SessionId(id), now).await?, "there is no session {id} that lives");
        return Ok(say(format_args!("session {id} has ended"))?);
    }
    let account = account::find(foundation, config, &all_of.unwrap_or_default()).await?;
    match foundation.store.end_sessions(account.id, now).await? {
        1 => Ok(say(format_args!("1 session of account {} has ended", account.id))?),
        ended => Ok(say(format_args!("{ended} sessions of account {} have ended", account.id))?),
    }
}
