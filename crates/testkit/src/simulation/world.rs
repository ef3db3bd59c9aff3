//! An installation in memory. It decides nothing: every limit, code and comparison is the core's pure rule, in the order in which the core's use cases and the
//! store's transactions ask them. What is not about limits (passwords that are hashed, names that are taken) is not there.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use daftar_core::account::AccountId;
use daftar_core::challenge::{draw_code, usual_digits};
use daftar_core::code::{
    Challenge, ChallengeId, ChallengeState, Code, Pressure, Purpose, SLIPPED_WITHIN, Shown, TokenPrefix, Verdict, counted_against,
};
use daftar_core::identifier::LoginId;
use daftar_core::limit::conversion::Conversion;
use daftar_core::limit::guesses::GuessLimits;
use daftar_core::limit::look_ups::Asker;
use daftar_core::limit::passwords::Attempt;
use daftar_core::limit::sending::Receiver;
use daftar_core::limit::{Charge, Charged, ClientAddress, Exhausted, LimitKey, LimitKind, Postage, SendingStanding, Usage, Weighed, weigh};
use daftar_core::message::Recipient;
use daftar_core::ports::{Timestamp, new_id};
use daftar_core::secret::{Mac, MacKey, Secrets};
use daftar_core::token::whole_seconds;
use uuid::Uuid;

use super::dice::Dice;
use super::script::{Act, Script};
pub use super::terms::{No, Rules, Side, Tally, Ticket, Typed, Wish};

const MINUTE_MS: i64 = 60_000;
/// How long codes live; the product's default.
const CODE: Duration = Duration::from_secs(600);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

struct Kept {
    challenge: Challenge,
    code: Code,
    /// Its place in [`World::sent`], if it went by short message.
    sent: Option<usize>,
    guesses: u64,
    first_guess: u64,
}

/// A code that went by short message.
struct Sent {
    at: Timestamp,
    expires_at: Timestamp,
    verified: bool,
}

/// An installation.
pub struct World {
    rules: Rules,
    dice: Dice,
    codes: MacKey,
    used: HashMap<LimitKey, Usage>,
    kept: Vec<Kept>,
    /// The open one of a purpose for a destination; on INVAS for a registration.
    open: HashMap<(Purpose, String), Ticket>,
    of_subject: HashMap<Uuid, Vec<Ticket>>,
    wrong: HashMap<String, u32>,
    /// Wrong codes, and those that were forgiven, by the minute; and in all of these minutes.
    minutes: VecDeque<(Timestamp, u32, u32)>,
    hour: (u32, u32),
    sent: Vec<Sent>,
    prefixes: HashMap<String, VecDeque<usize>>,
    known: HashSet<(AccountId, ClientAddress)>,
    tallies: HashMap<Side, Tally>,
    /// Prefixes that were paused.
    pub paused: Vec<String>,
    /// The most codes in an hour that nobody got right.
    pub most_lost: u32,
    /// What was done, if it is to be played again elsewhere.
    pub script: Option<Script>,
}

impl World {
    /// What it decides.
    #[must_use]
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// An installation in which nothing has happened yet.
    #[must_use]
    pub fn new(rules: Rules, seed: u64) -> Self {
        Self {
            rules,
            dice: Dice::new(seed),
            codes: Secrets::derive(&[7; 32]).codes,
            used: HashMap::new(),
            kept: Vec::new(),
            open: HashMap::new(),
            of_subject: HashMap::new(),
            wrong: HashMap::new(),
            minutes: VecDeque::new(),
            hour: (0, 0),
            sent: Vec::new(),
            prefixes: HashMap::new(),
            known: HashSet::new(),
            tallies: HashMap::new(),
            paused: Vec::new(),
            most_lost: 0,
            script: None,
        }
    }

    /// Sends a code, if everything that it takes has room (core `challenge.rs`, `limit/postage.rs`).
    ///
    /// # Errors
    /// [`No`].
    pub fn ask(&mut self, wish: &Wish, now: Timestamp) -> Result<Ticket, No> {
        let outcome = self.send(wish, now);
        match &outcome {
            Ok(_) => self.of(wish.side).codes += 1,
            Err(_) => self.of(wish.side).refused += 1,
        }
        let digits = outcome.as_ref().map(|ticket| self.kept[*ticket].challenge.digits).map_err(|no| no.wait);
        self.note(now, || Act::Ask { wish: wish.clone(), ticket: *outcome.as_ref().unwrap_or(&0), digits });
        outcome
    }

