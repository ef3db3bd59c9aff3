//! One call, as the documentation shows it: what it reads, what it answers, and every way in which it does not succeed.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use axum::http::StatusCode;
use serde_json::Value;
use utoipa::openapi::content::{Content, ContentBuilder};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::{Array, ObjectBuilder, Ref, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Required, path};

use super::property::{Property, closed, example, faults, fields};
use super::refusal::{ByStatus, Refusal, Refused, add, add_usual};
use super::security::Caller;
use crate::surface::body::BodyError;
use crate::surface::properties::PropertyError;

/// A call of a surface that refuses with `R`, while it is being described.
pub(crate) struct Call<R> {
    method: HttpMethod,
    operation: OperationBuilder,
    answers: BTreeMap<StatusCode, Response>,
    refusals: ByStatus,
    surface: PhantomData<R>,
}

/// A call that is described.
pub(crate) struct Described {
    pub(super) method: HttpMethod,
    pub(super) operation: path::Operation,
    /// What a refusal of its surface is made of: the schema's name and properties.
    pub(super) refusal: (String, Vec<Property>),
}

impl<R: Refusal> Call<R> {
    fn new(method: HttpMethod, id: &str, summary: &str) -> Self {
        let operation = OperationBuilder::new().operation_id(Some(id)).summary(Some(summary)).tag(R::TAG);
        Self { method, operation, answers: BTreeMap::new(), refusals: ByStatus::new(), surface: PhantomData }
    }

    /// A GET; `id` is its name in generated clients.
    pub(crate) fn get(id: &str, summary: &str) -> Self {
        Self::new(HttpMethod::Get, id, summary)
    }

    /// A POST.
    pub(crate) fn post(id: &str, summary: &str) -> Self {
        Self::new(HttpMethod::Post, id, summary)
    }

    /// A PUT.
    pub(crate) fn put(id: &str, summary: &str) -> Self {
        Self::new(HttpMethod::Put, id, summary)
    }

    /// A DELETE.
    pub(crate) fn delete(id: &str, summary: &str) -> Self {
        Self::new(HttpMethod::Delete, id, summary)
    }

    fn with(self, change: impl FnOnce(OperationBuilder) -> OperationBuilder) -> Self {
        Self { operation: change(self.operation), ..self }
    }

    /// What there is to know of it, in Markdown.
    pub(crate) fn detail(self, text: &str) -> Self {
        self.with(|operation| operation.description(Some(text)))
    }

    /// Who may call, and what others are told.
    pub(crate) fn by(self, caller: Caller, otherwise: R) -> Self {
        self.with(|operation| operation.security(caller.requirement())).refuses([otherwise])
    }

    /// Who may call by this, or in another way that is told in words; and what others are told.
    pub(crate) fn by_either(self, caller: Caller, otherwise: R) -> Self {
        self.with(|operation| operation.security(caller.requirement()).security(SecurityRequirement::default())).refuses([otherwise])
    }

    fn parameter(self, place: ParameterIn, property: &Property) -> Self {
        let required = if property.is_required { Required::True } else { Required::False };
        let parameter = ParameterBuilder::new().name(property.name).parameter_in(place).required(required).schema(Some(property.schema()));
        let example = Some(property.example.clone()).filter(|example| !example.is_null());
        self.with(|operation| operation.parameter(parameter.example(example)))
    }

    /// A parameter of the query.
    pub(crate) fn query(self, property: &Property) -> Self {
        self.parameter(ParameterIn::Query, property)
    }

    /// A parameter in the path.
    pub(crate) fn path(self, property: &Property) -> Self {
        self.parameter(ParameterIn::Path, property)
    }

    /// A header that may be sent along.
    pub(crate) fn header(self, property: &Property) -> Self {
        self.parameter(ParameterIn::Header, property)
    }

    /// A body of this type.
    fn reads(self, media: &str, properties: &[Property], required: Required) -> Self {
        let content = ContentBuilder::new().schema(Some(fields(properties))).example(Some(example(properties)));
        let body = RequestBodyBuilder::new().content(media, content.build()).required(Some(required));
        self.with(|operation| operation.request_body(Some(body.build())))
    }

    /// A form, or nothing at all; what is told of one that cannot be read is the caller's to say.
    pub(crate) fn may_read_form(self, properties: &[Property]) -> Self {
        self.reads(FORM, properties, Required::False)
    }

    /// A success with these properties.
    pub(crate) fn answers(self, status: StatusCode, description: &str, properties: &[Property]) -> Self {
        let content = ContentBuilder::new().schema(Some(closed(properties))).example(Some(example(properties))).build();
        self.answers_with(status, description, "application/json", content)
    }

    /// The same, among others that depend on what is asked about.
    pub(crate) fn answers_open(self, status: StatusCode, description: &str, properties: &[Property]) -> Self {
        let content = ContentBuilder::new().schema(Some(fields(properties))).example(Some(example(properties))).build();
        self.answers_with(status, description, "application/json", content)
    }

