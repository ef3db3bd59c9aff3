//! A file of sorted hashes, as it is searched where it lies.

use std::cmp::Ordering;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use daftar_core::password::common::PasswordDigests;
use zeroize::Zeroizing;

use super::PasswordListError;
use crate::row::hex;

/// More than a line of hashes has: forty digits, a colon, and how often it was seen.
const LINE_MAX: usize = 72;
/// Lines by which it is seen whether a file is sorted.
const SAMPLES: u64 = 64;

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

/// A file of sorted hashes, one a line, whatever stands behind a colon.
#[derive(Debug)]
pub(super) struct HashFile {
    file: File,
    length: u64,
    digits: Digits,
}

/// A line of it.
struct Line {
    start: u64,
    /// Where the next one starts.
    end: u64,
    /// Its hash, in lower case.
    hash: Vec<u8>,
}

impl HashFile {
    /// Opens a file, and looks whether it is one of sorted hashes; `None`: one of passwords.
    pub(super) fn open(path: &Path) -> Result<Option<Self>, PasswordListError> {
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

    /// Which hashes it has.
    pub(super) const fn name(&self) -> &'static str {
        self.digits.name()
    }

    /// How many there are, if nothing stands behind them.
    pub(super) const fn most(&self) -> u64 {
        (self.length + 1) / (self.digits.count() as u64 + 1)
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
    pub(super) fn has(&self, password: &PasswordDigests) -> io::Result<bool> {
        match (self.digits, &password.sha1) {
            (Digits::Md5, _) => self.has_hash(&Zeroizing::new(hex(&password.md5))),
            (Digits::Sha1, Some(sha1)) => self.has_hash(&Zeroizing::new(hex(sha1))),
            (Digits::Sha1, None) => Ok(false),
        }
    }

    /// Whether one of the lines is of this hash.
    fn has_hash(&self, wanted: &str) -> io::Result<bool> {
        let (mut low, mut high) = (0, self.length);
        while low < high {
            let line = self.line_at(low + (high - low) / 2)?;
            match line.hash.as_slice().cmp(wanted.as_bytes()) {
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
        let hash = line.get(..self.digits.count()).unwrap_or_default().to_ascii_lowercase();
        Ok(Line { start, end, hash })
    }
}