    fn send(&mut self, wish: &Wish, now: Timestamp) -> Result<Ticket, No> {
        // A machine client's registration is no look-up (threat row 60).
        if let (Asker::Person(_), Purpose::AppSignIn | Purpose::AppReset | Purpose::AppSignup) = (&wish.asker, wish.purpose) {
            let charge = self.rules.limits.look_ups.charge(&wish.asker, 1);
            self.charge(&[charge], now)?;
        }
        let limits = &self.rules.limits.sending;
        let number = wish.to.iter().find_map(|to| match to {
            Recipient::Sms(number) => Some(number),
            Recipient::Email(_) => None,
        });
        assert!(number.is_none_or(|number| limits.serves(number)), "all numbers here are of countries that are served");
        let receiver = self.receiver(wish);
        let charges = limits.charges(&wish.to, receiver, &wish.asker);
        let judged = receiver.judged(number);
        let pause = judged.map(|prefix| limits.pause_of(prefix));
        let asked: Vec<_> = charges.iter().chain(&pause).cloned().collect();
        let charged = match weigh(&asked, &self.used, now) {
            Weighed::Room(_) => Charged::Allowed,
            Weighed::Full { exhausted, .. } => Charged::Refused(exhausted),
        };
        let breaker = limits.conversion;
        let conversion = judged.map(|prefix| self.conversion(prefix, now)).unwrap_or_default();
        match (SendingStanding { charged, is_ahead: false, conversion, nearly: Vec::new() }).decide(breaker, pause) {
            Postage::Due => {}
            Postage::Spent(exhausted) => return Err(no(&exhausted)),
            Postage::Paused { pause, told } => {
                self.paused.push(pause.key.of().to_owned());
                self.charge(&[pause], now)?;
                return Err(no(&told));
            }
        }
        self.charge(&charges, now)?;
        let cost: u64 = charges.iter().filter(|charge| charge.key.kind() == LimitKind::SmsDay).map(|charge| charge.amount).sum();
        let tally = self.of(wish.side);
        tally.cost += cost;
        tally.short += u64::from(number.is_some());
        Ok(self.draw(wish, judged.map(str::to_owned), now))
    }

    /// Who gets the code (core `challenge.rs`).
    fn receiver(&self, wish: &Wish) -> Receiver {
        match (is_of_an_owner(wish.purpose), &wish.asker) {
            (false, _) => Receiver::Anybody,
            (true, Asker::Person(from)) => Receiver::Owner { is_at_home: self.knows(AccountId(wish.subject), *from) },
            (true, Asker::Client(_)) => Receiver::Owner { is_at_home: false },
        }
    }

    fn draw(&mut self, wish: &Wish, prefix: Option<String>, now: Timestamp) -> Ticket {
        let destination = LoginId::from(wish.to[0].clone());
        let pressure = self.pressure(&counted_against(wish.purpose, wish.subject, &destination), now);
        let digits = pressure.digits(self.rules.guesses, wish.purpose, usual_digits(wish.purpose, self.rules.app_digits));
        let mut code = draw_code(wish.purpose, digits, &self.dice);
        if wish.purpose == Purpose::InvasSignup {
            code = code.after(&TokenPrefix::draw(&self.dice));
        }
        let mut challenge = Challenge {
            id: ChallengeId(new_id(now, &self.dice)),
            purpose: wish.purpose,
            subject: wish.subject,
            destination,
            digits,
            code_mac: Mac([0; 32]),
            link_mac: None,
            tries_left: Challenge::tries(digits),
            state: ChallengeState::Open,
            created_at: now,
            expires_at: whole_seconds(now, CODE),
        };
        challenge.code_mac = challenge.mac(&code, &self.codes);
        let of = if wish.purpose.is_of_one_subject() { wish.subject.to_string() } else { challenge.destination.key().to_owned() };
        let ticket = self.kept.len();
        if let Some(older) = self.open.insert((wish.purpose, of), ticket)
            && self.kept[older].challenge.state == ChallengeState::Open
        {
            self.kept[older].challenge.state = ChallengeState::Voided;
        }
        self.of_subject.entry(wish.subject).or_default().push(ticket);
        let sent = prefix.map(|prefix| self.remember(prefix, now, challenge.expires_at, false));
        self.kept.push(Kept { challenge, code, sent, guesses: 0, first_guess: self.dice.roll() });
        ticket
    }

    /// Shows a code (store `challenges.rs`, `redemptions.rs`).
    pub fn show(&mut self, ticket: Ticket, typed: Typed, from: ClientAddress, side: Side, now: Timestamp) -> Verdict {
        let code = self.typed(ticket, typed);
        let is_right = code.expose() == self.kept[ticket].code.expose();
        let verdict = self.judge(ticket, code, side, now);
        let Challenge { purpose, subject, .. } = self.kept[ticket].challenge;
        if verdict == Verdict::Right && is_of_an_owner(purpose) {
            if purpose == Purpose::AppReset {
                self.known.retain(|(account, _)| account.0 != subject);
            }
            self.known.insert((AccountId(subject), from));
        }
        self.note(now, || Act::Show { ticket, is_right, from, verdict });
        verdict
    }

