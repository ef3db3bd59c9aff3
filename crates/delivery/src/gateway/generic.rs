//! A gateway that the operator describes, or one that takes the plain form: `POST {"id","to","from","text"}`, where 2xx means that the message is taken and the
//! `idempotency-key` is the same at every try.

use hyper::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use daftar_core::outbox::{Hook, HookError, Receipt, ReceiptOutcome, Way};

use crate::transport::{Accepted, SendError};

use super::answer::{answered, at, by_status, is_reference, nonsense, put_off, readable, receipt, reference, text_of};
use super::client::{Reply, Request};
use super::settings::{GatewayError, GatewaySettings, checked_url};
use super::template::{Escape, Field, Template};
use super::{Parcel, Preset, form_of, query_of};

/// Where an answer or receipt names a message, unless the operator says where.
const ID_FIELDS: [&str; 4] = ["id", "message_id", "messageId", "reference"];
/// Where a receipt says what became of it.
const STATUS_FIELD: &str = "status";
/// What it says there (SMPP 3.4 §5.2.28 has the short ones); case makes no difference.
const DELIVERED: [&str; 2] = ["delivered", "delivrd"];
const UNDELIVERED: [&str; 8] = ["undelivered", "undeliverable", "undeliv", "failed", "rejected", "rejectd", "expired", "deleted"];
/// What breaks out of every place where it is not escaped.
const SAMPLE: &str = "\"}'\\\n&<>{text}=é";

/// A gateway as it is described.
pub(super) struct Generic {
    method: Method,
    url: Template,
    shown_url: String,
    headers: Vec<(String, Template)>,
    body: Option<(Template, Escape, &'static str)>,
    names_type: bool,
    account: String,
    secret: String,
    id_field: Option<String>,
    success: Option<(String, Vec<String>)>,
    error_field: Option<String>,
    refused: Vec<String>,
    receipt_id_field: Option<String>,
    receipt_status_field: String,
    delivered: Vec<String>,
    undelivered: Vec<String>,
}

impl Generic {
    /// A gateway for these settings.
    pub(super) fn new(settings: &GatewaySettings) -> Result<Self, GatewayError> {
        settings.none_of(&[
            ("key", settings.key.is_some()),
            ("signing_key", settings.signing_key.is_some()),
            ("template", settings.template.is_some()),
            ("templates", !settings.templates.is_empty()),
        ])?;
        let generic = &settings.generic;
        let missing =
            GatewayError::Missing { key: "url", preset: "generic", what: "where messages are sent, such as \"https://sms.example.com/send\"" };
        let url = Template::parse("url", settings.url.as_ref().map(ExposeSecret::expose_secret).ok_or(missing)?)?;
        let shown_url = checked_url(&url.sample(Escape::Percent, "a"))?;
        // Nobody's number or text decides who gets the password.
        if checked_url(&url.sample(Escape::Percent, "b"))?.authority() != shown_url.authority() {
            return Err(GatewayError::Wrong { key: "url", allowed: "a URL with placeholders behind its host alone" });
        }
        let headers = headers(&generic.headers)?;
        let content_type = headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| value.sample(Escape::Header, ""));
        let body = generic.body.as_ref().map(|body| body_template(body.expose_secret(), content_type.as_deref())).transpose()?;
        let method = method(generic.method.as_deref(), body.is_some())?;
        if settings.way == Way::Whatsapp && body.is_none() && method != Method::GET {
            return Err(GatewayError::Missing {
                key: "body",
                preset: "generic",
                what: "with way = \"whatsapp\", the request that sends your template with {code}",
            });
        }
        let success = match (&generic.success_field, generic.success_values.as_slice()) {
            (None, []) => None,
            (Some(field), [_, ..]) => Some((field.clone(), generic.success_values.clone())),
            (Some(_), []) => {
                return Err(GatewayError::Missing { key: "success_values", preset: "generic", what: "what the answer says there, such as [\"ok\"]" });
            }
            (None, [_, ..]) => {
                return Err(GatewayError::Missing {
                    key: "success_field",
                    preset: "generic",
                    what: "where the answer says that, such as \"status\"",
                });
            }
        };
        if generic.error_field.is_none() && !generic.refused_values.is_empty() {
            return Err(GatewayError::Missing { key: "error_field", preset: "generic", what: "where the answer says that, such as \"error.code\"" });
        }
        if generic.refused_values.iter().any(|word| !is_reference(word)) {
            return Err(GatewayError::Wrong { key: "refused_values", allowed: "a list of numbers or words without blanks, in quotes" });
        }
        let or = |values: &[String], usual: &[&str]| match values {
            [] => usual.iter().map(|word| (*word).to_owned()).collect(),
            values => values.iter().map(|word| word.to_lowercase()).collect(),
        };
        Ok(Self {
            method,
            url,
            shown_url: shown_url.to_string(),
            names_type: content_type.is_some(),
            headers,
            body,
            account: settings.account.clone().unwrap_or_default(),
            secret: settings.secret.as_ref().map(|secret| secret.expose_secret().to_owned()).unwrap_or_default(),
            id_field: generic.id_field.clone(),
            success,
            error_field: generic.error_field.clone(),
            refused: generic.refused_values.clone(),
            receipt_id_field: generic.receipt_id_field.clone(),
            receipt_status_field: generic.receipt_status_field.clone().unwrap_or_else(|| STATUS_FIELD.to_owned()),
            delivered: or(&generic.delivered_values, &DELIVERED),
            undelivered: or(&generic.undelivered_values, &UNDELIVERED),
        })
    }

