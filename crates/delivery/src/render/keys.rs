//! What each text may name and what it must: a code belongs into a short message and never into a subject, which locked screens show. An operator's texts
//! are read as trees, so that a word in a form that no sample chooses is found, too.

use std::collections::BTreeSet;

use fluent_bundle::FluentResource;
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};

/// What the text `key` may name.
fn given(key: &str) -> &'static [&'static str] {
    match key {
        "greeting" => &["brand", "name"],
        "code-lasts" => &["brand", "minutes"],
        "signup-link-lasts" => &["brand", "link_minutes"],
        "signup-sms" => &["brand", "code", "minutes"],
        "code-sms" => &["brand", "code", "minutes", "use"],
        "password-sms" => &["brand", "password"],
        "contact-lost-body" | "contact-lost-sms" => &["brand", "contact", "masked"],
        _ if key.starts_with("code-") => &["brand", "use"],
        _ if key.starts_with("contact-") => &["brand", "contact"],
        _ => &["brand"],
    }
}

/// What the text `key` must name.
fn needed(key: &str) -> &'static [&'static str] {
    match key {
        "greeting" => &["name"],
        "footer" => &["brand"],
        "code-lasts" => &["minutes"],
        "signup-link-lasts" => &["link_minutes"],
        "signup-sms" | "code-sms" => &["code"],
        "password-sms" => &["password"],
        "contact-lost-body" => &["masked"],
        _ => &[],
    }
}

/// What is wrong with the texts of an operator, each with the key that it is about; `known` says whether we have such a key.
pub(super) fn flaws_in(resource: &FluentResource, known: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let mut flaws = Vec::new();
    let mut seen = BTreeSet::new();
    let terms: BTreeSet<&str> =
        resource.entries().filter_map(|entry| if let Entry::Term(term) = entry { Some(term.id.name) } else { None }).collect();
    for entry in resource.entries() {
        let (key, named) = match entry {
            Entry::Message(message) => {
                let key = message.id.name;
                let mut named = Names::default();
                if let Some(pattern) = &message.value {
                    named.pattern(pattern);
                }
                if !known(key) {
                    flaws.push((key.to_owned(), "there is no text of this name".to_owned()));
                    continue;
                }
                if message.value.is_none() {
                    flaws.push((key.to_owned(), "it has no text".to_owned()));
                }
                flaws.extend(variables(key, &named).into_iter().map(|what| (key.to_owned(), what)));
                (key.to_owned(), named)
            }
            Entry::Term(term) => {
                let mut named = Names::default();
                named.pattern(&term.value);
                (format!("-{}", term.id.name), named)
            }
            Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) | Entry::Junk { .. } => continue,
        };
        let refers = |what: String| (key.clone(), what);
        flaws.extend(named.texts.iter().map(|text| refers(format!("it refers to the text {text}; only a term of this file can be referred to"))));
        flaws.extend(named.terms.iter().filter(|term| !terms.contains(*term)).map(|term| refers(format!("there is no term -{term} in this file"))));
        flaws.extend(named.functions.iter().map(|function| refers(format!("there is no function {function}"))));
        if !seen.insert(key.clone()) {
            flaws.push((key, "it stands here twice".to_owned()));
        }
    }
    flaws
}

/// What a text names that it is not given, and what it does not name that it must.
fn variables(key: &str, named: &Names<'_>) -> Vec<String> {
    let given = given(key);
    let unknown = named.variables.iter().filter(|name| !given.contains(*name));
    let listed = given.iter().map(|name| format!("${name}")).collect::<Vec<_>>().join(", ");
    let unknown = unknown.map(|name| format!("it names ${name}, which it is not given; it may name {listed}"));
    let missing = needed(key).iter().filter(|name| !named.variables.contains(*name));
    unknown.chain(missing.map(|name| format!("it does not name ${name}, and must"))).collect()
}

/// What a text refers to, in all its forms.
#[derive(Default)]
struct Names<'a> {
    variables: BTreeSet<&'a str>,
    texts: BTreeSet<&'a str>,
    terms: BTreeSet<&'a str>,
    functions: BTreeSet<&'a str>,
}

impl<'a> Names<'a> {
    fn pattern(&mut self, pattern: &Pattern<&'a str>) {
        for element in &pattern.elements {
            match element {
                PatternElement::TextElement { .. } => {}
                PatternElement::Placeable { expression } => self.expression(expression),
            }
        }
    }

    fn expression(&mut self, expression: &Expression<&'a str>) {
        match expression {
            Expression::Inline(inline) => self.inline(inline),
            Expression::Select { selector, variants } => {
                self.inline(selector);
                variants.iter().for_each(|variant| self.pattern(&variant.value));
            }
        }
    }

    fn inline(&mut self, inline: &InlineExpression<&'a str>) {
        match inline {
            InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
            InlineExpression::VariableReference { id } => {
                self.variables.insert(id.name);
            }
            InlineExpression::MessageReference { id, .. } => {
                self.texts.insert(id.name);
            }
            InlineExpression::TermReference { id, .. } => {
                self.terms.insert(id.name);
            }
            InlineExpression::FunctionReference { id, .. } => {
                self.functions.insert(id.name);
            }
            InlineExpression::Placeable { expression } => self.expression(expression),
        }
    }
}
