//! What time it is, and that what was over stays over when a clock is set back.
//!
//! The store remembers the latest time that it was told. When a clock shows less, ends that had passed are moved to the new present, where they are passed too; what
//! was made in the hour that comes a second time is moved back with that hour, and keeps what it had left of its life; debts and waits stay as long as they were. Nothing
//! of that is asked at a call: its rows say it.

use std::time::Duration;

use daftar_core::ports::{StoreError, Timestamp};
use uuid::Uuid;

use super::{after, housekeeping};
use crate::row::Row;
use crate::tx::Tx;

/// Clocks that differ by less agree.
const SAME: Duration = Duration::from_secs(1);
/// Rows of one table that are moved in one transaction: whoever waits behind it must not wait for long.
const AT_ONCE: u64 = 500;
/// By how much a clock may be set back, for what that leaves behind to be put in order.
const MOST: Duration = Duration::from_secs(7 * 24 * 60 * 60);
const MINUTE_MS: i64 = 60_000;
const LATEST: &str = "latest_time";
const REMEMBERED: &str = "SELECT key, value FROM settings WHERE key = $1";

/// The tables in which things end, and which of their rows matter. Their keys are ids that sort by time.
const ENDING: [(&str, &str); 7] = [
    ("sessions", "ended_at IS NULL"),
    ("challenges", "state = 'open'"),
    ("registrations", "state = 'pending'"),
    ("customers", "state = 'pending'"),
    ("recoveries", "TRUE"),
    ("access_tokens", "TRUE"),
    ("outbox", "sealed IS NOT NULL"),
];

/// Where the time comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The database's own clock says it.
    There,
    /// A server's clock does.
    Here {
        /// The latest time, as the store remembered it when this server told it last; [`Timestamp::MIN`] if it never has.
        latest: Timestamp,
        /// What it has shown until now.
        shown: Timestamp,
        /// What it shows from now on.
        now: Timestamp,
    },
}

/// What came of telling the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// The latest time, as the store remembers it now.
    pub latest: Timestamp,
    /// By how much the clock was set back.
    pub set_back: Option<Duration>,
    /// Whether it was by more than is put in order: that is no clock that was mended, but one that is broken, or was.
    pub is_absurd: bool,
}

/// A clock that was set back.
struct Step {
    from: Timestamp,
    to: Timestamp,
    by: Duration,
}

impl Step {
    fn between(from: Timestamp, to: Timestamp) -> Option<Self> {
        let by = Duration::try_from(from.duration_since(to)).ok()?;
        (by > SAME).then_some(Self { from, to, by })
    }

    /// The least id of what was made at `to` or later.
    fn first_id(&self) -> Uuid {
        uuid::Builder::from_unix_timestamp_millis(u64::try_from(self.to.as_millisecond()).unwrap_or_default(), &[0; 10]).into_uuid()
    }
}

