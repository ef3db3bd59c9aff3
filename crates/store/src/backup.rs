//! A copy of a SQLite database that is being served from: consistent, whole, and with everything ended that is open, so that whoever restores it brings no ended session and no used
//! code back to life, and whoever steals it is signed in nowhere.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use daftar_core::ports::{StoreError, Timestamp};

use crate::error::OpenError;
use crate::location::Location;
use crate::sqlite;
use crate::store::{Opening, SqlStore};

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file of the copy, or its folder, cannot be written.
    #[error("the copy cannot be written")]
    File(#[source] io::Error),
    /// The file of the copy is the database itself.
    #[error("it is the database itself")]
    Itself,
    /// The database cannot be copied.
    #[error("the database cannot be copied")]
    Copy(#[source] rusqlite::Error),
    /// The copy is not one that can be served from.
    #[error("the copy is damaged: {0}")]
    Damaged(String),
    /// The copy cannot be opened.
    #[error("the copy cannot be opened")]
    Open(#[source] OpenError),
    /// What is open in the copy cannot be ended.
    #[error("what is open in the copy cannot be ended")]
    End(#[source] StoreError),
}

/// Copies the database in `file` into the file `to`, which is replaced once the copy is whole and on the disk. Blocks this thread for as long as that takes, but nobody who serves
/// from the database.
///
/// # Errors
/// [`BackupError`]; then `to` is as it was.
pub async fn backup(file: &Path, to: &Path, now: Timestamp) -> Result<(), BackupError> {
    if to.canonicalize().is_ok_and(|to| file.canonicalize().is_ok_and(|file| file == to)) {
        return Err(BackupError::Itself);
    }
    let partial = beside(to, &format!(".partial-{}", std::process::id()));
    let made = copy(file, &partial, now).await;
    // What was left of it is of no use.
    let made = made.and_then(|()| put(&partial, to).map_err(BackupError::File));
    for left in [partial.clone(), beside(&partial, "-wal"), beside(&partial, "-shm")] {
        let _ = fs::remove_file(left);
    }
    made?;
    folder_of(to).and_then(|folder| folder.sync_all()).map_err(BackupError::File)
}

/// Puts a whole copy in its place. The log of a database that stood there would be taken for the copy's.
fn put(partial: &Path, to: &Path) -> io::Result<()> {
    for log in [beside(to, "-wal"), beside(to, "-shm")] {
        match fs::remove_file(log) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    fs::rename(partial, to)
}

async fn copy(file: &Path, partial: &Path, now: Timestamp) -> Result<(), BackupError> {
    sqlite::copy_into(file, partial)?;
    let copied = Location::Sqlite(partial.to_owned());
    let store = SqlStore::open(&copied, Opening::migrating(false)).await.map_err(BackupError::Open)?;
    store.end_everything(now).await.map_err(BackupError::End)?;
    drop(store);
    // What was ended may stand in the log alone, which is thrown away.
    if beside(partial, "-wal").metadata().is_ok_and(|log| log.len() > 0) {
        return Err(BackupError::Damaged("its log could not be folded in".to_owned()));
    }
    sqlite::check(partial)?;
    File::open(partial).and_then(|copy| copy.sync_all()).map_err(BackupError::File)
}

/// The file beside another that is named like it, with an ending more.
pub(crate) fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(ending);
    PathBuf::from(name)
}

/// The folder of a file, opened to be put on the disk.
pub(crate) fn folder_of(file: &Path) -> io::Result<File> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)
}
