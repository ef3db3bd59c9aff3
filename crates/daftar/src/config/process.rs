//! `[http]`, `[log]` and `[shutdown]`: how the process behaves towards browsers, operators and signals.

use serde::{Deserialize, Serialize};

use super::span::Span;

/// `[http]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Http {
    /// Origins whose scripts may call (threat row 59); none by default.
    pub(crate) cors_origins: Vec<String>,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON object a line.
    Json,
}

/// From which weight on something is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogLevel {
    /// What failed.
    Error,
    /// What an operator should look at.
    Warn,
    /// What the process does.
    #[default]
    Info,
    /// How it does it.
    Debug,
    /// Everything.
    Trace,
}

/// `[log]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    /// How lines look.
    pub(crate) format: LogFormat,
    /// From which weight on.
    pub(crate) level: LogLevel,
}

/// `[shutdown]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Shutdown {
    /// How long the server still takes requests after it has said that it is not ready.
    pub(crate) delay: Span<0, 300>,
}

impl Default for Shutdown {
    fn default() -> Self {
        // Long enough for a probe that asks every second, short enough for a restart.
        Self { delay: Span::seconds(1) }
    }
}
