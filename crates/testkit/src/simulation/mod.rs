//! A simulated day of an installation: honest people, and in the middle of them a pumper, a sprayer and a guesser; what each side got. The same seed is the same day.
//!
//! | module | what lives there |
//! |---|---|
//! | [`world`], [`terms`] | the installation in memory: the core's pure rules and nothing else |
//! | [`crowd`], [`people`] | who there is, and what honest people do |
//! | [`pumper`], [`sprayer`], [`guesser`] | attackers |
//! | [`report`] | what each side got |
//! | [`script`] | what was done, to be played again over a real installation |

pub mod crowd;
pub mod dice;
pub mod guesser;
pub mod people;
pub mod pumper;
pub mod report;
pub mod script;
pub mod sprayer;
pub mod terms;
pub mod world;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use daftar_core::identifier::Country;
use daftar_core::limit::Limits;
use daftar_core::limit::guesses::GuessLimits;
use daftar_core::limit::sending::SendingLimits;
use daftar_core::message::Recipient;
use daftar_core::ports::Timestamp;
use daftar_core::price::Price;

use crowd::{Member, Network, Registry, address};
use dice::Dice;
use guesser::{Guesser, Owner, Way};
use people::{Errand, Person};
use pumper::{Pump, Pumping};
use report::Report;
use sprayer::{Spray, Sprayer, Stuffer};
use world::{Rules, World, is_of_an_owner};

/// Milliseconds of the day.
pub type Ms = i64;

const HOUR: Ms = 3_600_000;
/// 2026-11-21 00:00 UTC.
const START: i64 = 1_795_219_200_000;
/// How many of a thousand people come in each hour.
const CURVE: [usize; 24] = [13, 8, 6, 6, 7, 13, 25, 44, 56, 62, 63, 57, 62, 57, 50, 50, 50, 50, 57, 63, 69, 63, 44, 25];
/// People in an office, at most.
const OFFICE: usize = 200;

/// The moment of a day's millisecond.
#[must_use]
pub fn at(ms: Ms) -> Timestamp {
    Timestamp::from_millisecond(START + ms).unwrap()
}

/// What a day is to be like.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Honest people.
    pub people: usize,
    /// Accounts that are sprayed; the honest people's are among them.
    pub accounts: usize,
    /// What the installation decides.
    pub rules: Rules,
    /// The pumper.
    pub pumping: Option<Pumping>,
    /// The sprayer of codes.
    pub spray: Option<Spray>,
    /// Whether somebody sprays passwords.
    pub stuffing: bool,
    /// Addresses of the sprayer.
    pub sprayer_addresses: usize,
    /// Addresses of the guesser; none: nobody guesses at one account.
    pub guesser_addresses: usize,
    /// So many times as often as others people mistype.
    pub clumsiness: usize,
    /// Whether the day before was a day like this one.
    pub has_yesterday: bool,
}

impl Rules {
    /// An installation of this size: the defaults, but for what is configured by size. An ordinary day sends some 26,300 short messages for
    /// 1,281, one in fifteen of them in its busiest hour. The hourly cap is three times that, the daily cost more than twice, so that what an attack adds leaves room for people.
    #[must_use]
    pub fn of_a_big_installation() -> Self {
        let prices = vec![(Country::indonesia(), Price(30_000)), (Country::hong_kong(), Price(60_000))];
        let sending = SendingLimits {
            sms_by_hour: SendingLimits::by_hour(6000),
            cost_by_day: SendingLimits::by_day(Price(3_000_000_000)),
            prices,
            ..SendingLimits::default()
        };
        Self { limits: Limits { sending, ..Limits::default() }, guesses: GuessLimits::default(), app_digits: 4, min_guesses: 0 }
    }

    /// The same with what `docs/limits.md` advises where no client's habits forbid it: App's codes have six digits, and new passwords are not easily guessed.
    #[must_use]
    pub fn hardened(self) -> Self {
        Self { app_digits: 6, min_guesses: 1_000_000_000, ..self }
    }
}

impl Plan {
    /// The day of `docs/limits.md`, without anybody bad.
    #[must_use]
    pub fn quiet() -> Self {
        Self {
            people: 50_000,
            accounts: 100_000,
            rules: Rules::of_a_big_installation(),
            pumping: None,
            spray: None,
            stuffing: false,
            sprayer_addresses: 2000,
            guesser_addresses: 0,
            clumsiness: 1,
            has_yesterday: true,
        }
    }

