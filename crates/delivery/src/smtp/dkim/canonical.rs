//! The relaxed canonical forms of headers and bodies (RFC 6376 §3.4.2, §3.4.4): what a signature is over, so that servers on the way may fold
//! lines anew and touch blanks without breaking it.

/// A mail's header fields, each with its name and its value as it stands there, and its body.
pub(super) struct Parts<'a> {
    /// The fields from top to bottom.
    pub(super) fields: Vec<(&'a str, &'a str)>,
    /// What comes after the blank line.
    pub(super) body: &'a str,
}

impl<'a> Parts<'a> {
    /// Takes a mail apart.
    pub(super) fn of(mail: &'a str) -> Self {
        let (head, body) = mail.split_once("\r\n\r\n").unwrap_or((mail, ""));
        Self { fields: fields(head), body }
    }

    /// The value of the `nth` field called `name`, counted from the bottom as a signature does.
    pub(super) fn nth_from_below(&self, name: &str, nth: usize) -> Option<&'a str> {
        self.fields.iter().rev().filter(|(other, _)| other.eq_ignore_ascii_case(name)).nth(nth).map(|(_, value)| *value)
    }
}

/// The fields of a head. A line that begins with a blank goes on with the one before it.
fn fields(head: &str) -> Vec<(&str, &str)> {
    let mut fields = Vec::new();
    let mut rest = head;
    while !rest.is_empty() {
        let end = rest.match_indices("\r\n").map(|(at, _)| at).find(|at| !rest.get(at + 2..).is_some_and(|next| next.starts_with([' ', '\t'])));
        let (field, next) = end.and_then(|at| Some((rest.get(..at)?, rest.get(at + 2..)?))).unwrap_or((rest, ""));
        fields.extend(field.split_once(':'));
        rest = next;
    }
    fields
}

/// A header field as it is signed, without the end of its line.
pub(super) fn header(name: &str, value: &str) -> String {
    format!("{}:{}", name.trim().to_ascii_lowercase(), single_spaced(&value.replace("\r\n", "")).trim_matches(' '))
}

/// A body as it is signed.
pub(super) fn body(text: &str) -> String {
    let mut signed = String::with_capacity(text.len());
    // Empty lines count only once something comes after them.
    let mut empty = 0;
    for line in text.split("\r\n") {
        let line = single_spaced(line);
        let line = line.trim_end_matches(' ');
        if line.is_empty() {
            empty += 1;
            continue;
        }
        (0..empty).for_each(|_| signed.push_str("\r\n"));
        empty = 0;
        signed.push_str(line);
        signed.push_str("\r\n");
    }
    signed
}

/// The text with one space for every run of blanks.
fn single_spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len());
    for symbol in text.chars() {
        match symbol {
            ' ' | '\t' if spaced.ends_with(' ') => {}
            ' ' | '\t' => spaced.push(' '),
            other => spaced.push(other),
        }
    }
    spaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rfcs_own_example_comes_out() {
        // RFC 6376 §3.4.5.
        let mail = "A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n";
        let parts = Parts::of(mail);
        let headers: Vec<_> = parts.fields.iter().map(|(name, value)| header(name, value)).collect();
        assert_eq!(headers, ["a:X", "b:Y Z"]);
        assert_eq!(body(parts.body), " C\r\nD E\r\n");
    }

    #[test]
    fn only_empty_lines_at_the_end_are_dropped() {
        for (text, signed) in
            [("", ""), ("\r\n\r\n", ""), ("a", "a\r\n"), ("a\r\n \t\r\n", "a\r\n"), ("\r\na\r\n\r\n\r\nb \r\n", "\r\na\r\n\r\n\r\nb\r\n")]
        {
            assert_eq!(body(text), signed, "{text:?}");
        }
    }

    #[test]
    fn fields_are_counted_nth_from_below() {
        let parts = Parts::of("To: a\r\nSubject: one\r\nsubject: two\r\n  three\r\n\r\nbody");
        assert_eq!((parts.nth_from_below("Subject", 0), parts.nth_from_below("Subject", 1)), (Some(" two\r\n  three"), Some(" one")));
        assert_eq!((parts.nth_from_below("Subject", 2), parts.nth_from_below("Body", 0)), (None, None));
    }
}
