//! What a simulated day comes to, and that a real installation decides alike.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod replay;
mod simulation;
