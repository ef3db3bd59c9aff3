//! The rows of a file, one after the other, as names and values: lines of JSON, or a table with a header. No row is held longer than it takes to read
//! it, and none may be so long that it would not fit.

use std::cell::Cell;
use std::io::{self, BufRead as _, BufReader, Read};
use std::rc::Rc;

use daftar_core::moving::row::FIELDS;
use serde_json::{Map, Value};

/// Longest row, in bytes.
const ROW_MAX: u64 = 256 * 1024;

/// One row.
pub struct Line {
    /// Where it begins, from 1.
    pub number: u64,
    /// What is in it, or why that cannot be told. The reason holds nothing of the row.
    pub fields: Result<Map<String, Value>, &'static str>,
}

/// Why a file cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// It cannot be read at all.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is not what CSV is.
    #[error("the table cannot be read")]
    Csv(#[from] csv::Error),
    /// Its header names what no account has.
    #[error("the first line names a column {0:?}, and there is no such field")]
    Column(String),
    /// Its header names nothing.
    #[error("the first line names no columns")]
    NoHeader,
}

/// The rows of a file.
pub struct Rows(Input);

enum Input {
    /// Lines of JSON.
    Json {
        /// The file.
        input: Box<BufReader<Box<dyn Read>>>,
        /// Lines read so far.
        lines: u64,
        /// Bytes read so far.
        bytes: u64,
    },
    /// A table.
    Csv {
        /// The file.
        input: Box<csv::Reader<Bounded>>,
        /// The columns' names.
        header: Vec<String>,
        /// What may still be read for this row.
        left: Rc<Cell<u64>>,
    },
}

impl Rows {
    /// Lines of JSON.
    #[must_use]
    pub fn json(input: Box<dyn Read>) -> Self {
        Self(Input::Json { input: Box::new(BufReader::with_capacity(64 * 1024, input)), lines: 0, bytes: 0 })
    }

    /// A table, whose header is read and checked.
    ///
    /// # Errors
    /// [`RowsError`].
    pub fn csv(input: Box<dyn Read>) -> Result<Self, RowsError> {
        let left = Rc::new(Cell::new(ROW_MAX));
        let bounded = Bounded { input, left: Rc::clone(&left) };
        // By default a line feed behind a carriage return belongs to the row after it, and no row begins where it does.
        let mut builder = csv::ReaderBuilder::new();
        let mut input = Box::new(builder.trim(csv::Trim::Headers).terminator(csv::Terminator::Any(b'\n')).from_reader(bounded));
        let header: Vec<_> = input.headers()?.iter().map(|name| name.trim_start_matches('\u{feff}').to_owned()).collect();
        match header.iter().find(|name| !FIELDS.contains(&name.as_str())) {
            _ if header.is_empty() => Err(RowsError::NoHeader),
            Some(name) => Err(RowsError::Column(name.chars().take(40).collect())),
            None => Ok(Self(Input::Csv { input, header, left })),
        }
    }

    /// The next row; `None`: that was the last.
    ///
    /// # Errors
    /// [`RowsError`].
    pub fn read(&mut self) -> Result<Option<Line>, RowsError> {
        match &mut self.0 {
            Input::Json { input, lines, bytes } => next_line(input, lines, bytes),
            Input::Csv { input, header, left } => loop {
                left.set(ROW_MAX);
                let mut record = csv::ByteRecord::new();
                let is_there = match input.read_byte_record(&mut record) {
                    Ok(is_there) => is_there,
                    Err(error) if matches!(error.kind(), csv::ErrorKind::UnequalLengths { .. }) => true,
                    Err(error) => return Err(error.into()),
                };
                let number = record.position().map_or(0, csv::Position::line);
                if !is_there {
                    return Ok(None);
                }
                if record.as_slice() != b"\r" {
                    return Ok(Some(Line { number, fields: fields_of(header, &record) }));
                }
            },
        }
    }

    /// How far the file is read, in bytes.
    #[must_use]
    pub fn position(&self) -> u64 {
        match &self.0 {
            Input::Json { bytes, .. } => *bytes,
            Input::Csv { input, .. } => input.position().byte(),
        }
    }
}

fn next_line(input: &mut BufReader<Box<dyn Read>>, lines: &mut u64, bytes: &mut u64) -> Result<Option<Line>, RowsError> {
    loop {
        let mut line = Vec::new();
        let read = input.by_ref().take(ROW_MAX).read_until(b'\n', &mut line)? as u64;
        if read == 0 {
            return Ok(None);
        }
        *lines += 1;
        *bytes += read;
        let is_cut = read == ROW_MAX && line.last() != Some(&b'\n');
        if is_cut {
            *bytes += input.skip_until(b'\n')? as u64;
        }
        let text = line.strip_prefix("\u{feff}".as_bytes()).filter(|_| *lines == 1).unwrap_or(&line).trim_ascii();
        if text.is_empty() {
            continue;
        }
        let fields = match serde_json::from_slice(text) {
            _ if is_cut => Err("the row is longer than 256 KiB"),
            Ok(Value::Object(fields)) => Ok(fields),
            Ok(_) | Err(_) => Err("the line is not a JSON object"),
        };
        return Ok(Some(Line { number: *lines, fields }));
    }
}

fn fields_of(header: &[String], record: &csv::ByteRecord) -> Result<Map<String, Value>, &'static str> {
    if record.len() != header.len() {
        return Err("the row has not as many values as the header has columns");
    }
    let last = header.len().saturating_sub(1);
    let value = |(place, (name, value)): (usize, (&String, &[u8]))| {
        let text = std::str::from_utf8(value).ok()?;
        let text = if place == last { text.strip_suffix('\r').unwrap_or(text) } else { text };
        Some((name.clone(), Value::String(text.to_owned())))
    };
    header.iter().zip(record).enumerate().map(value).collect::<Option<_>>().ok_or("the row is not UTF-8")
}

/// A file of which so much may be read for one row: a quotation mark that is never closed would make a row of all that follows.
struct Bounded {
    input: Box<dyn Read>,
    left: Rc<Cell<u64>>,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left.get() == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a row is longer than 256 KiB; is a quotation mark not closed?"));
        }
        let read = self.input.read(buffer)?;
        self.left.set(self.left.get().saturating_sub(read as u64));
        Ok(read)
    }
}
