//! Texts of an operator's with `{placeholders}`, for the generic preset. What is put in is escaped for the place where it stands, so that no text, name or
//! number can end the string, field or element that it is in.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::settings::GatewayError;

/// What need not be encoded anywhere in a URL or form (RFC 3986 §2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What stands for a placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Id,
    To,
    ToDigits,
    From,
    Text,
    Code,
    Language,
    Account,
    Secret,
    ReceiptUrl,
}

impl Field {
    const ALL: [(&'static str, Self); 10] = [
        ("id", Self::Id),
        ("to", Self::To),
        ("to_digits", Self::ToDigits),
        ("from", Self::From),
        ("text", Self::Text),
        ("code", Self::Code),
        ("language", Self::Language),
        ("account", Self::Account),
        ("secret", Self::Secret),
        ("receipt_url", Self::ReceiptUrl),
    ];
}

/// How what is put in is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    /// Within a string of JSON (RFC 8259 §7).
    Json,
    /// Within a URL or a form.
    Percent,
    /// Within an element or a quoted attribute of XML.
    Xml,
    /// A header field: nothing but visible characters and blanks.
    Header,
    /// Nothing ends a plain text.
    Plain,
}

impl Escape {
    fn apply(self, value: &str) -> String {
        match self {
            Self::Json => {
                let quoted = serde_json::Value::from(value).to_string();
                quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default().to_owned()
            }
            Self::Percent => utf8_percent_encode(value, RESERVED).to_string(),
            Self::Xml => value.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).map(xml).collect(),
            Self::Header => value.chars().filter(|c| matches!(c, ' '..='~')).collect(),
            Self::Plain => value.to_owned(),
        }
    }
}

fn xml(c: char) -> String {
    match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#39;".to_owned(),
        // No XML 1.0 document can hold them.
        '\u{fffe}' | '\u{ffff}' => String::new(),
        c => c.to_string(),
    }
}

#[derive(Clone)]
enum Piece {
    Literal(String),
    Field(Field),
}

/// A text with placeholders.
#[derive(Clone)]
pub(super) struct Template(Vec<Piece>);

impl Template {
    /// Reads the template under `key`. A brace that begins no `{name}` stands for itself, as JSON needs it.
    pub(super) fn parse(key: &'static str, text: &str) -> Result<Self, GatewayError> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            literal.push_str(before);
            let name = after.split_once('}').filter(|(name, _)| is_name(name));
            match name {
                None => {
                    literal.push('{');
                    rest = after;
                }
                Some((name, behind)) => {
                    let field = Field::ALL.iter().find(|(known, _)| *known == name).map(|(_, field)| *field);
                    let field = field.ok_or_else(|| unknown(key))?;
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                    pieces.push(Piece::Field(field));
                    rest = behind;
                }
            }
        }
        literal.push_str(rest);
        pieces.push(Piece::Literal(literal));
        Ok(Self(pieces))
    }

    /// The text, with `values` in the places.
    pub(super) fn fill(&self, escape: Escape, values: impl Fn(Field) -> String) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Literal(text) => text.clone(),
            Piece::Field(field) => escape.apply(&values(*field)),
        });
        pieces.collect()
    }

    /// The same with `value` in every place, to see whether it can work.
    pub(super) fn sample(&self, escape: Escape, value: &str) -> String {
        self.fill(escape, |_| value.to_owned())
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

fn unknown(key: &'static str) -> GatewayError {
    let known: Vec<String> = Field::ALL.iter().map(|(name, _)| format!("{{{name}}}")).collect();
    GatewayError::Placeholder { key, known: known.join(", ") }
}
