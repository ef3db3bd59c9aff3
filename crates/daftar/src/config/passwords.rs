//! `[passwords]` and `[hashing]`: what a new password must be like, and what hashing one costs.

use std::path::PathBuf;

use daftar_core::hashing::HashingCost;
use daftar_core::password::PasswordPolicy;
use serde::{Deserialize, Serialize};

use super::text::Whole;

/// `[passwords]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Passwords {
    /// The fewest characters of a new password.
    pub(crate) min: Whole<6, 1024>,
    /// The most characters.
    pub(crate) max: Whole<6, 1024>,
    /// The fewest guesses after which somebody may come to it; 0: not asked.
    pub(crate) min_guesses: Whole<0, 1_000_000_000>,
    /// Files of passwords that nobody may choose.
    pub(crate) lists: Vec<PathBuf>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { min: Whole(6), max: Whole(128), min_guesses: Whole(0), lists: Vec::new() }
    }
}

impl Passwords {
    /// As the core checks it.
    pub(crate) const fn policy(&self) -> PasswordPolicy {
        PasswordPolicy { min: self.min.0 as usize, max: self.max.0 as usize, blanks: true, min_guesses: self.min_guesses.0 }
    }
}

/// `[hashing]`: Argon2id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Hashing {
    /// Memory for one hash, in KiB.
    pub(crate) memory_kib: Whole<8, 1_048_576>,
    /// Passes over it.
    pub(crate) passes: Whole<1, 64>,
    /// Lanes.
    pub(crate) lanes: Whole<1, 16>,
    /// Hashes at once; 0: as many as there are cores.
    pub(crate) threads: Whole<0, 1024>,
}

impl Default for Hashing {
    fn default() -> Self {
        Self { memory_kib: Whole(19_456), passes: Whole(2), lanes: Whole(1), threads: Whole(0) }
    }
}

impl Hashing {
    /// As the core counts it.
    pub(crate) const fn cost(&self) -> HashingCost {
        HashingCost { memory_kib: self.memory_kib.0, passes: self.passes.0, lanes: self.lanes.0 }
    }

    /// Hashes at once, in force.
    pub(crate) fn threads(&self) -> usize {
        match self.threads.0 {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get),
            threads => threads as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_cores() {
        assert_eq!(Passwords::default().policy(), PasswordPolicy::default());
        assert_eq!(Hashing::default().cost(), HashingCost::default());
    }
}
