//! Tables of measurements as they are reported: a row for each thing that is measured, a column for each that it is measured on, with the aim where there is one
//! and whether it is met.

use std::fmt::Write as _;

use crate::rounds::Series;

/// What a figure is to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aim {
    /// So much or more.
    AtLeast(f64),
    /// So much or less.
    AtMost(f64),
}

impl Aim {
    fn is_met(self, figure: f64) -> bool {
        match self {
            Self::AtLeast(least) => figure >= least,
            Self::AtMost(most) => figure <= most,
        }
    }
}

/// Something that is measured, on `N` columns.
#[derive(Debug, Clone, Copy)]
pub struct Measure<const N: usize> {
    /// What, with its unit.
    pub what: &'static str,
    /// Digits after the point.
    pub digits: usize,
    /// The aims, column by column.
    pub aims: [Option<Aim>; N],
}

impl<const N: usize> Measure<N> {
    /// Something without an aim.
    #[must_use]
    pub const fn new(what: &'static str, digits: usize) -> Self {
        Self { what, digits, aims: [None; N] }
    }

    /// Something with the same aim in every column.
    #[must_use]
    pub const fn aiming(what: &'static str, digits: usize, aim: Aim) -> Self {
        Self { what, digits, aims: [Some(aim); N] }
    }
}

/// Measurements, in the order in which they were first taken.
#[derive(Debug)]
pub struct Table<const N: usize> {
    title: &'static str,
    columns: [&'static str; N],
    rows: Vec<(Measure<N>, [Series; N])>,
}

impl<const N: usize> Table<N> {
    /// An empty one.
    #[must_use]
    pub const fn new(title: &'static str, columns: [&'static str; N]) -> Self {
        Self { title, columns, rows: Vec::new() }
    }

    /// Adds a figure of this round.
    pub fn push(&mut self, measure: Measure<N>, column: usize, figure: f64) {
        let place = self.rows.iter().position(|(known, _)| known.what == measure.what).unwrap_or_else(|| {
            self.rows.push((measure, std::array::from_fn(|_| Series::default())));
            self.rows.len() - 1
        });
        println!("  {} on {}: {figure:.*}", measure.what, self.columns[column], measure.digits);
        self.rows[place].1[column].push(figure);
    }

    /// The table in Markdown: medians and ranges, and what was aimed at.
    #[must_use]
    pub fn shown(&self) -> String {
        let mut text = format!("| {} | {} |\n|---|{}\n", self.title, self.columns.join(" | "), "---|".repeat(N));
        for (measure, series) in &self.rows {
            let cells = series.iter().zip(measure.aims).map(|(series, aim)| cell(series, measure.digits, aim));
            writeln!(text, "| {} | {} |", measure.what, cells.collect::<Vec<_>>().join(" | ")).unwrap();
        }
        text
    }
}

fn cell(series: &Series, digits: usize, aim: Option<Aim>) -> String {
    if series.is_empty() {
        return "–".to_owned();
    }
    let shown = series.shown(digits);
    let Some(aim) = aim else { return shown };
    let (sign, wanted) = match aim {
        Aim::AtLeast(least) => ('≥', least),
        Aim::AtMost(most) => ('≤', most),
    };
    let verdict = if aim.is_met(series.median()) { "met" } else { "**missed**" };
    format!("{shown}; aim {sign} {wanted}: {verdict}")
}
