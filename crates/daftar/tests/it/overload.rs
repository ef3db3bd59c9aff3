//! Ten times as much as the server can do (`threats.md`, *Faults* 3), for a while: what is admitted stays quick, whoever is not hears at once when to come again, what costs little is not
//! held up, and all is well soon after.
//!
//! It takes 5 seconds; `TEST_OVERLOAD_SECONDS` says otherwise.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::program::{Client, Home, register};

/// How many times as much comes as can be done.
const TIMES: usize = 10;
/// How many call at once while it is measured what can be done.
const MEASURING: usize = 8;
/// How long what is admitted may take: two seconds in the queue, and then itself, on a machine that has other things to do.
const QUICK: Duration = Duration::from_secs(6);
/// How long what costs little may take, on such a machine.
const CHEAP: Duration = Duration::from_secs(3);
/// How soon all must be well again.
const RECOVERS_WITHIN: Duration = Duration::from_secs(5);

/// What became of the calls.
#[derive(Debug, Default)]
struct Outcome {
    admitted: Vec<Duration>,
    registered: Vec<String>,
    refused: usize,
    others: Vec<String>,
}

/// One of the crowd, who signs in and registers people until `end`, and comes again when he is told to.
async fn caller(http: reqwest::Client, base: String, shop: Client, numbers: Arc<AtomicU32>, end: Instant) -> Outcome {
    let mut outcome = Outcome::default();
    while Instant::now() < end {
        let (number, began) = (numbers.fetch_add(1, Ordering::Relaxed), Instant::now());
        let name = format!("person{number}");
        let registers = number.is_multiple_of(4);
        let call = if registers {
            let person = json!({
                "username": name, "password": "correct horse", "first_name": "Siti", "last_name": "Rahma",
                "phone_number": format!("62812{number:08}"), "email": format!("{name}@example.test"),
            });
            http.post(format!("{base}/internal/register")).basic_auth(&shop.id, Some(&shop.secret)).json(&person)
        } else {
            http.post(format!("{base}/auth")).json(&json!({"username": "siti", "password": "correct horse"}))
        };
        let answer = call.send().await.unwrap();
        let again = answer.headers().get("retry-after").and_then(|after| after.to_str().ok()?.parse().ok());
        match (answer.status().as_u16(), again) {
            (200, _) => {
                answer.bytes().await.unwrap();
                outcome.admitted.push(began.elapsed());
                outcome.registered.extend(registers.then_some(name));
            }
            (503, Some(seconds)) => {
                outcome.refused += 1;
                tokio::time::sleep(Duration::from_secs(seconds)).await;
            }
            (status, _) => outcome.others.push(format!("{status} {:?}", answer.text().await)),
        }
    }
    outcome
}

/// Lets so many call for a while.
async fn crowd(count: usize, base: &str, shop: &Client, numbers: &Arc<AtomicU32>, time: Duration) -> Outcome {
    let (http, mut callers, end) = (reqwest::Client::new(), JoinSet::new(), Instant::now() + time);
    for _ in 0..count {
        callers.spawn(caller(http.clone(), base.to_owned(), shop.clone(), Arc::clone(numbers), end));
    }
    let together = |mut all: Outcome, one: Outcome| {
        all.admitted.extend(one.admitted);
        all.registered.extend(one.registered);
        all.refused += one.refused;
        all.others.extend(one.others);
        all
    };
    callers.join_all().await.into_iter().fold(Outcome::default(), together)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_3_ten_times_what_can_be_done_for_a_while_harms_nobody() {
    let time = Duration::from_secs(std::env::var("TEST_OVERLOAD_SECONDS").map_or(5, |text| text.parse().unwrap()));
    // Hashes that cost more than in production, so that the crowd costs little beside them: it shares the machine with the server.
    let home = Home::for_development().with("DAFTAR_HASHING__MEMORY_KIB", "65536").with("DAFTAR_HASHING__PASSES", "4");
    let (shop, server, http) = (home.client(), home.start(&["serve"]), reqwest::Client::new());
    assert_eq!(register(&http, &server.base, &shop, "siti", 1).await.unwrap(), 200);
    let numbers = Arc::new(AtomicU32::new(2));
    let capacity = crowd(MEASURING, &server.base, &shop, &numbers, Duration::from_secs(1)).await.admitted.len();

    // Who is refused comes again after a second: so many come each second.
    let load = crowd(TIMES * capacity, &server.base, &shop, &numbers, time);
    let end = Instant::now() + time;
    let cheap = async {
        let (mut slowest, mut asked) = (Duration::ZERO, 0);
        while Instant::now() < end {
            for (path, status) in [("/healthz", 200), ("/readyz", 200), ("/basic-profile", 401)] {
                let began = Instant::now();
                assert_eq!(http.get(format!("{}{path}", server.base)).send().await.unwrap().status(), status, "{path}");
                (slowest, asked) = (slowest.max(began.elapsed()), asked + 1);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        (slowest, asked)
    };
    let (outcome, (slowest_cheap, asked)) = tokio::join!(load, cheap);
    let began = Instant::now();
    while server.sign_in(&http, "siti").await == Err(503) {
        assert!(began.elapsed() < RECOVERS_WITHIN, "not well again after {RECOVERS_WITHIN:?}");
    }
    let (admitted, slowest) = (outcome.admitted.len(), outcome.admitted.iter().max().copied().unwrap_or_default());
    println!(
        "{capacity} a second can be done; of {} callers in {time:?} {admitted} calls were admitted, the slowest in {slowest:?}, {} refused; \
         of {asked} cheap calls the slowest took {slowest_cheap:?}; well again after {:?}",
        TIMES * capacity,
        outcome.refused,
        began.elapsed()
    );
    assert_eq!(outcome.others, Vec::<String>::new());
    assert!(outcome.refused > 0 && slowest < QUICK && slowest_cheap < CHEAP);
    let least = capacity * usize::try_from(time.as_secs()).unwrap() / 4;
    assert!(admitted > least, "{admitted} of {least} at least");
    for name in outcome.registered.iter().take(50) {
        assert!(server.sign_in(&http, name).await.is_ok(), "{name} was answered 200");
    }
}
