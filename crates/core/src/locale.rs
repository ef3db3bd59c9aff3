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

    /// The best of our languages for an `accept-language` header (RFC 9110 §12.5.4), quality values respected; `otherwise` when it accepts none of
    /// them.
    #[must_use]
    pub fn negotiate(header: &str, otherwise: Self) -> Self {
        let wishes: Vec<Wish> = header.split(',').filter_map(Wish::parse).collect();
        let is_named = |locale: &Self| wishes.iter().any(|wish| wish.range == Range::Of(*locale));
        // `*` matches what no other range does: a language that is refused by name does not come back by it.
        let unnamed = std::iter::once(otherwise).chain(Self::ALL).find(|locale| !is_named(locale));
        let accepted = wishes.iter().filter(|wish| wish.quality > 0).filter_map(|wish| match wish.range {
            Range::Of(locale) => Some((locale, wish.quality)),
            Range::Any => Some((unnamed?, wish.quality)),
        });
        // The first of the equally wished wins: `max_by` would take the last.
        accepted.reduce(|best, next| if next.1 > best.1 { next } else { best }).map_or(otherwise, |(locale, _)| locale)
    }
}

/// Which of our languages a language range matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Range {
    /// One that it names.
    Of(Locale),
    /// All that nothing else in the header names: `*`.
    Any,
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "*" => Some(Self::Any),
            // The range of all Chinese (RFC 4647 §3.3.1) matches the only one that we write. As a tag of a text it would say too little.
            range if range.eq_ignore_ascii_case("zh") => Some(Self::Of(Locale::TraditionalChinese)),
            range => Locale::from_tag(range).map(Self::Of),
        }
    }
}

/// One range of an `accept-language` header that concerns us.
struct Wish {
    range: Range,
    /// In thousandths; 0 is a refusal.
    quality: u16,
}

impl Wish {
    /// Reads a range and its weight; `None` if it is none of ours, or malformed.
    fn parse(text: &str) -> Option<Self> {
        let (range, parameters) = text.split_once(';').unwrap_or((text, ""));
        let weight = parameters.trim().strip_prefix(['q', 'Q']).and_then(|weight| weight.strip_prefix('='));
        Some(Self { range: Range::parse(range)?, quality: weight.map_or(Some(1000), |weight| quality(weight.trim()))? })
    }
}

/// Reads a `qvalue` (RFC 9110 §12.4.2): 0 to 1, with at most three decimals.
fn quality(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let thousandths = format!("{decimals:0<3}").parse().ok()?;
    match (whole, thousandths) {
        ("0", thousandths) => Some(thousandths),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Locale::{English, Indonesian, TraditionalChinese};
    use proptest::prelude::*;

    #[test]
    fn a_reader_gets_the_language_wished_most() {
        for (header, language) in [
            ("id-ID,id;q=0.9,en;q=0.8", Indonesian),
            ("de, en;q=0.2, zh-TW;q=0.7", TraditionalChinese),
            ("en, id", English),
            ("id, en", Indonesian),
            ("en;q=0.5,in", Indonesian),
            ("en;q=0.998, id;q=0.999", Indonesian),
            ("en;q=0.1, id ; q=0.10, zh-Hant;Q=1.000", TraditionalChinese),
            ("en;q=0, en-GB;q=0.3", English),
        ] {
            for otherwise in Locale::ALL {
                assert_eq!(Locale::negotiate(header, otherwise), language, "{header}");
            }
        }
    }

    #[test]
    fn a_reader_who_wishes_nothing_of_ours_gets_what_there_is_otherwise() {
        for header in
            ["", " ", ";;, ", "de, fr;q=0.1", "zh-Hans-CN, en;q=0", "en;q=0", "en;q=0, id;q=0, zh;q=0", "*;q=0", "*;q=abc, ;;, ", "*", "*;q=0.001"]
        {
            for otherwise in Locale::ALL {
                assert_eq!(Locale::negotiate(header, otherwise), otherwise, "{header}");
            }
        }
    }

    #[test]
    fn a_star_stands_for_what_there_is_otherwise_with_its_own_quality() {
        assert_eq!(Locale::negotiate("en;q=0.5, *", Indonesian), Indonesian);
        assert_eq!(Locale::negotiate("en, *;q=0.5", Indonesian), English);
        assert_eq!(Locale::negotiate("de, *;q=0.5, en;q=0.4", TraditionalChinese), TraditionalChinese);
        assert_eq!(Locale::negotiate("*, id", English), English, "the first of equally wished");
        assert_eq!(Locale::negotiate("id, *", English), Indonesian);
        assert_eq!(Locale::negotiate("en;q=0.1, *;q=0", Indonesian), English);
    }

    #[test]
    fn a_star_is_no_language_that_is_named() {
        assert_eq!(Locale::negotiate("en;q=0, *", English), Indonesian);
        assert_eq!(Locale::negotiate("*;q=0.2, en;q=0, id;q=0", English), TraditionalChinese);
        assert_eq!(Locale::negotiate("en;q=0.3, *;q=0.8", English), Indonesian, "whatever is not English is wished more");
        assert_eq!(Locale::negotiate("en;q=0.3, id;q=0.2, zh;q=0.1, *", TraditionalChinese), English);
        assert_eq!(Locale::negotiate("en;q=0, id;q=0, zh;q=0, *", Indonesian), Indonesian, "nothing else is left");
        assert_eq!(Locale::negotiate("en;q=0, id;q=0.1", English), Indonesian);
    }

    #[test]
    fn chinese_is_traditional_unless_it_is_called_something_else() {
        for header in ["zh", "ZH;q=0.1", "zh-Hant", "zh-hant-TW", "zh-TW", "zh-HK", "zh-MO", "zh-CN, zh;q=0.9"] {
            assert_eq!(Locale::negotiate(header, English), TraditionalChinese, "{header}");
        }
        for header in ["zh-Hans", "zh-CN", "zh-SG", "zh-Hans-CN", "zhx"] {
            assert_eq!(Locale::negotiate(header, English), English, "{header}");
        }
        assert_eq!(Locale::from_tag("zh"), None, "a text is not in all Chinese");
    }

    #[test]
    fn a_malformed_quality_makes_its_wish_ignored() {
        for odd in
            ["2", "1.001", "1.1", "0.1234", "-1", "-0", "+1", ".5", "0.5x", "0,5", "00", "01", "1e0", "nan", "inf", "", "0.5;x=1", "0..5", "\u{663}"]
        {
            assert_eq!(Locale::negotiate(&format!("id;q={odd}"), English), English, "{odd}");
        }
        for good in ["1", "1.", "1.0", "1.000", "0.001", "0.5"] {
            assert_eq!(Locale::negotiate(&format!("id;q={good}"), English), Indonesian, "{good}");
        }
        assert_eq!(Locale::negotiate("en;q=x, *", English), English, "it does not even name its language");
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(header in "[a-zA-Z*;=,q01. -]*", other in "\\PC*") {
            let _ = (Locale::negotiate(&header, Indonesian), Locale::negotiate(&other, Indonesian));
        }
    }
}
