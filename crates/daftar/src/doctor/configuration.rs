//! The configuration: whether the server would start on it, and what `daftar config check` warns of.

use crate::config::{Config, ConfigError, Sources, Use};

use super::finding::{Finding, chain};

/// Looks, and reads what there is to look at further: one on which no server starts may still say where the database is.
pub(super) fn look(sources: &Sources) -> (Vec<Finding>, Option<Config>) {
    match Config::load(sources, Use::Serving) {
        Ok(checked) => {
            let warned: Vec<_> = checked.warnings.iter().map(|warning| Finding::warning(warning, "See docs/configuration.md")).collect();
            let well = || vec![Finding::ok(format_args!("a server starts on it, for {}", checked.config.environment.name()))];
            (if warned.is_empty() { well() } else { warned }, Some(checked.config))
        }
        Err(error) => {
            let found = match &error {
                ConfigError::Values(problems) => problems.iter().map(|problem| failed(&problem.to_string())).collect(),
                other => vec![failed(&chain(other))],
            };
            (found, Config::load(sources, Use::Store).ok().map(|checked| checked.config))
        }
    }
}

fn failed(why: &str) -> Finding {
    Finding::failed(why, "No server starts on it: `daftar config check` says the same")
}