    fn judge(&mut self, ticket: Ticket, code: Code, side: Side, now: Timestamp) -> Verdict {
        if let Some(over) = self.kept[ticket].challenge.over(now) {
            return over;
        }
        let subjects = self.kept[ticket].challenge.counted_against();
        let pressure = self.pressure(&subjects, now);
        self.most_lost = self.most_lost.max(pressure.lost);
        let kept = &mut self.kept[ticket];
        let possible = possible(kept.challenge.purpose, kept.challenge.digits) - kept.guesses;
        let shown = Shown { purpose: kept.challenge.purpose, by: None, code, key: self.codes.clone(), limits: self.rules.guesses };
        let verdict = kept.challenge.attempt(&shown, pressure, now);
        let sent = kept.sent;
        match verdict {
            Verdict::Wrong { .. } => {
                kept.guesses += 1;
                for subject in subjects {
                    *self.wrong.entry(subject).or_default() += 1;
                }
                self.count(now, 1, 0);
                self.of(side).wrong += 1;
            }
            Verdict::Right => {
                for (at, wrong) in self.forgiven(ticket, pressure) {
                    self.count(at, 0, wrong);
                }
                for subject in subjects {
                    self.wrong.remove(&subject);
                }
                if let Some(sent) = sent {
                    self.sent[sent].verified = true;
                }
            }
            Verdict::Odd { .. } | Verdict::Expired | Verdict::Dead => return verdict,
        }
        #[expect(clippy::cast_precision_loss, reason = "a share of at most 10^8")]
        let share = 1.0 / possible as f64;
        if let Side::Sprayer | Side::Guesser = side {
            self.of(side).by_code += share;
        }
        verdict
    }

    fn forgiven(&self, ticket: Ticket, pressure: Pressure) -> Vec<(Timestamp, u32)> {
        if pressure.subject == 0 {
            return Vec::new();
        }
        let challenge = &self.kept[ticket].challenge;
        let since = challenge.created_at - SLIPPED_WITHIN;
        let of_subject = self.of_subject[&challenge.subject].iter().map(|ticket| &self.kept[*ticket].challenge);
        let older: Vec<_> = of_subject.filter(|older| older.created_at > since).cloned().collect();
        challenge.forgives(&older, pressure)
    }

    /// Tries a password (core `sign_in.rs`).
    ///
    /// # Errors
    /// [`No`].
    pub fn sign_in(&mut self, account: AccountId, is_right: bool, from: ClientAddress, side: Side, now: Timestamp) -> Result<bool, No> {
        let attempt = Attempt { account: Some(account), typed: None, key: &self.codes, from, is_known: self.knows(account, from) };
        let charges = self.rules.limits.passwords.charges(attempt);
        let outcome = self.charge(&charges, now).map(|()| is_right);
        match (&outcome, is_right) {
            (Err(_), _) => self.of(side).throttled += 1,
            (Ok(_), false) => self.of(side).passwords += 1,
            (Ok(_), true) => {
                self.refund(&charges, now);
                self.known.insert((account, from));
            }
        }
        let waits = outcome.as_ref().map(|right| *right).map_err(|no| no.wait);
        self.note(now, || Act::SignIn { account, is_right, from, outcome: waits });
        outcome
    }

    /// Somebody signed in from there before.
    pub fn know(&mut self, account: AccountId, from: ClientAddress) {
        self.known.insert((account, from));
    }

    /// Whether somebody signed in from there before.
    #[must_use]
    pub fn knows(&self, account: AccountId, from: ClientAddress) -> bool {
        self.known.contains(&(account, from))
    }

    /// Who signed in from where before.
    #[must_use]
    pub fn known(&self) -> Vec<(AccountId, ClientAddress)> {
        self.known.iter().copied().collect()
    }

    /// A code that went by short message before this day, and what became of it.
    pub fn remember(&mut self, prefix: String, at: Timestamp, expires_at: Timestamp, verified: bool) -> usize {
        self.sent.push(Sent { at, expires_at, verified });
        self.prefixes.entry(prefix).or_default().push_back(self.sent.len() - 1);
        self.sent.len() - 1
    }

    /// How much wrong guessing there has been (store `challenges.rs`).
    pub fn pressure(&mut self, subjects: &[String], now: Timestamp) -> Pressure {
        while let Some((_, wrong, forgiven)) = self.minutes.pop_front_if(|(minute, ..)| *minute <= now - HOUR) {
            self.hour = (self.hour.0 - wrong, self.hour.1 - forgiven);
        }
        let (wrong, forgiven) = self.hour;
        let subject = subjects.iter().filter_map(|subject| self.wrong.get(subject)).max();
        Pressure { subject: subject.copied().unwrap_or_default(), installation: wrong, lost: wrong.saturating_sub(forgiven) }
    }

