//! The house keeps its promises about metrics: what the program counts is what `docs/operations.md` lists, and the dashboard and the alerts of `monitoring/` ask for nothing
//! else.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::program::Home;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap()
}

/// The names of metrics in a text, those of a histogram's parts without their endings.
fn metrics_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_lowercase() || c == '_')).filter(|word| word.starts_with("daftar_"));
    let whole = |word: &str| ["_bucket", "_count", "_sum"].iter().find_map(|part| word.strip_suffix(part)).unwrap_or(word).to_owned();
    words.map(whole).collect()
}

/// What the program counts: every literal name of a metric in its sources.
fn counted() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut folders: Vec<PathBuf> =
        ["core", "store", "delivery", "http", "daftar"].map(|name| repository().join(format!("crates/{name}/src"))).into();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = std::fs::read_to_string(path).unwrap();
                let production = source.split("#[cfg(test)]").next().unwrap_or_default();
                let made = ["counter!(", "gauge!(", "histogram!("].iter().flat_map(|maker| production.split(maker).skip(1));
                names.extend(made.filter_map(|rest| metrics_in(rest.trim_start().split(',').next()?.split(')').next()?).into_iter().next()));
            }
        }
    }
    names
}

#[test]
fn every_metric_is_documented_and_every_documented_one_is_counted() {
    let operations = read("docs/operations.md");
    let section = operations.split("## Metrics").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `daftar_"));
    let documented: BTreeSet<String> = rows.flat_map(|row| metrics_in(row.split('|').nth(1).unwrap())).collect();
    let counted = counted();
    assert!(counted.len() > 25, "{counted:?}");
    assert_eq!(documented, counted);
}

#[test]
fn the_dashboard_and_the_alerts_ask_for_metrics_that_there_are() {
    let counted = counted();
    for path in ["monitoring/grafana-dashboard.json", "monitoring/alerts.yml"] {
        let asked = metrics_in(&read(path));
        let unknown: Vec<_> = asked.difference(&counted).collect();
        assert!(unknown.is_empty(), "{path} asks for {unknown:?}");
        assert!(asked.len() > 10);
    }
    let dashboard: serde_json::Value = serde_json::from_str(&read("monitoring/grafana-dashboard.json")).unwrap();
    let shown = metrics_in(&dashboard["panels"].to_string());
    let unseen: Vec<_> = counted.difference(&shown).collect();
    assert!(unseen.is_empty(), "the dashboard does not show {unseen:?}");
}

#[test]
fn every_alert_says_what_to_do() {
    let alerts = read("monitoring/alerts.yml");
    let rules: Vec<&str> = alerts.split("- alert: ").skip(1).collect();
    assert!(rules.len() > 12);
    for rule in rules {
        for part in ["expr:", "severity:", "summary:", "description:"] {
            assert!(rule.contains(part), "{part} is missing in {rule}");
        }
    }
}

#[tokio::test]
async fn what_alerts_wait_for_is_counted_from_zero() {
    let home = Home::for_development();
    let server = home.start(&["serve"]);
    let http = reqwest::Client::new();
    let shown = http.get(format!("{}/metrics", server.base)).send().await.unwrap().text().await.unwrap();
    // `increase` sees how a counter grows, and not what it begins with: the first burst would go unnoticed.
    let alerts = read("monitoring/alerts.yml");
    let watched = ["daftar_hashing_refused_total", "daftar_store_failures_total", "daftar_limited_total"];
    for counter in watched {
        assert!(alerts.contains(&format!("increase({counter}")), "no alert is on {counter}");
    }
    for series in [
        "daftar_hashing_refused_total",
        "daftar_store_failures_total{why=\"unavailable\"}",
        "daftar_store_failures_total{why=\"overloaded\"}",
        "daftar_store_failures_total{why=\"corrupt\"}",
        "daftar_store_failures_total{why=\"failed\"}",
        "daftar_limited_total{limit=\"sms.hour\"}",
        "daftar_limited_total{limit=\"sms.day\"}",
        "daftar_limited_total{limit=\"send.client\"}",
        "daftar_limited_total{limit=\"password.strangers\"}",
        "daftar_limited_total{limit=\"send.country\"}",
        "daftar_limited_total{limit=\"requests.address\"}",
    ] {
        assert!(shown.lines().any(|line| line == format!("{series} 0")), "{series} is not there: {shown}");
    }
    assert!(server.stop().success());
}
