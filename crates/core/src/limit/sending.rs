//! What may be sent: how often to one contact, by one asker, to one prefix of phone numbers, to which countries, and for how much money (threat rows 42 and 43).
//! Mail costs nothing: it has the limits of its contact and of its asker alone.

use std::time::Duration;

use super::contacts::TestContacts;
use super::conversion::ConversionLimit;
use super::look_ups::Asker;
use super::{Budget, Charge, Gcra, LimitKey, LimitKind, Window, whom};
use crate::identifier::{Country, LoginId, PhoneNumber};
use crate::message::Recipient;
use crate::price::Price;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendingLimits {
    /// To one contact, over all endpoints and surfaces (contract `common.md`, *Delivery*).
    pub per_destination: Budget,
    /// Of those to a contact that an account has proven, how many may be asked for from addresses that never signed in to it.
    pub strangers: Budget,
    /// Asked for by people at one client address.
    pub per_address: Gcra,
    /// Asked for by one machine client.
    pub per_client: Gcra,
    /// Short messages to numbers that differ in their last four digits alone. As many again to accounts that have proven such numbers, where they signed in before:
    /// nobody else takes their places.
    pub per_prefix: Budget,
    /// All short messages.
    pub sms_by_hour: Budget,
    /// What all short messages cost, in millionths.
    pub cost_by_day: Budget,
    /// Where short messages may go.
    pub countries: Vec<Country>,
    /// What a short message costs, by country …
    pub prices: Vec<(Country, Price)>,
    /// … and to any other.
    pub price: Price,
    /// When a prefix is paused.
    pub conversion: ConversionLimit,
}

/// What goes for messages that nobody asks for: notices of what was changed.
#[derive(Debug, Clone, Default)]
pub struct NoticeRules {
    /// Whose money they count against.
    pub sending: Option<SendingLimits>,
    /// Who gets none.
    pub test_contacts: TestContacts,
}

/// Who gets a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receiver {
    /// Whoever is there: nobody has proven to be.
    Anybody,
    /// The account that has proven the contact.
    Owner {
        /// Whether the message is asked for from an address that signed in to the account before.
        is_at_home: bool,
    },
}

impl Receiver {
    /// The prefix that a message to this number is judged by, and judges. None holds up what goes to the owner of a number: attackers cannot pick such numbers as
    /// they like, and their owners have no other.
    #[must_use]
    pub fn judged(self, number: Option<&PhoneNumber>) -> Option<&str> {
        number.filter(|_| self == Self::Anybody).map(PhoneNumber::prefix)
    }
}

impl Default for SendingLimits {
    fn default() -> Self {
        Self {
            per_destination: Self::destination([(1, MINUTE), (3, 10 * MINUTE), (8, DAY)]),
            strangers: Self::by_strangers(5),
            per_address: Gcra { burst: 120, period: HOUR },
            per_client: Gcra { burst: 3000, period: HOUR },
            per_prefix: Budget::of(20, HOUR, Duration::ZERO),
            sms_by_hour: Self::by_hour(1000),
            cost_by_day: Self::by_day(Price(100_000_000)),
            countries: vec![Country::indonesia(), Country::hong_kong()],
            prices: Vec::new(),
            price: Price(50_000),
            conversion: ConversionLimit::default(),
        }
    }
}

impl SendingLimits {
    /// So many messages to one contact in so much time each.
    #[must_use]
    pub fn destination(windows: [(u64, Duration); 3]) -> Budget {
        Budget { windows: windows.map(|(most, period)| Window { most, period }).to_vec(), grain: Duration::ZERO }
    }

    /// So many messages in any day that strangers to an account have sent to one contact of it.
    #[must_use]
    pub fn by_strangers(most: u64) -> Budget {
        Budget::of(most, DAY, Duration::ZERO)
    }

    /// So many short messages in any hour.
    #[must_use]
    pub fn by_hour(most: u64) -> Budget {
        Budget::of(most, HOUR, MINUTE)
    }

    /// So much money in any day.
    #[must_use]
    pub fn by_day(most: Price) -> Budget {
        Budget::of(most.0, DAY, HOUR)
    }

    /// What was spent of a day's money beyond what was paid before; whatever its most is.
    #[must_use]
    pub fn spent_of_day(price: Price) -> Charge {
        Charge::of(LimitKey::of_everybody(LimitKind::SmsDay), &Self::by_day(price), price.0)
    }

    /// Whether short messages may go there.
    #[must_use]
    pub fn serves(&self, number: &PhoneNumber) -> bool {
        number.country().is_some_and(|country| self.countries.contains(&country))
    }

    /// What a short message to this number costs.
    #[must_use]
    pub fn price_of(&self, number: &PhoneNumber) -> Price {
        let country = number.country();
        self.prices.iter().find(|(of, _)| Some(of) == country.as_ref()).map_or(self.price, |(_, price)| *price)
    }

    /// The least that a short message costs.
    #[must_use]
    pub fn cheapest(&self) -> Price {
        self.prices.iter().map(|(_, price)| *price).fold(self.price, Price::min)
    }

