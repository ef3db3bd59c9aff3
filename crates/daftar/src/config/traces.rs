//! `[traces]`: whom calls are traced for.

use serde::de::{self, Deserializer, Unexpected, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use url::Url;

use super::check::Findings;
use super::public_url::is_on_this_machine;
use super::text::{self, Name, Text};

/// `[traces]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Traces {
    /// Where a collector takes OTLP over HTTP; without one nothing is traced.
    #[serde(with = "text::optional")]
    pub(crate) endpoint: Option<CollectorUrl>,
    /// The share of calls and messages that are traced.
    pub(crate) sample: Share,
    /// How the collector calls this program.
    #[serde(with = "text")]
    pub(crate) service: Name,
}

impl Default for Traces {
    fn default() -> Self {
        Self { endpoint: None, sample: Share::ALL, service: Name("daftar".to_owned()) }
    }
}

/// The base of a collector's URL, to which `/v1/traces` is added; kept without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CollectorUrl(String);

impl CollectorUrl {
    /// Where spans go.
    pub(crate) fn for_traces(&self) -> String {
        format!("{}/v1/traces", self.0)
    }

    /// Whether nobody on the way can read what goes there.
    fn is_private(&self) -> bool {
        Url::parse(&self.0).is_ok_and(|url| url.scheme() == "https" || is_on_this_machine(&url))
    }
}

impl Text for CollectorUrl {
    const ALLOWED: &'static str = "an http or https URL without query and user, such as \"http://127.0.0.1:4318\"; /v1/traces is added to it";

    fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
        let spelt_out = text.contains("://") && !text.chars().any(|c| c.is_whitespace() || c.is_control());
        let web = matches!(url.scheme(), "http" | "https") && url.has_host();
        (bare && spelt_out && web).then(|| Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    fn written(&self) -> String {
        self.0.clone()
    }
}

/// A share of all, from 0 to 1, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share(u32);

impl Share {
    const MILLION: u32 = 1_000_000;
    /// All of them.
    pub(crate) const ALL: Self = Self(Self::MILLION);

    /// Whether what has this random number is in it.
    pub(crate) fn holds(self, random: u64) -> bool {
        // The bound is at most 2^64, and what the share is of, below that.
        u128::from(random) * u128::from(Self::MILLION) < u128::from(self.0) << u64::BITS
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(f64::from(self.0) / f64::from(Self::MILLION))
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_f64(ShareReader)
    }
}

struct ShareReader;

impl Visitor<'_> for ShareReader {
    type Value = Share;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a share from 0.0 to 1.0")
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number from 0 to a million")]
    fn visit_f64<E: de::Error>(self, share: f64) -> Result<Share, E> {
        if (0.0..=1.0).contains(&share) {
            return Ok(Share((share * f64::from(Share::MILLION)).round() as u32));
        }
        Err(E::invalid_value(Unexpected::Float(share), &self))
    }

    fn visit_u64<E: de::Error>(self, share: u64) -> Result<Share, E> {
        match share {
            0 => Ok(Share(0)),
            1 => Ok(Share::ALL),
            other => Err(E::invalid_value(Unexpected::Unsigned(other), &self)),
        }
    }
}

impl Findings<'_> {
    /// Spans hold no secret, but who calls when is nobody's business either.
    pub(super) fn traces(&mut self) {
        let is_exposed = self.config().traces.endpoint.as_ref().is_some_and(|endpoint| !endpoint.is_private());
        if is_exposed && self.in_production() {
            self.warnings.push("traces.endpoint is http on another machine: whoever is between can read which calls there are, and when".to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{PRODUCTION, load, loaded};
    use super::*;

    #[test]
    fn v1_traces_is_added_to_a_base_with_or_without_a_path() {
        for (text, url) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
            ("http://127.0.0.1:4318/", "http://127.0.0.1:4318/v1/traces"),
            ("https://traces.example.com/otlp", "https://traces.example.com/otlp/v1/traces"),
        ] {
            assert_eq!(CollectorUrl::parse(text).unwrap().for_traces(), url);
        }
        for text in
            ["", "127.0.0.1:4318", "grpc://x.example:4317", "https://u:p@x.example", "https://x.example?a", "https://x.example#a", "http:x.example"]
        {
            assert!(CollectorUrl::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_share_is_a_number_from_nought_to_one_in_a_file_and_in_a_variable() {
        let share = |variable: &str| loaded(PRODUCTION, &[("DAFTAR_TRACES__SAMPLE", variable)]).traces.sample;
        assert_eq!((share("1"), share("0"), share("0.25"), share("1.0")), (Share::ALL, Share(0), Share(250_000), Share::ALL));
        assert_eq!(loaded(&format!("{PRODUCTION}[traces]\nsample = 0.001\n"), &[]).traces.sample, Share(1000));
        for wrong in ["1.5", "-0.1", "2", "NaN", "half"] {
            let error = load(PRODUCTION, &[("DAFTAR_TRACES__SAMPLE", wrong)]).unwrap_err();
            assert!(error.contains("`traces.sample`") && error.contains("a share from 0.0 to 1.0"), "{error}");
        }
    }

    #[test]
    fn a_share_holds_that_many_of_all_numbers() {
        assert!(Share::ALL.holds(u64::MAX) && Share::ALL.holds(0));
        assert!(!Share(0).holds(0));
        assert!(Share(500_000).holds(u64::MAX / 2) && !Share(500_000).holds(u64::MAX / 2 + 1));
    }

    #[test]
    fn a_collector_that_others_can_listen_to_is_warned_of() {
        let warned = |url: &str| {
            let warnings = load(PRODUCTION, &[("DAFTAR_TRACES__ENDPOINT", url)]).unwrap().warnings;
            warnings.iter().any(|warning| warning.contains("traces.endpoint"))
        };
        assert!(warned("http://collector.example.com:4318"));
        assert!(!warned("https://collector.example.com") && !warned("http://127.0.0.1:4318"));
    }
}
