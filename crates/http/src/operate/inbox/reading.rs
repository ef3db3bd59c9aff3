//! Reading a message as a person would: where its links and its codes are, and how its HTML part goes into a frame.

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// As it is.
    Plain(String),
    /// A link to open.
    Link(String),
    /// A one-time code to read off or copy.
    Code(String),
}

/// Cuts a text into pieces; together they are the text.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    for word in text.split_inclusive(char::is_whitespace) {
        let core = word.trim_matches(|c: char| c.is_whitespace() || ",;:!?()<>\"'。，".contains(c)).trim_end_matches('.');
        let Some(piece) = piece(core) else {
            plain.push_str(word);
            continue;
        };
        let (before, after) = word.split_once(core).unwrap_or((word, ""));
        plain.push_str(before);
        if !plain.is_empty() {
            pieces.push(Piece::Plain(std::mem::take(&mut plain)));
        }
        pieces.push(piece);
        plain.push_str(after);
    }
    if !plain.is_empty() {
        pieces.push(Piece::Plain(plain));
    }
    pieces
}

fn piece(word: &str) -> Option<Piece> {
    if word.starts_with("http://") || word.starts_with("https://") {
        return Some(Piece::Link(word.to_owned()));
    }
    let is_code = (4..=8).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit());
    is_code.then(|| Piece::Code(word.to_owned()))
}

/// The first link and the first code of a text.
pub(super) fn gist(text: &str) -> (Option<String>, Option<String>) {
    let (mut link, mut code) = (None, None);
    for piece in pieces(text) {
        match piece {
            Piece::Link(found) => link = link.or(Some(found)),
            Piece::Code(found) => code = code.or(Some(found)),
            Piece::Plain(_) => {}
        }
    }
    (link, code)
}

/// A mail's HTML part, its links opening beside the inbox instead of in the frame.
pub(super) fn for_frame(html: &str) -> String {
    const BASE: &str = "<base target=\"_blank\">";
    match html.split_once("<head>") {
        Some((before, after)) => format!("{before}<head>{BASE}{after}"),
        None => format!("{BASE}{html}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn links_and_codes_are_found_where_they_stand() {
        let text = "123456 is your code.\nOr open\nhttp://localhost:8080/signup/confirm?key=a-b_c\n, within 30 minutes (code: 123456).";
        assert_eq!(gist(text), (Some("http://localhost:8080/signup/confirm?key=a-b_c".into()), Some("123456".into())));
        assert_eq!(gist("您的驗證碼是 4821。"), (None, Some("4821".into())));
        assert_eq!(gist("In 2 minutes, order 123456789, or call +6281234567890"), (None, None));
    }

    #[test]
    fn a_mail_keeps_its_doctype_first() {
        assert_eq!(for_frame("<!doctype html><head><title>"), "<!doctype html><head><base target=\"_blank\"><title>");
        assert_eq!(for_frame("<p>"), "<base target=\"_blank\"><p>");
    }

    proptest! {
        #[test]
        fn the_pieces_together_are_the_text(text in "([0-9 .\\n]|https?://|\\PC){0,60}") {
            let joined: String = pieces(&text).into_iter().map(|piece| match piece { Piece::Plain(t) | Piece::Link(t) | Piece::Code(t) => t }).collect();
            prop_assert_eq!(joined, text);
        }
    }
}
