//! The house keeps its threat model: every row and every fault that `docs/security.md` lists is shown by tests that carry its number, and every
//! number that a test carries is listed.
//!
//! A test shows a row if its name contains `row_N_`, a fault if it contains `fault_N_`; one that shows two names both (`row_27_and_row_32_…`).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// The rows of the threat model. What is between them was merged into others.
const ROWS: [RangeInclusive<u32>; 5] = [1..=19, 22..=29, 31..=34, 38..=49, 51..=60];
/// The faults.
const FAULTS: RangeInclusive<u32> = 1..=7;
/// Cells of a line: number, threat, what Daftar does, where.
const COLUMNS: usize = 4;
/// Where tests see nothing but what a caller or an operator sees, on either store.
const BLACK_BOX: [&str; 2] = ["crates/http/tests", "crates/daftar/tests"];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The Rust files below a directory.
fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The names of the tests in a source: of functions that follow `#[test]` or `#[tokio::test…]`.
fn tests_in(source: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim_start) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some((_, rest)) = line.split_once("fn ").filter(|_| is_test) {
            found.extend(rest.split(|c: char| !c.is_alphanumeric() && c != '_').next());
            is_test = false;
        }
    }
    found
}

/// The numbers that a name carries behind `word`: 27 and 32 are those of `row_27_and_row_32_a_token`.
fn numbers(name: &str, word: &str) -> Vec<u32> {
    let mut parts = name.split('_').peekable();
    let mut found = Vec::new();
    while let Some(part) = parts.next() {
        if part == word {
            found.extend(parts.peek().and_then(|number| number.parse::<u32>().ok()));
        }
    }
    found
}

/// The black-box tests that carry each number behind `word`.
fn shown(word: &str) -> BTreeMap<u32, Vec<String>> {
    let mut shown: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for path in BLACK_BOX.iter().flat_map(|place| sources(&repository().join(place))) {
        let source = std::fs::read_to_string(path).unwrap();
        for name in tests_in(&source) {
            for number in numbers(name, word) {
                shown.entry(number).or_default().push(name.to_owned());
            }
        }
    }
    shown
}

/// The cells of the lines of every table of `docs/security.md` that begin with a number, behind the heading that `wanted` takes.
fn listed(wanted: impl Fn(&str) -> bool) -> Vec<(u32, Vec<String>)> {
    let text = std::fs::read_to_string(repository().join("docs/security.md")).unwrap();
    let (mut heading, mut found) = (String::new(), Vec::new());
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            title.clone_into(&mut heading);
        }
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
        if let Some(number) = cells[0].parse().ok().filter(|_| line.starts_with("| ") && wanted(&heading)) {
            found.push((number, cells));
        }
    }
    found
}

/// What is wrong with the list: each of these numbers has one line, with everything that its table has to say, and nothing else has any.
fn wrong_in_list(listed: &[(u32, Vec<String>)], expected: &BTreeSet<u32>) -> Vec<String> {
    let mut wrong = Vec::new();
    for number in expected {
        match listed.iter().filter(|(listed, _)| listed == number).collect::<Vec<_>>()[..] {
            [(_, cells)] if cells.len() == COLUMNS && cells.iter().all(|cell| !cell.is_empty()) => {}
            [(_, cells)] => wrong.push(format!("{number}: its line in docs/security.md has not {COLUMNS} full cells: {cells:?}")),
            [] => wrong.push(format!("{number}: no line in docs/security.md")),
            _ => wrong.push(format!("{number}: several lines in docs/security.md")),
        }
    }
    let unknown = listed.iter().filter(|(number, _)| !expected.contains(number));
    wrong.extend(unknown.map(|(number, _)| format!("{number}: in docs/security.md, and unknown to the threat model")));
    wrong
}

/// What is wrong with the tests: each number has one, but those that are to come have none, and nothing else has any.
fn wrong_in_tests(shown: &BTreeMap<u32, Vec<String>>, expected: &BTreeSet<u32>) -> Vec<String> {
    let missing = expected.iter().filter(|number| !shown.contains_key(number));
    let mut wrong: Vec<_> = missing.map(|number| format!("{number}: no black-box test carries it")).collect();
    let unknown = shown.iter().filter(|(number, _)| !expected.contains(number));
    wrong.extend(unknown.map(|(number, tests)| format!("{number}: unknown to the threat model, and in the name of {tests:?}")));
    wrong
}

#[test]
fn every_row_of_the_threats_is_described_and_shown() {
    let rows: BTreeSet<u32> = ROWS.into_iter().flatten().collect();
    let mut wrong = wrong_in_list(&listed(|heading| heading.starts_with("Threats: ")), &rows);
    wrong.extend(wrong_in_tests(&shown("row"), &rows));
    assert!(wrong.is_empty(), "rows of the threat model:\n{}", wrong.join("\n"));
}

#[test]
fn every_fault_is_described_and_shown() {
    let faults: BTreeSet<u32> = FAULTS.collect();
    let mut wrong = wrong_in_list(&listed(|heading| heading == "Faults"), &faults);
    wrong.extend(wrong_in_tests(&shown("fault"), &faults));
    assert!(wrong.is_empty(), "faults:\n{}", wrong.join("\n"));
}

#[test]
fn a_number_has_one_form_in_every_name() {
    let mut odd = Vec::new();
    for path in sources(&repository().join("crates")) {
        let source = std::fs::read_to_string(path).unwrap();
        // `row_12_and_29_…` and `rows_12_…` are found by nobody who looks for `row_29_`.
        let is_odd = |name: &&str| {
            let parts: Vec<_> = name.split('_').collect();
            let is_number = |part: &str| part.parse::<u32>().is_ok();
            let plural = parts.windows(2).any(|pair| ["rows", "faults"].contains(&pair[0]) && is_number(pair[1]));
            let joined =
                parts.windows(4).any(|four| ["row", "fault"].contains(&four[0]) && is_number(four[1]) && four[2] == "and" && is_number(four[3]));
            plural || joined
        };
        odd.extend(tests_in(&source).into_iter().filter(is_odd).map(str::to_owned));
    }
    assert_eq!(odd, Vec::<String>::new());
}

#[test]
fn numbers_are_read_from_names() {
    assert_eq!(numbers("row_27_and_row_32_a_token", "row"), [27, 32]);
    assert_eq!(numbers("fault_1_and_fault_2_with_a_server", "fault"), [1, 2]);
    assert_eq!(numbers("row_14_of_100_racing", "row"), [14]);
    assert_eq!(numbers("a_row_that_was_changed", "row"), Vec::<u32>::new());
    let source = "#[test]\nfn row_1_a() {}\nfn row_2_helper() {}\n    #[tokio::test(flavor = \"multi_thread\")]\n    async fn row_3_b() {}\n";
    assert_eq!(tests_in(source), ["row_1_a", "row_3_b"]);
}
