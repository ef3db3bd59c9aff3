//! A copy of a SQLite database, put in the place of the one that is served from: whole, of the same installation, with everything ended, and at no
//! moment by halves.
//!
//! ```text
//! lock the place ─► copy beside it ─► check ─► end everything ─► keep the old one ─► rename ─► unlock
//! ```
//!
//! The lock is one on the whole file, of the kind that SQLite takes itself. Whoever has the database open in write-ahead mode holds a part of it all
//! the time, so it is refused while there is any other process that has; and whoever comes later waits behind it, and then looks again which file it
//! has (`sqlite::writer`). It needs nothing of the file's content, which may be damaged: that is what a restore is for.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, fchown};
use std::path::{Path, PathBuf};

use daftar_core::audit::Scribe;
use daftar_core::ports::{StoreError, Timestamp};
use daftar_core::secret::Mac;
use rustix::fs::{FlockOperation, fcntl_lock};
use rustix::io::Errno;
use rustix::process::geteuid;

use crate::backup::{BackupError, beside, folder_of};
use crate::error::OpenError;
use crate::inspection::Schema;
use crate::location::Location;
use crate::sqlite;
use crate::store::{Opening, SqlStore};

/// What SQLite keeps beside a database: its log, and what its readers share.
const LOGS: [&str; 2] = ["-wal", "-shm"];

