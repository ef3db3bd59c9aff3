//! Pictures. What is taken comes out as two JPEG files of our own making, no larger than we make them; what is not, at once and without much memory.
#![no_main]

use std::sync::LazyLock;

use daftar_core::ports::{PictureError, Pictures as _};
use daftar_store::pictures::FilePictures;
use daftar_testkit::pictures::jpeg_size;
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;
use tokio::runtime::Runtime;

static BENCH: LazyLock<(Runtime, TempDir, FilePictures)> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let dir = TempDir::new().expect("a directory");
    let pictures = FilePictures::new(dir.path()).expect("threads");
    (runtime, dir, pictures)
});

fuzz_target!(|upload: &[u8]| {
    let (runtime, _, pictures) = &*BENCH;
    let prepared = match runtime.block_on(pictures.prepare(upload.to_vec().into())) {
        Ok(prepared) => prepared,
        Err(PictureError::Unreadable) => return,
        Err(error) => panic!("{error}"),
    };
    let (width, height) = jpeg_size(&prepared.image);
    assert!(width.min(height) >= 1 && width.max(height) <= 1024, "{width} × {height}");
    let (width, height) = jpeg_size(&prepared.thumbnail);
    assert!(width.min(height) >= 1 && width.max(height) <= 256, "{width} × {height}");
    let again = runtime.block_on(pictures.prepare(prepared.image)).expect("what we make we take");
    assert!(jpeg_size(&again.thumbnail) == (width, height), "and make the same of it");
});
