//! Where pictures lie: two files each, under names of ours, in a directory that only this service reads. It goes through `object_store`, so that a
//! bucket can take the directory's place when there is more than one machine.

use std::path::Path as FilePath;

use bytes::Bytes;
use daftar_core::person::PictureId;
use daftar_core::ports::{PictureError, PictureSize, PreparedPicture};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt as _, PutPayload};

/// A place for pictures.
#[derive(Debug)]
pub(super) struct Files {
    store: Box<dyn ObjectStore>,
}

impl Files {
    /// Opens the place in `dir`, which is made if it is not there, for this user alone.
    ///
    /// # Errors
    /// [`PictureError::Store`].
    pub(super) fn open(dir: &FilePath) -> Result<Self, PictureError> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(dir).map_err(|error| PictureError::Store(error.into()))?;
        // A picture is on the disk before the profile names it: an answer is a promise.
        let store = LocalFileSystem::new_with_prefix(dir).map_err(failed)?.with_fsync(true);
        Ok(Self { store: Box::new(store) })
    }

    /// Keeps both sizes.
    ///
    /// # Errors
    /// [`PictureError::Store`]; then neither is kept, as far as that can still be brought about.
    pub(super) async fn keep(&self, id: &PictureId, picture: PreparedPicture) -> Result<(), PictureError> {
        for (size, bytes) in [(PictureSize::Thumbnail, picture.thumbnail), (PictureSize::Full, picture.image)] {
            if let Err(error) = self.store.put(&place(id, size), PutPayload::from_bytes(bytes)).await {
                drop(self.forget(id).await);
                return Err(failed(error));
            }
        }
        Ok(())
    }

    /// Reads one size.
    ///
    /// # Errors
    /// [`PictureError::Store`].
    pub(super) async fn read(&self, id: &PictureId, size: PictureSize) -> Result<Option<Bytes>, PictureError> {
        match self.store.get(&place(id, size)).await {
            Ok(found) => found.bytes().await.map(Some).map_err(failed),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// Deletes both sizes; what is not there is no error.
    ///
    /// # Errors
    /// [`PictureError::Store`].
    pub(super) async fn forget(&self, id: &PictureId) -> Result<(), PictureError> {
        for size in [PictureSize::Full, PictureSize::Thumbnail] {
            match self.store.delete(&place(id, size)).await {
                Ok(()) | Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(())
    }
}

/// The name under which a size is kept. The id was drawn by us and holds nothing that could be a path (row 47); its first two characters spread
/// millions of files over a few thousand directories.
fn place(id: &PictureId, size: PictureSize) -> Path {
    let shelf: String = id.as_str().chars().take(2).collect();
    let name = match size {
        PictureSize::Full => format!("{}.jpg", id.as_str()),
        PictureSize::Thumbnail => format!("{}.thumb.jpg", id.as_str()),
    };
    Path::from_iter([shelf, name])
}

fn failed(error: Error) -> PictureError {
    PictureError::Store(error.into())
}
