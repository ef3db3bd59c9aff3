//! What the core counts, for `GET /metrics`: every name and label of its own stands here. No label names a person.

use std::time::Duration;

use metrics::{counter, histogram};

use crate::code::Purpose;
use crate::limit::LimitKind;

/// The limit that a country without service is counted under.
const COUNTRY: &str = "send.country";

/// Counters that alerts watch are there from the start: of one that begins with its first event, Prometheus does not see that it grew.
pub fn count_from_zero() {
    for limit in LimitKind::ALL.iter().map(|kind| kind.name()).chain([COUNTRY]) {
        counter!("daftar_limited_total", "limit" => limit).increment(0);
    }
    counter!("daftar_hashing_refused_total").increment(0);
}

/// Something was refused because a limit was spent.
pub(crate) fn limited(kind: LimitKind) {
    counter!("daftar_limited_total", "limit" => kind.name()).increment(1);
}

/// A short message was refused because its country is not served.
pub(crate) fn not_served() {
    counter!("daftar_limited_total", "limit" => COUNTRY).increment(1);
}

/// A sign-in by password came to its end (threat row 56: the ratio of failures).
pub(crate) fn sign_in(outcome: &'static str) {
    counter!("daftar_sign_ins_total", "outcome" => outcome).increment(1);
}

/// A code was drawn. How much wrong guessing there is, is a gauge (see [`crate::limit::watched`]).
pub(crate) fn drawn(purpose: Purpose) {
    counter!("daftar_codes_drawn_total", "purpose" => purpose.name()).increment(1);
}

/// What showing a code came to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Outcome {
    /// It was right.
    Right,
    /// It was wrong, or dead.
    Wrong,
    /// It was too late.
    Expired,
}

impl Outcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Wrong => "wrong",
            Self::Expired => "expired",
        }
    }
}

/// A code was shown.
pub(crate) fn shown(purpose: Purpose, outcome: Outcome) {
    counter!("daftar_codes_shown_total", "purpose" => purpose.name(), "outcome" => outcome.name()).increment(1);
}

/// A hash was computed, `waited` after it was asked for, in `took`.
pub(crate) fn hashed(waited: Duration, took: Duration) {
    histogram!("daftar_hashing_wait_seconds").record(waited);
    histogram!("daftar_hashing_seconds").record(took);
}

/// A hash was refused, because too many wait or it waited too long (threat row 24).
pub(crate) fn not_hashed() {
    counter!("daftar_hashing_refused_total").increment(1);
}
