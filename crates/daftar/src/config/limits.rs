//! `[limits]`: how often something may be tried, asked or sent, and for how much money (threat rows 3, 5, 14, 15, 42, 43, 60).

use std::collections::BTreeMap;
use std::time::Duration;

use daftar_core::code::Code;
use daftar_core::identifier::{Country, LoginId};
use daftar_core::limit::contacts::TestContacts;
use daftar_core::limit::conversion::ConversionLimit;
use daftar_core::limit::guesses::GuessLimits;
use daftar_core::limit::look_ups::LookUpLimits;
use daftar_core::limit::passwords::PasswordLimits;
use daftar_core::limit::sending::SendingLimits;
use daftar_core::limit::{Budget, Gcra, Limits as CoreLimits};
use daftar_core::price::Price;
use serde::{Deserialize, Serialize};

use super::sms::Sms;
use super::span::{DAY, HOUR, MINUTE, Span};
use super::text::{self, Whole};

/// Something that is not limited in earnest has this limit.
const MOST: u32 = 1_000_000_000;
/// Digits from which on a code is not dead of what was guessed before it was asked for, at this contact or anywhere.
const LONG: usize = 8;
/// How many seconds' worth of requests may come at once.
const SHIELD_SECONDS: u32 = 5;

/// `[limits]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// `false` in development only.
    pub(crate) enabled: bool,
    /// Wrong passwords per account and client address that pass at once.
    pub(crate) password_account_burst: Whole<1, 1000>,
    /// Wrong passwords per client address over all accounts that pass at once.
    pub(crate) password_address_burst: Whole<1, 100_000>,
    /// The time in which a spent burst refills.
    pub(crate) password_period: Span<1, DAY>,
    /// Wrong passwords per account from addresses that never signed in to it.
    pub(crate) password_strangers_hourly: Whole<1, 1000>,
    /// Wrong codes for an account or a contact after which its codes grow.
    pub(crate) wrong_codes: Whole<1, 1000>,
    /// Wrong codes of the whole installation after which short codes grow.
    pub(crate) wrong_codes_hourly: Whole<1, MOST>,
    /// Those of them that no right code follows.
    pub(crate) lost_codes_hourly: Whole<1, MOST>,
    /// The time between two messages to one contact.
    pub(crate) send_apart: Span<1, HOUR>,
    /// Messages to one contact in ten minutes …
    pub(crate) send_ten_minutes: Whole<1, 1000>,
    /// … and in a day.
    pub(crate) send_daily: Whole<1, 1000>,
    /// Those of a day to a contact of an account that may be asked for from addresses that never signed in to it.
    pub(crate) send_strangers_daily: Whole<1, 1000>,
    /// Messages for people at one client address.
    pub(crate) send_address_hourly: Whole<1, MOST>,
    /// Messages for one machine client.
    pub(crate) send_client_hourly: Whole<1, MOST>,
    /// Where short messages may go.
    #[serde(with = "text::list")]
    pub(crate) sms_countries: Vec<Country>,
    /// Short messages to numbers with one prefix.
    pub(crate) sms_prefix_hourly: Whole<1, 1000>,
    /// All short messages.
    pub(crate) sms_hourly: Whole<1, MOST>,
    /// What they may cost.
    #[serde(with = "text")]
    pub(crate) sms_daily_cost: Price,
    /// What one costs, where no route says.
    #[serde(with = "text")]
    pub(crate) sms_price: Price,
    /// Codes from which on a prefix is judged …
    pub(crate) conversion_least: Whole<1, 10_000>,
    /// … how many of a hundred must be verified …
    pub(crate) conversion_percent: Whole<0, 100>,
    /// … and for how long nothing is sent if fewer are, but to accounts that have proven their numbers.
    pub(crate) conversion_pause: Span<MINUTE, DAY>,
    /// Look-ups from one client address.
    pub(crate) look_ups_address: Whole<1, MOST>,
    /// Look-ups by one machine client.
    pub(crate) look_ups_client: Whole<1, MOST>,
    /// Requests of any kind from one client address in a second.
    pub(crate) requests_address: Whole<1, MOST>,
    /// Contacts to which nothing is sent, and the code of each.
    pub(crate) test_contacts: BTreeMap<String, String>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            enabled: true,
            password_account_burst: Whole(10),
            password_address_burst: Whole(30),
            password_period: Span::minutes(15),
            password_strangers_hourly: Whole(20),
            wrong_codes: Whole(6),
            wrong_codes_hourly: Whole(300),
            lost_codes_hourly: Whole(30),
            send_apart: Span::minutes(1),
            send_ten_minutes: Whole(3),
            send_daily: Whole(8),
            send_strangers_daily: Whole(5),
            send_address_hourly: Whole(120),
            send_client_hourly: Whole(3000),
            sms_countries: vec![Country::indonesia(), Country::hong_kong()],
            sms_prefix_hourly: Whole(20),
            sms_hourly: Whole(1000),
            sms_daily_cost: Price(100_000_000),
            sms_price: Price(50_000),
            conversion_least: Whole(20),
            conversion_percent: Whole(20),
            conversion_pause: Span::hours(24),
            look_ups_address: Whole(30),
            look_ups_client: Whole(600),
            requests_address: Whole(1000),
            test_contacts: BTreeMap::new(),
        }
    }
}

impl Limits {
    /// As the core counts them; `None`: not limited.
    pub(crate) fn limits(&self, sms: &Sms) -> Option<CoreLimits> {
        self.enabled.then(|| CoreLimits { passwords: self.passwords(), sending: self.sending(sms), look_ups: self.look_ups() })
    }

