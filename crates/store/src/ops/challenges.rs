//! One-time codes as rows, and the count of wrong ones. What an attempt comes to is the core's to say.

use std::time::Duration;

use daftar_core::account::AccountId;
use daftar_core::code::{Challenge, ChallengeId, ChallengeState, Pressure, Purpose, SLIPPED_WITHIN, Shown, Verdict};
use daftar_core::identifier::{IdentifierKind, LoginId};
use daftar_core::limit::conversion::Conversion;
use daftar_core::limit::{Charged, Sending};
use daftar_core::ports::{StoreError, Timestamp};
use daftar_core::secret::Mac;
use uuid::Uuid;

use super::{accounts, before, limits, outbox};
use crate::row::Row;
use crate::tx::Tx;
use crate::value::{Value, places};

const MINUTE_MS: i64 = 60_000;
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

macro_rules! challenge_where {
    ($condition:literal) => {
        concat!(
            "SELECT id, purpose, subject, destination_kind, destination, digits, code_mac, link_mac, tries_left, state, created_at, expires_at ",
            "FROM challenges WHERE ",
            $condition
        )
    };
}

/// Two can be of one millisecond, but at most one of them is not voided.
const NEWEST: &str = challenge_where!("subject = $1 ORDER BY state = 'voided', created_at DESC LIMIT 1");

/// The challenge of a registration that stands: the one that is not voided, else the newest.
pub(crate) async fn newest_of(tx: &mut Tx<'_>, subject: Uuid) -> Result<Option<Challenge>, StoreError> {
    tx.opt(NEWEST, &[(&subject).into()], read).await
}

/// The same. Nobody else changes it until this transaction is over: not even a newer one for the same destination, which would void it.
pub(crate) async fn hold_newest_of(tx: &mut Tx<'_>, subject: Uuid) -> Result<Option<Challenge>, StoreError> {
    let sql = format!("{NEWEST} {}", tx.for_update());
    tx.opt(&sql, &[(&subject).into()], read).await
}

/// The challenge named `id`, which nobody else changes until this transaction is over.
pub(crate) async fn hold(tx: &mut Tx<'_>, id: ChallengeId) -> Result<Option<Challenge>, StoreError> {
    let sql = format!("{} {}", challenge_where!("id = $1"), tx.for_update());
    tx.opt(&sql, &[(&id.0).into()], read).await
}

/// The challenge that was sent with a link.
pub(crate) async fn linked(tx: &mut Tx<'_>, link: Mac) -> Result<Option<Challenge>, StoreError> {
    tx.opt(challenge_where!("link_mac = $1"), &[(&link).into()], read).await
}

/// The challenge that was sent with a link, which nobody else changes until this transaction is over.
pub(crate) async fn hold_linked(tx: &mut Tx<'_>, link: Mac) -> Result<Option<Challenge>, StoreError> {
    let sql = format!("{} {}", challenge_where!("link_mac = $1"), tx.for_update());
    tx.opt(&sql, &[(&link).into()], read).await
}

/// The challenges of a subject that were sent since then.
async fn sent_since(tx: &mut Tx<'_>, subject: Uuid, since: i64) -> Result<Vec<Challenge>, StoreError> {
    tx.all(challenge_where!("subject = $1 AND created_at > $2"), &[(&subject).into(), since.into()], read).await
}

fn read(row: &Row<'_>) -> Result<Challenge, StoreError> {
    let row = row.of("challenges");
    let kind = row.named("destination_kind", IdentifierKind::from_name)?;
    let destination = row.named("destination", |text| LoginId::from_stored(kind, text))?;
    Ok(Challenge {
        id: ChallengeId(row.id("id")?),
        purpose: row.named("purpose", Purpose::from_name)?,
        subject: row.id("subject")?,
        destination,
        digits: row.number("digits")?,
        code_mac: row.mac("code_mac")?,
        link_mac: row.opt_mac("link_mac")?,
        tries_left: row.number("tries_left")?,
        state: row.named("state", ChallengeState::from_name)?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
    })
}

/// Keeps a new challenge with what goes out with it, if the budgets that pay for it have room; older ones for its purpose and destination are dead (row 4).
pub(crate) async fn send(tx: &mut Tx<'_>, challenge: &Challenge, sending: &Sending) -> Result<Charged, StoreError> {
    insert(tx, challenge, sending.judged()).await?;
    dispatch(tx, challenge, sending).await
}

/// The same for a challenge that stands alone. `None`: its account is gone; one that is being erased takes no code with it into the time after.
pub(crate) async fn send_to(tx: &mut Tx<'_>, challenge: &Challenge, sending: &Sending) -> Result<Option<Charged>, StoreError> {
    insert(tx, challenge, sending.judged()).await?;
    // Challenges come before their account, as where one is shown: the one that is dead now may just be being judged.
    if challenge.purpose.is_of_an_account() && !accounts::hold_alone(tx, AccountId(challenge.subject)).await? {
        tx.keep_nothing();
        return Ok(None);
    }
    dispatch(tx, challenge, sending).await.map(Some)
}

