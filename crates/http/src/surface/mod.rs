//! What the surfaces share: reading a body, its JSON and its properties, forms, who calls and from where, the shield against floods, what is
//! counted and traced of every call, what every response carries. A surface adds its own
//! shapes and texts.

pub(crate) mod blur;
pub(crate) mod body;
pub(crate) mod bounds;
pub(crate) mod caller;
pub(crate) mod fault;
pub(crate) mod form;
pub(crate) mod headers;
pub(crate) mod json;
pub(crate) mod meter;
pub(crate) mod problem;
pub(crate) mod properties;
pub(crate) mod segment;
pub(crate) mod shield;
pub(crate) mod trace;
