//! Who there is: accounts, their contacts, and from where people come. Phone numbers spread as real ones do: over tens of thousands of prefixes in Indonesia and
//! some two thousand in Hong Kong, with a tenth of them in a hundred prefixes that everybody has.

use std::collections::HashSet;
use std::net::Ipv4Addr;

use daftar_core::account::AccountId;
use daftar_core::identifier::{EmailAddress, PhoneNumber};
use daftar_core::limit::ClientAddress;
use daftar_core::message::Recipient;
use uuid::Uuid;

use super::dice::Dice;

/// Networks of Indonesia's mobile numbers.
const ID: [&str; 22] = [
    "811", "812", "813", "814", "815", "816", "817", "818", "819", "821", "822", "823", "831", "852", "853", "856", "857", "858", "877", "878",
    "895", "896",
];
/// What Hong Kong's mobile numbers begin with.
const HK: [&str; 19] = ["53", "54", "55", "56", "61", "62", "63", "64", "65", "66", "67", "68", "92", "93", "94", "95", "96", "97", "98"];
/// Prefixes of each country that are in everybody's hands.
const HOT: usize = 50;

/// An account, or somebody who wants one.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its name, or the registration's.
    pub id: AccountId,
    /// What can be written to; the first is preferred.
    pub contacts: Vec<Recipient>,
}

/// Who comes from where; one network for each side.
#[derive(Debug, Clone, Copy)]
pub enum Network {
    /// People's homes and phones.
    Home = 11,
    /// Shared offices, and phones behind one address.
    Office = 12,
    /// The pumper's.
    Pumper = 13,
    /// The sprayer's.
    Sprayer = 14,
    /// The guesser's.
    Guesser = 15,
}

/// The `n`th address of a network.
#[must_use]
pub fn address(network: Network, n: usize) -> ClientAddress {
    let host = u32::try_from(n).unwrap();
    ClientAddress::from(std::net::IpAddr::from(Ipv4Addr::from(((network as u32) << 24) | host)))
}

/// Draws members.
#[derive(Debug)]
pub struct Registry {
    numbers: HashSet<String>,
    hot: [Vec<String>; 2],
    drawn: usize,
}

impl Registry {
    /// Nobody yet.
    #[must_use]
    pub fn new(dice: &Dice) -> Self {
        let hot = [true, false].map(|in_hong_kong| (0..HOT).map(|_| cold_prefix(in_hong_kong, dice)).collect());
        Self { numbers: HashSet::new(), hot, drawn: 0 }
    }

    /// Somebody with a phone in a hundred throws of `phone`, with an address in a hundred of `mail`, with one of the two at least.
    pub fn draw(&mut self, mail: f64, phone: f64, hong_kong: f64, dice: &Dice) -> Member {
        self.drawn += 1;
        let n = self.drawn;
        let (has_mail, has_phone) = (dice.chance(mail), dice.chance(phone));
        let mut contacts = Vec::with_capacity(2);
        if has_phone || !has_mail {
            let prefix = self.prefix(dice.chance(hong_kong), dice);
            contacts.push(Recipient::Sms(self.number(&prefix, dice)));
        }
        if has_mail {
            contacts.push(Recipient::Email(EmailAddress::parse(&format!("p{n}@example.test")).unwrap()));
        }
        if dice.chance(40.0) {
            contacts.reverse();
        }
        Member { id: AccountId(Uuid::from_u128(u128::from(dice.roll()) << 64 | n as u128)), contacts }
    }

    /// Prefixes that somebody pumps: `hot` of those that everybody has, the others at random, half of them in each country.
    #[must_use]
    pub fn targets(&self, count: usize, hot: usize, dice: &Dice) -> Vec<String> {
        (0..count).map(|n| if n < hot { self.hot[n % 2][n / 2].clone() } else { cold_prefix(n % 2 == 0, dice) }).collect()
    }

    fn prefix(&self, in_hong_kong: bool, dice: &Dice) -> String {
        let hot = &self.hot[usize::from(!in_hong_kong)];
        if dice.chance(10.0) { hot[dice.below(hot.len())].clone() } else { cold_prefix(in_hong_kong, dice) }
    }

    /// A number that nobody has yet.
    fn number(&mut self, prefix: &str, dice: &Dice) -> PhoneNumber {
        loop {
            let number = format!("{prefix}{:04}", dice.below(10_000));
            if self.numbers.insert(number.clone()) {
                return PhoneNumber::from_e164(&number).unwrap();
            }
        }
    }
}

fn cold_prefix(in_hong_kong: bool, dice: &Dice) -> String {
    if in_hong_kong {
        format!("+852{}{:02}", HK[dice.below(HK.len())], dice.below(100))
    } else {
        format!("+62{}{:04}", ID[dice.below(ID.len())], dice.below(10_000))
    }
}