async fn dispatch(tx: &mut Tx<'_>, challenge: &Challenge, sending: &Sending) -> Result<Charged, StoreError> {
    for letter in &sending.letters {
        outbox::queue_with(tx, letter, challenge).await?;
    }
    pay(tx, sending, challenge.created_at).await
}

/// Lets the budgets pay, last of all: everybody who sends something waits for whoever holds them. If they do not, nothing of the transaction stays.
pub(crate) async fn pay(tx: &mut Tx<'_>, sending: &Sending, now: Timestamp) -> Result<Charged, StoreError> {
    if sending.fare.charges.is_empty() {
        return Ok(Charged::Allowed);
    }
    let charged = limits::charge(tx, &sending.fare.charges, now).await?;
    if let Charged::Refused(_) = charged {
        tx.keep_nothing();
    }
    Ok(charged)
}

async fn insert(tx: &mut Tx<'_>, challenge: &Challenge, prefix: Option<&str>) -> Result<(), StoreError> {
    let (kind, key) = (challenge.destination.kind().name(), challenge.destination.key());
    if challenge.purpose.is_of_one_subject() {
        void_of(tx, challenge.subject).await?;
    } else {
        tx.lock("challenge", [key]).await?;
        let sql = "UPDATE challenges SET state = 'voided' \
                   WHERE destination_kind = $1 AND destination_key = $2 AND purpose = $3 AND state = 'open'";
        tx.post(sql, &[kind.into(), key.into(), challenge.purpose.name().into()]).await?;
    }
    let sql = "INSERT INTO challenges (id, purpose, subject, destination_kind, destination_key, destination, digits, code_mac, link_mac, tries_left, \
               state, created_at, expires_at, prefix) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    let values = [
        (&challenge.id.0).into(),
        challenge.purpose.name().into(),
        (&challenge.subject).into(),
        kind.into(),
        key.into(),
        challenge.destination.shown().into(),
        challenge.digits.into(),
        (&challenge.code_mac).into(),
        challenge.link_mac.as_ref().into(),
        challenge.tries_left.into(),
        challenge.state.name().into(),
        challenge.created_at.into(),
        challenge.expires_at.into(),
        prefix.into(),
    ];
    tx.post(sql, &values).await?;
    Ok(())
}

/// Writes what an attempt left of a challenge.
pub(crate) async fn update(tx: &mut Tx<'_>, challenge: &Challenge) -> Result<(), StoreError> {
    let values = [(&challenge.id.0).into(), challenge.tries_left.into(), challenge.state.name().into()];
    tx.post("UPDATE challenges SET tries_left = $2, state = $3 WHERE id = $1", &values).await?;
    Ok(())
}

/// Voids the open challenges of a registration.
pub(crate) async fn void_of(tx: &mut Tx<'_>, subject: Uuid) -> Result<(), StoreError> {
    tx.post("UPDATE challenges SET state = 'voided' WHERE subject = $1 AND state = 'open'", &[(&subject).into()]).await?;
    Ok(())
}

/// Voids the open challenges of an account that went to `destination` (row 13). Somebody else's registration with it goes on. One that is being judged right
/// now is passed over, since whoever judges it waits for the account that we hold: it is worth nothing all the same once the account has lost the destination.
pub(crate) async fn void_to(tx: &mut Tx<'_>, subject: Uuid, destination: &LoginId) -> Result<(), StoreError> {
    let sql = format!(
        "WITH sent AS MATERIALIZED (SELECT id FROM challenges WHERE subject = $1 AND destination_kind = $2 AND destination_key = $3 AND state = 'open' {}) \
         UPDATE challenges SET state = 'voided' WHERE id IN (SELECT id FROM sent)",
        tx.skip_locked()
    );
    tx.post(&sql, &[(&subject).into(), destination.kind().name().into(), destination.key().into()]).await?;
    Ok(())
}