    /// A success that is a list of such.
    pub(crate) fn answers_list(self, status: StatusCode, description: &str, item: &Property) -> Self {
        let content = ContentBuilder::new().schema(Some(Array::new(item.schema()))).example(Some(vec![item.example.clone()].into())).build();
        self.answers_with(status, description, "application/json", content)
    }

    /// A success that is something else than JSON.
    pub(crate) fn answers_media(self, status: StatusCode, description: &str, media: &str) -> Self {
        let anything = ContentBuilder::new().schema(Some(ObjectBuilder::new().schema_type(Type::String))).build();
        self.answers_with(status, description, media, anything)
    }

    /// A success that is something else than an object.
    fn answers_with(mut self, status: StatusCode, description: &str, media: &str, content: Content) -> Self {
        let answer = self.answers.entry(status).or_insert_with(|| Response::new(description));
        answer.content.insert(media.to_owned(), content.into());
        self
    }

    /// A success without a body.
    pub(crate) fn answers_nothing(mut self, status: StatusCode, description: &str) -> Self {
        self.answers.insert(status, Response::new(description));
        self
    }

    /// A page, of any of these statuses.
    pub(crate) fn answers_page(self, pages: &[(StatusCode, &str)]) -> Self {
        pages.iter().fold(self, |call, (status, description)| call.answers_media(*status, description, "text/html"))
    }

    /// These ways not to succeed.
    pub(crate) fn refuses(mut self, refusals: impl IntoIterator<Item = R>) -> Self {
        add(&mut self.refusals, refusals);
        self
    }

    /// It has no other ways not to succeed than these: not the usual ones either.
    pub(crate) fn described_so_far(self) -> Described {
        let name = format!("{}Refusal", R::TAG.replace(' ', ""));
        let mut operation = self.operation;
        let mut responses = self.answers;
        for (status, refused) in self.refusals {
            let described = responses.entry(status).or_insert_with(|| Response::new(status.canonical_reason().unwrap_or_default()));
            put(described, refused, &name);
        }
        for (status, response) in responses {
            operation = operation.response(status.as_str(), response);
        }
        Described { method: self.method, operation: operation.build(), refusal: (name, R::properties()) }
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

impl<R: Refusal + From<BodyError>> Call<R> {
    fn refuses_bodies(self, media: &'static str) -> Self {
        self.refuses([BodyError::ContentType { expected: media }, BodyError::TooLarge, BodyError::Malformed].map(R::from))
    }

    /// A form.
    pub(crate) fn reads_form(self, properties: &[Property]) -> Self {
        self.reads(FORM, properties, Required::True).refuses_bodies(FORM)
    }

    /// Parts, such as files.
    pub(crate) fn reads_parts(self, properties: &[Property]) -> Self {
        const PARTS: &str = "multipart/form-data";
        self.reads(PARTS, properties, Required::True).refuses_bodies(PARTS)
    }
}

impl<R: Refusal + From<BodyError> + From<PropertyError>> Call<R> {
    /// A JSON object. What is optional may be `null` as well.
    pub(crate) fn reads_json(self, properties: impl IntoIterator<Item = Property>) -> Self {
        self.reads_object(properties, Required::True)
    }

    /// A JSON object, or nothing at all.
    pub(crate) fn may_read_json(self, properties: impl IntoIterator<Item = Property>) -> Self {
        self.reads_object(properties, Required::False)
    }

    fn reads_object(self, properties: impl IntoIterator<Item = Property>, required: Required) -> Self {
        const JSON: &str = "application/json";
        let or_null = |property: Property| if property.is_required { property } else { property.nullable() };
        let properties: Vec<Property> = properties.into_iter().map(or_null).collect();
        self.reads(JSON, &properties, required).refuses_bodies(JSON).refuses(faults(&properties).into_iter().map(R::from))
    }
}

impl<R: Refusal> From<Call<R>> for Described {
    fn from(mut call: Call<R>) -> Self {
        add_usual::<R>(&mut call.refusals);
        call.described_so_far()
    }
}

/// Puts the refusals of one status into its response.
fn put(described: &mut Response, refused: Refused, schema: &str) {
    for (name, value) in refused.headers {
        let header = HeaderBuilder::new().schema(Some(ObjectBuilder::new().schema_type(Type::String).examples([value])));
        described.headers.insert(name, header.build().into());
    }
    for (media, examples) in refused.content {
        let example = |(name, value): (String, Value)| (name, ExampleBuilder::new().value(Some(value)).build());
        let content = if media.ends_with("json") {
            ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).examples_from_iter(examples.into_iter().map(example))
        } else {
            ContentBuilder::new().schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        };
        described.content.insert(media, content.build().into());
    }
}
