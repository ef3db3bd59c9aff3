//! Rounds: everything is measured in turn, several times, so that a machine whose speed drifts drifts for all; medians are quoted, ranges shown.

/// The figures of one measurement over all rounds.
#[derive(Debug, Clone, Default)]
pub struct Series {
    sorted: Vec<f64>,
}

impl Series {
    /// Adds a round's figure.
    pub fn push(&mut self, figure: f64) {
        self.sorted.push(figure);
        self.sorted.sort_by(f64::total_cmp);
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// The middle one.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.sorted.get(self.sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// Median and range, with `digits` after the point; the figure alone where it was taken once.
    #[must_use]
    pub fn shown(&self, digits: usize) -> String {
        if let [only] = *self.sorted {
            return format!("{only:.digits$}");
        }
        let (low, high) = (self.sorted.first().copied().unwrap_or(f64::NAN), self.sorted.last().copied().unwrap_or(f64::NAN));
        format!("{:.digits$} ({low:.digits$}–{high:.digits$})", self.median())
    }
}
