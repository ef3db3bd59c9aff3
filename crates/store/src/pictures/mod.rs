//! Pictures on the local file system: the adapter of [`daftar_core::ports::Pictures`].
//!
//! An upload is worth nothing until it was decoded and written anew (`codec`); only what came out of that is kept (`files`). Decoding costs
//! processor and memory, so it has threads of its own (`bench`), few of them, with a short queue: beyond it a caller hears at once
//! that there is too much to do.

mod bench;
mod codec;
mod files;

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use daftar_core::person::PictureId;
use daftar_core::ports::{PictureError, PictureSize, Pictures, PreparedPicture};
use tokio::time::timeout;

use self::bench::Bench;
use self::files::Files;
use crate::error::Outage;

/// How long the disk may take.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);

/// Pictures prepared on this machine and kept in a directory of it.
#[derive(Debug)]
pub struct FilePictures {
    bench: Bench,
    files: Files,
}

impl FilePictures {
    /// Keeps pictures under `dir`, which is made if it is not there, and starts the threads that prepare them; they end with this value.
    ///
    /// # Errors
    /// [`PictureError::Store`] when the directory cannot be made or a thread cannot be started.
    pub fn new(dir: &Path) -> Result<Self, PictureError> {
        Ok(Self { bench: Bench::start(codec::prepare)?, files: Files::open(dir)? })
    }
}

#[async_trait]
impl Pictures for FilePictures {
    async fn prepare(&self, upload: Bytes) -> Result<PreparedPicture, PictureError> {
        self.bench.prepare(upload).await
    }

    async fn keep(&self, id: &PictureId, picture: PreparedPicture) -> Result<(), PictureError> {
        in_time(self.files.keep(id, picture)).await
    }

    async fn read(&self, id: &PictureId, size: PictureSize) -> Result<Option<Bytes>, PictureError> {
        in_time(self.files.read(id, size)).await
    }

    async fn forget(&self, id: &PictureId) -> Result<(), PictureError> {
        in_time(self.files.forget(id)).await
    }
}

/// The outcome of something that the disk is asked for, unless it takes too long: what it does then is waste, but keeps nobody.
async fn in_time<T>(asked: impl Future<Output = Result<T, PictureError>>) -> Result<T, PictureError> {
    timeout(ANSWERED_WITHIN, asked).await.unwrap_or_else(|_| Err(PictureError::Store(Outage::TooSlow.into())))
}

#[cfg(test)]
mod tests;
