//! `POST /auth`.

use std::time::Duration;

use daftar_testkit::Installation;
use futures_util::future::join_all;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{registered, sign_in, signed_in, with};

const PATH: &str = "/auth";
const REFUSED: &str = "Invalid username or password";
const THROTTLED: &str = "Too many attempts, please try again later";

#[tokio::test]
async fn the_right_password_gets_a_token_that_works() {
    let site = Installation::start().await;
    let token = signed_in(&site, 1).await;
    assert_eq!(site.anybody().bearer(&token).get("/basic-profile").await.json()["username"], "siti 1");
}

#[tokio::test]
async fn unknown_names_and_wrong_passwords_are_refused_alike() {
    let site = Installation::start().await;
    registered(&site, 1).await;
    sign_in(&site, "siti 1", "wrong password").await.says(401, REFUSED);
    for nobody in ["nobody", "nobody@example.test", "6281999999999", "a＠b.example", "not an @ address", &"x".repeat(300)] {
        sign_in(&site, nobody, "rahasia sekali").await.says(401, REFUSED);
    }
}

#[tokio::test]
async fn properties_are_checked_in_table_order() {
    let site = Installation::start().await;
    let auth = |body| {
        let caller = site.anybody();
        async move { caller.post(PATH, &body).await }
    };
    auth(json!({})).await.says(400, "Must have required property 'username'");
    auth(json!({"username": "x"})).await.says(400, "Must have required property 'password'");
    auth(json!({"username": 1, "password": 2})).await.says(400, "Property 'username' must be string");
    auth(json!({"username": "x", "password": null})).await.says(400, "Property 'password' must be string");
    auth(json!({"username": " ", "password": "x"})).await.says(400, "Property 'username' must not be empty");
    auth(json!({"username": "x", "password": ""})).await.says(400, "Property 'password' must not be empty");
    let body = json!({"username": "x", "password": "y"});
    auth(with(&body, "options", "z")).await.says(400, "Property 'options' must be object");
    auth(with(&body, "options", json!([]))).await.says(400, "Property 'options' must be object");
    auth(with(&body, "options", json!({}))).await.says(400, "Must have required property 'options.nativeApp'");
    auth(with(&body, "options", json!({"nativeApp": "true"}))).await.says(400, "Property 'options.nativeApp' must be boolean");
    auth(with(&body, "options", json!(null))).await.says(401, REFUSED);
    auth(with(&body, "options", json!({"nativeApp": false}))).await.says(401, REFUSED);
}

#[tokio::test]
async fn a_session_lasts_12_hours_and_in_the_native_app_90_days() {
    const HOUR: u64 = 3600;
    let site = Installation::start().await;
    registered(&site, 1).await;
    for (options, hours) in [(json!(null), 12), (json!({"nativeApp": false}), 12), (json!({"nativeApp": true}), 90 * 24)] {
        let body = json!({"username": "siti 1", "password": "rahasia sekali", "options": options});
        let token = site.anybody().post(PATH, &body).await.json()["token"].as_str().unwrap().to_owned();
        let me = site.anybody().bearer(&token);
        site.clock.advance(Duration::from_secs(hours * HOUR - 2));
        assert_eq!(me.get("/basic-profile").await.status, 200);
        site.clock.advance(Duration::from_secs(3));
        me.get("/basic-profile").await.says(401, "Unauthorized");
    }
}

#[tokio::test]
async fn a_disabled_account_is_told_only_to_whoever_knows_its_password() {
    let site = Installation::start().await;
    let token = signed_in(&site, 1).await;
    site.disable("siti 1").await;
    sign_in(&site, "siti 1", "rahasia sekali").await.says(403, "Account is disabled");
    sign_in(&site, "siti 1", "wrong password").await.says(401, REFUSED);
    // Rows 12 and 29: its sessions ended with it.
    site.anybody().bearer(&token).get("/basic-profile").await.says(401, "Unauthorized");
    site.enable("siti 1").await;
    site.anybody().bearer(&token).get("/basic-profile").await.says(401, "Unauthorized");
    assert_eq!(sign_in(&site, "siti 1", "rahasia sekali").await.status, 200);
}

#[tokio::test]
async fn row_14_the_eleventh_wrong_password_must_wait() {
    let site = Installation::with_limits().await;
    registered(&site, 1).await;
    for _ in 0..10 {
        sign_in(&site, "siti 1", "wrong password").await.says(401, REFUSED);
    }
    for password in ["wrong password", "rahasia sekali"] {
        let answer = sign_in(&site, "siti 1", password).await;
        answer.says(429, THROTTLED);
        assert_eq!(answer.header("retry-after"), "90");
    }
    site.clock.advance(Duration::from_secs(90));
    assert_eq!(sign_in(&site, "siti 1", "rahasia sekali").await.status, 200);
}

