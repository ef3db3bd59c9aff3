//! Accounts to look up and to sign in: written by one statement a table, because ten million of them are not made one by one.

use std::ops::Range;
use std::process::{Command, Stdio};

use argon2_rust::{Algorithm, Argon2, Params, Version};
use daftar_testkit::Installation;
use daftar_testkit::database::Engine;

use crate::load;

/// Everybody's.
pub const PASSWORD: &str = "correct horse battery";
/// How many accounts a transaction makes.
const AT_ONCE: u32 = 250_000;

/// Makes accounts.
pub fn fill(site: &Installation, engine: Engine, accounts: u32) {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default());
    let peppered = site.secrets().passwords.sign(&[PASSWORD.as_bytes()]);
    let phc = argon2.hash_encoded(&peppered.0, b"0123456789abcdef").unwrap();
    write(&site.database_url(), engine, accounts, &phc);
}

/// Writes accounts into a database that has the schema, whose passwords are all kept as `phc`.
pub fn write(database: &str, engine: Engine, accounts: u32, phc: &str) {
    let mut from = 0;
    while from < accounts {
        let until = accounts.min(from + AT_ONCE);
        let sql = statements(engine, from..until, phc);
        match engine {
            Engine::Sqlite => {
                let file = database.strip_prefix("sqlite://").unwrap();
                let connection = rusqlite::Connection::open(file).unwrap();
                connection.execute_batch(&format!("PRAGMA synchronous = OFF; PRAGMA cache_size = -500000; BEGIN; {sql} COMMIT;")).unwrap();
            }
            Engine::Postgres => psql(database, &format!("BEGIN; {sql} COMMIT;")),
        }
        from = until;
    }
    // As it does by itself in time.
    if engine == Engine::Postgres {
        psql(database, "VACUUM ANALYZE");
    }
}

fn statements(engine: Engine, Range { start, end }: Range<u32>, phc: &str) -> String {
    let (numbers, id) = match engine {
        Engine::Sqlite => (
            format!("(WITH RECURSIVE all_of (n) AS (SELECT {start} UNION ALL SELECT n + 1 FROM all_of WHERE n + 1 < {end}) SELECT n FROM all_of)"),
            "unhex(printf('%032x', n))",
        ),
        Engine::Postgres => (format!("generate_series({start}, {}) AS n", end - 1), "decode(lpad(to_hex(n), 32, '0'), 'hex')"),
    };
    // A second after 1970 began: before everything that is measured.
    format!(
        "INSERT INTO accounts (id, status, surface, locale, created_at) SELECT {id}, 'active', 'usapi', 'en', 1000 FROM {numbers};
         INSERT INTO passwords (account, scheme, phc) SELECT {id}, 'argon2id', '{phc}' FROM {numbers};
         INSERT INTO identifiers (kind, key, shown, account) SELECT 'username', 'user ' || n, 'user ' || n, {id} FROM {numbers};
         INSERT INTO identifiers (kind, key, shown, account, verified_at)
             SELECT 'email', 'user' || n || '@example.test', 'user' || n || '@example.test', {id}, 1000 FROM {numbers};"
    )
}

/// Runs statements by PostgreSQL's own client.
pub(crate) fn psql(database: &str, sql: &str) {
    let mut command = Command::new("psql");
    command.args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--command", sql, database]).stdin(Stdio::null()).stdout(Stdio::null());
    assert!(command.env("PGPASSWORD", password_in(database)).status().unwrap().success(), "psql failed");
}

/// The password in a database's URL, as PostgreSQL's programs take it.
pub(crate) fn password_in(database: &str) -> String {
    let url = url::Url::parse(database).unwrap();
    url.password().unwrap_or_default().replace("%20", " ")
}

/// The address of the `n`th.
#[must_use]
pub fn email(n: u32) -> String {
    format!("user{n}@example.test")
}

/// So many look-ups of them, each for another client of a proxy, as people look themselves up when they sign up. Whom they are about is spread over all.
#[must_use]
pub fn look_ups(accounts: u32, clients: u32) -> load::Requests {
    let look_up = |n: u32| load::post_for(n, "/check/email", &format!("{{\"email\":\"{}\"}}", email(spread(n, accounts))));
    (0..clients).map(look_up).collect()
}

/// A sign-in of so many of them, spread over all.
#[must_use]
pub fn sign_ins(accounts: u32, people: u32) -> load::Requests {
    let sign_in = |n: u32| load::post_for(n, "/auth", &format!("{{\"username\":\"user {}\",\"password\":\"{PASSWORD}\"}}", spread(n, accounts)));
    (0..people.min(accounts)).map(sign_in).collect()
}

/// Registrations of people whom nobody knows yet, by a shop.
#[must_use]
pub fn sign_ups(shop: (&str, &str), people: Range<u32>) -> load::Requests {
    let sign_up = |n: u32| {
        let body = format!(
            "{{\"username\":\"new {n}\",\"password\":\"{PASSWORD}\",\"first_name\":\"Siti\",\"last_name\":\"Rahma\",\
             \"phone_number\":\"62812{n:08}\",\"email\":\"new{n}@example.test\"}}"
        );
        load::post_by(shop, "/internal/register", &body)
    };
    people.map(sign_up).collect()
}

/// The `n`th of all in an order that leaps: neighbours in it are no neighbours in the database.
fn spread(n: u32, accounts: u32) -> u32 {
    /// A prime beyond every number of accounts here.
    const LEAP: u64 = 2_147_483_647;
    #[expect(clippy::cast_possible_truncation, reason = "less than `accounts`")]
    let leapt = (u64::from(n) * LEAP % u64::from(accounts)) as u32;
    leapt
}
