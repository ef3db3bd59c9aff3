//! Where a database is: the one place that reads `database.url`.

use std::path::{Path, PathBuf};

use crate::error::OpenError;

/// The file of a SQLite database: `sqlite:///absolute/path` or `sqlite://relative/path`, taken literally, without percent-decoding.
///
/// # Errors
/// [`OpenError::Url`] and [`OpenError::NotBuiltIn`], which repeat nothing of the URL.
pub fn sqlite_file(url: &str) -> Result<PathBuf, OpenError> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Err(OpenError::NotBuiltIn { engine: "PostgreSQL" });
    }
    let path = url.strip_prefix("sqlite://").ok_or(OpenError::Url)?;
    // A name with `:` in front would be SQLite's own language (`:memory:`), which no second connection could share.
    if path.is_empty() || path.starts_with(':') || path.ends_with('/') || path.contains('\0') {
        return Err(OpenError::Url);
    }
    Ok(Path::new(path).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_file() {
        assert_eq!(sqlite_file("sqlite:///var/lib/daftar/daftar.db").unwrap(), Path::new("/var/lib/daftar/daftar.db"));
        assert_eq!(sqlite_file("sqlite://daftar-data/daftar.db").unwrap(), Path::new("daftar-data/daftar.db"));
    }

    #[test]
    fn anything_else_is_refused_with_its_reason() {
        for bad in ["", "daftar.db", "sqlite:", "sqlite://", "sqlite:///", "sqlite://:memory:", "sqlite://sub/dir/", "mysql://host/db"] {
            assert!(matches!(sqlite_file(bad), Err(OpenError::Url)), "{bad}");
        }
        let error = sqlite_file("postgres://user:secret@host/db").unwrap_err().to_string();
        assert!(error.contains("not built into this program yet") && !error.contains("secret"), "{error}");
    }
}
