//! `daftar doctor`: whether all is well, a line for each finding.

use super::{say, say_json};
use crate::cli::Output;
use crate::config::Sources;
use crate::doctor::{self, State};

/// Looks at the installation and says what is found.
///
/// # Errors
/// When something has failed, or nothing can be printed.
pub(crate) async fn run(sources: Sources, output: Output) -> anyhow::Result<()> {
    let lines = doctor::examine(sources).await;
    if output.json {
        say_json(&serde_json::to_value(&lines)?)?;
    } else {
        for line in &lines {
            say(line)?;
        }
    }
    let failed = lines.iter().filter(|line| line.finding.state == State::Failed).count();
    anyhow::ensure!(failed == 0, "{failed} of {} FAILED", lines.len());
    Ok(())
}
