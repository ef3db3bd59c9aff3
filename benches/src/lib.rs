//! What the benchmarks share: a load generator that costs next to nothing, and the arithmetic of rounds. The measurements are in `benches/`.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout, reason = "a benchmark that cannot go on should stop")]

pub mod beside;
pub mod calls;
pub mod courier;
pub mod limits;
pub mod load;
pub mod peers;
pub mod people;
pub mod place;
pub mod program;
pub mod rounds;
pub mod scale;
pub mod site;
pub mod table;
