//! What the surfaces share: reading a body and its JSON, who calls and from where, what every response carries. A surface adds its own
//! shapes and texts.

pub(crate) mod body;
pub(crate) mod caller;
pub(crate) mod fault;
pub(crate) mod headers;
pub(crate) mod json;
pub(crate) mod segment;
