//! Lists of passwords that nobody may choose, in files: the adapter of [`daftar_core::ports::PasswordList`].
//!
//! Two kinds of file are told apart by their first line. One password a line, as lists of the most common ones are: it is read into memory, eight bytes each.
//! Or sorted hashes, MD5 or SHA-1, as lists of stolen passwords are, a thousand million lines long: it is searched where it lies, some thirty small reads.

mod hashes;

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use daftar_core::password::common::PasswordDigests;
use daftar_core::ports::{PasswordList, StoreError};
use tokio::sync::oneshot;
use tokio::time::timeout;

use hashes::HashFile;

/// How long the disk may take.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);
/// Searches of one file at once, and how many may wait for them.
const SEARCHES: usize = 4;
const QUEUE: usize = 64;
/// Whatever a list is of, it has this one.
const COMMONEST: &[u8] = b"123456";

/// Why a file is no list.
#[derive(Debug, thiserror::Error)]
pub enum PasswordListError {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// It is a directory, a pipe or the like.
    #[error("it is no file")]
    NoFile,
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// It is not written as lists are.
    #[error(
        "it is neither passwords, one a line, in UTF-8 without a mark in front, nor SHA-1 or MD5 hashes, one at the beginning of each line, with nothing or a colon behind it"
    )]
    Strange,
    /// Its first line is a hash, and others are none.
    #[error("it begins with a hash, but the line at byte {0} does not")]
    Mixed(u64),
    /// Its hashes are not in their order.
    #[error("its hashes are not sorted: `LC_ALL=C sort -fu` does that")]
    Unsorted,
}

/// A file in which something was to be looked for.
#[derive(Debug, thiserror::Error)]
#[error("the list of passwords {}", .path.display())]
struct Unsearched {
    path: PathBuf,
    #[source]
    cause: io::Error,
}

/// A list in a file.
#[derive(Debug)]
pub struct FilePasswordList {
    path: PathBuf,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// The first eight bytes of each password's MD5, sorted.
    Passwords(Vec<u64>),
    Hashes(Arc<HashFile>, Sender<Search>),
}

/// What a list is, for operators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListSummary {
    /// `passwords`, `MD5 hashes` or `SHA-1 hashes`.
    pub of: &'static str,
    /// How many; of hashes about.
    pub count: u64,
    /// Whether they are hashes, and the most common password of all is not among them: they may be of another kind.
    pub looks_foreign: bool,
}

/// A question to the threads that search; it ends with whoever asked.
struct Search {
    password: PasswordDigests,
    answer: oneshot::Sender<io::Result<bool>>,
}

impl FilePasswordList {
    /// Looks whether the file is a list, as far as that can be seen without reading all of it.
    ///
    /// # Errors
    /// [`PasswordListError`].
    pub fn probe(path: &Path) -> Result<(), PasswordListError> {
        HashFile::open(path).map(drop)
    }

    /// Opens the list, and reads it if it is one of passwords; else starts threads that search it, which end with it, or when the disk lets them.
    ///
    /// # Errors
    /// [`PasswordListError`].
    pub fn open(path: &Path) -> Result<Self, PasswordListError> {
        let kind = match HashFile::open(path)? {
            None => Kind::Passwords(passwords(File::open(path)?)?),
            Some(hashes) => {
                let (hashes, (ask, asked)) = (Arc::new(hashes), bounded(QUEUE));
                for _ in 0..SEARCHES {
                    let (hashes, asked) = (Arc::clone(&hashes), asked.clone());
                    std::thread::Builder::new().name("password-list".to_owned()).spawn(move || search(&hashes, &asked))?;
                }
                Kind::Hashes(hashes, ask)
            }
        };
        Ok(Self { path: path.to_owned(), kind })
    }

    /// What it is.
    ///
    /// # Errors
    /// [`PasswordListError::Unreadable`].
    pub fn summary(&self) -> Result<ListSummary, PasswordListError> {
        Ok(match &self.kind {
            Kind::Passwords(listed) => ListSummary { of: "passwords", count: listed.len() as u64, looks_foreign: false },
            Kind::Hashes(hashes, _) => {
                ListSummary { of: hashes.name(), count: hashes.most(), looks_foreign: !hashes.has(&PasswordDigests::of_text(COMMONEST))? }
            }
        })
    }
}

#[async_trait]
impl PasswordList for FilePasswordList {
    async fn has(&self, password: &PasswordDigests) -> Result<bool, StoreError> {
        let ask = match &self.kind {
            Kind::Passwords(listed) => return Ok(listed.binary_search(&beginning(&password.md5)).is_ok()),
            Kind::Hashes(_, ask) => ask,
        };
        let (answer, found) = oneshot::channel();
        ask.try_send(Search { password: password.clone(), answer }).map_err(|refused| match refused {
            TrySendError::Full(_) => StoreError::Overloaded,
            TrySendError::Disconnected(_) => StoreError::Failed("the threads that search have ended".into()),
        })?;
        let unsearched = |cause| Unsearched { path: self.path.clone(), cause };
        match timeout(ANSWERED_WITHIN, found).await {
            Ok(Ok(found)) => found.map_err(|cause| StoreError::Failed(unsearched(cause).into())),
            Ok(Err(_)) => Err(StoreError::Failed("a thread that searches has ended".into())),
            Err(_) => Err(StoreError::Unavailable(unsearched(io::ErrorKind::TimedOut.into()).into())),
        }
    }
}

fn search(hashes: &HashFile, asked: &Receiver<Search>) {
    while let Ok(Search { password, answer }) = asked.recv() {
        // Whoever asked may have gone; then there is nothing to look for.
        if !answer.is_closed() {
            let _ = answer.send(hashes.has(&password));
        }
    }
}

fn beginning(md5: &[u8; 16]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *md5;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

fn passwords(file: File) -> Result<Vec<u64>, PasswordListError> {
    let (mut lines, mut line, mut listed) = (BufReader::with_capacity(1 << 16, file), Vec::new(), Vec::new());
    while lines.read_until(b'\n', &mut line)? > 0 {
        let password = line.strip_suffix(b"\n").unwrap_or(&line);
        let password = password.strip_suffix(b"\r").unwrap_or(password);
        if !password.is_empty() {
            listed.push(beginning(&PasswordDigests::of_text(password).md5));
        }
        line.clear();
    }
    if listed.is_empty() {
        return Err(PasswordListError::Empty);
    }
    listed.sort_unstable();
    listed.dedup();
    listed.shrink_to_fit();
    Ok(listed)
}

#[cfg(test)]
mod tests;
