//! Accounts to look up and to sign in.

use argon2_rust::{Algorithm, Argon2, Params, Version};
use daftar_core::account::{AccountId, Claim, NewAccount, Origin, Standing, Surface};
use daftar_core::identifier::{EmailAddress, Username};
use daftar_core::locale::Locale;
use daftar_core::password::{PasswordRecord, Scheme};
use daftar_core::person::Profile;
use daftar_core::ports::{Clock as _, Store as _, new_id};
use daftar_testkit::{Installation, OsEntropy};
use futures_util::stream::{StreamExt as _, iter};

use crate::load;

/// Everybody's.
pub const PASSWORD: &str = "correct horse battery";
/// How many accounts are made at once.
const AT_ONCE: usize = 16;

/// Makes accounts.
pub async fn fill(site: &Installation, accounts: u32) {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default());
    let peppered = site.secrets().passwords.sign(&[PASSWORD.as_bytes()]);
    let record = PasswordRecord { scheme: Scheme::Argon2id, phc: argon2.hash_encoded(&peppered.0, b"0123456789abcdef").unwrap() };
    let make = |n: u32| {
        let now = site.clock.now();
        let account = NewAccount {
            id: AccountId(new_id(now, &OsEntropy)),
            claims: vec![
                Claim::new(Username::parse(&format!("user {n}")).unwrap(), Standing::Vouched),
                Claim::new(EmailAddress::parse(&format!("user{n}@example.test")).unwrap(), Standing::Vouched),
            ],
            password: Some(record.clone()),
            profile: Profile::default(),
            origin: Origin::of(Surface::Usapi),
            locale: Locale::English,
            created_at: now,
        };
        async move { site.store().create_account(account, None).await.unwrap() }
    };
    iter(0..accounts).map(make).buffer_unordered(AT_ONCE).for_each(|_| std::future::ready(())).await;
}

/// So many look-ups of them, each for another client of a proxy, as people look themselves up when they sign up.
#[must_use]
pub fn look_ups(accounts: u32, clients: u32) -> Vec<Vec<u8>> {
    let look_up = |n: u32| load::post_for(n, "/check/email", &format!("{{\"email\":\"user{}@example.test\"}}", n % accounts));
    (0..clients).map(look_up).collect()
}

/// A sign-in of each of them.
#[must_use]
pub fn sign_ins(accounts: u32) -> Vec<Vec<u8>> {
    (0..accounts).map(|n| load::post("/auth", &format!("{{\"username\":\"user {n}\",\"password\":\"{PASSWORD}\"}}"))).collect()
}
