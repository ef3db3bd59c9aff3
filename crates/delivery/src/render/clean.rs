//! What people typed, made fit to stand in a message (threat row 40): one line, without characters that steer the display, and no
//! advertisement in the place of a name.

/// The longest name that a message repeats, in characters: a customer's whole name (contract `invas.md`).
const LINE_MAX: usize = 200;

/// `text` on one line: line breaks and control characters become blanks, blanks are joined, invisible steering characters go, and what is too long
/// is cut.
pub(super) fn line(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !steers(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let joined = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    joined.chars().take(LINE_MAX).collect::<String>().trim_end().to_owned()
}

/// The name to greet with, if it is one. Anybody can have a mail sent to anybody by registering with that address, so a "name" that a mail
/// program would turn into a link, or that is an address, is not repeated.
pub(super) fn greetable(name: &str) -> Option<String> {
    let name = line(name);
    let reads_as_link = name.contains(['/', '@', ':', '\\']) || name.split(' ').any(has_domain);
    (!name.is_empty() && !reads_as_link).then_some(name)
}

/// Whether a word holds something like `shop.example`: a dot followed by at least two letters. `J.R.` and `St. John` do not.
fn has_domain(word: &str) -> bool {
    let mut labels = word.split(['.', '\u{3002}', '\u{ff0e}', '\u{ff61}']);
    let first = labels.next().unwrap_or_default();
    !first.is_empty() && labels.any(|label| label.chars().take_while(|c| c.is_alphanumeric()).count() >= 2)
}

/// Characters that print nothing but change how their neighbours look: direction marks, zero-width and invisible ones.
const fn steers(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_40_a_line_stays_a_line() {
        assert_eq!(line("Siti\r\nBcc: x@y.example"), "Siti Bcc: x@y.example");
        assert_eq!(line(" a\u{2028}b\u{85}c\u{0}d\te "), "a b c d e");
        assert_eq!(line("a\u{202e}b\u{200b}c"), "abc");
        assert_eq!(line(&"长".repeat(300)).chars().count(), 200);
    }

    #[test]
    fn row_40_names_are_repeated_and_advertisements_are_not() {
        for name in ["Siti", "J.R.", "St. John", "O'Neil", "陳大文", "Anne-Marie 2nd", "<b>Bold</b"] {
            let expected = (!name.contains('/')).then(|| name.to_owned());
            assert_eq!(greetable(name), expected, "{name}");
        }
        for advertisement in ["Win at shop.example", "http:// x", "www.x.example", "a@b.example", "shop。example", "", " \r\n "] {
            assert_eq!(greetable(advertisement), None, "{advertisement}");
        }
    }
}
