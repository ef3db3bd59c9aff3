//! Keys in files: the master key, made at the first start and kept in the data directory (threat row 54: it is never in the database), and keys
//! that sign tokens, where an operator keeps them in files.
//!
//! A key file appears whole or not at all, and once made is never replaced: it is written under a temporary name and linked to its own,
//! which fails when another process was quicker; then that one's key is used.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use daftar_core::ports::Entropy;
use daftar_core::secret::{MASTER_KEY_LEN, RandomSecret};
use daftar_core::token::{KeyError, SigningKey};

use crate::config::master_key_of;

/// The master key's file in the data directory.
pub(crate) const MASTER_FILE: &str = "master.key";
/// Where the data directory held the key pair that signs tokens before the store did.
const EARLIER_SIGNING_FILE: &str = "token-signing.pem";

/// Why a key cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyFileError {
    /// The file or its directory cannot be read or made.
    #[error("{} cannot be read or made", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file holds no master key.
    #[error("{} holds no master key: 32 bytes as 64 hexadecimal digits or as base64", .0.display())]
    NotAMasterKey(PathBuf),
    /// The file holds no signing key.
    #[error("{} holds no ES256 key (PKCS #8 PEM)", path.display())]
    NotASigningKey {
        /// The file.
        path: PathBuf,
        /// Why.
        source: KeyError,
    },
}

/// The master key and where it came from.
pub(crate) struct MasterKey {
    /// The key.
    pub(crate) bytes: [u8; MASTER_KEY_LEN],
    /// The file, if this process has just made it.
    made: Option<PathBuf>,
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

impl MasterKey {
    /// A key from the configuration.
    pub(crate) const fn configured(bytes: [u8; MASTER_KEY_LEN]) -> Self {
        Self { bytes, made: None }
    }

    /// The key in `dir`, made if there is none.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub(crate) fn in_dir(dir: &Path, entropy: &dyn Entropy) -> Result<Self, KeyFileError> {
        let path = dir.join(MASTER_FILE);
        let draw = || {
            let mut bytes = [0; MASTER_KEY_LEN];
            entropy.fill(&mut bytes);
            hex(&bytes)
        };
        let (text, made) = read_or_make(&path, draw, entropy)?;
        let bytes = master_key_of(&text).ok_or_else(|| KeyFileError::NotAMasterKey(path.clone()))?;
        Ok(Self { bytes, made: made.then_some(path) })
    }

    /// The key in `dir`, if there is one: nothing is made.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub(crate) fn there(dir: &Path) -> Result<Option<Self>, KeyFileError> {
        let path = dir.join(MASTER_FILE);
        match read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(KeyFileError::Io { path, source }),
            Ok(text) => master_key_of(&text).map(|bytes| Some(Self::configured(bytes))).ok_or(KeyFileError::NotAMasterKey(path)),
        }
    }

    /// The database was made under another key. One that this process has just made is removed again, so that nobody takes it for the lost one.
    pub(crate) fn reject(self) {
        if let Some(path) = self.made
            && let Err(error) = fs::remove_file(&path)
        {
            tracing::warn!(%error, file = %path.display(), "a useless new master key could not be removed");
        }
    }
}

/// The token-signing key in `file`.
///
/// # Errors
/// [`KeyFileError`].
pub(crate) fn signing_key(file: &Path) -> Result<SigningKey, KeyFileError> {
    let pem = read(file).map_err(|source| KeyFileError::Io { path: file.to_owned(), source })?;
    SigningKey::es256(&pem).map_err(|source| KeyFileError::NotASigningKey { path: file.to_owned(), source })
}

/// The text of the token-signing key that an earlier release kept in `dir`, if there is one. The file stays where it is.
///
/// # Errors
/// [`KeyFileError`].
pub(crate) fn earlier_signing_key(dir: &Path) -> Result<Option<String>, KeyFileError> {
    let path = dir.join(EARLIER_SIGNING_FILE);
    match read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(KeyFileError::Io { path, source }),
        Ok(pem) => match SigningKey::es256(&pem) {
            Ok(_) => Ok(Some(pem)),
            Err(source) => Err(KeyFileError::NotASigningKey { path, source }),
        },
    }
}

