//! `daftar doctor`: whether all is well, looked at without changing or sending anything. Every look has its own time, and what one finds keeps none
//! of the others back: it is for the hour in which something is down.
//!
//! # Adding a look
//!
//! Write it in a file of its own: a function `look(&Patient) -> Vec<Finding>` that reads and never writes. Then give it a name and a place in
//! [`LOOKS`], and its case in `tests/it/doctor.rs`, which is seen to fail once the look is taken out.

mod aside;
mod certificate;
mod clock;
mod configuration;
mod data_dir;
mod finding;
mod limits;
mod mail;
mod master_key;
mod open_files;
mod outbox;
mod patient;
mod signing_keys;
mod sms;
mod store;

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};

use crate::config::Sources;
use aside::{Lost, aside};
pub(crate) use finding::State;
use finding::{Finding, Line};
use patient::Patient;

/// How long one look may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long whoever is reached over a network may take to answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// Looks at one thing.
type Look = for<'a> fn(&'a Patient) -> BoxFuture<'a, Vec<Finding>>;

/// Every look but that at the configuration, without which there is nothing to look at.
const LOOKS: [(&str, Look); 11] = [
    ("store", |patient| Box::pin(store::look(patient))),
    ("data directory", |patient| Box::pin(ready(data_dir::look(patient)))),
    ("master key", |patient| Box::pin(master_key::look(patient))),
    ("signing keys", |patient| Box::pin(signing_keys::look(patient))),
    ("certificate", |patient| Box::pin(ready(certificate::look(patient)))),
    ("clock", |patient| Box::pin(clock::look(patient))),
    ("mail", |patient| Box::pin(mail::look(patient))),
    ("sms", |patient| Box::pin(sms::look(patient))),
    ("outbox", |patient| Box::pin(outbox::look(patient))),
    ("limits", |patient| Box::pin(limits::look(patient))),
    ("open files", |patient| Box::pin(ready(open_files::look(patient)))),
];

/// Looks at everything.
pub(crate) async fn examine(sources: Sources) -> Vec<Line> {
    let unread = || Finding::failed("a file that it names cannot be read in time", "Look at the disks that its files are on");
    let read = aside(ANSWERS_WITHIN, async move { configuration::look(&sources) }).await;
    let (found, config) = read.unwrap_or_else(|why| (not_looked(why, unread), None));
    let mut lines = lines("configuration", found);
    if let Some(config) = config {
        let patient = Arc::new(Patient::meet(config).await);
        let looks = LOOKS.iter().map(|&(name, look)| bounded(name, look, Arc::clone(&patient)));
        lines.extend(join_all(looks).await.into_iter().flatten());
        // To close a store is to write to its disk. What does not come of that is nobody's loss.
        let _ = aside(ANSWERS_WITHIN, ready(()).map(move |()| drop(patient))).await;
    }
    lines
}

/// What is to be said of a look that came to nothing.
fn not_looked(why: Lost, too_long: impl FnOnce() -> Finding) -> Vec<Finding> {
    vec![match why {
        Lost::TooLong => too_long(),
        Lost::Broken => Finding::failed("the look itself failed", "Standard error says how. Please report it"),
    }]
}

async fn bounded(name: &'static str, look: Look, patient: Arc<Patient>) -> Vec<Line> {
    let found = aside(PATIENCE, async move { look(&patient).await }).await;
    let too_long = || Finding::failed(format_args!("it took longer than {} s to look", PATIENCE.as_secs()), "Look at what it depends on");
    lines(name, found.unwrap_or_else(|why| not_looked(why, too_long)))
}

fn lines(look: &'static str, found: Vec<Finding>) -> Vec<Line> {
    found.into_iter().map(|finding| Line { look, finding }).collect()
}