    /// What a message to each of `to` is charged to. Narrow limits come before wide ones.
    #[must_use]
    pub fn charges(&self, to: &[Recipient], receiver: Receiver, asker: &Asker) -> Vec<Charge> {
        let mut charges = Vec::with_capacity(2 + 4 * to.len());
        for recipient in to {
            let id = LoginId::from(recipient.clone());
            let key = LimitKey::new(LimitKind::SendDestination, whom::name(&id));
            charges.push(Charge::of(key, &self.per_destination, 1));
            if receiver == (Receiver::Owner { is_at_home: false }) {
                charges.push(Charge::of(LimitKey::new(LimitKind::SendStrangers, whom::name(&id)), &self.strangers, 1));
            }
            if let Recipient::Sms(number) = recipient {
                let is_at_home = receiver == (Receiver::Owner { is_at_home: true });
                let kind = if is_at_home { LimitKind::SendOwners } else { LimitKind::SendPrefix };
                charges.push(Charge::of(LimitKey::new(kind, number.prefix()), &self.per_prefix, 1));
                charges.extend(self.money(number));
            }
        }
        let (key, gcra) = match asker {
            Asker::Person(from) => (LimitKey::new(LimitKind::SendAddress, from), self.per_address),
            Asker::Client(client) => (LimitKey::new(LimitKind::SendClient, client.as_str()), self.per_client),
        };
        let amount = u64::try_from(to.len()).unwrap_or(u64::MAX);
        charges.extend((amount > 0).then(|| Charge { amount, ..Charge::one(key, gcra) }));
        charges
    }

    /// What a short message takes of everybody's money.
    #[must_use]
    pub fn money(&self, number: &PhoneNumber) -> [Charge; 2] {
        [
            Charge::of(LimitKey::of_everybody(LimitKind::SmsHour), &self.sms_by_hour, 1),
            Charge::of(LimitKey::of_everybody(LimitKind::SmsDay), &self.cost_by_day, self.price_of(number).0),
        ]
    }

    /// The pause of a prefix.
    #[must_use]
    pub fn pause_of(&self, prefix: &str) -> Charge {
        Charge::one(LimitKey::new(LimitKind::SendPause, prefix), Gcra { burst: 1, period: self.conversion.pause })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifier::EmailAddress;
    use crate::limit::{ClientAddress, Limit};
    use std::net::IpAddr;

    fn sms(text: &str) -> Recipient {
        Recipient::Sms(PhoneNumber::from_e164(text).unwrap())
    }

    fn person() -> Asker {
        Asker::Person(ClientAddress::from(IpAddr::from([192, 0, 2, 1])))
    }

    #[test]
    fn row_42_short_messages_pay_for_prefix_and_money_and_mails_do_not() {
        let limits = SendingLimits { prices: vec![(Country::hong_kong(), Price(70_000))], ..SendingLimits::default() };
        let paid = |to: &[Recipient]| {
            limits.charges(to, Receiver::Anybody, &person()).iter().map(|charge| (charge.key.as_str().to_owned(), charge.amount)).collect::<Vec<_>>()
        };
        let of = |key: &str, amount| (key.to_owned(), amount);
        let expected = [
            of("send.destination/phone/+85251234567", 1),
            of("send.prefix/+8525123", 1),
            of("sms.hour/all", 1),
            of("sms.day/all", 70_000),
            of("send.address/192.0.2.1", 1),
        ];
        assert_eq!(paid(&[sms("+85251234567")]), expected);
        let mail = Recipient::Email(EmailAddress::parse("siti@example.test").unwrap());
        assert_eq!(paid(&[sms("+85251234567"), mail.clone()]).last(), Some(&of("send.address/192.0.2.1", 2)), "an address pays for each");
        assert_eq!(paid(&[mail]), [of("send.destination/email/siti@example.test", 1), of("send.address/192.0.2.1", 1)]);
        assert_eq!(paid(&[]), []);
    }

    #[test]
    fn row_43_what_strangers_have_sent_to_an_accounts_contact_is_counted_apart() {
        let limits = SendingLimits::default();
        let kinds =
            |receiver| limits.charges(&[sms("+6281234567890")], receiver, &person()).iter().map(|charge| charge.key.kind()).collect::<Vec<_>>();
        let strangers = |receiver| kinds(receiver).contains(&LimitKind::SendStrangers);
        assert!(!strangers(Receiver::Anybody) && !strangers(Receiver::Owner { is_at_home: true }));
        assert!(strangers(Receiver::Owner { is_at_home: false }));
    }

    #[test]
    fn row_42_owners_of_numbers_have_places_of_their_own_in_a_prefix() {
        let limits = SendingLimits::default();
        let prefix = |receiver| {
            let charges = limits.charges(&[sms("+6281234567890")], receiver, &person());
            let of_prefix: Vec<_> = charges.into_iter().filter(|charge| charge.key.of() == "+628123456").collect();
            assert!(of_prefix.iter().all(|charge| charge.limit == Limit::Counted(Budget::of(20, HOUR, Duration::ZERO))));
            of_prefix.into_iter().map(|charge| charge.key.kind()).collect::<Vec<_>>()
        };
        for somebody in [Receiver::Anybody, Receiver::Owner { is_at_home: false }] {
            assert_eq!(prefix(somebody), [LimitKind::SendPrefix]);
        }
        assert_eq!(prefix(Receiver::Owner { is_at_home: true }), [LimitKind::SendOwners]);
    }

    #[test]
    fn row_42_a_pause_holds_up_who_has_proven_nothing() {
        let number = PhoneNumber::from_e164("+6281234567890").unwrap();
        assert_eq!(Receiver::Anybody.judged(Some(&number)), Some("+628123456"));
        assert_eq!(Receiver::Anybody.judged(None), None);
        for is_at_home in [false, true] {
            assert_eq!(Receiver::Owner { is_at_home }.judged(Some(&number)), None);
        }
    }

    #[test]
    fn row_42_short_messages_go_to_the_countries_of_the_surfaces_alone() {
        let limits = SendingLimits::default();
        for (number, served) in
            [("+6281234567890", true), ("+85251234567", true), ("+14155550132", false), ("+4479460000", false), ("+8821612345", false)]
        {
            assert_eq!(limits.serves(&PhoneNumber::from_e164(number).unwrap()), served, "{number}");
        }
    }
}