    /// How many requests of any kind one address may send to this process: so many a second, and five times that at once.
    pub(crate) fn shield(&self) -> Option<Gcra> {
        let burst = self.requests_address.0.saturating_mul(SHIELD_SECONDS);
        self.enabled.then(|| Gcra { burst, period: Duration::from_secs(SHIELD_SECONDS.into()) })
    }

    /// When codes grow; with limits off, as the contract has it and no sooner.
    pub(crate) fn guesses(&self) -> GuessLimits {
        GuessLimits {
            per_subject: self.wrong_codes.0,
            hourly: self.wrong_codes_hourly.0,
            lost_hourly: self.enabled.then_some(self.lost_codes_hourly.0),
        }
    }

    /// Contacts for tests.
    ///
    /// # Errors
    /// The contact that is none, or whose code is none.
    pub(crate) fn test_contacts(&self, usapi: &Country, app: &Country) -> Result<TestContacts, String> {
        let mut contacts = Vec::with_capacity(self.test_contacts.len());
        for (contact, code) in &self.test_contacts {
            // A shorter code would be dead after wrong ones, and never change; App's are numbers.
            let code =
                Code::parse(code).ok().filter(|code| code.digits() >= LONG && !code.expose().starts_with('0')).ok_or_else(|| contact.clone())?;
            let readings = LoginId::readings(contact, usapi, app);
            let is_contact = |id: &LoginId| matches!(id, LoginId::Email(_) | LoginId::Phone(_));
            if readings.is_empty() || !readings.iter().all(is_contact) {
                return Err(contact.clone());
            }
            contacts.extend(readings.into_iter().map(|id| (id, code.clone())));
        }
        Ok(TestContacts(contacts))
    }

    fn passwords(&self) -> PasswordLimits {
        let limit = |burst| Gcra { burst, period: self.password_period.duration() };
        PasswordLimits {
            per_account_and_address: limit(self.password_account_burst.0),
            per_address: limit(self.password_address_burst.0),
            strangers: hourly(self.password_strangers_hourly.0),
        }
    }

    fn sending(&self, sms: &Sms) -> SendingLimits {
        let windows = [
            (1, self.send_apart.duration()),
            (u64::from(self.send_ten_minutes.0), Duration::from_secs(10 * MINUTE)),
            (u64::from(self.send_daily.0), Duration::from_secs(DAY)),
        ];
        let price = |country: &Country| (country.clone(), sms.price_to(country, self.sms_price));
        SendingLimits {
            per_destination: SendingLimits::destination(windows),
            strangers: SendingLimits::by_strangers(self.send_strangers_daily.0.into()),
            per_address: hourly(self.send_address_hourly.0),
            per_client: hourly(self.send_client_hourly.0),
            per_prefix: Budget::of(self.sms_prefix_hourly.0.into(), Duration::from_secs(HOUR), Duration::ZERO),
            sms_by_hour: SendingLimits::by_hour(self.sms_hourly.0.into()),
            cost_by_day: SendingLimits::by_day(self.sms_daily_cost),
            countries: self.sms_countries.clone(),
            prices: self.sms_countries.iter().map(price).collect(),
            price: self.sms_price,
            conversion: ConversionLimit {
                least: self.conversion_least.0,
                percent: self.conversion_percent.0,
                pause: self.conversion_pause.duration(),
            },
        }
    }

    fn look_ups(&self) -> LookUpLimits {
        let limit = |burst| Gcra { burst, period: Duration::from_secs(MINUTE) };
        LookUpLimits { per_address: limit(self.look_ups_address.0), per_client: limit(self.look_ups_client.0) }
    }
}

fn hourly(burst: u32) -> Gcra {
    Gcra { burst, period: Duration::from_secs(HOUR) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_14_and_row_15_and_row_42_and_row_43_and_row_60_the_defaults_are_the_cores() {
        let sms = Sms::default();
        let mut defaults = CoreLimits::default();
        defaults.sending.prices = defaults.sending.countries.iter().map(|country| (country.clone(), defaults.sending.price)).collect();
        assert_eq!(Limits::default().limits(&sms), Some(defaults));
        assert_eq!(Limits { enabled: false, ..Limits::default() }.limits(&sms), None);
    }

    #[test]
    fn row_3_and_row_5_codes_grow_as_the_contract_has_it_whether_or_not_limits_are_on() {
        assert_eq!(Limits::default().guesses(), GuessLimits::default());
        assert_eq!(Limits { enabled: false, ..Limits::default() }.guesses(), GuessLimits::CONTRACT);
    }

    #[test]
    fn the_shield_lets_a_thousand_a_second_pass_and_five_thousand_at_once() {
        assert_eq!(Limits::default().shield(), Some(Gcra { burst: 5000, period: Duration::from_secs(5) }));
        assert_eq!(Limits { enabled: false, ..Limits::default() }.shield(), None);
    }

    #[test]
    fn contacts_for_tests_are_contacts_with_codes() {
        let read = |contact: &str, code: &str| {
            let limits = Limits { test_contacts: BTreeMap::from([(contact.to_owned(), code.to_owned())]), ..Limits::default() };
            limits.test_contacts(&Country::indonesia(), &Country::hong_kong()).map(|contacts| contacts.0.len())
        };
        assert_eq!(read("+85251230000", "12345678"), Ok(1));
        assert_eq!(read("review@example.com", "12345678"), Ok(1));
        assert_eq!(read("siti", "12345678"), Err("siti".to_owned()));
        assert_eq!(read("+85251230000", "123456"), Err("+85251230000".to_owned()));
    }
}
