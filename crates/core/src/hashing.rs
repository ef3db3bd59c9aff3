//! The bounded hashing pool: one dedicated thread per core, each with memory of its own that it reuses, and a short queue in
//! front (threat row 24). What does not fit is refused at once; a caller that goes away frees no place early, because its job stays
//! in the queue and is done.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use argon2_rust::params::Memory;
use argon2_rust::{Algorithm, Argon2, Hasher, Params, Version};
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::sync::oneshot;

use crate::measure;
use crate::password::{Password, PasswordRecord, PreHashedPassword, Scheme};
use crate::ports::Entropy;
use crate::secret::{Mac, MacKey};

/// Jobs that may wait (threat row 24).
pub const QUEUE: usize = 64;
/// How long a job may wait before it is refused (threat row 24).
pub const PATIENCE: Duration = Duration::from_secs(2);
const SALT_LEN: usize = 16;
/// A stored hash that costs more than this was not made by anything we import; checking it would be an attack on ourselves.
const CEILING_MIB: u64 = 1024;

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
    /// It is the password, but its record was made at another cost or of a pre-hashed one: make it anew.
    RightButStale,
    /// It is not.
    Wrong,
}

enum Work {
    Hash { peppered: Mac, scheme: Scheme, salt: [u8; SALT_LEN], answer: oneshot::Sender<Result<PasswordRecord, HashingError>> },
    Check { peppered: Mac, record: PasswordRecord, answer: oneshot::Sender<Result<Checked, HashingError>> },
}

