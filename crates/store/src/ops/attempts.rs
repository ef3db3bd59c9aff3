//! Attempts as rows, with their receipts.

use daftar_core::message::MessageId;
use daftar_core::outbox::{Answer, Attempt, KeptReceipt, ReceiptOutcome, RouteName, TriedAttempt, Way};
use daftar_core::ports::StoreError;
use daftar_core::price::Price;
use uuid::Uuid;

use crate::row::Row;
use crate::tx::Tx;
use crate::value::{Value, places};

/// An attempt as it is kept.
pub(crate) struct Kept {
    pub(crate) message: MessageId,
    pub(crate) tried: TriedAttempt,
}

/// Keeps an attempt. One that is kept already stays as it is.
pub(crate) async fn insert(tx: &mut Tx<'_>, message: MessageId, attempt: &Attempt) -> Result<(), StoreError> {
    let sql = "INSERT INTO attempts (message, number, route, way, started_at, ended_at, answer, reason, reference, price) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING";
    let (reason, reference) = match &attempt.answer {
        Answer::Accepted { reference } => (None, reference.as_deref()),
        Answer::Refused { reason } | Answer::PutOff { reason } => (Some(reason.as_str()), None),
    };
    let values = [
        (&message.0).into(),
        attempt.number.into(),
        attempt.route.as_str().into(),
        attempt.way.name().into(),
        attempt.started_at.into(),
        attempt.ended_at.into(),
        attempt.answer.name().into(),
        reason.into(),
        reference.into(),
        i64::try_from(attempt.price.0).unwrap_or(i64::MAX).into(),
    ];
    tx.post(sql, &values).await?;
    Ok(())
}

/// The attempts of some messages, each message's oldest first.
pub(crate) async fn of(tx: &mut Tx<'_>, messages: &[Uuid]) -> Result<Vec<Kept>, StoreError> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT attempts.message AS message, attempts.number AS number, attempts.route AS route, way, started_at, ended_at, answer, \
         attempts.reason AS reason, attempts.reference AS reference, price, outcome, receipts.reason AS undelivered, noted_at \
         FROM attempts LEFT JOIN receipts ON receipts.route = attempts.route AND receipts.reference = attempts.reference \
         AND receipts.message = attempts.message AND receipts.number = attempts.number \
         WHERE attempts.message IN ({}) ORDER BY attempts.message, attempts.number",
        places(1, messages.len())
    );
    let values: Vec<_> = messages.iter().map(Value::from).collect();
    tx.all(&sql, &values, read).await
}

fn read(row: &Row<'_>) -> Result<Kept, StoreError> {
    let receipts = row.of("receipts");
    let row = row.of("attempts");
    let reason = || row.text("reason").map(str::to_owned);
    let answer = match row.text("answer")? {
        "accepted" => Answer::Accepted { reference: row.opt_text("reference")?.map(str::to_owned) },
        "refused" => Answer::Refused { reason: reason()? },
        "put_off" => Answer::PutOff { reason: reason()? },
        _ => row.named("answer", |_| None)?,
    };
    let receipt = match receipts.opt_named("outcome", ReceiptOutcome::from_name)? {
        Some(outcome) => {
            let reason = receipts.opt_text("undelivered")?.map(str::to_owned);
            Some(KeptReceipt { outcome, reason, at: receipts.time("noted_at")? })
        }
        None => None,
    };
    let attempt = Attempt {
        number: row.number("number")?,
        route: row.named("route", RouteName::parse)?,
        way: row.named("way", Way::from_name)?,
        started_at: row.time("started_at")?,
        ended_at: row.time("ended_at")?,
        answer,
        price: Price(row.number("price")?),
    };
    Ok(Kept { message: MessageId(row.id("message")?), tried: TriedAttempt { attempt, receipt } })
}
