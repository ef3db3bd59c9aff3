//! Copying a whole installation into another database, of the same engine or of the other one.
//!
//! ```text
//! hold the source still ─► mark the target ─► table by table: copy ─► table by table: compare ─► take the mark away
//! ```
//!
//! Rows go in the order of their primary key, which both engines sort alike, a page at a time: one transaction each on the target. So the greatest
//! key that the target has is where to go on, and a copy that was stopped or killed is finished by starting it again. Until the mark is gone, nobody
//! can open the target as a store. At the end every row of both is read once more and compared.
//!
//! | module | what lives there |
//! |---|---|
//! | `side` | the two databases, and what goes wrong with which |
//! | `mark` | what tells an unfinished target from an installation |
//! | `table` | which tables there are; counting, reading and writing their rows |

mod error;
pub(crate) mod mark;
mod side;
mod table;

use tokio::task::yield_now;

use crate::error::OpenError;
use crate::location::Location;
use crate::value::Owned;

pub use error::CopyError;
use mark::Fingerprint;
pub use side::End;
use side::Side;
use table::{TABLES, Table};

/// What a copy is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It copies.
    Copying,
    /// It compares.
    Comparing,
}

/// How far it has come with one table: told when it begins with it, and after every page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What it is at.
    pub step: Step,
    /// The table.
    pub table: &'static str,
    /// Rows done, those of an earlier run included.
    pub done: u64,
    /// Rows that the source has.
    pub rows: u64,
}

/// A table that is the same on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// The table.
    pub table: &'static str,
    /// Rows on each side.
    pub rows: u64,
}

/// Copies the installation at `from` into the empty database at `to`, whose schema is made if there is none; or goes on with a copy between the two
/// that was not finished. Dropping it stops it between two pages.
///
/// While it runs, nobody can write to a source in a file; one on a server is written to as before, and the copy has nothing of it. The copy is the work of
/// the calling task alone: where a file is read or written, it blocks its thread.
///
/// # Errors
/// [`CopyError`]. What was copied stays, marked as unfinished.
pub async fn copy(from: &Location, to: &Location, mut progress: impl FnMut(Progress)) -> Result<Vec<Copied>, CopyError> {
    let mut source = Side::source(from).await?;
    if is_same_file(from, to) {
        return Err(CopyError::Same);
    }
    let installation = hold_still(&mut source).await?;
    let mut target = Side::target(to).await?;
    mark::put(&mut target, &installation).await?;
    let mut tables = Vec::with_capacity(TABLES.len());
    for table in TABLES {
        tables.push(source.run(table.name, async |tx| Table::of(tx, table).await).await?);
    }
    for table in &tables {
        copy_table(&mut source, &mut target, table, &mut progress).await?;
    }
    let mut copied = Vec::with_capacity(tables.len());
    for table in &tables {
        copied.push(compare_table(&mut source, &mut target, table, &mut progress).await?);
    }
    target.run("settings", async |tx| mark::take_away(tx).await).await?;
    Ok(copied)
}

/// Sees to it that what is read of the source from now on is of one moment. Whose installation it is.
async fn hold_still(source: &mut Side) -> Result<Fingerprint, CopyError> {
    let begin = source.tx().begin_still();
    source.tx().exec(begin, &[]).await.map_err(CopyError::Busy)?;
    let (is_unfinished, fingerprint) = source.run("settings", async |tx| Ok((mark::is_there(tx).await?, mark::fingerprint(tx).await?))).await?;
    if is_unfinished {
        return Err(CopyError::Open(End::Source, OpenError::Unfinished));
    }
    fingerprint.ok_or(CopyError::Nothing)
}

/// A server's database that is copied into itself is refused for what is in it already; a file could not even be asked, since it is locked.
fn is_same_file(from: &Location, to: &Location) -> bool {
    let path = |location: &Location| location.file().and_then(|file| file.canonicalize().ok());
    path(from).is_some_and(|file| path(to) == Some(file))
}

async fn copy_table(source: &mut Side, target: &mut Side, table: &Table, progress: &mut impl FnMut(Progress)) -> Result<(), CopyError> {
    let rows = source.run(table.name(), async |tx| table.count(tx).await).await?;
    let mut done = target.run(table.name(), async |tx| table.count(tx).await).await?;
    let mut last = target.run(table.name(), async |tx| table.last_key(tx).await).await?;
    loop {
        progress(Progress { step: Step::Copying, table: table.name(), done, rows });
        // Between two files nothing ever waits; whoever wants to stop it must get a word in.
        yield_now().await;
        let page = source.run(table.name(), async |tx| table.page(tx, &last).await).await?;
        if page.is_empty() {
            return Ok(());
        }
        write(target, table, &page).await?;
        done += table.rows(&page);
        last = table.key_of_last(&page);
    }
}

async fn write(target: &mut Side, table: &Table, page: &[Owned]) -> Result<(), CopyError> {
    let is_marked = target
        .run(table.name(), async |tx| {
            tx.exec("BEGIN", &[]).await?;
            let is_marked = mark::hold(tx).await?;
            if is_marked {
                table.insert(tx, page).await?;
                tx.exec("COMMIT", &[]).await?;
            }
            Ok(is_marked)
        })
        .await?;
    if is_marked { Ok(()) } else { Err(CopyError::Unmarked) }
}

async fn compare_table(source: &mut Side, target: &mut Side, table: &Table, progress: &mut impl FnMut(Progress)) -> Result<Copied, CopyError> {
    let rows = source.run(table.name(), async |tx| table.count(tx).await).await?;
    let (mut done, mut last) = (0, Vec::new());
    loop {
        progress(Progress { step: Step::Comparing, table: table.name(), done, rows });
        // Between two files nothing ever waits; whoever wants to stop it must get a word in.
        yield_now().await;
        // The target first: a server is at work on it while a file is read.
        let (theirs, ours) = tokio::join!(
            target.run(table.name(), async |tx| table.page(tx, &last).await),
            source.run(table.name(), async |tx| table.page(tx, &last).await),
        );
        let (theirs, ours) = (theirs?, ours?);
        if theirs != ours {
            let there = target.run(table.name(), async |tx| table.count(tx).await).await?;
            return Err(CopyError::Different { table: table.name(), source_rows: rows, target_rows: there });
        }
        if ours.is_empty() {
            return Ok(Copied { table: table.name(), rows: done });
        }
        done += table.rows(&ours);
        last = table.key_of_last(&ours);
    }
}
