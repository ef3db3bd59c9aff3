//! Fields as HTML forms and queries write them (`application/x-www-form-urlencoded`).

/// The first field named `name`.
pub(crate) fn field(form: &[u8], name: &str) -> Option<String> {
    form_urlencoded::parse(form).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
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
