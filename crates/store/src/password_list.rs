//! Lists of passwords that nobody may choose, in files: the adapter of [`daftar_core::ports::PasswordList`].
//!
//! Two kinds of file are told apart by their first line. One password a line, as lists of the most common ones are: it is read into memory, eight bytes each.
//! Or sorted hashes, MD5 or SHA-1, as lists of stolen passwords are, a thousand million lines long: it is searched where it lies, some thirty small reads.

use std::cmp::Ordering;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use daftar_core::password::common::PasswordDigests;
use daftar_core::ports::{Cause, PasswordList};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::error::Outage;

/// How long the disk may take.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);
/// Searches of one file at once; what a disk that hangs holds is no more threads than this.
const SEARCHES: usize = 4;
/// More than a line of hashes has: forty digits, a colon, and how often it was seen.
const LINE_MAX: usize = 72;
/// Lines by which it is seen whether a file is sorted.
const SAMPLES: u64 = 64;

/// Why a file is no list.
#[derive(Debug, thiserror::Error)]
pub enum PasswordListError {
    /// It cannot be read.
    #[error("it cannot be read")]
    Unreadable(#[from] io::Error),
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// Its first line is a hash, and others are none.
    #[error("it begins with a hash, but not every line does")]
    Mixed,
    /// Its hashes are not in their order.
    #[error("its hashes are not sorted: `sort` does that")]
    Unsorted,
}

/// A list in a file.
#[derive(Debug)]
pub struct FilePasswordList(Kind);

#[derive(Debug)]
enum Kind {
    /// The first eight bytes of each password's MD5, sorted.
    Passwords(Vec<u64>),
    Hashes(Arc<HashFile>, Arc<Semaphore>),
}

impl FilePasswordList {
    /// Opens the list, and reads it if it is one of passwords.
    ///
    /// # Errors
    /// [`PasswordListError`].
    pub fn open(path: &Path) -> Result<Self, PasswordListError> {
        let file = File::open(path)?;
        let mut first = Vec::with_capacity(LINE_MAX);
        BufReader::new(&file).take(LINE_MAX as u64).read_until(b'\n', &mut first)?;
        Ok(Self(match digits_of(&first) {
            None => Kind::Passwords(passwords(File::open(path)?)?),
            Some(digits) => {
                let hashes = HashFile { length: file.metadata()?.len(), file, digits };
                hashes.check()?;
                Kind::Hashes(Arc::new(hashes), Arc::new(Semaphore::new(SEARCHES)))
            }
        }))
    }
}

#[async_trait]
impl PasswordList for FilePasswordList {
    async fn has(&self, password: &PasswordDigests) -> Result<bool, Cause> {
        match &self.0 {
            Kind::Passwords(listed) => Ok(listed.binary_search(&beginning(&password.md5)).is_ok()),
            Kind::Hashes(hashes, searches) => {
                let wanted = match (hashes.digits, &password.sha1) {
                    (Digits::Md5, _) => hexadecimal(&password.md5),
                    (Digits::Sha1, Some(sha1)) => hexadecimal(sha1),
                    (Digits::Sha1, None) => return Ok(false),
                };
                let search = search(Arc::clone(hashes), Arc::clone(searches), wanted);
                timeout(ANSWERED_WITHIN, search).await.unwrap_or_else(|_| Err(Outage::TooSlow.into()))
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "no more than SEARCHES of them at once")]
async fn search(hashes: Arc<HashFile>, searches: Arc<Semaphore>, wanted: Vec<u8>) -> Result<bool, Cause> {
    let permit = searches.acquire_owned().await?;
    let found = tokio::task::spawn_blocking(move || {
        // Held by the thread, not by the caller, who may have gone.
        let _held = permit;
        hashes.has(&wanted)
    });
    Ok(found.await??)
}

/// Which hashes a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Digits {
    Md5,
    Sha1,
}

impl Digits {
    const fn count(self) -> usize {
        match self {
            Self::Md5 => 32,
            Self::Sha1 => 40,
        }
    }
}

/// What hash a line begins with, if it is a line of hashes.
fn digits_of(line: &[u8]) -> Option<Digits> {
    let count = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let ends = matches!(line.get(count), None | Some(b':' | b'\r' | b'\n'));
    [Digits::Md5, Digits::Sha1].into_iter().find(|digits| ends && digits.count() == count)
}

fn hexadecimal(bytes: &[u8]) -> Vec<u8> {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'A' + nibble - 10 };
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
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
            listed.push(beginning(&PasswordDigests::md5_of(password)));
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

/// A file of sorted hashes, one a line, whatever stands behind a colon.
#[derive(Debug)]
struct HashFile {
    file: File,
    length: u64,
    digits: Digits,
}

/// A line of it.
struct Line {
    start: u64,
    /// Where the next one starts.
    end: u64,
    /// Its hash, in upper case.
    hash: Vec<u8>,
}

impl HashFile {
    /// Whether one of the lines is of this hash.
    fn has(&self, wanted: &[u8]) -> io::Result<bool> {
        let (mut low, mut high) = (0, self.length);
        while low < high {
            let line = self.line_at(low + (high - low) / 2)?;
            match line.hash.as_slice().cmp(wanted) {
                Ordering::Equal => return Ok(true),
                Ordering::Less => low = line.end,
                Ordering::Greater => high = line.start,
            }
        }
        Ok(false)
    }