    /// When codes grow.
    #[must_use]
    pub const fn guesses(&self) -> GuessLimits {
        self.rules.guesses
    }

    /// How many digits a code has: attackers are told.
    #[must_use]
    pub fn digits(&self, ticket: Ticket) -> u8 {
        self.kept[ticket].challenge.digits
    }

    /// What a side got.
    #[must_use]
    pub fn tally(&self, side: Side) -> Tally {
        self.tallies.get(&side).copied().unwrap_or_default()
    }

    fn of(&mut self, side: Side) -> &mut Tally {
        self.tallies.entry(side).or_default()
    }

    fn note(&mut self, now: Timestamp, act: impl FnOnce() -> Act) {
        if let Some(script) = &mut self.script {
            script.push((now, act()));
        }
    }

    /// What became of the codes that were sent to a prefix in the last day (store `challenges.rs`).
    fn conversion(&mut self, prefix: &str, now: Timestamp) -> Conversion {
        let Some(sent) = self.prefixes.get_mut(prefix) else { return Conversion::default() };
        while sent.front().is_some_and(|first| self.sent[*first].at <= now - DAY) {
            sent.pop_front();
        }
        sent.iter().map(|sent| &self.sent[*sent]).fold(Conversion::default(), |Conversion { over, verified }, sent| Conversion {
            over: over + u32::from(sent.verified || sent.expires_at <= now),
            verified: verified + u32::from(sent.verified),
        })
    }

    fn charge(&mut self, charges: &[Charge], now: Timestamp) -> Result<(), No> {
        let (moved, outcome) = match weigh(charges, &self.used, now) {
            Weighed::Room(moved) => (moved, Ok(())),
            Weighed::Full { exhausted, mended } => (mended, Err(no(&exhausted))),
        };
        for (key, usage) in moved {
            self.used.insert(key.clone(), usage);
        }
        outcome
    }

    fn refund(&mut self, charges: &[Charge], now: Timestamp) {
        for Charge { key, limit, amount } in charges {
            match limit.refund(self.used.get(key), *amount, now) {
                Some(less) => self.used.insert(key.clone(), less),
                None => self.used.remove(key),
            };
        }
    }

    fn count(&mut self, now: Timestamp, wrong: u32, forgiven: u32) {
        if wrong + forgiven == 0 {
            return;
        }
        let minute = Timestamp::from_millisecond(now.as_millisecond().div_euclid(MINUTE_MS) * MINUTE_MS).unwrap();
        match self.minutes.back_mut().filter(|(last, ..)| *last == minute) {
            Some(counts) => (counts.1, counts.2) = (counts.1 + wrong, counts.2 + forgiven),
            None => self.minutes.push_back((minute, wrong, forgiven)),
        }
        self.hour = (self.hour.0 + wrong, self.hour.1 + forgiven);
    }

    fn typed(&self, ticket: Ticket, typed: Typed) -> Code {
        let kept = &self.kept[ticket];
        let text = kept.code.expose();
        let (letters, digits) = text.split_at(text.len() - kept.code.digits());
        match typed {
            Typed::Right => kept.code.clone(),
            Typed::Slip => {
                let (head, last) = digits.split_at(digits.len() - 1);
                let last = (last.parse::<u8>().unwrap() + 1) % 10;
                let slip = format!("{letters}{head}{last}");
                if letters.is_empty() { Code::parse(&slip) } else { Code::parse_token(&slip) }.unwrap()
            }
            Typed::Guess => {
                let first = 10_u64.pow(u32::from(kept.challenge.digits) - 1);
                let guess = first + (kept.first_guess % (9 * first) + kept.guesses) % (9 * first);
                Code::parse(&guess.to_string()).unwrap()
            }
        }
    }
}

/// Whether such codes go to a contact that an account has proven.
pub(super) const fn is_of_an_owner(purpose: Purpose) -> bool {
    matches!(purpose, Purpose::AppSignIn | Purpose::AppReset)
}

/// How many codes there are.
fn possible(purpose: Purpose, digits: u8) -> u64 {
    let all = 10_u64.pow(u32::from(digits));
    match purpose {
        Purpose::UsapiSignup | Purpose::InvasSignup => all,
        // It is a number: it begins with none of the zeros.
        Purpose::AppSignIn | Purpose::AppSignup | Purpose::AppReset | Purpose::AppEmail | Purpose::AppPhone => all / 10 * 9,
    }
}

/// As surfaces tell it: whole seconds, never none.
fn no(exhausted: &Exhausted) -> No {
    let wait = exhausted.retry_after.max(Duration::from_secs(1));
    let wait = i64::try_from(wait.as_millis().div_ceil(1000)).unwrap() * 1000;
    No { wait, spent: exhausted.spent.iter().map(LimitKey::kind).collect() }
}
