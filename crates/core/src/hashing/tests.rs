//! The pool: what is right, stale and wrong, what costs what, and what a panic or a crowd does to it.

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
    let mut worker = Worker {
        argon2,
        hasher: argon2.hasher(),
        least: argon2,
        ceiling: params,
        current: parameters_of(&record.phc).to_owned(),
        usual: Duration::ZERO,
        pepper: Pepper(Secrets::derive(&[1; 32]).passwords),
        queue,
        done: Arc::default(),
    };
    assert!(matches!(worker.guarded(|_| -> Result<(), HashingError> { panic!("as a broken hasher would") }), Err(HashingError::Panicked)));
    assert_eq!(worker.guarded(|worker| worker.check(&Password::typed("correct horse"), &record)).unwrap(), Checked::Right);
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

/// A hash of "correct horse" that other software made, fast and slow ones.
const FOREIGN: [&str; 5] = [
    "$sha256$4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631",
    "$hmac-sha1$GgDxvsutr5fdBgRJPXmqznFnAnI=$a2V5IG9mIHRoZSBzaG9w",
    "$P$6saltsaltm5kzegSSYLpteeiemmHd3/",
    "{SSHA}QPBWtiSSJKu0/DJ9O76ad7cxhHtOYUNsAP8uLg==",
    "3CB4E732631F47E6EB961F34554B7CDE",
];

fn fast(text: &str) -> FastHash {
    match ForeignHash::parse(text).unwrap() {
        ForeignHash::Fast(fast) => fast,
        ForeignHash::Slow(_) => panic!("{text} is slow"),
    }
}

#[tokio::test]
async fn a_fast_hash_that_was_wrapped_is_checked_and_made_anew() {
    let (pool, entropy) = (pool(CHEAP), CountingEntropy::default());
    let check = async |text: &str, record: &PasswordRecord| pool.check(&Password::typed(text), Some(record)).await.unwrap();
    for text in FOREIGN {
        for pains in [Pains::Usual, Pains::Least] {
            let record = pool.wrap(&fast(text), pains, &entropy).await.unwrap();
            assert_eq!(check("correct horse", &record).await, Checked::RightButStale, "{text}");
            for wrong in ["correct hors", "", text] {
                assert_eq!(check(wrong, &record).await, Checked::Wrong, "{text}: {wrong}");
            }
        }
    }
}

#[tokio::test]
async fn row_54_a_wrapped_record_holds_neither_the_hash_nor_what_verifies_without_the_pepper() {
    let (pool, entropy) = (pool(CHEAP), CountingEntropy::default());
    for text in FOREIGN {
        let fast = fast(text);
        let PasswordRecord { phc, .. } = pool.wrap(&fast, Pains::Least, &entropy).await.unwrap();
        let legible =
            [base64::Engine::encode(&base64::engine::general_purpose::STANDARD_NO_PAD, fast.output()), fast.pre_hashed().unwrap_or_default()];
        assert!(legible.iter().filter(|legible| !legible.is_empty()).all(|legible| !phc.contains(legible)), "{phc}");
        let argon2id = PasswordHash::new(phc.rsplit(' ').next().unwrap()).unwrap();
        assert!(argon2::Argon2::default().verify_password(fast.output(), &argon2id).is_err());
    }
    // Of MD5 over the password alone a record is made as of what an INVAS client sends.
    assert_eq!(pool.wrap(&fast(FOREIGN[4]), Pains::Usual, &entropy).await.unwrap().scheme, Scheme::Md5Argon2id);
}

#[tokio::test]
async fn a_slow_hash_is_checked_as_it_came_and_made_anew() {
    let pool = pool(CHEAP);
    let record = PasswordRecord { scheme: Scheme::Foreign, phc: "$2b$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2".to_owned() };
    assert_eq!(pool.check(&Password::typed("correct horse"), Some(&record)).await.unwrap(), Checked::RightButStale);
    assert_eq!(pool.check(&Password::typed("correct hors"), Some(&record)).await.unwrap(), Checked::Wrong);
}

