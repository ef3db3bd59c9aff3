//! `/admin/audit`: who did what to which account, and from where.

use std::time::Duration;

use daftar_core::client::Scope;
use daftar_core::limit::{Charge, Gcra, LimitKey, LimitKind};
use daftar_core::ports::{Clock as _, Store as _};
use daftar_testkit::{Answer, Caller, Installation};
use serde_json::{Value, json};

use super::{administrator, strangers_are_refused};
use crate::invas::at_fault;
use crate::oauth::Machine;
use crate::usapi::{applicant, registered, sign_in, signed_in, started, verify};
use crate::{app, invas};

/// An id that nobody has.
const NOBODY: &str = "01938f6e-9b1a-7c44-8a5e-3f2b9d1c7e60";

fn entries(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["entries"].as_array().unwrap().clone()
}

/// What was done since there were `known` entries, in the order of the names: the act, the actor, and the door.
async fn deeds(admin: &Caller, known: usize) -> Vec<(String, String, String)> {
    let mut found = entries(&admin.get("/admin/audit?limit=1000").await);
    found.truncate(found.len() - known);
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
    let mut deeds: Vec<_> = found.iter().map(|entry| (text(entry, "act"), text(entry, "actor"), text(entry, "door"))).collect();
    deeds.sort_unstable();
    deeds
}

fn deed(act: &str, actor: &str, door: &str) -> (String, String, String) {
    (act.to_owned(), actor.to_owned(), door.to_owned())
}

/// How many deeds there are; those that follow are later.
async fn known(site: &Installation, admin: &Caller) -> usize {
    site.clock.advance(Duration::from_secs(1));
    entries(&admin.get("/admin/audit?limit=1000").await).len()
}

#[tokio::test]
async fn an_entry_tells_who_did_what_to_which_account_and_from_where() {
    let site = Installation::start().await;
    let admin = administrator(&site).await;
    let body = registered(&site, 1).await;
    let id = site.username_of("siti1@example.test").await;
    let account = admin.get(&format!("/admin/accounts?whom={id}")).await.json()["accounts"][0]["id"].as_str().unwrap().to_owned();
    site.clock.advance(Duration::from_secs(1));
    assert_eq!(sign_in(&site, body["username"].as_str().unwrap(), "rahasia sekali").await.status, 200);
    let found = entries(&admin.get(&format!("/admin/audit?account={account}")).await);
    let told =
        |entry: &Value| ["act", "account", "actor", "name", "door", "from"].map(|name| entry[name].as_str().unwrap_or("-").to_owned()).join(" ");
    assert_eq!(
        found.iter().map(told).collect::<Vec<_>>(),
        [format!("session.opened {account} owner - usapi 127.0.0.1"), format!("account.made {account} client {} usapi 127.0.0.1", site.shop_id())]
    );
    let sessions = admin.get(&format!("/admin/accounts/{account}/sessions")).await.json();
    assert_eq!(found[0]["about"], sessions["sessions"][0]["id"], "the session by its name");
}

#[tokio::test]
async fn every_surface_says_who_came_and_how() {
    let site = Installation::start().await;
    let admin = administrator(&site).await;
    let known = known(&site, &admin).await;
    // USAPI, by a code and by the page behind a link.
    let token = started(&site, &applicant(1, "OTP")).await;
    let code = site.code_for("+6281000000001").await;
    assert_eq!(verify(&site, &token, &code).await.status, 200);
    started(&site, &applicant(2, "LINK")).await;
    let link = site.link_for("siti2@example.test").await;
    let path = link.strip_prefix(site.url()).unwrap();
    assert_eq!(site.anybody().post_form(path, &[("decision", "confirm")]).await.status, 200);
    // App.
    let mine = app::by_phone(&site).await;
    app::with_password(&site, &mine).await;
    app::me(&site, &mine).delete("/app/auth/logout").await;
    assert_eq!(app::sign_in(&site, app::PHONE, app::PASSWORD).await.status, 200);
    // INVAS.
    let host = invas::host(&site).await;
    invas::registered(&host, &invas::customer()).await;
    invas::authorised(&site, 1).await;
    assert_eq!(invas::confirm(&host, &invas::token(&site).await).await.status, 200);
    let expected = [
        deed("account.made", "client", "invas"),
        deed("account.made", "client", "usapi"),
        deed("account.made", "owner", "app"),
        deed("account.made", "owner", "page"),
        deed("password.set", "owner", "app"),
        deed("session.ended", "owner", "app"),
        deed("session.opened", "owner", "app"),
        deed("session.opened", "owner", "app"),
    ];
    assert_eq!(deeds(&admin, known).await, expected);
}

