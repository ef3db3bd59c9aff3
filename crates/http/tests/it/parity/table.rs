//! Situations, the columns in which they are played, and the table that comes of it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use daftar_testkit::{Answer, Installation};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;

/// What a cell says where a situation cannot arise.
pub(super) const NONE: &str = "–";
/// How many situations are played at once.
const AT_ONCE: usize = 6;

/// An installation that a section's situations share, if they leave its clock and its limits alone, and have people of their own.
#[derive(Clone)]
pub(super) struct Stage {
    site: Arc<Installation>,
    people: Arc<AtomicU32>,
}

impl Stage {
    async fn new() -> Self {
        Self { site: Arc::new(Installation::start().await), people: Arc::default() }
    }

    /// The installation, and the number of a person whom nobody knows there.
    pub(super) fn enter(&self) -> (Arc<Installation>, u32) {
        (Arc::clone(&self.site), self.person())
    }

    /// The number of another one.
    pub(super) fn person(&self) -> u32 {
        self.people.fetch_add(1, Ordering::SeqCst) + 1
    }
}

/// Something that can happen on each of the columns `C`; what is answered.
pub(super) struct Situation<C> {
    name: String,
    play: Box<dyn Fn(Stage, C) -> BoxFuture<'static, String> + Send + Sync>,
}

/// A situation called `name`.
pub(super) fn situation<C, F: Future<Output = String> + Send + 'static>(
    name: impl Into<String>,
    play: impl Fn(Stage, C) -> F + Send + Sync + 'static,
) -> Situation<C> {
    Situation { name: name.into(), play: Box::new(move |stage, column| Box::pin(play(stage, column))) }
}

/// What an answer says: its status and its message, or else what it brings; and how long to wait.
pub(super) fn said(answer: &Answer) -> String {
    let body = answer.json();
    let text = |name: &str| body[name].as_str().filter(|text| !text.is_empty());
    let token = |holder: &Value| ["token", "accessToken", "otpToken"].iter().any(|name| holder[name].is_string());
    let what = match text("message") {
        Some(message) => message,
        None if token(&body) || token(&body["data"]) => "<token>",
        None if text("code").is_some() => text("code").unwrap_or_default(),
        None if body["data"].is_null() && body["success"] == true => "done",
        None => "<data>",
    };
    let wait = match answer.header("retry-after") {
        "" => String::new(),
        seconds => format!(" (in {seconds} s)"),
    };
    format!("{} {what}{wait}", answer.status.as_u16())
}

/// What several answers say: how often what.
pub(super) fn all_said(answers: &[Answer]) -> String {
    let mut counts = std::collections::BTreeMap::new();
    for answer in answers {
        *counts.entry(said(answer)).or_insert(0) += 1;
    }
    counts.iter().map(|(said, count)| format!("{count} × {said}")).collect::<Vec<_>>().join(", ")
}

/// A part of the table: situations of one kind.
pub(super) struct Section {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Section {
    /// Plays every situation in every column.
    pub(super) async fn played<C: Copy>(title: &str, columns: &[(&str, C)], situations: Vec<Situation<C>>) -> Self {
        let stage = Stage::new().await;
        let rows = situations.into_iter().map(|Situation { name, play }| {
            let cells = columns.iter().map(|(_, column)| play(stage.clone(), *column)).collect::<Vec<_>>();
            async move {
                let mut row = vec![name];
                for cell in cells {
                    row.push(cell.await);
                }
                row
            }
        });
        let rows = stream::iter(rows).buffered(AT_ONCE).collect().await;
        let head = std::iter::once(title.to_uppercase()).chain(columns.iter().map(|(name, _)| (*name).to_owned())).collect();
        Self { head, rows }
    }
}

/// The statuses of two cells are the same, or one of them is none.
fn alike(cells: &[String]) -> bool {
    let mut statuses: Vec<&str> = cells.iter().filter(|cell| *cell != NONE).map(|cell| cell.split(' ').next().unwrap()).collect();
    statuses.dedup();
    statuses.len() < 2
}

/// One line for each situation. A `!` marks those in which the surfaces do not begin to answer alike; `″` stands for what is at its left.
impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = vec![(' ', self.head.clone())];
        for row in &self.rows {
            let mark = if alike(&row[1..]) { ' ' } else { '!' };
            let mut row = row.clone();
            for column in (2..row.len()).rev() {
                if row[column] == row[column - 1] && row[column] != NONE {
                    "″".clone_into(&mut row[column]);
                }
            }
            lines.push((mark, row));
        }
        let width = |column: usize| lines.iter().map(|(_, row)| row[column].chars().count()).max().unwrap_or_default();
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        for (number, (mark, row)) in lines.iter().enumerate() {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            writeln!(f, "{}", format!("{mark} {}", cells.join(" | ")).trim_end())?;
            if number == 0 {
                writeln!(f, "--{}", widths.iter().map(|width| "-".repeat(*width)).collect::<Vec<_>>().join("-+-"))?;
            }
        }
        Ok(())
    }
}
