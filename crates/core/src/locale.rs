//! The languages that Daftar writes in, and how a reader's wish is met.

/// A language in which messages and pages exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Locale {
    /// English.
    #[default]
    English,
    /// Indonesian.
    Indonesian,
    /// Traditional Chinese.
    TraditionalChinese,
}

impl Locale {
    /// Every language there is.
    pub const ALL: [Self; 3] = [Self::English, Self::Indonesian, Self::TraditionalChinese];

    /// Its BCP 47 tag, also the stable name under which it is stored.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Indonesian => "id",
            Self::TraditionalChinese => "zh-Hant",
        }
    }

    /// The language of a tag such as `id-ID` or `zh-TW`, if we write in it.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let tag = tag.trim().to_ascii_lowercase();
        let mut parts = tag.split(['-', '_']);
        match parts.next()? {
            "en" => Some(Self::English),
            // `in` is the code that old Java clients still send for Indonesian.
            "id" | "in" => Some(Self::Indonesian),
            "zh" => parts.any(|part| matches!(part, "hant" | "tw" | "hk" | "mo")).then_some(Self::TraditionalChinese),
            _ => None,
        }
    }

    /// The best of our languages for an `accept-language` header (RFC 9110 §12.5.4), quality values respected; `None` when it names none of them.
    #[must_use]
    pub fn negotiate(header: &str) -> Option<Self> {
        header
            .split(',')
            .filter_map(|wish| {
                let (tag, parameters) = wish.split_once(';').unwrap_or((wish, ""));
                let quality = parameters.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.trim().parse::<f32>().ok())?;
                (quality > 0.0).then_some((Self::from_tag(tag)?, quality))
            })
            // The first of the equally wished wins: `max_by` would take the last.
            .reduce(|best, next| if next.1 > best.1 { next } else { best })
            .map(|(locale, _)| locale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_gets_the_language_wished_most() {
        assert_eq!(Locale::negotiate("id-ID,id;q=0.9,en;q=0.8"), Some(Locale::Indonesian));
        assert_eq!(Locale::negotiate("de, en;q=0.2, zh-TW;q=0.7"), Some(Locale::TraditionalChinese));
        assert_eq!(Locale::negotiate("zh-Hans-CN, en;q=0"), None);
        assert_eq!(Locale::negotiate("en, id"), Some(Locale::English));
        assert_eq!(Locale::negotiate("*;q=abc, ;;, "), None);
    }
}