/// Lets the core judge a code that is shown for a held challenge, and counts the try. What is counted against a subject is read when nobody else can
/// count against it, so that no two at once take the last try (row 3).
pub(crate) async fn judge(tx: &mut Tx<'_>, challenge: Challenge, shown: &Shown, now: Timestamp) -> Result<(Challenge, Verdict), StoreError> {
    let mut challenge = challenge;
    if let Some(over) = challenge.over(now) {
        // Nothing to count: whoever shows a spent code over and over keeps nobody waiting.
        return Ok((challenge, over));
    }
    let subjects = challenge.counted_against();
    tx.lock("wrong_codes", subjects.iter().map(String::as_str)).await?;
    let pressure = pressure(tx, &subjects, now).await?;
    let verdict = challenge.attempt(shown, pressure, now);
    update(tx, &challenge).await?;
    match verdict {
        Verdict::Wrong { .. } => count_wrong(tx, &subjects, now).await?,
        Verdict::Right if pressure.subject > 0 => {
            let older = sent_since(tx, challenge.subject, before(challenge.created_at, SLIPPED_WITHIN)).await?;
            for (at, wrong) in challenge.forgives(&older, pressure) {
                count_forgiven(tx, wrong, at).await?;
            }
        }
        Verdict::Right | Verdict::Odd { .. } | Verdict::Expired | Verdict::Dead => {}
    }
    Ok((challenge, verdict))
}

/// How much wrong guessing there has been against whichever of `subjects` has met most, and in the last hour against everybody.
pub(crate) async fn pressure(tx: &mut Tx<'_>, subjects: &[String], now: Timestamp) -> Result<Pressure, StoreError> {
    let sql = format!(
        "SELECT coalesce((SELECT max(wrong) FROM wrong_codes WHERE subject IN ({})), 0) AS subject_wrong, \
         CAST(coalesce(sum(wrong), 0) AS BIGINT) AS hour_wrong, CAST(coalesce(sum(wrong - forgiven), 0) AS BIGINT) AS hour_lost \
         FROM wrong_code_minutes WHERE minute > $1 AND minute <= $2",
        places(3, subjects.len())
    );
    let mut values = vec![before(now, HOUR).into(), now.into()];
    values.extend(subjects.iter().map(|subject| Value::from(subject.as_str())));
    tx.one(&sql, &values, |row| {
        let row = row.of("wrong_codes");
        let lost = u32::try_from(row.number::<i64>("hour_lost")?.max(0)).unwrap_or(u32::MAX);
        Ok(Pressure { subject: row.number("subject_wrong")?, installation: row.number("hour_wrong")?, lost })
    })
    .await
}

/// Counts a wrong code, against its subjects and once against the installation.
async fn count_wrong(tx: &mut Tx<'_>, subjects: &[String], now: Timestamp) -> Result<(), StoreError> {
    for subject in subjects {
        let sql = "INSERT INTO wrong_codes (subject, wrong, last_at) VALUES ($1, 1, $2) \
                   ON CONFLICT (subject) DO UPDATE SET wrong = wrong_codes.wrong + 1, last_at = excluded.last_at";
        tx.post(sql, &[subject.as_str().into(), now.into()]).await?;
    }
    let minute = now.as_millisecond().div_euclid(MINUTE_MS) * MINUTE_MS;
    let sql = "INSERT INTO wrong_code_minutes (minute, wrong) VALUES ($1, 1) ON CONFLICT (minute) DO UPDATE SET wrong = wrong_code_minutes.wrong + 1";
    tx.post(sql, &[minute.into()]).await?;
    Ok(())
}

/// Somebody got a code right after so many wrong ones: those were no guesses (row 5).
async fn count_forgiven(tx: &mut Tx<'_>, wrong: u32, at: Timestamp) -> Result<(), StoreError> {
    let minute = at.as_millisecond().div_euclid(MINUTE_MS) * MINUTE_MS;
    let sql = "INSERT INTO wrong_code_minutes (minute, wrong, forgiven) VALUES ($1, 0, $2) \
               ON CONFLICT (minute) DO UPDATE SET forgiven = wrong_code_minutes.forgiven + excluded.forgiven";
    tx.post(sql, &[minute.into(), wrong.into()]).await?;
    Ok(())
}

/// What became of the codes that were sent to numbers with `prefix` in the last day, and that nobody had proven: of those that were verified, or can be no more
/// (row 42).
pub(crate) async fn conversion(tx: &mut Tx<'_>, prefix: &str, now: Timestamp) -> Result<Conversion, StoreError> {
    let sql = "SELECT count(*) AS over, CAST(coalesce(sum(CASE WHEN state = 'used' THEN 1 ELSE 0 END), 0) AS BIGINT) AS verified \
               FROM challenges WHERE prefix = $1 AND created_at > $2 AND (state = 'used' OR expires_at <= $3)";
    tx.one(sql, &[prefix.into(), before(now, DAY).into(), now.into()], |row| {
        let row = row.of("challenges");
        Ok(Conversion { over: row.number("over")?, verified: row.number("verified")? })
    })
    .await
}

/// A right code: whatever its challenge counts against starts anew.
pub(crate) async fn forgive(tx: &mut Tx<'_>, challenge: &Challenge) -> Result<(), StoreError> {
    for subject in challenge.counted_against() {
        tx.post("DELETE FROM wrong_codes WHERE subject = $1", &[subject.as_str().into()]).await?;
    }
    Ok(())
}
