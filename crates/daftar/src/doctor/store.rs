//! The store: whether it can be opened and read, and which schema it has.

use daftar_core::ports::StoreError;
use daftar_store::{OpenError, Schema};

use super::ANSWERS_WITHIN;
use super::finding::{Finding, chain};
use super::patient::{Absence, Patient};

/// Looks at it.
pub(super) async fn look(patient: &Patient) -> Vec<Finding> {
    let url = patient.config.database_url().masked();
    vec![match &patient.store {
        Ok(store) => store.schema().await.map_or_else(|error| unreadable(&error), |schema| read(&url, schema)),
        Err(Absence::NoFile) => Finding::warning(format_args!("there is no database at {url} yet"), "The first start of the server makes it"),
        Err(Absence::Silent) => Finding::failed(
            format_args!("{url} did not answer within {} s", ANSWERS_WITHIN.as_secs()),
            "See that its server, and the network between, are well. Calls are answered 503 until then",
        ),
        Err(Absence::Closed(error)) => closed(&url, error, patient.config.database.migrate),
    }]
}

fn read(url: &str, Schema { found, known }: Schema) -> Finding {
    if found > i64::from(known) {
        return Finding::warning(
            format_args!("{url} answers, and has schema {found}; this program knows {known}"),
            "It can serve from it. Replace it by the release that the other servers run",
        );
    }
    Finding::ok(format_args!("{url} answers, and has schema {found}"))
}

fn closed(url: &str, error: &OpenError, migrates: bool) -> Finding {
    let why = format!("{url} cannot be used: {}", chain(error));
    match error {
        OpenError::OlderSchema { .. } if migrates => Finding::warning(why, "The next start of the server does it, too"),
        // They say themselves what is to be done.
        OpenError::OlderSchema { .. } | OpenError::NewerSchema { .. } | OpenError::Unfinished => {
            Finding::failed(why, "No server starts on it as it is")
        }
        OpenError::Server(_) => Finding::failed(why, "See that its server runs, and that `database.url` is right. Calls are answered 503 until then"),
        _ => Finding::failed(why, "See that `database.url` is right, and that this user may read and write there"),
    }
}

/// What is to be said when the store was opened and then fails.
pub(super) fn unreadable(error: &StoreError) -> Finding {
    Finding::failed(format_args!("the store fails: {}", chain(error)), "Look at its server, its disk and its log")
}
