//! Signing in by password.

use daftar_testkit::Installation;
use serde_json::json;

use super::door::{DOORS, Door, RIGHT, WRONG, app_account};
use super::table::{Section, Situation, Stage, said, situation};
use crate::invas;
use crate::usapi::{registered, with};

/// Somebody with this name and password signs in, where person `n` is registered.
fn tried(what: &str, name: fn(Door, u32) -> String, password: &'static str) -> Situation<Door> {
    situation(what, move |stage: Stage, door: Door| async move {
        let (site, n) = stage.enter();
        registered(&site, n).await;
        said(&door.sign_in(&site, &name(door, n), password).await)
    })
}

/// A customer of INVAS, whose password came pre-hashed, tries these passwords in turn; what is said to the last.
fn pre_hashed(what: &str, passwords: &'static [&'static str]) -> Situation<Door> {
    situation(what, move |stage: Stage, door: Door| async move {
        let (site, n) = stage.enter();
        customer(&site, n).await;
        let mut last = String::new();
        for password in passwords {
            last = said(&door.sign_in(&site, &door.phone(n), password).await);
        }
        last
    })
}

/// Makes an account on INVAS for person `n`.
async fn customer(site: &Installation, n: u32) {
    let host = invas::host(site).await;
    let (phone, number) = (format!("0810{n:08}"), format!("+62810{n:08}"));
    invas::registered(&host, &with(&with(&invas::customer(), "phone", phone.as_str()), "email", json!(null))).await;
    let token = invas::newest_token(site, 1, &number).await;
    let answer = host.post("/b2b/customer/register/confirm", &with(&invas::confirmation(&token), "username", phone)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// The same, and the account is disabled.
fn disabled(what: &str, password: &'static str) -> Situation<Door> {
    situation(what, move |stage: Stage, door: Door| async move {
        let (site, n) = stage.enter();
        registered(&site, n).await;
        site.disable(&format!("siti {n}")).await;
        said(&door.sign_in(&site, &format!("siti {n}"), password).await)
    })
}

/// Ten wrong passwords at one door with each of these names in turn, and then a password at another.
async fn throttled(at: Door, names: &[&str], then_at: Door, name: &str, password: &str) -> String {
    let site = Installation::with_limits().await;
    registered(&site, 1).await;
    for name in names.iter().cycle().take(10) {
        assert_eq!(at.sign_in(&site, name, WRONG).await.status, 401, "{at:?} {name}");
    }
    said(&then_at.sign_in(&site, name, password).await)
}

fn situations() -> Vec<Situation<Door>> {
    const SPELLINGS: [&str; 3] = ["siti 1", "SITI1@example.test", "+6281000000001"];
    vec![
        tried("right, by username", |_, n| format!("siti {n}"), RIGHT),
        tried("right, by username in upper case", |_, n| format!("SITI {n}"), RIGHT),
        tried("right, by e-mail", |_, n| format!("siti{n}@example.test"), RIGHT),
        tried("right, by phone as it is written here", Door::phone, RIGHT),
        tried("right, by phone as the other writes it", |door, n| door.other().phone(n), RIGHT),
        tried("unknown username", |_, _| "nobody".to_owned(), RIGHT),
        tried("unknown e-mail", |_, _| "nobody@example.test".to_owned(), RIGHT),
        tried("unknown phone", |door, _| door.phone(90_000_000), RIGHT),
        tried("what is no identifier", |_, _| "not an @ address".to_owned(), RIGHT),
        tried("wrong password", |_, n| format!("siti {n}"), WRONG),
        tried("empty password", |_, n| format!("siti {n}"), ""),
        situation("an account without a password", |stage: Stage, door: Door| async move {
            let (site, n) = stage.enter();
            let address = format!("siti{n}@example.test");
            app_account(&site, &address, 0).await;
            said(&door.sign_in(&site, &address, RIGHT).await)
        }),
        pre_hashed("a customer's of INVAS", &[invas::PASSWORD]),
        pre_hashed("a customer's of INVAS, a second time", &[invas::PASSWORD, invas::PASSWORD]),
        pre_hashed("a customer's of INVAS, wrong", &[WRONG]),
        pre_hashed("its 32 digits (row 22)", &[invas::PRE_HASHED]),
        pre_hashed("its 32 digits, after a sign-in", &[invas::PASSWORD, invas::PRE_HASHED]),
        disabled("disabled, right password", RIGHT),
        disabled("disabled, wrong password", WRONG),
        situation("11th password, wrong", |_, door| throttled(door, &["siti 1"], door, "siti 1", WRONG)),
        situation("11th password, right", |_, door| throttled(door, &["siti 1"], door, "siti 1", RIGHT)),
        situation("11th, after 10 of other spellings", |_, door| throttled(door, &SPELLINGS[1..], door, "siti 1", RIGHT)),
        situation("11th, after 10 on the other surface", |_, door: Door| throttled(door.other(), &SPELLINGS, door, "siti 1", RIGHT)),
        situation("11th, after 10 for an unknown username", |_, door: Door| throttled(door.other(), &["nobody"], door, "NOBODY", WRONG)),
        situation("10 wrong in all on both, then right", |_, door: Door| async move {
            let site = Installation::with_limits().await;
            registered(&site, 1).await;
            for at in [door, door.other()].into_iter().cycle().take(10) {
                assert_eq!(at.sign_in(&site, "siti 1", WRONG).await.status, 401);
            }
            said(&door.sign_in(&site, "siti 1", RIGHT).await)
        }),
        situation("after 90 s of waiting, right", |_, door: Door| async move {
            let site = Installation::with_limits().await;
            registered(&site, 1).await;
            for _ in 0..11 {
                door.other().sign_in(&site, "siti 1", WRONG).await;
            }
            site.clock.advance(std::time::Duration::from_secs(90));
            said(&door.sign_in(&site, "siti 1", RIGHT).await)
        }),
    ]
}

pub(super) async fn section() -> Section {
    Section::played("sign-in by password (rows 14, 16, 19)", &DOORS, situations()).await
}
