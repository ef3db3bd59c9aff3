//! The bounded hashing pool: one dedicated thread per core, each with memory of its own that it reuses, and a short queue in
//! front (threat row 24). What does not fit is refused at once; a caller that goes away frees no place early, because its job stays
//! in the queue and is done.

#[cfg(test)]
mod tests;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use argon2_rust::params::Memory;
use argon2_rust::{Algorithm, Argon2, Hasher, Params, Version};
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::sync::oneshot;
use tracing::Instrument as _;

use crate::foreign::{self, FastHash, ForeignHash, Recipe, fields};
use crate::measure;
use crate::password::{Password, PasswordRecord, PreHashedPassword, Scheme, common};
use crate::ports::Entropy;
use crate::secret::{Mac, MacKey};
use crate::trace;

/// Jobs that may wait (threat row 24).
pub const QUEUE: usize = 64;
/// How long a job may wait before it is refused (threat row 24).
pub const PATIENCE: Duration = Duration::from_secs(2);
const SALT_LEN: usize = 16;
/// A stored hash that costs more than this was not made by anything we import; checking it would be an attack on ourselves.
const CEILING_MIB: u64 = 1024;
const PASSES_MAX: u32 = 64;
const LANES_MAX: u32 = 16;
const TAG_LEN: usize = 32;

/// What one hash costs (OWASP's parameters by default).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashingCost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for HashingCost {
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2, lanes: 1 }
    }
}

/// Why nothing was hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashingError {
    /// The queue is full, or the job waited too long in it.
    #[error("the password-hashing queue is full")]
    Overloaded,
    /// The parameters are not ones that Argon2 takes.
    #[error("Argon2 does not take these parameters: {0}")]
    Parameters(argon2_rust::Error),
    /// Hashing itself failed, for want of memory.
    #[error("hashing failed: {0}")]
    Failed(argon2_rust::Error),
    /// A record is not what its scheme says.
    #[error("the record of a password is damaged")]
    Damaged,
    /// The hasher panicked over this one job.
    #[error("the hasher panicked")]
    Panicked,
    /// The pool is gone, or its threads could not be started.
    #[error("the hashing pool is not running")]
    Stopped,
}

/// What came of checking a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// It is the password, and its record is up to date.
    Right,
    /// It is the password, but its record was made at another cost, of a pre-hashed one, or by other software: make it anew.
    RightButStale,
    /// It is not.
    Wrong,
}

/// How much hashing costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pains {
    /// As much as for a new password.
    Usual,
    /// As little as Argon2 takes: then the pepper alone keeps a thief of the database from trying passwords.
    Least,
}

enum Work {
    Hash { peppered: Mac, scheme: Scheme, pains: Pains, salt: [u8; SALT_LEN], answer: oneshot::Sender<Result<PasswordRecord, HashingError>> },
    Check { password: Password, record: PasswordRecord, answer: oneshot::Sender<Result<Checked, HashingError>> },
    Weigh { password: Password, known: Vec<String>, answer: oneshot::Sender<Result<u64, HashingError>> },
}

impl Work {
    /// It has waited too long.
    fn refuse(self) {
        match self {
            Self::Hash { answer, .. } => drop(answer.send(Err(HashingError::Overloaded))),
            Self::Check { answer, .. } => drop(answer.send(Err(HashingError::Overloaded))),
            Self::Weigh { answer, .. } => drop(answer.send(Err(HashingError::Overloaded))),
        }
    }
}

struct Job {
    work: Work,
    queued_at: Instant,
}

/// The pool. Dropping it lets the threads finish what is queued and end.
#[derive(Debug)]
pub struct HashingPool {
    jobs: Sender<Job>,
    done: Arc<AtomicU64>,
    pepper: Pepper,
    /// What an unknown person's password is checked against, so that it costs what a known one's does (threat row 19).
    decoy: PasswordRecord,
}

#[derive(Clone)]
struct Pepper(MacKey);

impl Pepper {
    fn season(&self, bytes: &[u8]) -> Mac {
        self.0.sign(&[bytes])
    }
}

impl std::fmt::Debug for Pepper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pepper(..)")
    }
}

