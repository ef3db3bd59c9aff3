//! Rounds: everything is measured in turn, several times, so that a machine whose speed drifts drifts for all; medians are quoted, ranges shown.

/// The figures of one measurement over all rounds.
#[derive(Debug, Clone, Default)]
pub struct Series(Vec<f64>);

impl Series {
    /// Adds a round's figure.
    pub fn push(&mut self, figure: f64) {
        self.0.push(figure);
        self.0.sort_by(f64::total_cmp);
    }

    /// The middle one.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.0.get(self.0.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// Median and range, with `digits` after the point.
    #[must_use]
    pub fn shown(&self, digits: usize) -> String {
        let (low, high) = (self.0.first().copied().unwrap_or(f64::NAN), self.0.last().copied().unwrap_or(f64::NAN));
        format!("{:.digits$} ({low:.digits$}–{high:.digits$})", self.median())
    }
}
