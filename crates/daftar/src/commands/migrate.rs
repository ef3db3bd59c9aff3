//! `daftar migrate`.

use super::say;
use crate::config::Checked;
use crate::wiring::Foundation;

/// Brings the schema up to date, whatever `database.migrate` says: that key is about `serve`.
pub(crate) async fn run(Checked { config, .. }: Checked) -> anyhow::Result<()> {
    Foundation::open(&config, true).await?;
    say(format_args!("the schema of {} is up to date", config.database_url().masked()))?;
    Ok(())
}
