//! `daftar account export`: every account as a line of JSON, a page at a time. What it writes is secret.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, BufWriter, IsTerminal as _, Seek as _, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use daftar_core::account::AccountId;
use daftar_core::audit::Act;
use daftar_core::hashing::Pains;
use daftar_core::moving::password::PepperName;
use daftar_core::moving::row;
use daftar_core::ports::Store as _;
use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget};
use serde_json::Value;

use super::mover;
use crate::cli::ExportTo;
use crate::config::Config;
use crate::wiring::Foundation;

/// Accounts of one look into the store.
const PAGE: u32 = 500;

/// Carries the command out.
pub(super) async fn run(foundation: &Foundation, config: &Config, to: ExportTo) -> anyhow::Result<()> {
    let (mover, pepper) = (mover(config, foundation, Pains::Least)?, PepperName::of(&foundation.secrets));
    let (output, mut after): (Box<dyn Write>, _) = match &to.file {
        None => (Box::new(io::stdout().lock()), None),
        Some(path) => {
            let (file, after) = open(path, to.resume)?;
            (Box::new(file), after)
        }
    };
    foundation.store.note(Act::AccountsExported).await?;
    let mut output = BufWriter::new(output);
    let bar = ProgressBar::no_length();
    bar.set_draw_target(if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() });
    loop {
        let page = mover.page(after, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.id);
        for (account, password) in &page {
            writeln!(output, "{}", row::write(account, password.as_ref(), &pepper))?;
        }
        bar.inc(page.len() as u64);
        bar.set_message("accounts");
    }
    output.flush()?;
    let count = bar.position();
    bar.finish_and_clear();
    if let Some(path) = &to.file {
        File::open(path)?.sync_all()?;
    }
    // Standard output may be the export itself.
    writeln!(io::stderr(), "{} accounts exported, with the hashes of their passwords: keep it as secret as the database.", HumanCount(count))?;
    writeln!(io::stderr(), "The hashes that were made here need the master key whose pepper is {}.", pepper.as_str())?;
    Ok(())
}

/// A new file for its owner alone; or one that is there, cut behind its last whole line, and whose account that is.
fn open(path: &Path, resume: bool) -> anyhow::Result<(File, Option<AccountId>)> {
    let shown = path.display();
    if !resume {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        return Ok((file.with_context(|| format!("{shown} cannot be made; an export that was interrupted goes on with --resume"))?, None));
    }
    let mut file = OpenOptions::new().read(true).write(true).open(path).with_context(|| format!("{shown} cannot be opened"))?;
    let (mut reader, mut line, mut whole, mut last) = (BufReader::new(&file), Vec::new(), 0, None);
    while reader.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
        let row: Value = serde_json::from_slice(&line).with_context(|| format!("{shown} is no export"))?;
        let id = row.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok());
        last = Some(AccountId(id.with_context(|| format!("{shown} is no export"))?));
        whole += line.len() as u64;
        line.clear();
    }
    file.set_len(whole)?;
    file.seek(io::SeekFrom::Start(whole))?;
    Ok((file, last))
}