impl HashingPool {
    /// Starts `threads` threads that hash at `cost`.
    ///
    /// # Errors
    /// [`HashingError::Parameters`] for a cost that Argon2 does not take, [`HashingError::Stopped`] when no thread can be started.
    pub fn start(cost: HashingCost, threads: usize, pepper: MacKey, entropy: &dyn Entropy) -> Result<Self, HashingError> {
        let params = Params::builder().memory(Memory::kib(u64::from(cost.memory_kib))).passes(cost.passes).lanes(cost.lanes).build();
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.map_err(HashingError::Parameters)?);
        let ceiling =
            Params::builder().memory(Memory::mib(CEILING_MIB)).passes(PASSES_MAX).lanes(LANES_MAX).build().map_err(HashingError::Parameters)?;
        let (mut salt, mut nobody) = ([0; SALT_LEN], [0; 32]);
        entropy.fill(&mut salt);
        entropy.fill(&mut nobody);
        let least = Params::builder().memory(Memory::kib(8)).passes(1).lanes(1).build().map_err(HashingError::Parameters)?;
        let least = Argon2::new(Algorithm::Argon2id, Version::V0x13, least);
        let pepper = Pepper(pepper);
        let began = stopwatch();
        let decoy = hash(&mut argon2.hasher(), &Mac(nobody), Scheme::Argon2id, &salt)?;
        let usual = began.elapsed();
        let prefix = parameters_of(&decoy.phc).to_owned();
        let (jobs, queue) = bounded(QUEUE);
        let done = Arc::new(AtomicU64::new(0));
        for number in 0..threads.max(1) {
            let worker = Worker {
                argon2,
                hasher: argon2.hasher(),
                least,
                ceiling,
                current: prefix.clone(),
                usual,
                pepper: pepper.clone(),
                queue: queue.clone(),
                done: Arc::clone(&done),
            };
            std::thread::Builder::new().name(format!("hashing-{number}")).spawn(move || worker.run()).map_err(|_| HashingError::Stopped)?;
        }
        Ok(Self { jobs, done, pepper, decoy })
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// [`HashingError`].
    pub async fn hash(&self, password: &Password, entropy: &dyn Entropy) -> Result<PasswordRecord, HashingError> {
        self.hash_as(Scheme::Argon2id, Pains::Usual, password.bytes(), entropy).await
    }

    /// Hashes a new password of which a client sent the MD5 digits alone.
    ///
    /// # Errors
    /// [`HashingError`].
    pub async fn hash_pre_hashed(&self, password: &PreHashedPassword, entropy: &dyn Entropy) -> Result<PasswordRecord, HashingError> {
        self.hash_as(Scheme::Md5Argon2id, Pains::Usual, password.bytes(), entropy).await
    }

    /// Makes a record of a fast hash that other software made: ours over its output, so that what is kept is none.
    ///
    /// # Errors
    /// [`HashingError`].
    pub async fn wrap(&self, fast: &FastHash, pains: Pains, entropy: &dyn Entropy) -> Result<PasswordRecord, HashingError> {
        if let Some(digits) = fast.pre_hashed().and_then(|digits| PreHashedPassword::parse(&digits).ok()) {
            return self.hash_as(Scheme::Md5Argon2id, pains, digits.bytes(), entropy).await;
        }
        let PasswordRecord { scheme, phc } = self.hash_as(Scheme::ForeignArgon2id, pains, fast.output(), entropy).await?;
        Ok(PasswordRecord { scheme, phc: format!("{} {phc}", fast.recipe().text()) })
    }

    /// Checks a password against its record, or, where there is no record, spends the same time and says [`Checked::Wrong`].
    ///
    /// # Errors
    /// [`HashingError`].
    pub async fn check(&self, password: &Password, record: Option<&PasswordRecord>) -> Result<Checked, HashingError> {
        let (answer, result) = oneshot::channel();
        let against = record.unwrap_or(&self.decoy).clone();
        self.submit(Work::Check { password: password.clone(), record: against, answer })?;
        let checked = traced("check", result).await?;
        Ok(if record.is_some() { checked } else { Checked::Wrong })
    }

    /// After how many guesses somebody comes to a new password who knows what people choose, and `known` about whose it is. It is no hash, but can cost as much as one.
    ///
    /// # Errors
    /// [`HashingError`].
    pub async fn guesses(&self, password: &Password, known: Vec<String>) -> Result<u64, HashingError> {
        let (answer, result) = oneshot::channel();
        self.submit(Work::Weigh { password: password.clone(), known, answer })?;
        traced("weigh", result).await
    }