#[tokio::test]
async fn row_14_of_500_racing_guesses_ten_are_compared() {
    let site = Installation::with_limits().await;
    registered(&site, 1).await;
    let answers = join_all((0..500).map(|_| sign_in(&site, "siti 1", "wrong password"))).await;
    assert_eq!(answers.iter().filter(|a| a.status == 401).count(), 10);
    // The rest waited for those under way, and hear that the limit is spent; who waited too long hears of the crowd.
    assert!(answers.iter().all(|a| [401, 429, 503].contains(&a.status.as_u16())));
    assert!(answers.iter().filter(|a| a.status != 401).all(|a| !a.header("retry-after").is_empty()));
}

#[tokio::test]
async fn row_14_right_passwords_do_not_use_up_tries_however_many_come_at_once() {
    let site = Installation::with_limits().await;
    for n in 1..=3 {
        registered(&site, n).await;
    }
    let answers = join_all((0..60).map(|n| {
        let site = &site;
        async move { sign_in(site, &format!("siti {}", n % 3 + 1), "rahasia sekali").await }
    }))
    .await;
    assert!(answers.iter().all(|a| a.status == 200), "{:?}", answers.iter().map(|a| a.status).collect::<Vec<_>>());
}

#[tokio::test]
async fn row_14_a_guesser_hears_429_also_while_neighbours_sign_in_from_the_same_address() {
    let site = Installation::with_limits().await;
    registered(&site, 1).await;
    registered(&site, 2).await;
    for _ in 0..10 {
        sign_in(&site, "siti 1", "wrong password").await.says(401, REFUSED);
    }
    let neighbours = join_all((0..8).map(|_| async {
        for _ in 0..20 {
            assert_eq!(sign_in(&site, "siti 2", "rahasia sekali").await.status, 200);
        }
    }));
    let guesser = async {
        for _ in 0..20 {
            sign_in(&site, "siti 1", "wrong password").await.says(429, THROTTLED);
        }
    };
    tokio::join!(neighbours, guesser);
}

#[tokio::test]
async fn a_crowd_is_let_in_while_its_record_is_made_anew() {
    let site = Installation::with_limits().await;
    registered(&site, 1).await;
    let site = site.restarted_with_dearer_hashes().await;
    let answers = join_all((0..8).map(|_| sign_in(&site, "siti 1", "rahasia sekali"))).await;
    assert!(answers.iter().all(|a| a.status == 200), "{answers:?}");
    // And no charge was kept: ten wrong ones are still free.
    for _ in 0..10 {
        sign_in(&site, "siti 1", "wrong password").await.says(401, REFUSED);
    }
}

#[tokio::test]
async fn row_14_thirty_wrong_passwords_over_all_accounts_are_enough_for_one_address() {
    let site = Installation::with_limits().await;
    registered(&site, 1).await;
    for n in 0..30 {
        sign_in(&site, &format!("name {n}"), "wrong password").await.says(401, REFUSED);
    }
    sign_in(&site, "siti 1", "rahasia sekali").await.says(429, THROTTLED);
}

#[tokio::test]
async fn row_14_an_unknown_name_meets_the_same_limit_as_a_known_one() {
    let site = Installation::with_limits().await;
    for _ in 0..10 {
        sign_in(&site, "nobody", "wrong password").await.says(401, REFUSED);
    }
    sign_in(&site, "NOBODY", "wrong password").await.says(429, THROTTLED);
}

#[tokio::test]
async fn row_16_every_spelling_of_an_account_counts_together() {
    let site = Installation::with_limits().await;
    registered(&site, 1).await;
    for name in ["siti 1", "SITI 1", "siti1@example.test", "SITI1@example.test", "6281000000001"].into_iter().cycle().take(10) {
        sign_in(&site, name, "wrong password").await.says(401, REFUSED);
    }
    for name in ["siti 1", "siti1@example.test", "+62 810 0000 0001"] {
        sign_in(&site, name, "rahasia sekali").await.says(429, THROTTLED);
    }
}

#[tokio::test]
async fn row_17_a_forwarded_header_from_an_untrusted_peer_gives_no_fresh_tries() {
    let site = Installation::with_limits().await;
    registered(&site, 1).await;
    let body = json!({"username": "siti 1", "password": "wrong password"});
    for n in 0..10 {
        let caller = site.anybody().with("x-forwarded-for", &format!("198.51.100.{n}"));
        caller.post(PATH, &body).await.says(401, REFUSED);
    }
    site.anybody().with("x-forwarded-for", "203.0.113.1").post(PATH, &body).await.says(429, THROTTLED);
}

/// Signs person 1 in at exactly this request target, which no client library has tidied; the status.
async fn raw_status(site: &Installation, target: &str, password: &str) -> u16 {
    let body = json!({"username": "siti 1", "password": password}).to_string();
    let head = format!("POST {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json");
    let mut socket = TcpStream::connect(site.address()).await.unwrap();
    socket.write_all(format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer["HTTP/1.1 ".len()..][..3].parse().unwrap()
}

#[tokio::test]
async fn row_18_odd_spellings_of_the_path_reach_nothing() {
    let site = Installation::with_limits().await;
    registered(&site, 1).await;
    for path in ["//auth", "/auth/", "/./auth", "/auth/.", "/./auth/.", "/%2e/auth", "/x/../auth", "/%61uth/", "/auth;x=1", "/auth%2f", "/AUTH"] {
        assert_eq!(raw_status(&site, path, "rahasia sekali").await, 404, "{path}");
    }
    for override_header in ["x-http-method-override", "x-method-override", "x-original-url", "x-rewrite-url"] {
        let caller = site.anybody().with(override_header, if override_header.ends_with("url") { "/auth" } else { "POST" });
        let answer = caller.get(PATH).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "POST"), "{override_header}");
    }
}

