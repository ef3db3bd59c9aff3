//! `daftar client`.

use clap::{Subcommand, ValueEnum};
use daftar_core::client::Scope;
use daftar_core::identifier::Country;

use super::{Output, country};

/// Machine clients.
#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    /// Make a client; its secret is shown this once
    Create {
        /// What its owner calls it
        name: String,
        /// What it may do; repeat for more
        #[arg(long = "scope", value_name = "SCOPE", required = true)]
        scopes: Vec<ScopeName>,
        /// Where it reads phone numbers without a country: its two letters (ISO 3166), such as HK
        #[arg(long, value_name = "COUNTRY", default_value = "ID", value_parser = country)]
        country: Country,
        #[command(flatten)]
        output: Output,
    },
    /// List every client, oldest first
    List {
        #[command(flatten)]
        output: Output,
    },
    /// Give a client a new secret, shown this once; the old one stops at once
    Rotate {
        /// The client's id
        id: String,
        #[command(flatten)]
        output: Output,
    },
    /// Set where a client reads phone numbers without a country
    Country {
        /// The client's id
        id: String,
        /// The country's two letters (ISO 3166), such as HK
        #[arg(value_parser = country)]
        country: Country,
    },
    /// Disable a client at once
    Disable {
        /// The client's id
        id: String,
    },
}

/// What a machine client may do.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ScopeName {
    /// Call USAPI
    Usapi,
    /// Call INVAS
    B2b,
    /// Administer the installation
    Admin,
}

impl From<ScopeName> for Scope {
    fn from(name: ScopeName) -> Self {
        match name {
            ScopeName::Usapi => Self::Usapi,
            ScopeName::B2b => Self::B2b,
            ScopeName::Admin => Self::Admin,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_can_be_named_as_it_is_stored() {
        let names: Vec<_> =
            ScopeName::value_variants().iter().map(|name| (name.to_possible_value().unwrap().get_name().to_owned(), Scope::from(*name))).collect();
        assert_eq!(names.len(), Scope::ALL.len());
        assert!(names.iter().all(|(name, scope)| name == scope.name()));
    }
}