/// What time it is at the database; `None`: it has no clock but ours.
pub(crate) async fn there(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, StoreError> {
    match tx.time_of_day() {
        Some(sql) => tx.one(sql, &[], |row| row.of("clock").time("now")).await.map(Some),
        None => Ok(None),
    }
}

/// Remembers the time, if it is the latest, or puts in order what a clock that was set back leaves behind. `None`: there is more of that, to be told once more.
pub(crate) async fn keep(tx: &mut Tx<'_>, told: Told) -> Result<Option<Kept>, StoreError> {
    housekeeping::put(tx, LATEST, "ON CONFLICT (key) DO NOTHING", &0_i64.to_be_bytes()).await?;
    let sql = format!("{REMEMBERED} {}", tx.for_update());
    let latest = tx.one(&sql, &[LATEST.into()], read).await?;
    // A database's own clock is read once nobody else can tell the time: else whoever waited for longer would seem to be behind.
    let (shown, now) = match told {
        // If the store remembers less than it did, another server on the same file has put things in order already.
        Told::Here { latest: known, shown, now } => (if latest < known { latest } else { shown }, now),
        Told::There => there(tx).await?.map_or((latest, latest), |now| (now, now)),
    };
    let latest = latest.max(shown);
    let Some(step) = Step::between(latest, now) else {
        let latest = latest.max(now);
        remember(tx, latest).await?;
        return Ok(Some(Kept { latest, set_back: None, is_absurd: false }));
    };
    if step.by > MOST {
        // A machine that wakes up in 1970 must not take everything there with it.
        remember(tx, now).await?;
        return Ok(Some(Kept { latest: now, set_back: Some(step.by), is_absurd: true }));
    }
    let mut more = false;
    for (table, which) in ENDING {
        more |= end(tx, table, which, &step).await? >= AT_ONCE;
        more |= move_back(tx, table, which, &step).await? >= AT_ONCE;
    }
    if more {
        // Where it began must be known until all is done.
        remember(tx, latest).await?;
        return Ok(None);
    }
    keep_waits(tx, &step).await?;
    remember(tx, now).await?;
    Ok(Some(Kept { latest: now, set_back: Some(step.by), is_absurd: false }))
}

/// The latest time that the store was told, if it ever was.
pub(crate) async fn latest(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, StoreError> {
    tx.opt(REMEMBERED, &[LATEST.into()], read).await
}

fn read(row: &Row<'_>) -> Result<Timestamp, StoreError> {
    let (row, bytes) = (row.of("settings"), row.of("settings").bytes("value")?);
    let ms = bytes.try_into().map(i64::from_be_bytes).map_err(|_| row.corrupt("value"))?;
    Timestamp::from_millisecond(ms).map_err(|_| row.corrupt("value"))
}

async fn remember(tx: &mut Tx<'_>, latest: Timestamp) -> Result<(), StoreError> {
    let on_conflict = "ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    housekeeping::put(tx, LATEST, on_conflict, &latest.as_millisecond().to_be_bytes()).await
}

/// What was made before the hour that comes again, and was over in it, is over now.
async fn end(tx: &mut Tx<'_>, table: &str, which: &str, step: &Step) -> Result<u64, StoreError> {
    let sql = format!(
        "WITH past AS MATERIALIZED (SELECT id FROM {table} WHERE expires_at > $1 AND expires_at <= $2 AND id < $3 AND {which} LIMIT {AT_ONCE} {}) \
         UPDATE {table} SET expires_at = $1 WHERE id IN (SELECT id FROM past)",
        tx.for_update()
    );
    tx.exec(&sql, &[step.to.into(), step.from.into(), (&step.first_id()).into()]).await
}

/// What was made in the hour that comes again is as old as it was, and lasts no longer.
async fn move_back(tx: &mut Tx<'_>, table: &str, which: &str, step: &Step) -> Result<u64, StoreError> {
    let sql = format!(
        "WITH made AS MATERIALIZED (SELECT id FROM {table} WHERE id >= $3 AND created_at > $1 AND {which} LIMIT {AT_ONCE} {}) \
         UPDATE {table} SET created_at = CASE WHEN created_at - $2 < $1 THEN created_at - $2 ELSE $1 END, expires_at = expires_at - $2 \
         WHERE id IN (SELECT id FROM made)",
        tx.for_update()
    );
    tx.exec(&sql, &[step.to.into(), ms(step.by).into(), (&step.first_id()).into()]).await
}

/// Messages wait as long as they would have, and what is spent of a limit takes as long to refill. It is done once, with the end of the matter.
async fn keep_waits(tx: &mut Tx<'_>, step: &Step) -> Result<(), StoreError> {
    let values = [step.to.into(), ms(step.by).into()];
    let sql = "UPDATE outbox SET next_at = CASE WHEN next_at > $1 THEN next_at - $2 ELSE next_at END, \
               leased_until = CASE WHEN leased_until > $1 THEN leased_until - $2 ELSE leased_until END \
               WHERE state IN ('waiting', 'accepted') AND (next_at > $1 OR leased_until > $1)";
    tx.post(sql, &values).await?;
    // A log says when something was used; what it says of the future is believed to be of now.
    tx.post("UPDATE limits SET arrival = arrival - $2 WHERE arrival > $1", &values).await?;
    // Wrong codes of the last hour are counted by the minute.
    let minutes = ms(step.by).div_euclid(MINUTE_MS) + 1;
    let sql = "INSERT INTO wrong_code_minutes (minute, wrong, forgiven) SELECT minute - $2, wrong, forgiven FROM wrong_code_minutes WHERE minute > $1 \
               ON CONFLICT (minute) DO UPDATE SET wrong = wrong_code_minutes.wrong + excluded.wrong, \
               forgiven = wrong_code_minutes.forgiven + excluded.forgiven";
    tx.post(sql, &[step.to.into(), (minutes * MINUTE_MS).into()]).await?;
    tx.post("DELETE FROM wrong_code_minutes WHERE minute > $1", &[step.to.into()]).await
}

fn ms(time: Duration) -> i64 {
    after(Timestamp::UNIX_EPOCH, time)
}
