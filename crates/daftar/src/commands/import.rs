//! `daftar account import`: accounts that come from elsewhere, a batch at a time, however many they are.

pub(crate) mod rows;

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use daftar_core::hashing::Pains;
use daftar_core::moving::password::PepperName;
use daftar_core::moving::row::{self, Reading};
use daftar_core::moving::{Entry, Mover, Row};
use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Map, Value, json};

use super::{mover, say};
use crate::cli::{ImportFrom, RowFormat};
use crate::config::Config;
use crate::wiring::Foundation;
use rows::{Line, Rows};

/// Rows of one transaction: few enough that nobody waits long behind it.
const BATCH: usize = 200;
/// Rejected rows that are told one by one.
const TOLD: u64 = 10;

/// Carries the command out.
pub(super) async fn run(foundation: &Foundation, config: &Config, from: ImportFrom) -> anyhow::Result<()> {
    let reading = Reading {
        country: from.country.clone().unwrap_or_else(|| config.app.default_country.clone()),
        locale: config.locale,
        pepper: PepperName::of(&foundation.secrets),
        realm: from.realm.clone(),
        now: foundation.clock.now(),
    };
    let (rows, size) = open(&from).with_context(|| format!("{} cannot be read", from.file.display()))?;
    let rejected = Rejected { to: from.rejected.as_deref().map(private_file).transpose()?, count: 0 };
    let mover = mover(config, foundation, if from.quick { Pains::Least } else { Pains::Usual })?;
    let bar = bar(size);
    let import = Import { mover, reading, rejected, tally: Tally::default(), dry_run: from.dry_run, bar };
    let (tally, count) = import.all(rows).await?;
    report(&from, &tally, count)
}

fn open(from: &ImportFrom) -> anyhow::Result<(Rows, Option<u64>)> {
    let (input, size): (Box<dyn io::Read>, _) = if from.file == Path::new("-") {
        (Box::new(io::stdin()), None)
    } else {
        let file = File::open(&from.file)?;
        let size = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
        (Box::new(file), size)
    };
    let is_csv = from.file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    let rows = match from.format.unwrap_or(if is_csv { RowFormat::Csv } else { RowFormat::Jsonl }) {
        RowFormat::Jsonl => Rows::json(input),
        RowFormat::Csv => Rows::csv(input)?,
    };
    Ok((rows, size))
}

/// A file for its owner alone, in place of an older one.
fn private_file(path: &Path) -> anyhow::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.with_context(|| format!("{} cannot be written", path.display()))
}

/// How many rows there were, and what became of them.
#[derive(Debug, Default)]
struct Tally {
    rows: u64,
    entered: u64,
    known: u64,
}

/// An import at work.
struct Import {
    mover: Mover,
    reading: Reading,
    rejected: Rejected,
    tally: Tally,
    dry_run: bool,
    bar: ProgressBar,
}

/// A row that was read, and what names it where it is rejected.
struct Named {
    line: u64,
    name: Map<String, Value>,
    row: Row,
}

impl Import {
    /// Enters all rows; how many of each kind there were, and how many were rejected.
    async fn all(mut self, mut rows: Rows) -> anyhow::Result<(Tally, u64)> {
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(line) = rows.read().context("the rows cannot be read on; those before are entered")? {
            self.tally.rows += 1;
            match self.read(line) {
                Ok(named) => batch.push(named),
                Err((line, name, reason)) => self.reject(line, &name, &reason)?,
            }
            if batch.len() == BATCH {
                self.enter(std::mem::take(&mut batch)).await?;
                self.show(rows.position());
            }
        }
        self.enter(batch).await?;
        self.bar.finish_and_clear();
        Ok((self.tally, self.rejected.count))
    }

    fn read(&self, Line { number, fields }: Line) -> Result<Named, (u64, Map<String, Value>, String)> {
        let fields = fields.map_err(|reason| (number, Map::new(), reason.to_owned()))?;
        let names = ["id", "external_id"].into_iter().filter_map(|name| Some((name.to_owned(), fields.get(name)?.clone())));
        let name = names.filter(|(_, value)| value.as_str().is_some_and(|text| text.len() <= 200)).collect();
        match row::read(&fields, &self.reading) {
            Ok(row) => Ok(Named { line: number, name, row }),
            Err(error) => Err((number, name, error.to_string())),
        }
    }

    async fn enter(&mut self, batch: Vec<Named>) -> anyhow::Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let (names, rows): (Vec<_>, Vec<_>) = batch.into_iter().map(|named| ((named.line, named.name), named.row)).unzip();
        let entries = if self.dry_run { self.mover.try_on(rows).await } else { self.mover.enter(rows).await };
        let entries = entries.context("the accounts cannot be entered; run the same command again, and those that were are recognised")?;
        for ((line, name), entry) in names.into_iter().zip(entries) {
            match entry {
                Entry::New => self.tally.entered += 1,
                Entry::Known => self.tally.known += 1,
                Entry::Taken(kind) => self.reject(line, &name, &format!("the {} is another account's", kind.name()))?,
            }
        }
        Ok(())
    }

    fn reject(&mut self, line: u64, name: &Map<String, Value>, reason: &str) -> anyhow::Result<()> {
        let bar = &self.bar;
        self.rejected.put(line, name, reason, |told| bar.suspend(|| writeln!(io::stderr(), "{told}")))
    }

    fn show(&self, position: u64) {
        self.bar.set_position(position);
        self.bar.set_message(format!("{} rows", HumanCount(self.tally.rows)));
    }
}

/// Where rejected rows go.
struct Rejected {
    to: Option<File>,
    count: u64,
}

impl Rejected {
    fn put(&mut self, line: u64, name: &Map<String, Value>, reason: &str, tell: impl FnOnce(String) -> io::Result<()>) -> anyhow::Result<()> {
        self.count += 1;
        match &mut self.to {
            Some(file) => {
                let mut row = json!({"line": line, "reason": reason});
                if let Some(fields) = row.as_object_mut() {
                    fields.extend(name.clone());
                }
                writeln!(file, "{row}").context("the rejected rows cannot be written")
            }
            None if self.count <= TOLD => Ok(tell(format!("line {line}: {reason}"))?),
            None if self.count == TOLD + 1 => Ok(tell("… and more: --rejected FILE writes all of them".to_owned())?),
            None => Ok(()),
        }
    }
}

/// On a terminal a bar, or where nobody knows how long it will be, a count; elsewhere nothing.
fn bar(size: Option<u64>) -> ProgressBar {
    let bar = size.map_or_else(ProgressBar::no_length, ProgressBar::new);
    bar.set_draw_target(if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() });
    let template = if size.is_some() { "{msg} {wide_bar} {percent}% {eta}" } else { "{spinner} {msg} {elapsed}" };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn report(from: &ImportFrom, Tally { rows, entered, known }: &Tally, rejected: u64) -> anyhow::Result<()> {
    let verb = if from.dry_run { "would be entered" } else { "entered" };
    let count = |count: &u64| HumanCount(*count).to_string();
    say(format_args!("{} rows: {} {verb}, {} known before, {} rejected", count(rows), count(entered), count(known), count(&rejected)))?;
    let place = from.rejected.as_ref().map(|file| format!(": see {}", file.display())).unwrap_or_default();
    anyhow::ensure!(rejected == 0, "{} of {} rows were rejected{place}", count(&rejected), count(rows));
    Ok(())
}
