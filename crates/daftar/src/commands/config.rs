//! `daftar config`.

use std::io::Write as _;

use super::say;
use crate::cli::ConfigCommand;
use crate::config::{Checked, Config, Sources, Use};

/// Checks or prints the configuration that `serve` would start with.
pub(crate) fn run(sources: &Sources, command: &ConfigCommand) -> anyhow::Result<()> {
    let Checked { config, warnings, notes } = Config::load(sources, Use::Serving)?;
    let shown = config.shown()?;
    match command {
        ConfigCommand::Show => write!(std::io::stdout(), "{shown}")?,
        ConfigCommand::Check => {
            say(format_args!("The server would start with:\n\n{shown}"))?;
            for warning in warnings {
                say(format_args!("warning: {warning}"))?;
            }
            for note in notes {
                say(format_args!("note: {note}"))?;
            }
            say("The configuration is usable.")?;
        }
    }
    Ok(())
}
