//! In how many parts a short message travels, and so what it costs. A text that the GSM alphabet holds takes one septet a character, two for some, and 160
//! septets fit; any other text is sent in UCS-2, of which 70 units fit. A longer text is cut, and every part loses room for the header that joins them
//! again (3GPP TS 23.038 §6.2.1, TS 23.040 §9.2.3.24.1). What takes two places is never cut in the middle.

/// The default alphabet of TS 23.038, in its order. The escape to the extension table is no character.
const BASIC: &str =
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Its extension table: an escape and the character.
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// How the characters of a short message are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// The GSM alphabet in septets.
    Gsm7,
    /// Two bytes a character, four for those outside the basic plane.
    Ucs2,
}

impl Encoding {
    /// How much fits into a message of one part, and into each part of a longer one.
    const fn room(self) -> (usize, usize) {
        match self {
            Self::Gsm7 => (160, 153),
            Self::Ucs2 => (70, 67),
        }
    }

    fn size(self, c: char) -> usize {
        match self {
            Self::Gsm7 => septets(c).unwrap_or_default(),
            Self::Ucs2 => c.len_utf16(),
        }
    }
}

/// How a text travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segments {
    /// How it is written.
    pub encoding: Encoding,
    /// In how many parts.
    pub count: usize,
    /// The first character that the GSM alphabet does not hold: why it is UCS-2.
    pub forced_by: Option<char>,
}

impl Segments {
    /// How `text` travels.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let forced_by = text.chars().find(|c| septets(*c).is_none());
        let encoding = if forced_by.is_some() { Encoding::Ucs2 } else { Encoding::Gsm7 };
        let (alone, joined) = encoding.room();
        let whole: usize = text.chars().map(|c| encoding.size(c)).sum();
        let count = if whole <= alone { 1 } else { parts(text.chars().map(|c| encoding.size(c)), joined) };
        Self { encoding, count, forced_by }
    }
}

/// How many parts of `room` hold things of these sizes, none of them cut.
fn parts(sizes: impl Iterator<Item = usize>, room: usize) -> usize {
    let (count, _) = sizes.fold((1, 0), |(count, used), size| if used + size <= room { (count, used + size) } else { (count + 1, size) });
    count
}

/// The septets that a character takes in the GSM alphabet, if it is there.
fn septets(c: char) -> Option<usize> {
    if BASIC.contains(c) {
        return Some(1);
    }
    EXTENDED.contains(c).then_some(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (Encoding, usize) {
        let Segments { encoding, count, .. } = Segments::of(text);
        (encoding, count)
    }

    #[test]
    fn the_alphabet_has_127_characters_and_10_more() {
        assert_eq!((BASIC.chars().count(), EXTENDED.chars().count()), (127, 10));
        assert!(EXTENDED.chars().all(|c| !BASIC.contains(c)));
        // Looks like one of its letters and is another: ç is not there, Ç is; Greek capitals are, those that look Latin are written in Latin.
        assert_eq!((septets('Ç'), septets('ç'), septets('Ω'), septets('\u{391}'), septets('`')), (Some(1), None, Some(1), None, None));
    }

    #[test]
    fn a_part_of_septets_holds_160_and_153_when_there_are_more() {
        for (length, parts) in [(0, 1), (1, 1), (160, 1), (161, 2), (306, 2), (307, 3), (459, 3), (460, 4)] {
            assert_eq!(of(&"a".repeat(length)), (Encoding::Gsm7, parts), "{length}");
        }
    }

    #[test]
    fn a_part_of_ucs_2_holds_70_and_67_when_there_are_more() {
        for (length, parts) in [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4)] {
            assert_eq!(of(&"\u{78bc}".repeat(length)), (Encoding::Ucs2, parts), "{length}");
        }
    }

    #[test]
    fn the_euro_sign_takes_two_septets_and_is_not_cut() {
        assert_eq!((of(&"€".repeat(80)), of(&"€".repeat(81))), ((Encoding::Gsm7, 1), (Encoding::Gsm7, 2)));
        // 76 of them leave one septet of the 153 empty.
        assert_eq!((of(&"€".repeat(152)), of(&"€".repeat(153))), ((Encoding::Gsm7, 2), (Encoding::Gsm7, 3)));
        let straddling = format!("{}€{}", "a".repeat(152), "a".repeat(152));
        assert_eq!(of(&straddling), (Encoding::Gsm7, 3), "306 septets, and two of them may not be parted");
    }

    #[test]
    fn a_character_outside_the_basic_plane_takes_two_places_and_is_not_cut() {
        assert_eq!((of(&"😀".repeat(35)), of(&"😀".repeat(36))), ((Encoding::Ucs2, 1), (Encoding::Ucs2, 2)));
        // 33 of them leave one place of the 67 empty.
        assert_eq!((of(&"😀".repeat(66)), of(&"😀".repeat(67))), ((Encoding::Ucs2, 2), (Encoding::Ucs2, 3)));
    }

    #[test]
    fn one_character_changes_the_alphabet_of_all_and_is_named() {
        let text = |apostrophe| format!("It{apostrophe}s your code. {}", "a".repeat(100));
        assert_eq!(Segments::of(&text('\'')), Segments { encoding: Encoding::Gsm7, count: 1, forced_by: None });
        assert_eq!(Segments::of(&text('\u{2019}')), Segments { encoding: Encoding::Ucs2, count: 2, forced_by: Some('\u{2019}') });
        assert_eq!(Segments::of("São Paulo").forced_by, Some('ã'));
    }
}