/// Why nothing was restored. The database that was there is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is a database, which was not to be replaced.
    #[error("there is a database already")]
    Occupied,
    /// Somebody has the database open.
    #[error("somebody has the database open: stop the server, and whatever else works on it")]
    Busy,
    /// The copy is the database itself.
    #[error("it is the database itself")]
    Itself,
    /// The copy cannot be read.
    #[error("the copy cannot be read")]
    Source(#[source] io::Error),
    /// The copy has a log.
    #[error("there is a log beside the copy ({0}), so it is not one that `daftar backup` wrote, or somebody writes to it")]
    Log(PathBuf),
    /// The copy is no database.
    #[error("the copy is not a database that can be read")]
    NotADatabase(#[source] rusqlite::Error),
    /// The copy is not whole.
    #[error("the copy is damaged: {0}")]
    Damaged(String),
    /// The copy cannot be opened as a store.
    #[error("the copy cannot be opened")]
    Open(#[source] OpenError),
    /// A newer program made it.
    #[error("the copy has schema {found}, this program knows only {known}: run a newer one")]
    Newer {
        /// What the copy has.
        found: i64,
        /// What this program knows.
        known: i32,
    },
    /// No installation is in it.
    #[error("the copy holds no installation: no program has served from it")]
    Nothing,
    /// It was made under another master key.
    #[error("the copy was made under another master key than this installation's, without which no password in it can be checked")]
    OfAnother,
    /// What it holds cannot be read or ended.
    #[error("what is open in the copy cannot be ended")]
    End(#[source] StoreError),
    /// Files cannot be written or put in place.
    #[error("the copy cannot be put in place")]
    File(#[source] io::Error),
}

/// How to restore.
#[derive(Debug, Clone)]
pub struct Restoring {
    /// Whether a database that is there is to be replaced; it is kept beside.
    pub replace: bool,
    /// The fingerprint of the installation's master key.
    pub master_key: Mac,
    /// What time it is.
    pub now: Timestamp,
    /// Writes down who did it, in the copy.
    pub scribe: Scribe,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// How many sessions, codes, messages and the like were still open in the copy, and have ended.
    pub ended: u64,
    /// Where the database is now that was replaced.
    pub kept: Option<PathBuf>,
}

/// Puts a copy of the database in `from` in the place of `file`, with the schema brought up to date and everything ended. Blocks this thread for as
/// long as that takes. The lock is the process's: what this one itself has open is not noticed.
///
/// # Errors
/// [`RestoreError`]; then `file` is as it was.
pub async fn restore(from: &Path, file: &Path, how: Restoring) -> Result<Restored, RestoreError> {
    if from.canonicalize().is_ok_and(|from| file.canonicalize().is_ok_and(|file| file == from)) {
        return Err(RestoreError::Itself);
    }
    // Behind a link, too, the log lies beside the file.
    let from = &from.canonicalize().unwrap_or_else(|_| from.to_owned());
    if let Some(log) = Some(beside(from, "-wal")).filter(|log| log.metadata().is_ok_and(|log| log.len() > 0)) {
        return Err(RestoreError::Log(log));
    }
    // Who may write in the folder could lead whoever may write everywhere to any file.
    if fs::symlink_metadata(file).is_ok_and(|link| link.is_symlink() && link.uid() != geteuid().as_raw()) {
        return Err(RestoreError::File(io::Error::other("it is a link that somebody else made; restore as whom the database belongs to")));
    }
    // Behind a link it is the file that is replaced, beside which SQLite keeps its log.
    let file = &file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let place = Place::take(file, how.replace)?;
    let partial = beside(file, &format!(".restoring-{}", std::process::id()));
    let restored = async {
        let made = copy(from, &partial)?;
        let ended = ready(&partial, &how).await?;
        Ok(Restored { ended, kept: place.put(&partial, &made, how.now).map_err(RestoreError::File)? })
    };
    let restored = restored.await;
    // What was left of it is of no use.
    for left in LOGS.iter().map(|ending| beside(&partial, ending)).chain([partial.clone()]) {
        let _ = fs::remove_file(left);
    }
    restored
}

fn copy(from: &Path, partial: &Path) -> Result<File, RestoreError> {
    let mut source = File::open(from).map_err(RestoreError::Source)?;
    let mut copy = sqlite::create_new(partial).map_err(RestoreError::File)?;
    io::copy(&mut source, &mut copy).and_then(|_| copy.sync_all()).map_err(RestoreError::File)?;
    Ok(copy)
}

/// Makes of a copy what can be served from. How much was open in it.
async fn ready(partial: &Path, how: &Restoring) -> Result<u64, RestoreError> {
    sqlite::check(partial).map_err(|error| match error {
        BackupError::Copy(error) => RestoreError::NotADatabase(error),
        error => RestoreError::Damaged(error.to_string()),
    })?;
    let copied = Location::Sqlite(partial.to_owned());
    let store = SqlStore::open(&copied, Opening::migrating(true)).await.map_err(|error| match error {
        OpenError::NewerSchema { found, known } => RestoreError::Newer { found, known },
        error => RestoreError::Open(error),
    })?;
    // One could serve from a newer schema, yet not know what there is to be ended in it.
    let Schema { found, known } = store.schema().await.map_err(RestoreError::End)?;
    if found > i64::from(known) {
        return Err(RestoreError::Newer { found, known });
    }
    match store.master_key().await.map_err(RestoreError::End)? {
        None => return Err(RestoreError::Nothing),
        Some(theirs) if theirs != how.master_key => return Err(RestoreError::OfAnother),
        Some(_) => {}
    }
    let ended = store.noted_by(how.scribe.clone()).end_everything(how.now).await.map_err(RestoreError::End)?;
    drop(store);
    // What was ended may stand in the log alone, which is thrown away.
    if beside(partial, "-wal").metadata().is_ok_and(|log| log.len() > 0) {
        return Err(RestoreError::Damaged("its log could not be folded in".to_owned()));
    }
    File::open(partial).and_then(|copy| copy.sync_all()).map_err(RestoreError::File)?;
    Ok(ended)
}

/// The place of the database, which nobody else can open as long as this is there.
struct Place<'f> {
    file: &'f Path,
    /// Holds the lock. While it does, the file is opened by nobody in this process: closing it would let go of the lock.
    lock: File,
    /// Whether a database is there.
    is_taken: bool,
}

impl<'f> Place<'f> {
    fn take(file: &'f Path, replace: bool) -> Result<Self, RestoreError> {
        let is_occupied = || !replace && file.metadata().is_ok_and(|file| file.len() > 0);
        if is_occupied() {
            return Err(RestoreError::Occupied);
        }
        let lock = match sqlite::create_new(file) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => OpenOptions::new().read(true).write(true).open(file),
            made => made,
        };
        let lock = lock.map_err(RestoreError::File)?;
        match fcntl_lock(&lock, FlockOperation::NonBlockingLockExclusive) {
            // Somebody may have made it since.
            Ok(()) if is_occupied() => Err(RestoreError::Occupied),
            Ok(()) => {
                let (locked, there) = (lock.metadata().map_err(RestoreError::File)?, fs::symlink_metadata(file).map_err(RestoreError::File)?);
                if (locked.dev(), locked.ino()) == (there.dev(), there.ino()) {
                    Ok(Self { file, lock, is_taken: locked.len() > 0 })
                } else {
                    Err(RestoreError::Busy)
                }
            }
            Err(Errno::AGAIN | Errno::ACCESS) => Err(RestoreError::Busy),
            Err(error) => Err(RestoreError::File(error.into())),
        }
    }

    /// Puts a whole copy there, which is the file `made`. Where what was there is now.
    fn put(&self, copy: &Path, made: &File, now: Timestamp) -> io::Result<Option<PathBuf>> {
        let folder = folder_of(self.file)?;
        let kept = self.is_taken.then(|| beside(self.file, &format!(".replaced-{}", now.strftime("%Y%m%dT%H%M%S.%3fZ"))));
        if let Some(kept) = &kept {
            fs::hard_link(self.file, kept)?;
            // What was committed last may be in its log alone.
            match fs::hard_link(beside(self.file, "-wal"), beside(kept, "-wal")) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => folder.sync_all()?,
            }
        }
        // The service goes on as the user that it was, whoever restores.
        let before = self.lock.metadata()?;
        let owner = if self.is_taken { before } else { folder.metadata()? };
        let mine = made.metadata()?;
        if (mine.uid(), mine.gid()) != (owner.uid(), owner.gid()) {
            // The file itself, and never what its name may lead to by now.
            fchown(made, Some(owner.uid()), Some(owner.gid()))?;
        }
        let there = fs::symlink_metadata(copy)?;
        if (there.dev(), there.ino()) != (mine.dev(), mine.ino()) {
            return Err(io::Error::other("somebody put another file in the place of the copy"));
        }
        // The log of the old one would be taken for the new one's: it is gone for good before that is there.
        for log in LOGS {
            match fs::remove_file(beside(self.file, log)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        folder.sync_all()?;
        fs::rename(copy, self.file)?;
        folder.sync_all()?;
        Ok(kept)
    }
}

impl Drop for Place<'_> {
    /// Takes away the empty file that held the place of a database that never came. It is still locked: nobody has begun with it.
    fn drop(&mut self) {
        if !self.is_taken && self.file.metadata().is_ok_and(|file| file.len() == 0) {
            let _ = fs::remove_file(self.file);
        }
    }
}
