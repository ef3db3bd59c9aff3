//! What the store traces: every name and attribute of its own stands here. A span names an operation, never what it is about (threat row 52).

use tracing::field::Empty;
use tracing::{Span, debug_span};

/// The path on which an operation runs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Path {
    /// A transaction, from its queueing to its commit.
    Write,
    /// A look-up through an index.
    LookUp,
    /// A read that may take long.
    Scan,
}

impl Path {
    const fn name(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::LookUp => "look_up",
            Self::Scan => "scan",
        }
    }
}

/// The span of the operation `name` on a database of this kind.
pub(crate) fn operation(system: &'static str, path: Path, name: &'static str) -> Span {
    debug_span!(
        "store",
        otel.name = format!("store {name}"),
        otel.kind = "client",
        db.system.name = system,
        db.operation.name = name,
        path = path.name(),
        error.type = Empty,
        otel.status_code = Empty,
    )
}

/// An operation failed, for a reason as it is counted.
pub(crate) fn failed(span: &Span, why: &'static str) {
    span.record("error.type", why);
    daftar_core::trace::failed(span);
}