    /// Whether it looks sorted, all over.
    fn check(&self) -> Result<(), PasswordListError> {
        let mut before: Option<Line> = None;
        for sample in 0..=SAMPLES {
            let at = u128::from(self.length.saturating_sub(1)) * u128::from(sample) / u128::from(SAMPLES);
            let line = self.line_at(u64::try_from(at).unwrap_or(u64::MAX)).map_err(|error| match error.kind() {
                io::ErrorKind::InvalidData => PasswordListError::Mixed,
                _ => error.into(),
            })?;
            if before.is_some_and(|before| before.start != line.start && before.hash >= line.hash) {
                return Err(PasswordListError::Unsorted);
            }
            before = Some(line);
        }
        Ok(())
    }

    /// The line to which the byte at `position` belongs.
    fn line_at(&self, position: u64) -> io::Result<Line> {
        let from = position.saturating_sub(LINE_MAX as u64);
        let mut read = [0; 2 * LINE_MAX];
        let room = usize::try_from(self.length.saturating_sub(from)).unwrap_or(usize::MAX).min(read.len());
        let read = read.get_mut(..room).unwrap_or_default();
        self.file.read_exact_at(read, from)?;
        let (before, after) = read.split_at(usize::try_from(position - from).unwrap_or(0).min(room));
        let start = match before.iter().rposition(|byte| *byte == b'\n') {
            Some(newline) => from + newline as u64 + 1,
            None => from,
        };
        let end = match after.iter().position(|byte| *byte == b'\n') {
            Some(newline) => position + newline as u64 + 1,
            None => from + room as u64,
        };
        let line = read.get(usize::try_from(start - from).unwrap_or(room)..).unwrap_or_default();
        if digits_of(line) != Some(self.digits) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a line does not begin with a hash"));
        }
        let hash = line.get(..self.digits.count()).unwrap_or_default().to_ascii_uppercase();
        Ok(Line { start, end, hash })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use daftar_core::password::common::PasswordDigests;
    use tempfile::NamedTempFile;

    use super::*;

    fn file(text: &str) -> NamedTempFile {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    fn list(text: &str) -> Result<FilePasswordList, PasswordListError> {
        FilePasswordList::open(file(text).path())
    }

    /// A password that a client sent pre-hashed; its SHA-1 is made of it, as a stand-in.
    fn of(number: u32) -> PasswordDigests {
        let md5 = PasswordDigests::md5_of(number.to_string().as_bytes());
        let mut sha1 = [7; 20];
        sha1[..16].copy_from_slice(&md5);
        PasswordDigests { md5, sha1: Some(sha1) }
    }

    fn hashes(numbers: impl Iterator<Item = u32>, line: impl Fn(&PasswordDigests) -> String) -> String {
        let mut lines: Vec<_> = numbers.map(|number| line(&of(number))).collect();
        lines.sort();
        lines.concat()
    }

    fn hex(bytes: &[u8]) -> String {
        String::from_utf8(hexadecimal(bytes)).unwrap()
    }

    #[tokio::test]
    async fn passwords_are_found_as_they_are_written() {
        let list = list("123456\r\npässwörd\n\n1 2\nlast").unwrap();
        let has = async |text: &str| list.has(&PasswordDigests { md5: PasswordDigests::md5_of(text.as_bytes()), sha1: None }).await.unwrap();
        for listed in ["123456", "pässwörd", "1 2", "last"] {
            assert!(has(listed).await, "{listed}");
        }
        for other in ["", "123456\r", "Last", "12"] {
            assert!(!has(other).await, "{other}");
        }
    }

    #[tokio::test]
    async fn every_hash_is_found_and_no_other() {
        for (count, end) in [(1, "\n"), (2, "\r\n"), (1000, "\n")] {
            let even = || (0..count).map(|number| 2 * number);
            let md5 = list(&hashes(even(), |of| hex(&of.md5) + end)).unwrap();
            let seen = |of: &PasswordDigests| u64::from(of.md5[0]) * 40_000_000;
            let sha1 = list(&hashes(even(), |of| format!("{}:{}{end}", hex(&of.sha1.unwrap()).to_lowercase(), seen(of)))).unwrap();
            for number in 0..2 * count {
                for list in [&md5, &sha1] {
                    assert_eq!(list.has(&of(number)).await.unwrap(), number % 2 == 0, "{number} of {count}");
                }
                let pre_hashed = PasswordDigests { sha1: None, ..of(number) };
                assert_eq!(md5.has(&pre_hashed).await.unwrap(), number % 2 == 0, "{number} of {count}");
                assert!(!sha1.has(&pre_hashed).await.unwrap(), "its SHA-1 is not known");
            }
        }
    }

    #[tokio::test]
    async fn the_last_line_may_lack_its_end() {
        let text = hashes(0..10, |of| hex(&of.md5) + "\n");
        let list = list(text.trim_end()).unwrap();
        for number in 0..10 {
            assert!(list.has(&of(number)).await.unwrap());
        }
    }

    #[test]
    fn what_is_no_list_is_said_to_be_none() {
        assert!(matches!(FilePasswordList::open(Path::new("/nowhere/at/all")), Err(PasswordListError::Unreadable(_))));
        assert!(matches!(list(""), Err(PasswordListError::Empty)));
        assert!(matches!(list("\n\r\n"), Err(PasswordListError::Empty)));
        let sorted = hashes(0..200, |of| hex(&of.md5) + "\n");
        let turned: Vec<&str> = sorted.lines().rev().collect();
        assert!(matches!(list(&turned.join("\n")), Err(PasswordListError::Unsorted)));
        assert!(matches!(list(&format!("{sorted}{}", "a password\n".repeat(400))), Err(PasswordListError::Mixed)));
        assert!(matches!(list(&format!("{sorted}{}\n", "F".repeat(400))), Err(PasswordListError::Mixed)));
    }
}
