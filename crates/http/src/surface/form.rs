//! Fields as HTML forms and queries write them (`application/x-www-form-urlencoded`).

/// The first field named `name`.
pub(crate) fn field(form: &[u8], name: &str) -> Option<String> {
    form_urlencoded::parse(form).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The same without blanks around it; an empty one is one that is not there.
pub(crate) fn given(form: &[u8], name: &str) -> Option<String> {
    field(form, name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// The number from 1 to `most` in a field, `usual` without the field; `None`: it is something else.
pub(crate) fn count(form: &[u8], name: &str, usual: u32, most: u32) -> Option<u32> {
    match given(form, name) {
        Some(text) => text.parse().ok().filter(|count| (1..=most).contains(count)),
        None => Some(usual),
    }
}

/// A `+` that nobody escaped arrives as a blank: `?to=+62812…` and `?to=siti+shop@…` mean what they look like.
pub(crate) fn contact(text: &str) -> String {
    let trimmed = text.trim();
    if trimmed.contains('@') {
        return trimmed.replace(' ', "+");
    }
    let was_escaped = !text.starts_with(' ') || !trimmed.starts_with(|c: char| c.is_ascii_digit());
    if was_escaped { trimmed.to_owned() } else { format!("+{trimmed}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_field_of_a_name_counts() {
        assert_eq!(field(b"decision=reject&key=a%2Bb+c&key=z", "key").as_deref(), Some("a+b c"));
        assert_eq!(field(b"keys=1&=2&%ff%fe", "key"), None);
        assert_eq!(field(b"key", "key").as_deref(), Some(""));
    }
}
