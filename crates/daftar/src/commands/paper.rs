//! `daftar completions` and `daftar manual`: what is installed beside the program, made of what the command line itself says.

use std::path::Path;

use anyhow::Context as _;
use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::Cli;

/// Prints the completions for a shell.
pub(crate) fn completions(shell: Shell) -> anyhow::Result<()> {
    let mut printed = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "daftar", &mut printed);
    std::io::Write::write_all(&mut std::io::stdout().lock(), &printed).map_err(Into::into)
}

/// Writes the manual pages into a folder.
pub(crate) fn manual(dir: &Path) -> anyhow::Result<()> {
    clap_mangen::generate_to(Cli::command(), dir).with_context(|| format!("the manual pages cannot be written into {}", dir.display()))
}
