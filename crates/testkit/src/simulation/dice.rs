//! Randomness that a seed repeats (SplitMix64): good enough to look random, and the same day again for the same seed.

use std::sync::atomic::{AtomicU64, Ordering};

use daftar_core::ports::Entropy;

/// A source of numbers.
#[derive(Debug)]
pub struct Dice(AtomicU64);

impl Dice {
    /// Begins at `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// The next 64 bits.
    pub fn roll(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`. The bias of the division is below one in 10^12 for the numbers that are drawn here.
    pub fn below(&self, end: usize) -> usize {
        usize::try_from(self.roll() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    /// A number of milliseconds from `from` to `to` seconds.
    pub fn seconds(&self, from: i64, to: i64) -> i64 {
        from * 1000 + i64::try_from(self.roll() % u64::try_from(((to - from) * 1000).max(1)).unwrap()).unwrap()
    }

    /// True in `percent` of a hundred throws.
    pub fn chance(&self, percent: f64) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "53 bits are enough for a throw")]
        let throw = (self.roll() >> 11) as f64 / (1_u64 << 53) as f64;
        throw * 100.0 < percent
    }
}

impl Entropy for Dice {
    fn fill(&self, bytes: &mut [u8]) {
        for some in bytes.chunks_mut(8) {
            some.copy_from_slice(&self.roll().to_le_bytes()[..some.len()]);
        }
    }
}
