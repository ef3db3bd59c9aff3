//! Password hashes as other software writes them, and ours as an export does. What is taken costs no more to check than `docs/moving.md` promises,
//! is written back as the same, and is no hash of any password but the one that it was made of.
#![no_main]

use std::sync::LazyLock;

use daftar_core::foreign::{ForeignHash, Recipe, verify};
use daftar_core::moving::password::{Brought, PepperName};
use daftar_core::password::Password;
use daftar_core::secret::Secrets;
use libfuzzer_sys::fuzz_target;

/// What every hash of the corpus was made of.
const PASSWORD: &str = "correct horse";

/// The digits of crypt(3).
const CRYPT: &str = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static PEPPER: LazyLock<PepperName> = LazyLock::new(|| PepperName::of(&Secrets::derive(&[1; 32])));

fuzz_target!(|text: &str| {
    // A first line is a password to try.
    let (tried, text) = text.split_once('\n').unwrap_or((PASSWORD, text));
    if let Ok(hash) = ForeignHash::parse(text) {
        let kept = hash.text();
        assert!(ForeignHash::parse(&kept).is_ok_and(|again| again == hash && again.text() == kept), "what is kept is the same");
        assert!(!kept.contains('\n') && kept.len() <= 8192, "it fits a row");
        let cost = Cost::of(&kept);
        assert!(cost.is_bearable(), "{cost:?} is too much");
        if cost.is_little() {
            let is_of = |password: &str| verify(&Password::typed(password), &hash).expect("there is memory for it");
            // bcrypt goes round and round over a password and the zero at its end: of what it looks at, nobody can type that zero.
            assert!(!is_of(tried) || tried.starts_with(PASSWORD) || tried.contains('\0'), "that is not its password");
            assert!(!is_of("wrong") && !is_of(""), "everybody could sign in");
        }
    }
    if let Some(recipe) = Recipe::parse(text) {
        let kept = recipe.text();
        assert!(!kept.contains(' '), "a blank parts it from what follows in a record");
        assert!(Recipe::parse(&kept).is_some_and(|again| again == recipe), "what is kept is the same");
    }
    if let Ok(Brought::Ours(record)) = Brought::parse(text, &PEPPER) {
        assert_eq!(Brought::parse(&Brought::text(&record, &PEPPER), &PEPPER), Ok(Brought::Ours(record.clone())), "an export is an import");
        let phc = record.phc.split_once(' ').map_or(record.phc.as_str(), |(_, phc)| phc);
        let Cost::Argon2 { memory, passes, lanes } = Cost::of(phc) else { panic!("ours are Argon2's") };
        assert!(memory <= 1 << 20 && memory * passes <= 1 << 21 && lanes <= 16, "it is too much");
    }
});

/// What checking a hash costs, as its text says: read in another way than the core does.
#[derive(Debug)]
enum Cost {
    Fast,
    Phpass { rounds: u64 },
    Bcrypt { doublings: u64 },
    Argon2 { memory: u64, passes: u64, lanes: u64 },
    Scrypt { log_n: u64, r: u64, p: u64 },
    Pbkdf2 { iterations: u64, length: u64 },
    ShaCrypt { rounds: u64 },
}

impl Cost {
    fn of(text: &str) -> Self {
        let parts: Vec<&str> = text.split('$').collect();
        let number = |text: &str| text.parse().expect("a number");
        let named = |part: &str, name: &str| {
            let value = part.split(',').find_map(|item| item.strip_prefix(name)?.strip_prefix('='));
            value.map_or(0, number)
        };
        match parts.as_slice() {
            ["" | "bcrypt_sha256", "", "2b", cost, ..] | ["", "2b", cost, ..] => Self::Bcrypt { doublings: number(cost) },
            ["", name, _, costs, ..] if name.starts_with("argon2") => {
                Self::Argon2 { memory: named(costs, "m"), passes: named(costs, "t"), lanes: named(costs, "p") }
            }
            ["", "scrypt" | "firescrypt", costs, ..] => Self::Scrypt { log_n: named(costs, "ln"), r: named(costs, "r"), p: named(costs, "p") },
            ["", name, costs, ..] if name.starts_with("pbkdf2-") => Self::Pbkdf2 { iterations: named(costs, "i"), length: named(costs, "l") },
            ["", "5" | "6", costs, ..] => Self::ShaCrypt { rounds: named(costs, "rounds") },
            ["", "P", rest] => {
                let digit = rest.chars().next().and_then(|digit| CRYPT.find(digit));
                Self::Phpass { rounds: 1 << digit.expect("a digit") }
            }
            _ => Self::Fast,
        }
    }

    /// Within what `docs/moving.md` promises.
    fn is_bearable(&self) -> bool {
        match *self {
            Self::Fast => true,
            Self::Phpass { rounds } => rounds <= 1 << 20,
            Self::Bcrypt { doublings } => (4..=14).contains(&doublings),
            Self::Argon2 { memory, passes, lanes } => memory <= 256 << 10 && memory * passes <= 1 << 20 && lanes <= 16,
            Self::Scrypt { log_n, r, p } => log_n < 22 && (r * p) << log_n <= 1 << 21 && (r << log_n) <= 2 << 20,
            Self::Pbkdf2 { iterations, length } => iterations <= 4_000_000 && (16..=128).contains(&length),
            Self::ShaCrypt { rounds } => (1000..=1_000_000).contains(&rounds),
        }
    }

    /// So little that it is worth trying a few passwords.
    fn is_little(&self) -> bool {
        match *self {
            Self::Fast => true,
            Self::Phpass { rounds } => rounds <= 1 << 7,
            Self::Bcrypt { doublings } => doublings == 4,
            Self::Argon2 { memory, passes, .. } => memory * passes <= 256,
            Self::Scrypt { log_n, r, p } => (r * p) << log_n <= 1 << 10,
            Self::Pbkdf2 { iterations, .. } => iterations <= 100,
            Self::ShaCrypt { rounds } => rounds == 1000,
        }
    }
}
