//! Why a copy was not made. No text here holds a value of a row.

use daftar_core::ports::StoreError;

use super::End;
use crate::error::OpenError;

/// Why an installation was not copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// One of the two databases could not be opened.
    #[error("the {0} of the copy cannot be used")]
    Open(End, #[source] OpenError),
    /// Source and target are one file.
    #[error("source and target are the same file")]
    Same,
    /// There is nothing to copy.
    #[error("the source holds no installation: no program has served from it yet")]
    Nothing,
    /// Somebody else writes to the source.
    #[error("the source cannot be held still: stop the server and any other copy that works on it")]
    Busy(#[source] StoreError),
    /// The target has a use already; it was not touched.
    #[error("the target already holds an installation: `{0}` is not empty; copy into an empty database")]
    Occupied(&'static str),
    /// The target is the unfinished copy of something else; it was not touched.
    #[error("the target holds an unfinished copy of another installation: finish that one, or empty the target and start again")]
    OfAnother,
    /// The mark was taken away while the copy was at work.
    #[error("the target does not carry the mark of this copy any more: another program has finished or emptied it meanwhile")]
    Unmarked,
    /// A table could not be read or written.
    #[error("the {end} of the copy failed at `{table}`: what was copied stays, and the same command goes on from there")]
    Failed {
        /// The table.
        table: &'static str,
        /// Where.
        end: End,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// The two are not the same in the end.
    #[error(
        "`{table}` is not the same in the source ({source_rows} rows) and in the target ({target_rows} rows): one of them was written to between \
         two runs or during one; empty the target and start again, with no server on either"
    )]
    Different {
        /// The table.
        table: &'static str,
        /// Rows in the source.
        source_rows: u64,
        /// Rows in the target.
        target_rows: u64,
    },
}