    /// How many hashes have been computed.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// How many jobs wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.jobs.len()
    }

    async fn hash_as(&self, scheme: Scheme, pains: Pains, bytes: &[u8], entropy: &dyn Entropy) -> Result<PasswordRecord, HashingError> {
        let mut salt = [0; SALT_LEN];
        entropy.fill(&mut salt);
        let (answer, result) = oneshot::channel();
        self.submit(Work::Hash { peppered: self.pepper.season(bytes), scheme, pains, salt, answer })?;
        traced("hash", result).await
    }

    fn submit(&self, work: Work) -> Result<(), HashingError> {
        self.jobs.try_send(Job { work, queued_at: stopwatch() }).map_err(|refused| match refused {
            TrySendError::Full(_) => {
                measure::not_hashed();
                HashingError::Overloaded
            }
            TrySendError::Disconnected(_) => HashingError::Stopped,
        })
    }
}

/// Waits for the answer of a job.
async fn traced<T>(work: &'static str, result: oneshot::Receiver<Result<T, HashingError>>) -> Result<T, HashingError> {
    let span = trace::hashing(work);
    let outcome = result.instrument(span.clone()).await.map_err(|_| HashingError::Stopped).flatten();
    outcome.inspect_err(|_| trace::failed(&span))
}

#[expect(clippy::disallowed_methods, reason = "a monotonic stopwatch, not the time of day")]
fn stopwatch() -> Instant {
    Instant::now()
}

struct Worker {
    argon2: Argon2,
    hasher: Hasher,
    least: Argon2,
    ceiling: Params,
    current: String,
    /// What a hash at the usual cost takes, about.
    usual: Duration,
    pepper: Pepper,
    queue: Receiver<Job>,
    done: Arc<AtomicU64>,
}

impl Worker {
    fn run(mut self) {
        while let Ok(Job { work, queued_at }) = self.queue.recv() {
            let waited = queued_at.elapsed();
            if waited >= PATIENCE {
                measure::not_hashed();
                work.refuse();
                continue;
            }
            let is_hash = !matches!(work, Work::Weigh { .. });
            self.done.fetch_add(u64::from(is_hash), Ordering::Relaxed);
            self.carry_out(work);
            if !is_hash {
                continue;
            }
            measure::hashed(waited, queued_at.elapsed().saturating_sub(waited));
        }
    }

    fn carry_out(&mut self, work: Work) {
        // A caller that went away does not want the answer any more: that is no error.
        match work {
            Work::Hash { peppered, scheme, pains, salt, answer } => {
                let _ = answer.send(self.guarded(|worker| worker.hash(&peppered, scheme, pains, &salt)));
            }
            Work::Check { password, record, answer } => {
                let _ = answer.send(self.guarded(|worker| worker.check(&password, &record)));
            }
            Work::Weigh { password, known, answer } => {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                let _ = answer.send(self.guarded(|_| Ok(common::guesses(&password, &known))));
            }
        }
    }

