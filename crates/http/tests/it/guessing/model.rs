//! What the contract says of guessing at one account, written down a second time: how long a code lives, what counts, and when codes grow (`common.md`,
//! *One-time codes*; threat rows 1, 3, 4 and 6). It knows nothing of how the product does it.

/// How long a code lives, in seconds.
const LIFETIME: u64 = 600;
/// Wrong codes since the last success after which new ones are long, and short ones are worth nothing.
pub(super) const ENOUGH: u32 = 6;
pub(super) const SHORT: usize = 4;
pub(super) const LONG: usize = 8;

/// What codes are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    Login,
    Reset,
}

/// A code that was sent.
pub(super) struct Sent {
    pub(super) nature: Nature,
    pub(super) to: String,
    pub(super) code: String,
    pub(super) token: String,
    at: u64,
    /// How often it may be tried; at most, if it is not `sure`.
    pub(super) tries: u32,
    /// It was used, or a newer one took its place.
    gone: bool,
    /// What is known of it is so; else there was a race about it, and it may be worth less.
    pub(super) sure: bool,
}

impl Sent {
    pub(super) fn is_short(&self) -> bool {
        self.code.len() == SHORT
    }
}

/// What a try must come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is accepted.
    Accepted,
    /// It is compared, and wrong.
    Counted,
    /// It is refused, and nothing is compared.
    Ignored,
}

/// One account under attack.
#[derive(Default)]
pub(super) struct Model {
    pub(super) now: u64,
    /// Wrong codes since the last success.
    pub(super) wrong: u32,
    /// Those of them that were tried on short codes.
    pub(super) wrong_on_short: u32,
    pub(super) codes: Vec<Sent>,
}

impl Model {
    /// How many digits a code has that is asked for now.
    pub(super) fn digits(&self) -> usize {
        if self.wrong >= ENOUGH { LONG } else { SHORT }
    }

    /// A code is sent; the older one for the same is dead.
    pub(super) fn sent(&mut self, nature: Nature, to: &str, code: &str, token: &str) {
        self.codes.iter_mut().filter(|sent| sent.nature == nature && sent.to == to).for_each(|sent| sent.gone = true);
        let tries = if code.len() == SHORT { 3 } else { 5 };
        let (to, code, token) = (to.to_owned(), code.to_owned(), token.to_owned());
        self.codes.push(Sent { nature, to, code, token, at: self.now, tries, gone: false, sure: true });
    }

    /// Whether a code can be worth anything by itself, whatever else there was.
    pub(super) fn can_live(&self, which: usize) -> bool {
        let sent = &self.codes[which];
        !sent.gone && sent.tries > 0 && self.now < sent.at + LIFETIME
    }

    /// What showing `code` for the `which`th must come to, at the endpoint that it is for or at another.
    pub(super) fn expected(&self, which: usize, code: &str, at_its_own: bool) -> Outcome {
        let sent = &self.codes[which];
        let is_worn_out = sent.is_short() && self.wrong >= ENOUGH;
        if !self.can_live(which) || is_worn_out || code.len() != sent.code.len() {
            Outcome::Ignored
        } else if code == sent.code && at_its_own {
            Outcome::Accepted
        } else {
            Outcome::Counted
        }
    }

    /// It came to that.
    pub(super) fn happened(&mut self, which: usize, outcome: Outcome) {
        let sent = &mut self.codes[which];
        match outcome {
            Outcome::Accepted => {
                (sent.gone, sent.sure) = (true, true);
                (self.wrong, self.wrong_on_short) = (0, 0);
            }
            Outcome::Counted => {
                sent.tries = sent.tries.saturating_sub(1);
                self.wrong += 1;
                self.wrong_on_short += u32::from(sent.is_short());
            }
            Outcome::Ignored => {}
        }
    }

    /// How many of so many wrong tries at each of these codes can be compared: those on short ones, and those on long ones.
    pub(super) fn at_most(&self, wrong: &[(usize, u32)], so_far: u32) -> (u32, u32) {
        let tries = |short: bool| {
            let of_length = wrong.iter().filter(|(which, _)| self.codes[*which].is_short() == short && self.can_live(*which));
            of_length.map(|(which, count)| self.codes[*which].tries.min(*count)).sum::<u32>()
        };
        (tries(true).min(ENOUGH.saturating_sub(so_far)), tries(false))
    }
}
