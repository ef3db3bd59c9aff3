//! JSON as it comes from outside (threat row 51): an object, in UTF-8, of limited depth, without a key that comes twice and without NUL. What two
//! parsers could read differently is refused.

use axum::body::Bytes;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::body::BodyError;

/// A JSON object.
pub(crate) type Object = Map<String, Value>;

/// Reads the one object that `bytes` are.
///
/// # Errors
/// [`BodyError::Malformed`] for everything that is not exactly that.
pub(crate) fn object(bytes: &Bytes) -> Result<Object, BodyError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    match Strict.deserialize(&mut deserializer) {
        Ok(Value::Object(object)) if deserializer.end().is_ok() => Ok(object),
        _ => Err(BodyError::Malformed),
    }
}

/// Builds a [`Value`], refusing repeated keys and NUL. The depth is limited by serde_json itself.
#[derive(Clone, Copy)]
struct Strict;

fn without_nul<E: Error>(text: &str) -> Result<&str, E> {
    if text.contains('\0') { Err(E::custom("a text contains NUL")) } else { Ok(text) }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number is out of range"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        without_nul(value).map(|text| Value::String(text.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        without_nul::<E>(&value)?;
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            without_nul::<A::Error>(&key)?;
            let value = entries.next_value_seed(self)?;
            if object.insert(key, value).is_some() {
                return Err(A::Error::custom("a key comes twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: impl Into<Vec<u8>>) -> Result<Object, BodyError> {
        object(&Bytes::from(text.into()))
    }

    #[test]
    fn row_51_what_two_parsers_could_read_differently_is_refused() {
        for bad in [
            "",
            "[]",
            "null",
            "\"x\"",
            "{",
            "{}{}",
            "{\"a\":1,\"a\":2}",
            "{\"o\":{\"a\":1,\"a\":2}}",
            "{\"a\":\"\\u0000\"}",
            "{\"\\u0000\":1}",
            "{\"a\":1e999}",
            "{\"a\":NaN}",
            "{\"a\":\"\\ud800\"}",
            "{'a':1}",
            "{\"a\":1,}",
            "{\"a\":01}",
            "\u{feff}{}",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(read(format!("{{\"a\":{}1{}}}", "[".repeat(200), "]".repeat(200))).is_err(), "depth");
        assert!(read(b"{\"a\":\"\xff\xfe\"}".to_vec()).is_err(), "UTF-8");
        assert!(read("{\"a\":[1,-2,3.5,true,null,{\"b\":\"\\u00e9\"}]}").is_ok());
    }

    proptest! {
        #[test]
        fn it_reads_what_serde_json_writes(text in "\\PC*", number in any::<i64>()) {
            let value = serde_json::json!({"text": text, "number": number, "list": [text, {"deep": number}]});
            prop_assert_eq!(read(value.to_string()).map(Value::Object), Ok(value));
        }

        #[test]
        fn nothing_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(bytes);
        }
    }
}
