//! Limits that are everybody's: whether what may be sent is spent, and which blocks of numbers get nothing.

use daftar_core::limit::told::{Wanted, list};
use daftar_core::limit::{LimitKind, Limits};
use daftar_core::ports::{Store as _, StoreError};
use daftar_store::SqlStore;

use super::finding::Finding;
use super::patient::Patient;
use super::store::unreadable;

/// What may be sent at all: once it is spent, nobody gets a short message.
const CAPS: [LimitKind; 2] = [LimitKind::SmsHour, LimitKind::SmsDay];
/// What may be sent to blocks of numbers.
const BLOCKS: [LimitKind; 3] = [LimitKind::SendPause, LimitKind::SendPrefix, LimitKind::SendOwners];
/// How many blocks are named.
const NAMED: usize = 3;

/// Looks at them.
pub(super) async fn look(patient: &Patient) -> Vec<Finding> {
    let store = match patient.store() {
        Ok(store) => store,
        Err(unseen) => return vec![unseen],
    };
    let Some(limits) = patient.config.limits.limits(&patient.config.sms) else {
        return vec![Finding::ok("limits are off")];
    };
    let found = async {
        let mut found = Vec::new();
        for kind in CAPS {
            found.extend(cap(store, &limits, kind, patient).await?);
        }
        for kind in BLOCKS {
            found.extend(blocks(store, &limits, kind, patient).await?);
        }
        Ok::<_, StoreError>(found)
    };
    match found.await {
        Err(error) => vec![unreadable(&error)],
        Ok(found) if found.is_empty() => vec![Finding::ok("there is room for short messages, and no block of numbers is kept from them")],
        Ok(found) => found,
    }
}

async fn cap(store: &SqlStore, limits: &Limits, kind: LimitKind, patient: &Patient) -> Result<Option<Finding>, StoreError> {
    let used = store.limits_used(Some(kind), 1, patient.now).await?;
    let Some((key, usage)) = used.first() else { return Ok(None) };
    let (standing, told) = (limits.standing(kind, Some(usage), patient.now), limits.told(key, usage, patient.now));
    let said = format!("{} of {} are used", told.used, told.most);
    Ok(if !standing.wait.is_zero() {
        let advice = format!(
            "Nobody gets a short message for {} s: if people need it, raise the limit, else `daftar limits list` shows where they go",
            told.free_in
        );
        Some(Finding::failed(said, advice).of(kind.name()))
    } else if standing.used.saturating_mul(5) > standing.most.saturating_mul(4) {
        Some(Finding::warning(said, "Raise the limit if people need it; `daftar limits list` shows where they go").of(kind.name()))
    } else {
        None
    })
}

async fn blocks(store: &SqlStore, limits: &Limits, kind: LimitKind, patient: &Patient) -> Result<Option<Finding>, StoreError> {
    let wanted = Wanted { kind: Some(kind), spent: true, most: 1000 };
    let spent = list(store, limits, &wanted, patient.now).await?;
    if spent.is_empty() {
        return Ok(None);
    }
    let named: Vec<_> = spent.iter().take(NAMED).map(|told| told.of.as_str()).collect();
    let others = match spent.len().saturating_sub(NAMED) {
        0 => String::new(),
        others => format!(" and {others} more"),
    };
    let (name, said) = (kind.name(), format!("no short message goes to numbers of {}{others} for now", named.join(", ")));
    Ok(Some(Finding::warning(said, format_args!("`daftar limits list --spent --limit {name}` shows all of them")).of(name)))
}