    fn value(&self, field: Field, parcel: &Parcel<'_>) -> String {
        match field {
            Field::Id => parcel.id.as_str(),
            Field::To => parcel.to,
            Field::ToDigits => parcel.to_digits(),
            Field::From => parcel.from.unwrap_or_default(),
            Field::Text => parcel.text,
            Field::Code => parcel.code.unwrap_or_default(),
            Field::Language => parcel.locale.tag(),
            Field::Account => &self.account,
            Field::Secret => &self.secret,
            Field::ReceiptUrl => parcel.receipt_url,
        }
        .to_owned()
    }

    /// Why the message was not taken.
    fn refusal(&self, reply: &Reply, answer: Option<&Value>) -> SendError {
        if self.refused.is_empty() {
            return if reply.is_success() { put_off(reply, "the gateway did not say that it took the message".to_owned()) } else { by_status(reply) };
        }
        let said = self.error_field.as_ref().and_then(|field| at(answer?, field)).and_then(text_of);
        // The operator's word, which is the gateway's, too.
        match self.refused.iter().find(|word| Some(*word) == said.as_ref()) {
            Some(word) => SendError::Refused(format!("{}, error {word}", answered(reply, None))),
            None => put_off(reply, answered(reply, None)),
        }
    }

    fn reading(&self, find: impl Fn(&str) -> Option<String>) -> Result<Option<Receipt>, HookError> {
        let id = match &self.receipt_id_field {
            Some(field) => find(field),
            None => ID_FIELDS.iter().find_map(|field| find(field)),
        };
        let id = id.filter(|id| is_reference(id)).ok_or(HookError::Unreadable)?;
        let status = find(&self.receipt_status_field).ok_or(HookError::Unreadable)?.to_lowercase();
        if self.delivered.contains(&status) {
            return Ok(Some(receipt(&id, ReceiptOutcome::Delivered, None)));
        }
        Ok(self.undelivered.contains(&status).then(|| receipt(&id, ReceiptOutcome::Undelivered, Some(status))))
    }
}

fn method(name: Option<&str>, has_body: bool) -> Result<Method, GatewayError> {
    match name {
        None | Some("POST") => Ok(Method::POST),
        Some("PUT") => Ok(Method::PUT),
        Some("GET") if has_body => Err(GatewayError::Superfluous { key: "body", preset: "generic\" with method = \"GET" }),
        Some("GET") => Ok(Method::GET),
        Some(_) => Err(GatewayError::Wrong { key: "method", allowed: "\"POST\", \"PUT\" or \"GET\"" }),
    }
}

fn headers(written: &[(String, secrecy::SecretString)]) -> Result<Vec<(String, Template)>, GatewayError> {
    let read = |(name, value): &(String, secrecy::SecretString)| {
        let name = name.to_ascii_lowercase();
        let fits = hyper::header::HeaderName::from_bytes(name.as_bytes()).is_ok() && value.expose_secret().chars().all(|c| matches!(c, ' '..='~'));
        let ours = matches!(name.as_str(), "host" | "content-length" | "transfer-encoding" | "connection");
        if !fits || ours {
            return Err(GatewayError::Wrong {
                key: "headers",
                allowed: "a table of names and ASCII texts, such as { authorization = \"Bearer {secret}\" }",
            });
        }
        Ok((name, Template::parse("headers", value.expose_secret())?))
    };
    written.iter().map(read).collect()
}

