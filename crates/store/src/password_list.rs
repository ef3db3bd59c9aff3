//! Lists of passwords that nobody may choose, in files: the adapter of [`daftar_core::ports::PasswordList`].
//!
//! Two kinds of file are told apart by their first line. One password a line, as lists of the most common ones are: it is read into memory, eight bytes each.
//! Or sorted hashes, MD5 or SHA-1, as lists of stolen passwords are, a thousand million lines long: it is searched where it lies, some thirty small reads.

use std::cmp::Ordering;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use daftar_core::password::common::PasswordDigests;
use daftar_core::ports::{PasswordList, StoreError};
use tokio::sync::oneshot;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// How long the disk may take.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);
/// Searches of one file at once, and how many may wait for them.
const SEARCHES: usize = 4;
const QUEUE: usize = 64;
/// More than a line of hashes has: forty digits, a colon, and how often it was seen.
const LINE_MAX: usize = 72;
/// Lines by which it is seen whether a file is sorted.
const SAMPLES: u64 = 64;
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
            Kind::Hashes(hashes, _) => ListSummary {
                of: hashes.digits.name(),
                count: (hashes.length + 1) / (hashes.digits.count() as u64 + 1),
                looks_foreign: !hashes.has(&PasswordDigests::of_text(COMMONEST))?,
            },
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

/// Which hashes a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Digits {
    Md5,
    Sha1,
}