impl Work {
    /// It has waited too long.
    fn refuse(self) {
        match self {
            Self::Hash { answer, .. } => drop(answer.send(Err(HashingError::Overloaded))),
            Self::Check { answer, .. } => drop(answer.send(Err(HashingError::Overloaded))),
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

struct Pepper(MacKey);

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
        let ceiling = Params::builder().memory(Memory::mib(CEILING_MIB)).passes(64).lanes(16).build().map_err(HashingError::Parameters)?;
        let (mut salt, mut nobody) = ([0; SALT_LEN], [0; 32]);
        entropy.fill(&mut salt);
        entropy.fill(&mut nobody);
        let decoy = hash(&mut argon2.hasher(), &Mac(nobody), Scheme::Argon2id, &salt)?;
        let prefix = parameters_of(&decoy.phc).to_owned();
        let (jobs, queue) = bounded(QUEUE);
        let done = Arc::new(AtomicU64::new(0));
        for number in 0..threads.max(1) {
            let worker = Worker { argon2, hasher: argon2.hasher(), ceiling, current: prefix.clone(), queue: queue.clone(), done: Arc::clone(&done) };
            std::thread::Builder::new().name(format!("hashing-{number}")).spawn(move || worker.run()).map_err(|_| HashingError::Stopped)?;
        }
        Ok(Self { jobs, done, pepper: Pepper(pepper), decoy })
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// [`HashingError`].
    pub async fn hash(&self, password: &Password, entropy: &dyn Entropy) -> Result<PasswordRecord, HashingError> {
        self.hash_as(Scheme::Argon2id, self.pepper(password.bytes()), entropy).await
    }

    /// Hashes a new password of which a client sent the MD5 digits alone.
    ///
    /// # Errors
    /// [`HashingError`].
    pub async fn hash_pre_hashed(&self, password: &PreHashedPassword, entropy: &dyn Entropy) -> Result<PasswordRecord, HashingError> {
        self.hash_as(Scheme::Md5Argon2id, self.pepper(password.bytes()), entropy).await
    }

    /// Checks a password against its record, or, where there is no record, spends the same time and says [`Checked::Wrong`].
    ///
    /// # Errors
    /// [`HashingError`].
    pub async fn check(&self, password: &Password, record: Option<&PasswordRecord>) -> Result<Checked, HashingError> {
        let (answer, result) = oneshot::channel();
        let against = record.unwrap_or(&self.decoy).clone();
        let peppered = match against.scheme {
            Scheme::Argon2id => self.pepper(password.bytes()),
            // What was typed goes the way that the client's went, so the digits themselves are a wrong password (threat row 22).
            Scheme::Md5Argon2id => self.pepper(PreHashedPassword::of(password).bytes()),
        };
        self.submit(Work::Check { peppered, record: against, answer })?;
        let checked = result.await.map_err(|_| HashingError::Stopped)??;
        Ok(if record.is_some() { checked } else { Checked::Wrong })
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

    async fn hash_as(&self, scheme: Scheme, peppered: Mac, entropy: &dyn Entropy) -> Result<PasswordRecord, HashingError> {
        let mut salt = [0; SALT_LEN];
        entropy.fill(&mut salt);
        let (answer, result) = oneshot::channel();
        self.submit(Work::Hash { peppered, scheme, salt, answer })?;
        result.await.map_err(|_| HashingError::Stopped)?
    }

    fn pepper(&self, password: &[u8]) -> Mac {
        self.pepper.0.sign(&[password])
    }

    fn submit(&self, work: Work) -> Result<(), HashingError> {
        #[expect(clippy::disallowed_methods, reason = "a monotonic stopwatch, not the time of day; no rule depends on it")]
        let queued_at = Instant::now();
        self.jobs.try_send(Job { work, queued_at }).map_err(|refused| match refused {
            TrySendError::Full(_) => {
                measure::not_hashed();
                HashingError::Overloaded
            }
            TrySendError::Disconnected(_) => HashingError::Stopped,
        })
    }
}

struct Worker {
    argon2: Argon2,
    hasher: Hasher,
    ceiling: Params,
    current: String,
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
            self.done.fetch_add(1, Ordering::Relaxed);
            self.carry_out(work);
            measure::hashed(waited, queued_at.elapsed().saturating_sub(waited));
        }
    }

    fn carry_out(&mut self, work: Work) {
        // A caller that went away does not want the answer any more: that is no error.
        match work {
            Work::Hash { peppered, scheme, salt, answer } => {
                let _ = answer.send(self.guarded(|worker| hash(&mut worker.hasher, &peppered, scheme, &salt)));
            }
            Work::Check { peppered, record, answer } => {
                let _ = answer.send(self.guarded(|worker| worker.check(&peppered, &record)));
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

    fn check(&mut self, peppered: &Mac, record: &PasswordRecord) -> Result<Checked, HashingError> {
        let is_current = match record.scheme {
            Scheme::Argon2id => parameters_of(&record.phc) == self.current,
            // To be made anew without the MD5 step.
            Scheme::Md5Argon2id => false,
        };
        match self.hasher.verify_encoded_bounded(&record.phc, &peppered.0, Algorithm::Argon2id, &self.ceiling) {
            Ok(()) if is_current => Ok(Checked::Right),
            Ok(()) => Ok(Checked::RightButStale),
            Err(argon2_rust::Error::VerifyMismatch) => Ok(Checked::Wrong),
            Err(error) => Err(HashingError::Failed(error)),
        }
    }
}

fn hash(hasher: &mut Hasher, peppered: &Mac, scheme: Scheme, salt: &[u8; SALT_LEN]) -> Result<PasswordRecord, HashingError> {
    let phc = hasher.hash_encoded(&peppered.0, salt).map_err(HashingError::Failed)?;
    Ok(PasswordRecord { scheme, phc })
}

/// The part of a PHC string that says how it was made: `$argon2id$v=19$m=19456,t=2,p=1`.
fn parameters_of(phc: &str) -> &str {
    phc.rsplitn(3, '$').nth(2).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::testing::CountingEntropy;
    use crate::secret::Secrets;
    use argon2::{PasswordVerifier as _, password_hash::phc::PasswordHash};

    const CHEAP: HashingCost = HashingCost { memory_kib: 64, passes: 1, lanes: 1 };

    fn pool(cost: HashingCost) -> HashingPool {
        HashingPool::start(cost, 1, Secrets::derive(&[1; 32]).passwords, &CountingEntropy::default()).unwrap()
    }

    #[tokio::test]
    async fn the_right_password_is_right_and_an_unknown_person_is_always_wrong() {
        let pool = pool(CHEAP);
        let entropy = CountingEntropy::default();
        let record = pool.hash(&Password::typed("correct horse"), &entropy).await.unwrap();
        assert_eq!(pool.check(&Password::typed("correct horse"), Some(&record)).await.unwrap(), Checked::Right);
        assert_eq!(pool.check(&Password::typed("correct hors"), Some(&record)).await.unwrap(), Checked::Wrong);
        assert_eq!(pool.check(&Password::typed("correct horse"), None).await.unwrap(), Checked::Wrong);
    }

    #[tokio::test]
    async fn a_record_made_at_another_cost_is_stale() {
        let record = pool(CHEAP).hash(&Password::typed("correct horse"), &CountingEntropy::default()).await.unwrap();
        let dearer = pool(HashingCost { passes: 2, ..CHEAP });
        assert_eq!(dearer.check(&Password::typed("correct horse"), Some(&record)).await.unwrap(), Checked::RightButStale);
    }

    #[tokio::test]
    async fn row_22_the_digits_that_a_client_sent_are_not_the_password_and_neither_after_a_rehash() {
        let pool = pool(CHEAP);
        let entropy = CountingEntropy::default();
        let typed = "correct horse";
        let digits = "3CB4E732631F47E6EB961F34554B7CDE";
        let record = pool.hash_pre_hashed(&PreHashedPassword::parse(digits).unwrap(), &entropy).await.unwrap();
        assert_eq!(record.scheme, Scheme::Md5Argon2id);
        let check = async |text: &str, record: &PasswordRecord| pool.check(&Password::typed(text), Some(record)).await.unwrap();
        let others = ["correct hors", "", digits, &digits.to_lowercase()];
        assert_eq!(check(typed, &record).await, Checked::RightButStale);
        for other in others {
            assert_eq!(check(other, &record).await, Checked::Wrong, "{other}");
        }
        let anew = pool.hash(&Password::typed(typed), &entropy).await.unwrap();
        assert_eq!(anew.scheme, Scheme::Argon2id);
        assert_eq!(check(typed, &anew).await, Checked::Right);
        for other in others {
            assert_eq!(check(other, &anew).await, Checked::Wrong, "{other}");
        }
    }

    proptest::proptest! {
        #[test]
        fn row_22_whatever_the_password_its_digits_make_a_record_of_the_plain_one_alone(text in "\\PC{1,40}", other in "\\PC{0,40}") {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let pool = pool(CHEAP);
            let password = Password::typed(&text);
            let digits = PreHashedPassword::of(&password);
            let shown = String::from_utf8(digits.bytes().to_vec()).unwrap();
            let entropy = CountingEntropy::default();
            let record = runtime.block_on(pool.hash_pre_hashed(&PreHashedPassword::parse(&shown).unwrap(), &entropy)).unwrap();
            let anew = runtime.block_on(pool.hash(&password, &entropy)).unwrap();
            let check = |text: &str, record: &PasswordRecord| runtime.block_on(pool.check(&Password::typed(text), Some(record))).unwrap();
            proptest::prop_assert_eq!(check(&text, &record), Checked::RightButStale);
            proptest::prop_assert_eq!(check(&text, &anew), Checked::Right);
            for wrong in [shown.clone(), shown.to_lowercase(), other].iter().filter(|wrong| **wrong != text) {
                proptest::prop_assert_eq!(check(wrong, &record), Checked::Wrong);
                proptest::prop_assert_eq!(check(wrong, &anew), Checked::Wrong);
            }
        }
    }

    #[tokio::test]
    async fn our_hashes_are_what_the_other_implementation_computes() {
        let secrets = Secrets::derive(&[1; 32]);
        for cost in [CHEAP, HashingCost { memory_kib: 1024, passes: 3, lanes: 2 }] {
            let record = pool(cost).hash(&Password::typed("päss wörd"), &CountingEntropy::default()).await.unwrap();
            let parsed = PasswordHash::new(&record.phc).unwrap();
            let peppered = secrets.passwords.sign(&["päss wörd".as_bytes()]);
            argon2::Argon2::default().verify_password(&peppered.0, &parsed).unwrap();
        }
    }

    #[tokio::test]
    async fn row_54_a_stolen_record_does_not_verify_without_the_pepper() {
        let record = pool(CHEAP).hash(&Password::typed("correct horse"), &CountingEntropy::default()).await.unwrap();
        let parsed = PasswordHash::new(&record.phc).unwrap();
        assert!(argon2::Argon2::default().verify_password(b"correct horse", &parsed).is_err());
    }

    #[tokio::test]
    async fn a_panic_costs_one_job_and_the_thread_goes_on() {
        let record = pool(CHEAP).hash(&Password::typed("correct horse"), &CountingEntropy::default()).await.unwrap();
        let params = Params::builder().memory(Memory::kib(64)).passes(1).lanes(1).build().unwrap();
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let (_, queue) = bounded(1);
        let mut worker =
            Worker { argon2, hasher: argon2.hasher(), ceiling: params, current: parameters_of(&record.phc).to_owned(), queue, done: Arc::default() };
        assert!(matches!(worker.guarded(|_| -> Result<(), HashingError> { panic!("as a broken hasher would") }), Err(HashingError::Panicked)));
        let peppered = Secrets::derive(&[1; 32]).passwords.sign(&[b"correct horse"]);
        assert_eq!(worker.guarded(|worker| worker.check(&peppered, &record)).unwrap(), Checked::Right);
    }

    #[tokio::test]
    async fn row_24_what_does_not_fit_the_queue_is_refused_at_once() {
        let pool = pool(HashingCost { memory_kib: 8 * 1024, passes: 3, lanes: 1 });
        let password = Password::typed("correct horse");
        let checks = futures_util::future::join_all((0..QUEUE * 2).map(|_| pool.check(&password, None))).await;
        let refused = checks.iter().filter(|c| matches!(c, Err(HashingError::Overloaded))).count();
        let done = checks.iter().filter(|c| c.is_ok()).count();
        assert!(refused > 0 && done >= QUEUE && refused + done == QUEUE * 2, "{refused} refused, {done} done");
    }
}
