//! The properties of what is read and answered, as the documentation shows them. Their rules are the constants that the program itself goes by.

use serde_json::{Map, Value};
use utoipa::openapi::schema::{AdditionalProperties, Array, KnownFormat, Object, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type};

use crate::surface::properties::{JsonType, PropertyError};

/// A property of an object, or a parameter.
#[derive(Clone)]
pub(crate) struct Property {
    pub(super) name: &'static str,
    pub(super) is_required: bool,
    pub(super) example: Value,
    is_nullable: bool,
    kind: Kind,
    detail: Option<String>,
}

#[derive(Clone)]
enum Kind {
    Text {
        most: Option<usize>,
        format: Option<&'static str>,
        pattern: Option<&'static str>,
        may_be_empty: bool,
    },
    OneOf(Vec<String>),
    Integer {
        least: Option<i64>,
        most: Option<i64>,
    },
    Numbered(Vec<i64>),
    Boolean,
    Object(Vec<Property>),
    List(Box<Property>),
    /// Whatever this schema says.
    As(Box<Schema>),
}

impl Property {
    fn new(name: &'static str, kind: Kind, example: Value) -> Self {
        Self { name, is_required: true, example, is_nullable: false, kind, detail: None }
    }

    /// What there is to know of it.
    pub(crate) fn about(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// An example.
    pub(crate) fn like(self, example: impl Into<Value>) -> Self {
        Self { example: example.into(), ..self }
    }

    /// It may be left out.
    pub(crate) fn optional(self) -> Self {
        Self { is_required: false, ..self }
    }

    /// It may be `null`.
    pub(crate) fn nullable(self) -> Self {
        Self { is_nullable: true, ..self }
    }

    /// A text of at most so many characters.
    pub(crate) fn at_most(self, most: usize) -> Self {
        self.text(|_, format, pattern, may_be_empty| Kind::Text { most: Some(most), format, pattern, may_be_empty })
    }

    /// A text of this format, by JSON Schema's name for it.
    pub(crate) fn formatted(self, format: &'static str) -> Self {
        self.text(|most, _, pattern, may_be_empty| Kind::Text { most, format: Some(format), pattern, may_be_empty })
    }

    /// A text that this pattern matches.
    pub(crate) fn matching(self, pattern: &'static str) -> Self {
        self.text(|most, format, _, may_be_empty| Kind::Text { most, format, pattern: Some(pattern), may_be_empty })
    }

    /// A text that may be empty.
    pub(crate) fn or_empty(self) -> Self {
        self.text(|most, format, pattern, _| Kind::Text { most, format, pattern, may_be_empty: true })
    }

    fn text(self, change: impl FnOnce(Option<usize>, Option<&'static str>, Option<&'static str>, bool) -> Kind) -> Self {
        match self.kind {
            Kind::Text { most, format, pattern, may_be_empty } => Self { kind: change(most, format, pattern, may_be_empty), ..self },
            _ => self,
        }
    }

    /// An integer of at least `least` and at most `most`.
    pub(crate) fn between(self, least: i64, most: i64) -> Self {
        Self { kind: Kind::Integer { least: Some(least), most: Some(most) }, ..self }
    }

    /// The schema.
    pub(super) fn schema(&self) -> Schema {
        let object = |kind: Type| ObjectBuilder::new().schema_type(self.types(kind)).description(self.detail.clone());
        match &self.kind {
            Kind::Text { most, format, pattern, may_be_empty } => object(Type::String)
                .min_length((!may_be_empty).then_some(1))
                .max_length(*most)
                .format(format.map(|format| SchemaFormat::Custom(format.to_owned())))
                .pattern(*pattern)
                .into(),
            Kind::OneOf(allowed) => object(Type::String).enum_values(Some(self.or_null(allowed.iter().cloned().map(Value::from)))).into(),
            Kind::Numbered(allowed) => object(Type::Integer).enum_values(Some(self.or_null(allowed.iter().copied().map(Value::from)))).into(),
            Kind::Integer { least, most } => {
                let integer = object(Type::Integer).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)));
                integer.minimum(*least).maximum(*most).into()
            }
            Kind::Boolean => object(Type::Boolean).into(),
            Kind::Object(properties) => fields(properties).schema_type(self.types(Type::Object)).description(self.detail.clone()).into(),
            Kind::List(item) => {
                let mut list = Array::new(item.schema());
                list.description.clone_from(&self.detail);
                Schema::Array(list)
            }
            Kind::As(schema) => (**schema).clone(),
        }
    }

    fn types(&self, kind: Type) -> SchemaType {
        if self.is_nullable { SchemaType::from_iter([kind, Type::Null]) } else { SchemaType::Type(kind) }
    }

    fn or_null(&self, values: impl Iterator<Item = Value>) -> Vec<Value> {
        values.chain(self.is_nullable.then_some(Value::Null)).collect()
    }

    /// What is told first of a property that is not as it must be, each kind of fault once; `within` is the dotted path to it.
    fn faults(&self, within: &str) -> Vec<PropertyError> {
        let name = format!("{within}{}", self.name);
        let mut faults = Vec::new();
        if self.is_required {
            faults.push(PropertyError::Missing(name.clone()));
        }
        let wrong = |json_type| PropertyError::WrongType(name.clone(), json_type);
        match &self.kind {
            Kind::Text { most, may_be_empty, .. } => {
                faults.push(wrong(JsonType::String));
                if self.is_required && !may_be_empty {
                    faults.push(PropertyError::Empty(name.clone()));
                }
                faults.extend(most.map(|most| PropertyError::TooLong(name.clone(), most)));
            }
            Kind::OneOf(allowed) => faults.extend([wrong(JsonType::String), PropertyError::NotOneOf(name.clone(), allowed.join(", "))]),
            Kind::Numbered(allowed) => {
                let allowed: Vec<_> = allowed.iter().map(ToString::to_string).collect();
                faults.extend([wrong(JsonType::Integer), PropertyError::NotOneOf(name.clone(), allowed.join(", "))]);
            }
            Kind::Integer { .. } => faults.push(wrong(JsonType::Integer)),
            Kind::Boolean => faults.push(wrong(JsonType::Boolean)),
            Kind::Object(properties) => {
                faults.push(wrong(JsonType::Object));
                let within = format!("{name}.");
                faults.extend(properties.iter().flat_map(|property| property.faults(&within)));
            }
            Kind::List(_) | Kind::As(_) => {}
        }
        faults
    }
}

