//! What operators watch of limits all the time: gauges, read from the store when somebody asks. Every replica tells the same.

use super::told::Standing;
use super::{LimitKind, Limits};
use crate::ports::StoreError;
use crate::service::{Accounts, Fault};

/// How many paused prefixes are counted.
const PAUSES_COUNTED: u32 = 10_000;

/// How guessing of codes and sending of short messages stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watched {
    /// Wrong codes in the whole installation in the last hour (threat row 5) …
    pub wrong_codes: u32,
    /// … those of them whose code nobody got right …
    pub lost_codes: u32,
    /// … and whether short codes are longer for it.
    pub codes_grown: bool,
    /// What is sent; `None`: it is not limited.
    pub sending: Option<WatchedSending>,
}

/// How sending stands (threat row 42).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchedSending {
    /// All short messages of an hour.
    pub hour: Standing,
    /// What those of a day cost, in millionths.
    pub day: Standing,
    /// How many prefixes are paused.
    pub paused: usize,
}

impl Accounts {
    /// What operators watch of limits.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn watched(&self) -> Result<Watched, Fault> {
        // Nobody's own subject: asked is for everybody's hour.
        let pressure = self.store().pressure(&[String::new()], self.now()).await?;
        let sending = match &self.policy().limits {
            Some(limits) => Some(self.watched_sending(limits).await?),
            None => None,
        };
        let (wrong_codes, lost_codes) = (pressure.installation, pressure.lost);
        Ok(Watched { wrong_codes, lost_codes, codes_grown: pressure.on_installation(self.policy().guesses), sending })
    }

    async fn watched_sending(&self, limits: &Limits) -> Result<WatchedSending, StoreError> {
        let now = self.now();
        let hour = self.store().limits_used(Some(LimitKind::SmsHour), 1, now).await?;
        let day = self.store().limits_used(Some(LimitKind::SmsDay), 1, now).await?;
        let paused = self.store().limits_used(Some(LimitKind::SendPause), PAUSES_COUNTED, now).await?.len();
        let standing = |kind, used: &[_]| limits.standing(kind, used.first().map(|(_, usage)| usage), now);
        Ok(WatchedSending { hour: standing(LimitKind::SmsHour, &hour), day: standing(LimitKind::SmsDay, &day), paused })
    }
}