#[tokio::test]
async fn administrators_are_named() {
    let site = Installation::start().await;
    let token = signed_in(&site, 1).await;
    let shop = Machine::new(&site, &[Scope::Usapi, Scope::Admin]).await;
    let admin = site.anybody().bearer(&shop.token(&site).await);
    let known = known(&site, &admin).await;
    let id = admin.get("/admin/accounts?whom=siti1@example.test").await.json()["accounts"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(shop.revoke(&site, &token).await.status, 200);
    for change in [format!("accounts/{id}/disable"), format!("accounts/{id}/enable"), format!("clients/{}/rotate", site.shop_id())] {
        assert_eq!(admin.post(&format!("/admin/{change}"), &Value::Null).await.status, 200);
    }
    let used = Charge::one(LimitKey::new(LimitKind::SendDestination, "email/siti1@example.test"), Gcra { burst: 1, period: Duration::from_secs(60) });
    site.store().charge(vec![used], site.clock.now()).await.unwrap();
    assert_eq!(admin.post("/admin/limits/reset", &json!({"limit": "send.destination", "all": true})).await.status, 200);
    assert_eq!(
        deeds(&admin, known).await,
        [
            deed("account.disabled", "client", "admin"),
            deed("account.enabled", "client", "admin"),
            deed("client.rotated", "client", "admin"),
            deed("limit.reset", "client", "admin"),
            deed("session.ended", "client", "oauth"),
        ]
    );
    let found = entries(&admin.get("/admin/audit?limit=5").await);
    assert!(found.iter().all(|entry| entry["name"] == shop.id.as_str()), "{found:?}");
}

#[tokio::test]
async fn it_is_read_page_by_page_and_by_act() {
    let site = Installation::start().await;
    let admin = administrator(&site).await;
    for n in 1..=3 {
        signed_in(&site, n).await;
    }
    let all = entries(&admin.get("/admin/audit").await);
    let (mut paged, mut path) = (Vec::new(), "/admin/audit?limit=2".to_owned());
    loop {
        let answer = admin.get(&path).await;
        paged.extend(entries(&answer));
        let Some(next) = answer.json()["next"].as_str().map(str::to_owned) else { break };
        path = format!("/admin/audit?limit=2&before={next}");
    }
    assert_eq!(paged, all);
    let opened = entries(&admin.get("/admin/audit?act=session.opened").await);
    assert_eq!((opened.len(), opened.iter().all(|entry| entry["act"] == "session.opened")), (3, true));
    assert_eq!(entries(&admin.get(&format!("/admin/audit?account={NOBODY}")).await), Vec::<Value>::new());
    for (query, field) in
        [("act=account.eaten", "act"), ("account=siti", "account"), ("before=1", "before"), ("limit=0", "limit"), ("limit=1001", "limit")]
    {
        at_fault(&admin.get(&format!("/admin/audit?{query}")).await, field);
    }
}

#[tokio::test]
async fn row_33_nobody_else_reads_it() {
    let site = Installation::start().await;
    strangers_are_refused(&site, &[("GET", "/admin/audit".to_owned())]).await;
}

#[tokio::test]
async fn row_52_it_holds_no_contact_and_no_secret() {
    let site = Installation::start().await;
    let admin = administrator(&site).await;
    let mine = app::by_phone(&site).await;
    app::with_password(&site, &mine).await;
    let body = registered(&site, 1).await;
    assert_eq!(sign_in(&site, body["username"].as_str().unwrap(), "rahasia sekali").await.status, 200);
    let text = admin.get("/admin/audit?limit=1000").await.json().to_string();
    for secret in [app::E164, app::PASSWORD, "siti1", "81000000001", "rahasia", mine.as_str()] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[tokio::test]
async fn the_trail_is_followed_from_the_entry_that_is_known() {
    let site = Installation::start().await;
    let admin = administrator(&site).await;
    let read = async |after: &str| admin.get(&format!("/admin/audit?limit=2&after={after}")).await.json();
    registered(&site, 9).await;
    let mut known = entries(&admin.get("/admin/audit?limit=1").await)[0]["id"].as_str().unwrap().to_owned();
    let nothing = read(&known).await;
    assert_eq!((nothing["entries"].as_array().unwrap().len(), nothing["next"].as_str()), (0, Some(known.as_str())), "from there on, another time");
    for n in 1..=3 {
        site.clock.advance(Duration::from_secs(1));
        registered(&site, n).await;
    }
    let mut followed = Vec::new();
    for expected in [2, 1, 0] {
        let page = read(&known).await;
        known = page["next"].as_str().unwrap().to_owned();
        let page = page["entries"].as_array().unwrap().clone();
        assert_eq!(page.len(), expected);
        followed.extend(page);
    }
    let mut newest = entries(&admin.get("/admin/audit?limit=3").await);
    newest.reverse();
    assert_eq!(followed, newest);
    assert_eq!(admin.get("/admin/audit?after=nobody").await.status, 400);
}
