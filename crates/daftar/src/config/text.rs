//! Values that a configuration writes as text (an address, a duration, a URL): how they are read, how they are written back, and the one
//! sentence that says what is allowed. A field opts in by `#[serde(with = "text")]`, or `text::optional`, `text::list`.

use std::marker::PhantomData;
use std::net::{IpAddr, SocketAddr};

use daftar_core::identifier::Country;
use daftar_core::locale::Locale;
use ipnet::IpNet;
use serde::de::{self, Deserializer, Unexpected, Visitor};
use serde::ser::Serializer;

/// A value with a textual form of its own.
pub(crate) trait Text: Sized {
    /// What is allowed, to stand behind "allowed is".
    const ALLOWED: &'static str;

    /// Takes the text; `None` when it is not allowed.
    fn parse(text: &str) -> Option<Self>;

    /// The text that [`Text::parse`] takes back.
    fn written(&self) -> String;
}

struct Reader<T>(PhantomData<T>);

impl<T: Text> Visitor<'_> for Reader<T> {
    type Value = T;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(T::ALLOWED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        T::parse(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

/// Reads a [`Text`].
pub(crate) fn deserialize<'de, T: Text, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    from.deserialize_str(Reader(PhantomData))
}

/// Writes a [`Text`].
pub(crate) fn serialize<T: Text, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&value.written())
}

/// The same for a value that may be missing.
pub(crate) mod optional {
    use super::{Deserializer, Serializer, Text};

    /// Reads a [`Text`] that is there.
    pub(crate) fn deserialize<'de, T: Text, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
        super::deserialize(from).map(Some)
    }

    /// Writes a [`Text`], or nothing.
    pub(crate) fn serialize<T: Text, S: Serializer>(value: &Option<T>, to: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => to.serialize_some(&value.written()),
            None => to.serialize_none(),
        }
    }
}

/// The same for a list.
pub(crate) mod list {
    use super::{Deserializer, Reader, Serializer, Text, de};
    use serde::Deserialize as _;

    /// Reads a list of [`Text`]s.
    pub(crate) fn deserialize<'de, T: Text, D: Deserializer<'de>>(from: D) -> Result<Vec<T>, D::Error> {
        let read = |text: &String| de::Visitor::visit_str(Reader::<T>(std::marker::PhantomData), text);
        Vec::<String>::deserialize(from)?.iter().map(read).collect()
    }

    /// Writes a list of [`Text`]s.
    pub(crate) fn serialize<T: Text, S: Serializer>(values: &[T], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(values.iter().map(Text::written))
    }
}

impl Text for SocketAddr {
    const ALLOWED: &'static str = "an address and a port, such as \"127.0.0.1:8080\" or \"[::]:8080\"";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn written(&self) -> String {
        self.to_string()
    }
}

impl Text for IpNet {
    const ALLOWED: &'static str = "a list of networks or addresses, such as [\"10.0.0.0/8\", \"::1\"]";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(Self::from))
    }

    fn written(&self) -> String {
        self.to_string()
    }
}

impl Text for Country {
    const ALLOWED: &'static str = "a country by its two capital letters, such as \"ID\" (ISO 3166-1)";

    fn parse(text: &str) -> Option<Self> {
        // The core's own, which goes before the trait's.
        Country::parse(text)
    }

    fn written(&self) -> String {
        self.as_str().to_owned()
    }
}

impl Text for Locale {
    const ALLOWED: &'static str = "a language that there are texts in: \"en\", \"id\" or \"zh-Hant\"";

    fn parse(text: &str) -> Option<Self> {
        Self::from_tag(text)
    }

    fn written(&self) -> String {
        self.tag().to_owned()
    }
}

/// A colour as style sheets write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Color(pub String);

impl Text for Color {
    const ALLOWED: &'static str = "a colour of six hexadecimal digits, such as \"#0b6e4f\"";

    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        (digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit())).then(|| Self(text.to_ascii_lowercase()))
    }

    fn written(&self) -> String {
        self.0.clone()
    }
}

/// A name that people read: one line, 1 to 50 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name(pub String);

impl Text for Name {
    const ALLOWED: &'static str = "a name of 1 to 50 characters on one line";

    fn parse(text: &str) -> Option<Self> {
        let name = text.trim();
        ((1..=50).contains(&name.chars().count()) && !name.chars().any(char::is_control)).then(|| Self(name.to_owned()))
    }

    fn written(&self) -> String {
        self.0.clone()
    }
}

/// A whole number from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub(crate) struct Whole<const MIN: u32, const MAX: u32>(pub u32);

impl<'de, const MIN: u32, const MAX: u32> serde::Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_u64(Number::<MIN, MAX>)
    }
}

struct Number<const MIN: u32, const MAX: u32>;

impl<const MIN: u32, const MAX: u32> Visitor<'_> for Number<MIN, MAX> {
    type Value = Whole<MIN, MAX>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a whole number from {MIN} to {MAX}")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        let small = u32::try_from(number).ok().filter(|small| (MIN..=MAX).contains(small));
        small.map(Whole).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        match u64::try_from(number) {
            Ok(number) => self.visit_u64(number),
            Err(_) => Err(E::invalid_value(Unexpected::Signed(number), &self)),
        }
    }
}