#[tokio::test]
async fn a_damaged_foreign_record_is_an_error_of_its_own() {
    let pool = pool(CHEAP);
    let argon2id = pool.hash(&Password::typed("x"), &CountingEntropy::default()).await.unwrap().phc;
    for (scheme, phc) in [
        (Scheme::Foreign, "$2b$".to_owned()),
        (Scheme::Foreign, "$argon2id$v=19$m=4194304,t=1,p=1$c2FsdHNhbHQ$IWJR6forQfRjS4Y1mffdqnUx3GwYyJwSZsDZt9LHzUM".to_owned()),
        (Scheme::ForeignArgon2id, argon2id.clone()),
        (Scheme::ForeignArgon2id, format!("$md9$ {argon2id}")),
        (Scheme::ForeignArgon2id, format!("$md5$3cb4e732631f47e6eb961f34554b7cde {argon2id}")),
    ] {
        let error = pool.check(&Password::typed("x"), Some(&PasswordRecord { scheme, phc: phc.clone() })).await.unwrap_err();
        assert!(matches!(error, HashingError::Damaged), "{phc}: {error}");
    }
}

#[tokio::test]
async fn row_19_a_wrong_password_for_a_quick_record_takes_the_time_of_a_usual_one() {
    let pool = pool(HashingCost { memory_kib: 8 * 1024, passes: 3, lanes: 1 });
    let entropy = CountingEntropy::default();
    let quick = pool.wrap(&fast(FOREIGN[0]), Pains::Least, &entropy).await.unwrap();
    let pre_hashed = pool.wrap(&fast(FOREIGN[4]), Pains::Least, &entropy).await.unwrap();
    let slow = PasswordRecord { scheme: Scheme::Foreign, phc: "$pbkdf2$1000$TmFDbAD/Li4$3AhlgFYAQwrviXKD4V8ryuC3ujw".to_owned() };
    let quickest = async |record: Option<&PasswordRecord>| {
        let mut quickest = Duration::MAX;
        for _ in 0..5 {
            let began = stopwatch();
            assert_eq!(pool.check(&Password::typed("wrong"), record).await.unwrap(), Checked::Wrong);
            quickest = quickest.min(began.elapsed());
        }
        quickest
    };
    let unknown = quickest(None).await;
    for record in [quick, pre_hashed, slow] {
        let known = quickest(Some(&record)).await;
        assert!(known > unknown / 2, "{record:?}: {known:?}, and {unknown:?} for nobody");
    }
}

#[tokio::test]
async fn a_record_of_ours_from_elsewhere_costs_no_more_than_is_bearable_and_is_one_that_can_be_checked() {
    let made = pool(CHEAP).hash(&Password::typed("correct horse"), &CountingEntropy::default()).await.unwrap();
    let costing = |costs: &str| PasswordRecord { scheme: Scheme::Argon2id, phc: made.phc.replace("m=64,t=1,p=1", costs) };
    for bearable in ["m=64,t=1,p=1", "m=19456,t=2,p=1", "m=1048576,t=2,p=1", "m=32768,t=64,p=1"] {
        assert!(is_ours(&costing(bearable)), "{bearable}");
    }
    for odd in [
        "m=1048576,t=3,p=1",
        "m=1048576,t=64,p=1",
        "m=1048577,t=1,p=1",
        "m=64,t=65,p=1",
        "m=0,t=0,p=0",
        "m=64,t=0,p=1",
        "m=64,t=1,p=0",
        "m=8,t=1,p=16",
    ] {
        assert!(!is_ours(&costing(odd)), "{odd}");
    }
}

#[tokio::test]
async fn row_24_a_password_is_weighed_in_the_same_queue_and_is_no_hash() {
    let pool = pool(HashingCost { memory_kib: 64, passes: 1, lanes: 1 });
    let before = pool.done();
    assert_eq!(pool.guesses(&Password::typed("Wahyudi Wirakusumah"), vec!["wahyudi".to_owned(), "wirakusumah".to_owned()]).await.unwrap(), 1);
    assert!(pool.guesses(&Password::typed("hxqvtrkzw"), Vec::new()).await.unwrap() >= 1_000_000_000);
    assert_eq!(pool.done(), before);
}
