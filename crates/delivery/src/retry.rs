//! When a message that was not sent is tried again: quickly at first, because somebody is waiting for a code, then once a minute, as long as
//! it is worth sending.

use std::time::Duration;

use daftar_core::ports::Timestamp;

/// Seconds before the second try, the third, and so on; the last is for all that follow.
const WAITS: [u64; 7] = [1, 2, 5, 10, 20, 30, 60];

/// How long to wait when `failures` tries in a row have failed before the one that failed now.
#[must_use]
pub fn wait(failures: u32) -> Duration {
    let index = usize::try_from(failures).unwrap_or(usize::MAX).min(WAITS.len() - 1);
    Duration::from_secs(WAITS.get(index).copied().unwrap_or_default())
}

/// When to try again after a try at `now` that `attempts` others went before, or `None` if the message will be worth nothing by then.
#[must_use]
pub fn next_try(attempts: u32, now: Timestamp, expires_at: Timestamp) -> Option<Timestamp> {
    let at = now.checked_add(wait(attempts)).ok()?;
    (at < expires_at).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(n: i64) -> Timestamp {
        Timestamp::from_second(n).unwrap()
    }

    #[test]
    fn tries_follow_one_another_ever_more_slowly_up_to_a_minute() {
        let waits: Vec<u64> = (0..9).map(|attempts| wait(attempts).as_secs()).collect();
        assert_eq!(waits, [1, 2, 5, 10, 20, 30, 60, 60, 60]);
        assert_eq!(wait(u32::MAX).as_secs(), 60);
    }

    #[test]
    fn there_is_no_try_at_or_after_the_end() {
        assert_eq!(next_try(0, second(100), second(102)), Some(second(101)));
        assert_eq!(next_try(0, second(100), second(101)), None);
        assert_eq!(next_try(6, second(100), second(160)), None);
        assert_eq!(next_try(0, Timestamp::MAX, Timestamp::MAX), None);
    }
}
