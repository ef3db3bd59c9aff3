//! Where a database is: the one place that reads `database.url`.

use std::path::{Path, PathBuf};

use crate::error::OpenError;
use crate::postgres::Address;

/// A database, named by a URL.
#[derive(Debug, Clone)]
pub enum Location {
    /// A file of SQLite's.
    Sqlite(PathBuf),
    /// A database of a PostgreSQL server.
    Postgres(Box<Address>),
}

impl Location {
    /// Reads `sqlite:///absolute/path` or `sqlite://relative/path`, taken literally, without percent-decoding; or
    /// `postgres://user:password@host:port/database?…` as PostgreSQL's own programs read it (see [`Address::parse`]).
    ///
    /// # Errors
    /// [`OpenError::Url`] and [`OpenError::Address`], which repeat nothing of the URL.
    pub fn parse(url: &str) -> Result<Self, OpenError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Address::parse(url).map(Box::new).map(Self::Postgres).map_err(OpenError::Address);
        }
        let path = url.strip_prefix("sqlite://").ok_or(OpenError::Url)?;
        // A name with `:` in front would be SQLite's own language (`:memory:`), which no second connection could share.
        if path.is_empty() || path.starts_with(':') || path.ends_with('/') || path.contains('\0') {
            return Err(OpenError::Url);
        }
        Ok(Self::Sqlite(Path::new(path).to_owned()))
    }

    /// The file, if it is one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(file) => Some(file),
            Self::Postgres(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_file() {
        let file = |url: &str| Location::parse(url).unwrap().file().unwrap().to_owned();
        assert_eq!(file("sqlite:///var/lib/daftar/daftar.db"), Path::new("/var/lib/daftar/daftar.db"));
        assert_eq!(file("sqlite://daftar-data/daftar.db"), Path::new("daftar-data/daftar.db"));
    }

    #[test]
    fn a_url_names_a_server() {
        for url in
            ["postgres://user:secret@host/db", "postgresql:///db?host=/run/postgresql", "postgres://a,b:5433/db?target_session_attrs=read-write"]
        {
            assert!(matches!(Location::parse(url), Ok(Location::Postgres(_))), "{url}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_its_reason() {
        for bad in ["", "daftar.db", "sqlite:", "sqlite://", "sqlite:///", "sqlite://:memory:", "sqlite://sub/dir/", "mysql://host/db"] {
            assert!(matches!(Location::parse(bad), Err(OpenError::Url)), "{bad}");
        }
    }
}