/// A text, which is not empty unless it is said to be.
pub(crate) fn text(name: &'static str) -> Property {
    Property::new(name, Kind::Text { most: None, format: None, pattern: None, may_be_empty: false }, Value::from("…"))
}

/// A day.
pub(crate) fn day(name: &'static str) -> Property {
    text(name).formatted("date").like("1990-05-17")
}

/// A moment (RFC 3339).
pub(crate) fn moment(name: &'static str) -> Property {
    text(name).formatted("date-time").like("2026-11-24T09:30:00Z")
}

/// A UUID.
pub(crate) fn uuid(name: &'static str) -> Property {
    text(name).formatted("uuid").like("01938f6e-9b1a-7c44-8a5e-3f2b9d1c7e60")
}

/// One of these texts.
pub(crate) fn one_of<T: Into<String>>(name: &'static str, allowed: impl IntoIterator<Item = T>) -> Property {
    let allowed: Vec<String> = allowed.into_iter().map(Into::into).collect();
    let first = allowed.first().cloned().unwrap_or_default();
    Property::new(name, Kind::OneOf(allowed), Value::from(first))
}

/// One of these numbers.
pub(crate) fn numbered(name: &'static str, allowed: impl IntoIterator<Item = i64>) -> Property {
    let allowed: Vec<i64> = allowed.into_iter().collect();
    let first = allowed.first().copied().unwrap_or_default();
    Property::new(name, Kind::Numbered(allowed), Value::from(first))
}

/// An integer.
pub(crate) fn integer(name: &'static str) -> Property {
    Property::new(name, Kind::Integer { least: None, most: None }, Value::from(1))
}

/// Digits, as an integer or as a text.
pub(crate) fn digits(name: &'static str) -> Property {
    let types = SchemaType::from_iter([Type::Integer, Type::String]);
    Property::new(name, Kind::As(Box::new(ObjectBuilder::new().schema_type(types).into())), Value::from(4829))
}

/// How much: a count, or money as a text.
pub(crate) fn amount(name: &'static str) -> Property {
    let types = SchemaType::from_iter([Type::Integer, Type::String]);
    Property::new(name, Kind::As(Box::new(ObjectBuilder::new().schema_type(types).into())), Value::from(3))
}

/// `null`.
pub(crate) fn nothing(name: &'static str) -> Property {
    Property::new(name, Kind::As(Box::new(ObjectBuilder::new().schema_type(Type::Null).into())), Value::Null)
}

/// A truth.
pub(crate) fn boolean(name: &'static str) -> Property {
    Property::new(name, Kind::Boolean, Value::from(true))
}

/// An object with these properties.
pub(crate) fn object(name: &'static str, properties: impl IntoIterator<Item = Property>) -> Property {
    let properties: Vec<Property> = properties.into_iter().collect();
    let example = example(&properties);
    Property::new(name, Kind::Object(properties), example)
}

/// A list of what `item` is.
pub(crate) fn list(name: &'static str, item: Property) -> Property {
    let example = Value::from(vec![item.example.clone()]);
    Property::new(name, Kind::List(Box::new(item)), example)
}

/// Always this text.
pub(crate) fn constant(name: &'static str, value: &'static str) -> Property {
    one_of(name, [value])
}

/// A file.
pub(crate) fn binary(name: &'static str) -> Property {
    let file = ObjectBuilder::new().content_media_type("application/octet-stream");
    Property::new(name, Kind::As(Box::new(file.into())), Value::Null)
}

/// The object that has these properties, and, as far as we write it, no others.
pub(super) fn fields(properties: &[Property]) -> ObjectBuilder {
    properties.iter().fold(ObjectBuilder::new().schema_type(Type::Object), |object, property| {
        let object = object.property(property.name, property.schema());
        if property.is_required { object.required(property.name) } else { object }
    })
}

/// The same, and really no others.
pub(super) fn closed(properties: &[Property]) -> Object {
    fields(properties).additional_properties(Some(AdditionalProperties::FreeForm(false))).build()
}

/// An example of that object.
pub(super) fn example(properties: &[Property]) -> Value {
    let shown = properties.iter().filter(|property| property.is_required || !property.example.is_null());
    Value::Object(shown.map(|property| (property.name.to_owned(), property.example.clone())).collect::<Map<_, _>>())
}

/// What is told of properties that are not as they must be: of each kind of fault the first.
pub(super) fn faults(properties: &[Property]) -> Vec<PropertyError> {
    let mut told: Vec<PropertyError> = Vec::new();
    for fault in properties.iter().flat_map(|property| property.faults("")) {
        if !told.iter().any(|other| std::mem::discriminant(other) == std::mem::discriminant(&fault)) {
            told.push(fault);
        }
    }
    told
}
