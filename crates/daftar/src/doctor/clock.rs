//! This machine's clock: against the database's where that has one, else against the latest time that the database was told.

use std::time::Duration;

use daftar_core::ports::{Clock as _, Timestamp};

use crate::clock;
use crate::system::SystemClock;

use super::finding::Finding;
use super::patient::Patient;
use super::store::unreadable;

/// Clocks that differ by less agree.
const SAME: Duration = Duration::from_secs(1);

/// Looks at it.
pub(super) async fn look(patient: &Patient) -> Vec<Finding> {
    let store = match patient.store() {
        Ok(store) => store,
        Err(unseen) => return vec![unseen],
    };
    vec![match clock::ahead(store).await {
        Err(error) => unreadable(&error),
        Ok(Some(0)) => Finding::ok("it agrees with the database's"),
        Ok(Some(ms)) => {
            let way = if ms > 0 { "ahead of" } else { "behind" };
            Finding::warning(
                format_args!("it is {} s {way} the database's, by which the servers go", ms.unsigned_abs() / 1000),
                "Set it, and keep it right: chrony",
            )
        }
        Ok(None) => match store.latest_time().await {
            Err(error) => unreadable(&error),
            Ok(latest) => alone(latest, SystemClock.now()),
        },
    }]
}

/// What can be said of a clock beside which there is no other.
fn alone(latest: Option<Timestamp>, now: Timestamp) -> Finding {
    let behind = latest.and_then(|latest| Duration::try_from(latest.duration_since(now)).ok()).unwrap_or_default();
    if behind > SAME {
        return Finding::warning(
            format_args!("it shows {now}, {} s before what the database was told already", behind.as_secs()),
            "Set it, and keep it right: chrony. What was over stays over",
        );
    }
    Finding::ok(format_args!("it shows {now}; beside a database in a file there is no other to compare it with"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn a_clock_that_was_set_back_is_told_of() {
        let now = SystemClock.now();
        let state = |latest| alone(latest, now).state;
        assert_eq!((state(None), state(Some(now)), state(Some(now + SAME))), (State::Ok, State::Ok, State::Ok));
        assert_eq!(state(Some(now - Duration::from_secs(3600))), State::Ok);
        assert_eq!(state(Some(now + Duration::from_secs(3600))), State::Warning);
    }
}