/// The template of a body, how it is escaped, and its type, as the header field says or as it looks.
fn body_template(text: &str, content_type: Option<&str>) -> Result<(Template, Escape, &'static str), GatewayError> {
    let template = Template::parse("body", text)?;
    let (escape, usual) = match content_type.map(str::to_ascii_lowercase) {
        Some(named) if named.contains("json") => (Escape::Json, "application/json"),
        Some(named) if named.contains("xml") => (Escape::Xml, "application/xml"),
        Some(named) if named.contains("urlencoded") => (Escape::Percent, "application/x-www-form-urlencoded"),
        Some(_) => (Escape::Plain, "text/plain"),
        None if text.trim_start().starts_with(['{', '[']) => (Escape::Json, "application/json"),
        None if text.trim_start().starts_with('<') => (Escape::Xml, "application/xml; charset=utf-8"),
        None => (Escape::Percent, "application/x-www-form-urlencoded"),
    };
    if escape == Escape::Json && serde_json::from_str::<Value>(&template.sample(escape, SAMPLE)).is_err() {
        return Err(GatewayError::Wrong {
            key: "body",
            allowed: "JSON with its placeholders within quotes, such as {\"to\": \"{to}\", \"text\": \"{text}\"}",
        });
    }
    Ok((template, escape, usual))
}

impl Preset for Generic {
    fn url(&self) -> &str {
        &self.shown_url
    }

    fn request(&self, parcel: &Parcel<'_>) -> Result<Request, SendError> {
        let value = |field| self.value(field, parcel);
        let url = self.url.fill(Escape::Percent, value);
        let mut request = match &self.body {
            Some((body, escape, content_type)) => {
                let request = Request { method: self.method.clone(), url, headers: Vec::new(), body: body.fill(*escape, value).into_bytes() };
                if self.names_type { request } else { request.with("content-type", *content_type) }
            }
            None if self.method == Method::GET => Request { method: Method::GET, url, headers: Vec::new(), body: Vec::new() },
            None => {
                let mut body = json!({ "id": parcel.id, "to": parcel.to, "text": parcel.text });
                if let (Some(from), Value::Object(fields)) = (parcel.from, &mut body) {
                    fields.insert("from".to_owned(), from.into());
                }
                Request { method: self.method.clone(), ..Request::json(url, &body) }
            }
        };
        request = request.with("idempotency-key", parcel.id.as_str());
        for (name, template) in &self.headers {
            request = request.with(name, template.fill(Escape::Header, value));
        }
        Ok(request)
    }

    fn verdict(&self, reply: &Reply, parcel: &Parcel<'_>) -> Result<Accepted, SendError> {
        let answer = reply.json();
        let is_taken = match (&self.success, &answer) {
            (None, _) => reply.is_success(),
            (Some(_), None) if reply.is_success() => return Err(nonsense()),
            (Some(_), None) => false,
            (Some((field, values)), Some(answer)) => {
                reply.is_success() && at(answer, field).and_then(text_of).is_some_and(|said| values.contains(&said))
            }
        };
        if !is_taken {
            return Err(self.refusal(reply, answer.as_ref()));
        }
        let named = |field: &str| reference(at(answer.as_ref()?, field), parcel);
        let reference = match &self.id_field {
            Some(field) => named(field),
            None => ID_FIELDS.iter().find_map(|field| named(field)),
        };
        // A gateway that names nothing may still tell us our own name in its receipts.
        Ok(Accepted { reference: reference.or_else(|| Some(parcel.id.clone())) })
    }

    fn receipts(&self, hook: &Hook) -> Result<Vec<Receipt>, HookError> {
        if let Ok(body) = serde_json::from_slice::<Value>(&hook.body) {
            let items = if let Value::Array(items) = &body { items.as_slice() } else { std::slice::from_ref(&body) };
            let read = |item: &Value| self.reading(|field| at(item, field).and_then(text_of)).transpose();
            return readable(items.iter().filter_map(read));
        }
        let fields = if hook.body.is_empty() { query_of(hook) } else { form_of(hook) };
        let find = |field: &str| fields.iter().find(|(name, _)| name == field).map(|(_, value)| value.clone());
        Ok(self.reading(find)?.into_iter().collect())
    }
}
