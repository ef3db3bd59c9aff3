//! Reading a row: every column comes out as the type that it must be, or as an error that names table, column and row.

use std::cell::Cell;
use std::fmt::Write as _;

use daftar_core::identifier::mask;
use daftar_core::ports::{StoreError, Timestamp};
use daftar_core::secret::Mac;
use uuid::Uuid;

use crate::value::Value;

/// A row of an answer. Its first column is the key by which an error names it.
pub(crate) struct Row<'r> {
    engine: Engine<'r>,
    /// The place after the column that was read last: columns are mostly read in the order in which they were asked for.
    next: Cell<usize>,
}

enum Engine<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

/// The columns of a row that come from one table.
#[derive(Clone, Copy)]
pub(crate) struct Columns<'r> {
    row: &'r Row<'r>,
    table: &'static str,
}

impl<'r> Row<'r> {
    pub(crate) const fn sqlite(row: &'r rusqlite::Row<'r>) -> Self {
        Self { engine: Engine::Sqlite(row), next: Cell::new(0) }
    }

    pub(crate) const fn postgres(row: &'r tokio_postgres::Row) -> Self {
        Self { engine: Engine::Postgres(row), next: Cell::new(0) }
    }

    /// The columns of `table`.
    pub(crate) const fn of(&'r self, table: &'static str) -> Columns<'r> {
        Columns { row: self, table }
    }

    /// A column; `None` when it is not there or of a type that no table has.
    fn value(&self, column: &str) -> Option<Value<'_>> {
        self.nth(self.place(column)?)
    }

    /// Where a column is.
    fn place(&self, column: &str) -> Option<usize> {
        let next = self.next.get();
        let (count, is_at): (usize, &dyn Fn(usize) -> bool) = match self.engine {
            Engine::Sqlite(row) => (row.as_ref().column_count(), &|place| row.as_ref().column_name(place).is_ok_and(|name| name == column)),
            Engine::Postgres(row) => (row.len(), &|place| row.columns().get(place).is_some_and(|known| known.name() == column)),
        };
        let place = (next..count).chain(0..next.min(count)).find(|place| is_at(*place))?;
        self.next.set(place + 1);
        Some(place)
    }

    /// A column by its place, from 0; `None` as for [`Row::value`].
    pub(crate) fn nth(&self, place: usize) -> Option<Value<'_>> {
        match self.engine {
            Engine::Sqlite(row) => row.get_ref(place).ok().and_then(Value::from_sqlite),
            Engine::Postgres(row) => row.try_get(place).ok(),
        }
    }

    /// Names the row without giving away whose it is.
    fn key(&self) -> String {
        match self.nth(0) {
            Some(Value::Int(number)) => number.to_string(),
            Some(Value::Text(text)) => mask(text),
            Some(Value::Bytes(bytes)) => Uuid::from_slice(bytes).map_or_else(|_| hex(bytes), |id| id.to_string()),
            Some(Value::Null) | None => "unknown".to_owned(),
        }
    }
}

impl<'r> Columns<'r> {
    /// A number that may be missing.
    pub(crate) fn opt_int(self, column: &'static str) -> Result<Option<i64>, StoreError> {
        match self.row.value(column) {
            Some(Value::Null) => Ok(None),
            Some(Value::Int(number)) => Ok(Some(number)),
            Some(Value::Text(_) | Value::Bytes(_)) | None => Err(self.corrupt(column)),
        }
    }

    /// A number of the type that it must fit.
    pub(crate) fn number<T: TryFrom<i64>>(self, column: &'static str) -> Result<T, StoreError> {
        let number = self.opt_int(column)?.and_then(|number| T::try_from(number).ok());
        number.ok_or_else(|| self.corrupt(column))
    }

    /// A time that may be missing.
    pub(crate) fn opt_time(self, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
        self.opt_int(column)?.map(|ms| Timestamp::from_millisecond(ms).map_err(|_| self.corrupt(column))).transpose()
    }

    /// A time.
    pub(crate) fn time(self, column: &'static str) -> Result<Timestamp, StoreError> {
        self.opt_time(column)?.ok_or_else(|| self.corrupt(column))
    }

    /// A text that may be missing.
    pub(crate) fn opt_text(self, column: &'static str) -> Result<Option<&'r str>, StoreError> {
        match self.row.value(column) {
            Some(Value::Null) => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::Int(_) | Value::Bytes(_)) | None => Err(self.corrupt(column)),
        }
    }

    /// A text.
    pub(crate) fn text(self, column: &'static str) -> Result<&'r str, StoreError> {
        self.opt_text(column)?.ok_or_else(|| self.corrupt(column))
    }

    /// A text that stands for a value, and may be missing.
    pub(crate) fn opt_named<T>(self, column: &'static str, of: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, StoreError> {
        self.opt_text(column)?.map(|text| of(text).ok_or_else(|| self.corrupt(column))).transpose()
    }

    /// A text that stands for a value.
    pub(crate) fn named<T>(self, column: &'static str, of: impl FnOnce(&str) -> Option<T>) -> Result<T, StoreError> {
        self.opt_named(column, of)?.ok_or_else(|| self.corrupt(column))
    }

    /// Bytes that may be missing.
    pub(crate) fn opt_bytes(self, column: &'static str) -> Result<Option<&'r [u8]>, StoreError> {
        match self.row.value(column) {
            Some(Value::Null) => Ok(None),
            Some(Value::Bytes(bytes)) => Ok(Some(bytes)),
            Some(Value::Int(_) | Value::Text(_)) | None => Err(self.corrupt(column)),
        }
    }

    /// Bytes.
    pub(crate) fn bytes(self, column: &'static str) -> Result<&'r [u8], StoreError> {
        self.opt_bytes(column)?.ok_or_else(|| self.corrupt(column))
    }

    /// An id.
    pub(crate) fn id(self, column: &'static str) -> Result<Uuid, StoreError> {
        Uuid::from_slice(self.bytes(column)?).map_err(|_| self.corrupt(column))
    }

    /// A MAC that may be missing.
    pub(crate) fn opt_mac(self, column: &'static str) -> Result<Option<Mac>, StoreError> {
        self.opt_bytes(column)?.map(|bytes| bytes.try_into().map(Mac).map_err(|_| self.corrupt(column))).transpose()
    }

    /// A MAC.
    pub(crate) fn mac(self, column: &'static str) -> Result<Mac, StoreError> {
        self.opt_mac(column)?.ok_or_else(|| self.corrupt(column))
    }

    /// The column is not what it must be.
    pub(crate) fn corrupt(self, column: &'static str) -> StoreError {
        StoreError::Corrupt { table: self.table, column, row: self.row.key() }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