impl Digits {
    const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5 hashes",
            Self::Sha1 => "SHA-1 hashes",
        }
    }

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
    /// Opens a file, and looks whether it is one of sorted hashes; `None`: one of passwords.
    fn open(path: &Path) -> Result<Option<Self>, PasswordListError> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(PasswordListError::NoFile);
        }
        let mut first = Vec::with_capacity(LINE_MAX);
        BufReader::new(&file).take(LINE_MAX as u64).read_until(b'\n', &mut first)?;
        let Some(digits) = digits_of(&first) else {
            // What is nearly a list of hashes, and was taken for one of passwords, would refuse nothing.
            let is_nearly = first.iter().take_while(|byte| byte.is_ascii_hexdigit()).count() >= Digits::Md5.count();
            let is_marked = first.starts_with(b"\xEF\xBB\xBF") || first.contains(&0) || first.starts_with(b"\xFF\xFE");
            return if is_nearly || is_marked { Err(PasswordListError::Strange) } else { Ok(None) };
        };
        let mut hashes = Self { length: metadata.len(), file, digits };
        hashes.leave_out_the_end()?;
        hashes.check()?;
        Ok(Some(hashes))
    }

    /// Empty lines at the end are none.
    fn leave_out_the_end(&mut self) -> io::Result<()> {
        let mut last = [0; 1];
        while self.length > 0 {
            self.file.read_exact_at(&mut last, self.length - 1)?;
            if !matches!(last, [b'\n' | b'\r']) {
                break;
            }
            self.length -= 1;
        }
        Ok(())
    }

    /// Whether it has the password, as far as can be said of what came pre-hashed.
    fn has(&self, password: &PasswordDigests) -> io::Result<bool> {
        match (self.digits, &password.sha1) {
            (Digits::Md5, _) => self.has_hash(&Zeroizing::new(hexadecimal(&password.md5))),
            (Digits::Sha1, Some(sha1)) => self.has_hash(&Zeroizing::new(hexadecimal(sha1))),
            (Digits::Sha1, None) => Ok(false),
        }
    }

    /// Whether one of the lines is of this hash.
    fn has_hash(&self, wanted: &[u8]) -> io::Result<bool> {
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
            let at = u64::try_from(at).unwrap_or(u64::MAX);
            let line = self.line_at(at).map_err(|error| match error.kind() {
                io::ErrorKind::InvalidData => PasswordListError::Mixed(at),
                _ => error.into(),
            })?;
            if before.is_some_and(|before| before.hash > line.hash) {
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
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("the line at byte {start} does not begin with a hash")));
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

    fn of(number: u32) -> PasswordDigests {
        PasswordDigests::of_text(number.to_string().as_bytes())
    }

    fn pre_hashed(number: u32) -> PasswordDigests {
        PasswordDigests { md5: of(number).md5, sha1: None }
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
        let has = async |text: &str| list.has(&PasswordDigests::of_text(text.as_bytes())).await.unwrap();
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
                let pre_hashed = pre_hashed(number);
                assert_eq!(md5.has(&pre_hashed).await.unwrap(), number % 2 == 0, "{number} of {count}");
                assert!(!sha1.has(&pre_hashed).await.unwrap(), "its SHA-1 is not known");
            }
        }
    }

    #[tokio::test]
    async fn the_last_line_may_lack_its_end_or_have_empty_ones_behind_it_and_any_may_be_there_twice() {
        let text = hashes(0..10, |of| hex(&of.md5) + "\n");
        for end in ["", "\n", "\n\n\r\n"] {
            let list = list(&format!("{}{end}", text.trim_end())).unwrap();
            for number in 0..10 {
                assert!(list.has(&of(number)).await.unwrap());
            }
        }
        let list = list(&hashes((0..10).chain(0..10), |of| hex(&of.md5) + "\n")).unwrap();
        assert!(list.has(&of(3)).await.unwrap() && !list.has(&of(10)).await.unwrap());
    }

    #[test]
    fn operators_are_told_what_a_list_is() {
        let summary = |text: &str| list(text).unwrap().summary().unwrap();
        assert_eq!(summary("123456\nqwerty\n"), ListSummary { of: "passwords", count: 2, looks_foreign: false });
        let numbers = || (123_400..123_500).chain([7]);
        let md5 = summary(&hashes(numbers(), |of| hex(&of.md5) + "\n"));
        assert_eq!(md5, ListSummary { of: "MD5 hashes", count: 101, looks_foreign: false });
        // Thirty-two digits, but of another hash.
        let others = summary(&hashes(numbers(), |of| hex(&of.sha1.unwrap()[..16]) + "\n"));
        assert_eq!(others, ListSummary { looks_foreign: true, ..md5 });
    }

    #[test]
    fn what_is_no_list_is_said_to_be_none() {
        assert!(matches!(FilePasswordList::open(Path::new("/nowhere/at/all")), Err(PasswordListError::Unreadable(_))));
        assert!(matches!(FilePasswordList::open(Path::new("/dev/zero")), Err(PasswordListError::NoFile)));
        assert!(matches!(list(""), Err(PasswordListError::Empty)));
        assert!(matches!(list("\n\r\n"), Err(PasswordListError::Empty)));
        let sorted = hashes(0..200, |of| hex(&of.md5) + "\n");
        let turned: Vec<&str> = sorted.lines().rev().collect();
        assert!(matches!(list(&turned.join("\n")), Err(PasswordListError::Unsorted)));
        assert!(matches!(list(&format!("{sorted}{}", "a password\n".repeat(400))), Err(PasswordListError::Mixed(_))));
        assert!(matches!(list(&format!("{sorted}{}\n", "F".repeat(400))), Err(PasswordListError::Mixed(_))));
        // What would pass for passwords, and refuse nothing.
        for mark in ["\u{feff}", "\0"] {
            assert!(matches!(list(&format!("{mark}{sorted}")), Err(PasswordListError::Strange)), "{mark:?}");
        }
        for line in [hex(&of(1).md5) + " 17", hex(&of(1).md5) + "  password.txt", hex(&of(1).sha1.unwrap()) + "\t3", "ab".repeat(32)] {
            assert!(matches!(list(&(line.clone() + "\n")), Err(PasswordListError::Strange)), "{line}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_searched_is_named() {
        let file = file(&hashes(0..1000, |of| hex(&of.md5) + "\n"));
        let list = FilePasswordList::open(file.path()).unwrap();
        file.as_file().set_len(10).unwrap();
        let Err(StoreError::Failed(cause)) = list.has(&of(1)).await else { panic!("it cannot be read") };
        assert!(cause.to_string().contains(&file.path().display().to_string()), "{cause}");
    }
}
