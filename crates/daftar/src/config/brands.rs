//! `[brand]` and `[usapi]`: how messages and pages call themselves, and the platforms that USAPI's callers may name.

use daftar_core::brand::{Brand as CoreBrand, Brands};
use daftar_core::identifier::Country;
use serde::{Deserialize, Serialize};

use super::text::{self, Color, Name};

/// `[brand]`: for everything that names no platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Brand {
    /// The name that people know.
    #[serde(with = "text")]
    pub(crate) name: Name,
    /// The colour of buttons and headings.
    #[serde(with = "text")]
    pub(crate) color: Color,
}

impl Default for Brand {
    fn default() -> Self {
        Self { name: Name("Daftar".to_owned()), color: Color("#1f5fbf".to_owned()) }
    }
}

/// One of `[[usapi.platforms]]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Platform {
    /// What a caller writes.
    #[serde(with = "text")]
    pub(crate) id: Name,
    /// The name that people know.
    #[serde(with = "text")]
    pub(crate) name: Name,
    /// The colour of buttons and headings.
    #[serde(with = "text")]
    pub(crate) color: Color,
}

/// `[usapi]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Usapi {
    /// The country of a phone number that somebody signs in with and that has none.
    #[serde(with = "text")]
    pub(crate) country: Country,
    /// The platforms that a caller may name.
    pub(crate) platforms: Vec<Platform>,
}

impl Default for Usapi {
    fn default() -> Self {
        let platform = |id: &str, color: &str| Platform { id: Name(id.to_owned()), name: Name(id.to_owned()), color: Color(color.to_owned()) };
        Self {
            country: Country::indonesia(),
            platforms: vec![
                platform("ONMART", "#c0392b"),
                platform("ONMARKET", "#0b6e4f"),
                platform("OSAS", "#5b3e96"),
                platform("ONAPPS", "#1f5fbf"),
            ],
        }
    }
}

/// As messages and pages use them.
pub(crate) fn of(brand: &Brand, usapi: &Usapi) -> Brands {
    let named = |name: &Name, color: &Color| CoreBrand { name: name.0.clone(), color: color.0.clone() };
    Brands {
        default: named(&brand.name, &brand.color),
        platforms: usapi.platforms.iter().map(|platform| (platform.id.0.clone(), named(&platform.name, &platform.color))).collect(),
    }
}
