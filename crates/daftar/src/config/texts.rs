//! `[texts]`: the folder in which an operator keeps words and a template of his own.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// `[texts]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Texts {
    /// Where `en/messages.ftl`, `id/messages.ftl`, `zh-Hant/messages.ftl` and `mail.html` are, as far as there are any.
    pub(crate) dir: Option<PathBuf>,
}