/// Makes `dir` for its owner alone, if it is not there.
///
/// # Errors
/// [`KeyFileError::Io`].
pub(crate) fn private_dir(dir: &Path) -> Result<(), KeyFileError> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|source| KeyFileError::Io { path: dir.to_owned(), source })
}

/// Puts `text` into `file`, for its owner alone, whole or not at all; whatever was there is replaced.
///
/// # Errors
/// [`KeyFileError::Io`].
pub(crate) fn replace(file: &Path, text: &str, entropy: &dyn Entropy) -> Result<(), KeyFileError> {
    let put = |temporary: &Path| fs::rename(temporary, file);
    by_way_of_a_temporary_file(file, text, entropy, put).map_err(|source| KeyFileError::Io { path: file.to_owned(), source })
}

/// The text of the file at `path`, which is made of `draw` if it is not there; and whether it was made here.
fn read_or_make(path: &Path, draw: impl FnOnce() -> String, entropy: &dyn Entropy) -> Result<(String, bool), KeyFileError> {
    let failed = |source| KeyFileError::Io { path: path.to_owned(), source };
    match read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        read => return read.map(|text| (text, false)).map_err(failed),
    }
    let text = draw();
    match by_way_of_a_temporary_file(path, &text, entropy, |temporary| fs::hard_link(temporary, path)) {
        Ok(()) => Ok((text, true)),
        // Another process was quicker between our look and our link: its key is the installation's.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(path).map(|text| (text, false)).map_err(failed),
        Err(error) => Err(failed(error)),
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    if file.metadata()?.mode() & 0o077 != 0 {
        tracing::warn!(file = %path.display(), "this key can be read by others than its owner: chmod 600 it");
    }
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(text)
}

/// Writes `text` beside `path`, makes it durable, and lets `put` bring it to its place.
fn by_way_of_a_temporary_file(path: &Path, text: &str, entropy: &dyn Entropy, put: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let temporary = dir.join(format!(".{}.new", RandomSecret::draw(entropy).expose()));
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        put(&temporary)?;
        File::open(dir)?.sync_all()
    })();
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != ErrorKind::NotFound => written.and(Err(error)),
        _ => written,
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::OsEntropy;
    use std::sync::Barrier;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn row_54_keys_are_made_once_for_their_owner_alone() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("deep/data");
        private_dir(&dir).unwrap();
        let first = MasterKey::in_dir(&dir, &OsEntropy).unwrap();
        let again = MasterKey::in_dir(&dir, &OsEntropy).unwrap();
        assert_eq!(first.bytes, again.bytes);
        assert_eq!((mode(&dir), mode(&dir.join(MASTER_FILE))), (0o700, 0o600));
        let names: Vec<_> = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 1, "nothing temporary is left: {names:?}");
    }

    #[test]
    fn of_many_processes_that_start_at_once_all_have_one_key() {
        let dir = tempfile::tempdir().unwrap();
        let start = Barrier::new(16);
        let keys: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..16)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        MasterKey::in_dir(dir.path(), &OsEntropy).unwrap()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| key.bytes == keys[0].bytes));
        assert_eq!(keys.iter().filter(|key| key.made.is_some()).count(), 1);
    }

    #[test]
    fn a_damaged_key_stops_the_start_and_stays_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(MASTER_FILE);
        fs::write(&path, "0b0b").unwrap();
        assert!(matches!(MasterKey::in_dir(dir.path(), &OsEntropy), Err(KeyFileError::NotAMasterKey(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "0b0b");
        let signing = dir.path().join(EARLIER_SIGNING_FILE);
        fs::write(&signing, "no key").unwrap();
        assert!(matches!(earlier_signing_key(dir.path()), Err(KeyFileError::NotASigningKey { .. })));
        assert!(matches!(signing_key(&signing), Err(KeyFileError::NotASigningKey { .. })));
    }

    #[test]
    fn only_a_key_that_was_just_made_is_removed_when_it_is_rejected() {
        let dir = tempfile::tempdir().unwrap();
        MasterKey::in_dir(dir.path(), &OsEntropy).unwrap().reject();
        assert!(!dir.path().join(MASTER_FILE).exists());
        MasterKey::in_dir(dir.path(), &OsEntropy).unwrap();
        MasterKey::in_dir(dir.path(), &OsEntropy).unwrap().reject();
        assert!(dir.path().join(MASTER_FILE).exists());
    }
}
