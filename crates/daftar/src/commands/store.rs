//! `daftar store`: the database as a whole.

use std::io::{self, IsTerminal as _, Write as _};

use anyhow::Context as _;
use daftar_core::audit::Act;
use daftar_store::Location;
use daftar_store::copy::{self, Copied, Progress, Step};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use super::{agreed, noted, say};
use crate::cli::{Ends, StoreCommand};
use crate::config::{Checked, Config, SecretUrl};
use crate::keys;
use crate::signals::Signals;
use crate::wiring;

/// Carries the command out. It needs no key: what is sealed stays sealed.
pub(crate) async fn run(Checked { config, .. }: Checked, command: StoreCommand) -> anyhow::Result<()> {
    match command {
        StoreCommand::Copy(ends) => copy(&config, ends).await,
        StoreCommand::Restored { yes } => restored(&config, yes).await,
    }
}

async fn copy(config: &Config, Ends { from, to }: Ends) -> anyhow::Result<()> {
    let is_configured = to.is_none();
    let (source, from) = located(config, from, "--from")?;
    let (target, to) = located(config, to, "--to")?;
    wiring::private_dir_of(&target).context("the target's directory")?;
    let mut signals = Signals::listen().context("signals cannot be heard")?;
    let mut display = Display::default();
    let outcome = tokio::select! {
        outcome = copy::copy(&source, &target, |progress| display.show(progress)) => outcome,
        signal = signals.next() => anyhow::bail!("stopped by {signal}: run the same command again, and it goes on where it was"),
    };
    let copied = outcome.with_context(|| format!("cannot copy {} to {}", from.masked(), to.masked()))?;
    // Where it was read, and where it goes on.
    noted(&source, Act::StoreCopied).await?;
    noted(&target, Act::StoreCopied).await?;
    report(config, &copied, &to, is_configured)
}

async fn restored(config: &Config, yes: bool) -> anyhow::Result<()> {
    let foundation = wiring::Foundation::open(config, config.database.migrate).await?;
    agreed(yes, format_args!("end every session, code and waiting message in {}", config.database_url().masked()))?;
    let ended = foundation.store.end_everything(foundation.clock.now()).await?;
    say(format_args!("{} of them have ended. Everybody signs in again.", HumanCount(ended)))?;
    Ok(say(
        "Do again what was done since the backup: disabled accounts and clients, replaced secrets and keys (`daftar keys rotate --revoke`), erased people.",
    )?)
}

/// The database that a flag names, or the configured one.
fn located(config: &Config, url: Option<String>, flag: &str) -> anyhow::Result<(Location, SecretUrl)> {
    let (url, named) = url.map_or_else(|| (config.database_url(), "database.url"), |url| (SecretUrl::from(url), flag));
    let location = Location::parse(url.expose()).with_context(|| format!("`{named}` = {:?}", url.masked()))?;
    Ok((location, url))
}

fn report(config: &Config, copied: &[Copied], to: &SecretUrl, is_configured: bool) -> anyhow::Result<()> {
    say("Copied, and compared row by row:\n")?;
    for Copied { table, rows } in copied {
        say(format_args!("{table:<20}{:>15}", HumanCount(*rows).to_string()))?;
    }
    say("\nWhat is left to do:")?;
    if is_configured {
        say("- `database.url` names the target already.")?;
    } else {
        let masked = to.masked();
        let with = if masked == to.expose() { "" } else { ", with its password" };
        say(format_args!("- Set `database.url` to {masked}{with}."))?;
    }
    let data_dir = config.data_dir();
    if config.secrets.master_key.is_some() {
        say("- Keep `secrets.master_key` as it is: without it, no password can be checked.")?;
    } else {
        say(format_args!("- Keep {}: without it, no password can be checked.", data_dir.join(keys::MASTER_FILE).display()))?;
    }
    say(format_args!("- Pictures are not in the database: they stay in {}.", data_dir.join(wiring::PICTURES).display()))?;
    say("- A server on another machine needs the key and the pictures there.")?;
    Ok(say("- Start the server, and do not start one on the old database again.")?)
}

/// Shows how far a copy is: on a terminal a bar for every table, elsewhere a line when it is done.
#[derive(Default)]
struct Display {
    bar: Option<(Step, &'static str, ProgressBar)>,
}

impl Display {
    fn show(&mut self, progress: Progress) {
        let Progress { step, table, done, rows } = progress;
        if !io::stderr().is_terminal() {
            // What cannot be shown is no reason to stop.
            if step == Step::Copying && done >= rows {
                let _ = writeln!(io::stderr(), "{table}: {} rows", HumanCount(rows));
            }
            return;
        }
        if !self.bar.as_ref().is_some_and(|(at, of, _)| (*at, *of) == (step, table)) {
            self.bar = Some((step, table, bar(step, table, rows)));
        }
        if let Some((_, _, bar)) = &self.bar {
            bar.set_position(done);
            if done >= rows {
                bar.finish();
            }
        }
    }
}

fn bar(step: Step, table: &'static str, rows: u64) -> ProgressBar {
    let verb = match step {
        Step::Copying => "copying",
        Step::Comparing => "comparing",
    };
    let style = ProgressStyle::with_template("{prefix:9} {msg:20} {wide_bar} {human_pos}/{human_len} {eta}");
    let bar = ProgressBar::new(rows).with_prefix(verb).with_message(table);
    if let Ok(style) = style { bar.with_style(style) } else { bar }
}
