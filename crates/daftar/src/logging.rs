//! The log, on standard error, and beside it what is traced.

use std::io::{IsTerminal as _, stderr};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, Registry, fmt};

use crate::config::{Log, LogFormat, LogLevel};
use crate::traces::Recorder;

/// Our own crates. The others never log below "warn": at "trace" some would write what they send and receive (threat row 52).
const OURS: [&str; 5] = ["daftar", "daftar_core", "daftar_store", "daftar_delivery", "daftar_http"];

/// Whether what has this target is of our own crates.
pub(crate) fn is_ours(target: &str) -> bool {
    target.split("::").next().is_some_and(|name| OURS.contains(&name))
}

/// Starts the log, and the recorder of traces if there is one. A second call changes nothing.
pub(crate) fn start(log: &Log, traces: Option<Recorder>) {
    let level = match log.level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let filter = Targets::new().with_default(level.min(LevelFilter::WARN)).with_targets(OURS.map(|name| (name, level)));
    let lines = match log.format {
        LogFormat::Text => fmt::layer().with_writer(stderr).with_ansi(stderr().is_terminal()).boxed(),
        LogFormat::Json => fmt::layer().json().flatten_event(true).with_writer(stderr).boxed(),
    };
    let traces = traces.map(|recorder| recorder.with_filter(Recorder::interest()));
    // It fails only when there is a log already.
    let _ = Registry::default().with(lines.with_filter(filter)).with(traces).try_init();
}