#[tokio::test]
async fn row_18_override_headers_lead_no_other_call_here() {
    let site = Installation::with_limits().await;
    registered(&site, 1).await;
    let body = json!({"username": "siti 1", "password": "rahasia sekali", "email": "nobody@example.test"});
    for name in ["x-original-url", "x-rewrite-url", "x-forwarded-uri", "x-forwarded-path"] {
        let answer = site.anybody().with(name, PATH).post("/check/email", &body).await;
        answer.is(200, &json!({"status": true, "message": "Email is not registered"}));
    }
    for name in ["x-http-method-override", "x-method-override", "x-http-method"] {
        let answer = site.anybody().with(name, "GET").post("/check/email", &body).await;
        answer.is(200, &json!({"status": true, "message": "Email is not registered"}));
    }
}

#[tokio::test]
async fn row_18_another_way_to_write_the_same_path_gives_no_fresh_tries() {
    let site = Installation::with_limits().await;
    registered(&site, 1).await;
    let spellings = [PATH, "/auth?x=1", &format!("{}/auth", site.url()), "http://elsewhere.example/auth"];
    for spelling in spellings.into_iter().cycle().take(10) {
        assert_eq!(raw_status(&site, spelling, "wrong password").await, 401, "{spelling}");
    }
    for spelling in spellings {
        assert_eq!(raw_status(&site, spelling, "rahasia sekali").await, 429, "{spelling}");
    }
}

#[tokio::test]
async fn row_19_an_unknown_name_costs_a_hash_like_a_known_one() {
    let site = Installation::start().await;
    registered(&site, 1).await;
    let before = site.hashes();
    sign_in(&site, "nobody", "wrong password").await.says(401, REFUSED);
    assert_eq!(site.hashes() - before, 1);
    sign_in(&site, "siti 1", "wrong password").await.says(401, REFUSED);
    assert_eq!(site.hashes() - before, 2);
}

#[tokio::test]
async fn row_24_a_drowned_hasher_answers_503_and_cheap_calls_stay_alive() {
    let site = Installation::builder().costly_hashes().start().await;
    let crowd = join_all((0..300).map(|n| {
        let site = &site;
        async move { sign_in(site, &format!("name {n}"), "wrong password").await }
    }));
    let cheap = async {
        let mut statuses = Vec::new();
        for _ in 0..20 {
            statuses.push(site.anybody().post("/check/email", &json!({"email": "nobody@example.test"})).await.status);
        }
        statuses
    };
    let (crowd, cheap) = tokio::join!(crowd, cheap);
    assert!(cheap.iter().all(|status| *status == 200));
    let busy: Vec<_> = crowd.iter().filter(|a| a.status == 503).collect();
    assert!(!busy.is_empty());
    assert!(busy.iter().all(|a| a.header("retry-after").parse::<u64>().unwrap() >= 1));
    assert!(crowd.iter().all(|a| [401, 503].contains(&a.status.as_u16())));
    // And back by itself.
    sign_in(&site, "name 1", "wrong password").await.says(401, REFUSED);
}

#[tokio::test]
async fn row_24_a_client_that_hangs_up_frees_no_place_early() {
    let site = Installation::builder().costly_hashes().start().await;
    let body = json!({"username": "nobody", "password": "wrong password"}).to_string();
    let head = format!("POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    let request = format!("{head}{body}");
    let mut sockets = Vec::new();
    for _ in 0..120 {
        let mut socket = TcpStream::connect(site.address()).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        sockets.push(socket);
    }
    // The first of them hears that there is no place: all places are taken. Then all of them hang up.
    let mut hearing: FuturesUnordered<_> = sockets
        .iter_mut()
        .map(|socket| async {
            let mut start = [0; 12];
            socket.read_exact(&mut start).await.unwrap();
            start
        })
        .collect();
    while !hearing.next().await.unwrap().ends_with(b"503") {}
    drop(hearing);
    let done_before = site.hashes();
    drop(sockets);
    let answers = join_all((0..40).map(|_| sign_in(&site, "nobody", "wrong password"))).await;
    assert!(answers.iter().any(|a| a.status == 503), "the places of those who left are still taken");
    let mut honest = answers.iter().filter(|a| a.status == 401).count();
    while sign_in(&site, "nobody", "wrong password").await.status == 503 {}
    honest += 1;
    assert!(site.hashes() - done_before > u64::try_from(honest).unwrap(), "and their hashes are still computed");
}