    /// The day of `docs/limits.md`: everybody bad at once.
    #[must_use]
    pub fn full() -> Self {
        Self {
            pumping: Some(Pumping { addresses: 500, prefixes: 20, hot: 2, verifies: None }),
            spray: Some(Spray::Blunt { hourly: 10_000 }),
            stuffing: true,
            guesser_addresses: 10_000,
            ..Self::quiet()
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Actor {
    Person(usize),
    Pump(usize),
    Sprayer,
    Stuffer,
    Guesser(usize),
    Owner(usize),
}

/// A day.
pub struct Day {
    seed: u64,
    dice: Dice,
    /// The installation.
    pub world: World,
    people: Vec<Person>,
    pumps: Vec<Pump>,
    pumped: Vec<String>,
    sprayer: Option<Sprayer>,
    stuffer: Option<Stuffer>,
    guessers: Vec<Guesser>,
    owners: Vec<Owner>,
    queue: BinaryHeap<Reverse<(Ms, u64, Actor)>>,
    events: u64,
    cap: u64,
}

impl Day {
    /// Plays a whole day.
    #[must_use]
    pub fn played(plan: &Plan, seed: u64) -> Report {
        let mut day = Self::new(plan, seed);
        day.play();
        Report::of(&day)
    }

    /// The morning of a day.
    #[must_use]
    pub fn new(plan: &Plan, seed: u64) -> Self {
        let dice = Dice::new(seed);
        let mut registry = Registry::new(&dice);
        let world = World::new(plan.rules.clone(), dice.roll());
        let cap = plan.rules.limits.sending.cost_by_day.at_once();
        let mut day = Self {
            seed,
            dice,
            world,
            people: Vec::new(),
            pumps: Vec::new(),
            pumped: Vec::new(),
            sprayer: None,
            stuffer: None,
            guessers: Vec::new(),
            owners: Vec::new(),
            queue: BinaryHeap::new(),
            events: 0,
            cap,
        };
        day.gather(plan, &mut registry);
        day.attack(plan, &mut registry);
        day
    }

    /// Plays it to its end, and an hour longer for those who came late.
    pub fn play(&mut self) {
        while let Some(Reverse((now, _, actor))) = self.queue.pop() {
            if now > 25 * HOUR {
                break;
            }
            self.events += 1;
            let (world, dice) = (&mut self.world, &self.dice);
            let next = match actor {
                Actor::Person(n) => self.people[n].step(now, world, dice),
                Actor::Pump(n) => self.pumps[n].step(now, world, dice),
                Actor::Sprayer => self.sprayer.as_mut().and_then(|sprayer| sprayer.step(now, world, dice)),
                Actor::Stuffer => self.stuffer.as_mut().and_then(|stuffer| stuffer.step(now, world, dice)),
                Actor::Guesser(n) => self.guessers[n].step(now, world),
                Actor::Owner(n) => self.owners[n].step(now, world, dice),
            };
            let is_honest = matches!(actor, Actor::Person(_) | Actor::Owner(_));
            if let Some(next) = next.filter(|next| is_honest || *next < 24 * HOUR) {
                self.at(next, actor);
            }
        }
    }

    /// Everybody who comes, and whether they have an account before the day begins; whose account is sprayed or guessed at has one.
    #[must_use]
    pub fn members(&self) -> Vec<(Member, bool)> {
        let honest = self.people.iter().map(|person| (person.member.clone(), person.has_account()));
        let sprayed = self.sprayer.iter().flat_map(Sprayer::list).map(|member| (member.clone(), true));
        let victims = self.guessers.iter().map(|guesser| (guesser.victim().clone(), true));
        honest.chain(sprayed).chain(victims).collect()
    }

    fn at(&mut self, when: Ms, actor: Actor) {
        // Of two at one moment, the one who asked first comes first.
        self.queue.push(Reverse((when, self.events, actor)));
    }

    /// Draws the honest people.
    fn gather(&mut self, plan: &Plan, registry: &mut Registry) {
        let (mut office, mut seats) = (0, 0);
        let mut office_hour = 0;
        for n in 0..plan.people {
            let dice = &self.dice;
            let errand = Errand::draw(dice);
            let mut member = match errand {
                Errand::SignIn | Errand::SignUp | Errand::Reset => registry.draw(70.0, 75.0, 80.0, dice),
                Errand::Password => registry.draw(100.0, 50.0, 30.0, dice),
                Errand::Shop => registry.draw(100.0, 40.0, 0.0, dice),
                Errand::Host => registry.draw(50.0, 100.0, 0.0, dice),
            };
            if errand == Errand::Host {
                member.contacts.sort_by_key(|contact| matches!(contact, Recipient::Email(_)));
            }
            let (mut from, mut comes) = (address(Network::Home, n), hour(dice));
            if dice.chance(10.0) {
                if seats == 0 {
                    office += 1;
                    seats = 20 + dice.below(OFFICE - 19);
                    office_hour = 8 + i64::try_from(dice.below(10)).unwrap();
                }
                seats -= 1;
                (from, comes) = (address(Network::Office, office), office_hour);
            }
            let comes = comes * HOUR + dice.seconds(0, 3600);
            let moves_to = dice.chance(3.0).then(|| address(Network::Home, plan.people + n));
            let mut visits = vec![comes];
            if dice.chance(15.0) && comes < 20 * HOUR {
                visits.push(comes + dice.seconds(2 * 3600, 4 * 3600));
            }
            if errand.has_account() && dice.chance(80.0) {
                self.world.know(member.id, from);
            }
            if plan.has_yesterday
                && let Recipient::Sms(number) = &member.contacts[0]
                && !is_of_an_owner(errand.purpose())
            {
                let yesterday = at(comes - 24 * HOUR);
                let verified = dice.chance(91.0);
                self.world.remember(number.prefix().to_owned(), yesterday, yesterday + std::time::Duration::from_secs(600), verified);
            }
            self.people.push(Person::new(member, errand, visits, from, moves_to, &self.dice).clumsy(plan.clumsiness));
            self.at(comes, Actor::Person(n));
        }
    }

    fn attack(&mut self, plan: &Plan, registry: &mut Registry) {
        if let Some(pumping) = plan.pumping {
            self.pumped = registry.targets(pumping.prefixes, pumping.hot, &self.dice);
            for (n, prefix) in self.pumped.clone().into_iter().enumerate() {
                self.pumps.push(Pump::new(prefix, pumping));
                self.at(self.dice.seconds(0, 600), Actor::Pump(n));
            }
        }
        if plan.spray.is_some() || plan.stuffing {
            let mut list: Vec<Member> = self.people.iter().filter(|person| person.has_account()).map(|person| person.member.clone()).collect();
            while list.len() < plan.accounts {
                list.push(registry.draw(70.0, 75.0, 80.0, &self.dice));
            }
            for n in (1..list.len()).rev() {
                list.swap(n, self.dice.below(n + 1));
            }
            if plan.stuffing {
                self.stuffer = Some(Stuffer::new(list.clone(), plan.sprayer_addresses));
                self.at(HOUR / 2, Actor::Stuffer);
            }
            if let Some(spray) = plan.spray {
                self.sprayer = Some(Sprayer::new(list, spray, plan.sprayer_addresses));
                self.at(HOUR, Actor::Sprayer);
            }
        }
        if plan.guesser_addresses > 0 {
            self.besiege(plan.guesser_addresses, registry);
        }
    }

    fn besiege(&mut self, addresses: usize, registry: &mut Registry) {
        let victim = registry.draw(100.0, 100.0, 50.0, &self.dice);
        let (home, away) = (address(Network::Home, 1_000_000), address(Network::Home, 1_000_001));
        self.world.know(victim.id, home);
        let ways = victim.contacts.iter().cloned().map(Some).chain([None]);
        self.guessers = ways.map(|contact| Guesser::new(victim.clone(), contact, addresses)).collect();
        for n in 0..self.guessers.len() {
            self.at(HOUR / 2, Actor::Guesser(n));
        }
        use Way::{Code, Password};
        let day = [
            (8, Password, home),
            (10, Code, home),
            (12, Password, home),
            (15, Code, away),
            (16, Password, away),
            (18, Code, home),
            (21, Password, home),
        ];
        for (n, (hour, way, from)) in day.into_iter().enumerate() {
            self.owners.push(Owner::new(victim.clone(), way, from, from == home));
            self.at(hour * HOUR + self.dice.seconds(0, 1800), Actor::Owner(n));
        }
    }
}

/// When somebody comes.
fn hour(dice: &Dice) -> i64 {
    let mut throw = dice.below(CURVE.iter().sum());
    for (hour, share) in CURVE.iter().enumerate() {
        match throw.checked_sub(*share) {
            Some(rest) => throw = rest,
            None => return i64::try_from(hour).unwrap(),
        }
    }
    0
}
