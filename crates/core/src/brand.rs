//! Brands: how a message or page calls itself, chosen by USAPI's `platform`.

/// How a message or a page presents itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brand {
    /// The name that people know.
    pub name: String,
    /// The colour of buttons and headings, `#rrggbb`.
    pub color: String,
}

/// The brands of one installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brands {
    /// For everything that names no platform.
    pub default: Brand,
    /// The platforms that a caller may name, in the order in which they are listed to one who names another.
    pub platforms: Vec<(String, Brand)>,
}

impl Brands {
    /// The brand of `platform`.
    #[must_use]
    pub fn of(&self, platform: Option<&str>) -> &Brand {
        let named = platform.and_then(|wanted| self.platforms.iter().find(|(name, _)| name == wanted));
        named.map_or(&self.default, |(_, brand)| brand)
    }
}