    /// A panic costs the one job: the thread goes on with fresh memory, or there would soon be no thread left.
    fn guarded<T>(&mut self, job: impl FnOnce(&mut Self) -> Result<T, HashingError>) -> Result<T, HashingError> {
        let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| job(self)));
        outcome.unwrap_or_else(|_| {
            self.hasher = self.argon2.hasher();
            Err(HashingError::Panicked)
        })
    }

    fn hash(&mut self, peppered: &Mac, scheme: Scheme, pains: Pains, salt: &[u8; SALT_LEN]) -> Result<PasswordRecord, HashingError> {
        match pains {
            Pains::Usual => hash(&mut self.hasher, peppered, scheme, salt),
            Pains::Least => hash(&mut self.least.hasher(), peppered, scheme, salt),
        }
    }

    fn check(&mut self, password: &Password, record: &PasswordRecord) -> Result<Checked, HashingError> {
        match record.scheme {
            Scheme::Argon2id => {
                let is_right = self.matches(password.bytes(), &record.phc)?;
                Ok(judged(is_right, parameters_of(&record.phc) == self.current))
            }
            // What was typed goes the way that the client's went, so the digits themselves are a wrong password (threat row 22). To be made anew
            // without the MD5 step.
            Scheme::Md5Argon2id => self.evenly(|worker| worker.matches(PreHashedPassword::of(password).bytes(), &record.phc)),
            Scheme::Foreign => {
                let hash = ForeignHash::parse(&record.phc).map_err(|_| HashingError::Damaged)?;
                self.evenly(|_| foreign::verify(password, &hash).map_err(HashingError::Failed))
            }
            Scheme::ForeignArgon2id => {
                let (recipe, phc) = record.phc.split_once(' ').ok_or(HashingError::Damaged)?;
                let recipe = Recipe::parse(recipe).ok_or(HashingError::Damaged)?;
                self.evenly(|worker| match recipe.output(password) {
                    Some(output) => worker.matches(&output, phc),
                    None => Ok(false),
                })
            }
        }
    }

    /// Checks against a record that is to be made anew anyway. A wrong password that was quicker to find wrong than ours are takes the time of one of
    /// ours besides, or an answer that comes at once would tell that there is such an account (threat row 19). A right one takes it by being made
    /// anew.
    fn evenly(&mut self, check: impl FnOnce(&mut Self) -> Result<bool, HashingError>) -> Result<Checked, HashingError> {
        let began = stopwatch();
        let is_right = check(self)?;
        if !is_right && began.elapsed() < self.usual / 2 {
            hash(&mut self.hasher, &Mac([0; 32]), Scheme::Argon2id, &[0; SALT_LEN])?;
        }
        Ok(judged(is_right, false))
    }

    /// Whether our hash was made of these bytes.
    fn matches(&mut self, bytes: &[u8], phc: &str) -> Result<bool, HashingError> {
        match self.hasher.verify_encoded_bounded(phc, &self.pepper.season(bytes).0, Algorithm::Argon2id, &self.ceiling) {
            Ok(()) => Ok(true),
            Err(argon2_rust::Error::VerifyMismatch) => Ok(false),
            Err(error) => Err(HashingError::Failed(error)),
        }
    }
}

const fn judged(is_right: bool, is_current: bool) -> Checked {
    match (is_right, is_current) {
        (true, true) => Checked::Right,
        (true, false) => Checked::RightButStale,
        (false, _) => Checked::Wrong,
    }
}

fn hash(hasher: &mut Hasher, peppered: &Mac, scheme: Scheme, salt: &[u8; SALT_LEN]) -> Result<PasswordRecord, HashingError> {
    let phc = hasher.hash_encoded(&peppered.0, salt).map_err(HashingError::Failed)?;
    Ok(PasswordRecord { scheme, phc })
}

/// Whether a record has the form of one that was made here, whoever's pepper is in it, and costs no more than checking one may.
pub(crate) fn is_ours(record: &PasswordRecord) -> bool {
    let phc = match record.scheme {
        Scheme::Argon2id | Scheme::Md5Argon2id => record.phc.as_str(),
        Scheme::Foreign => return false,
        Scheme::ForeignArgon2id => match record.phc.split_once(' ') {
            Some((recipe, phc)) if Recipe::parse(recipe).is_some() => phc,
            _ => return false,
        },
    };
    let ["", "argon2id", "v=19", costs, salt, tag] = *phc.split('$').collect::<Vec<_>>() else { return false };
    // No more than two passes over the most memory, which take seconds; and what Argon2 takes at all.
    let is_bearable = |[memory, passes, lanes]: [u32; 3]| {
        let (memory, most) = (u64::from(memory), CEILING_MIB * 1024);
        let is_possible = Params::builder().memory(Memory::kib(memory)).passes(passes).lanes(lanes).build().is_ok();
        is_possible && memory <= most && memory.saturating_mul(passes.into()) <= 2 * most && passes <= PASSES_MAX && lanes <= LANES_MAX
    };
    let length = |text| fields::base64(text).map_or(0, |bytes| bytes.len());
    fields::numbers(costs, ["m", "t", "p"]).is_some_and(is_bearable) && length(salt) == SALT_LEN && length(tag) == TAG_LEN
}

/// The part of a PHC string that says how it was made: `$argon2id$v=19$m=19456,t=2,p=1`.
fn parameters_of(phc: &str) -> &str {
    phc.rsplitn(3, '$').nth(2).unwrap_or_default()
}
