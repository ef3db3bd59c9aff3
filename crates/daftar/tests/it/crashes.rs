//! `kill -9` again and again, at any moment under load (`threats.md`, *Faults* 1): what every client saw, before and after, can have been. Nobody's account, password, session or code
//! is other than it was answered, and every message that was promised comes.
//!
//! It is killed 20 times; `TEST_CRASHES` says otherwise.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::people::People;
use super::program::{Home, any_below};

const CLIENTS: u32 = 12;
/// How soon it must serve again.
const RECOVERS_WITHIN: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_1_however_often_it_is_killed_under_load_what_was_answered_is_so() {
    let crashes = std::env::var("TEST_CRASHES").map_or(20, |text| text.parse().unwrap());
    // What the killed server had taken on is the next one's after this.
    let home = Home::for_development().with("DAFTAR_OUTBOX__SEND_TIMEOUT", "1s").with("DAFTAR_OUTBOX__LEASE", "3s");
    let shop = home.client();
    let mut server = home.start(&["serve"]);
    let (mut next, mut answers, mut everybody) = (1, 0, Vec::new());
    for crash in 0..crashes {
        let people = Arc::new(People::of(vec![server.base.clone()], &shop));
        let (numbers, mut clients) = (Arc::new(AtomicU32::new(next)), JoinSet::new());
        for _ in 0..CLIENTS {
            let (people, numbers) = (Arc::clone(&people), Arc::clone(&numbers));
            clients.spawn(async move { while people.visit(numbers.fetch_add(1, Ordering::Relaxed)).await.is_some() {} });
        }
        let enough = 1 + any_below(400);
        while people.history.answered() < enough && !clients.is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.kill();
        clients.join_all().await;

        let began = Instant::now();
        server = home.start(&["serve"]);
        let ready = reqwest::Client::new().get(format!("{}/readyz", server.base)).send();
        assert_eq!(ready.await.unwrap().status(), 200);
        assert!(began.elapsed() < RECOVERS_WITHIN, "crash {crash}: it took {:?} to serve again", began.elapsed());
        let people = Arc::into_inner(people).expect("every client has ended").at(&server.base);
        let visited = next..numbers.load(Ordering::Relaxed);
        next = visited.end;
        for person in visited {
            people.look_at(person).await;
        }
        people.are_possible();
        answers += people.history.answered();
        everybody.push(people);
    }
    let mut messages = 0;
    for people in everybody {
        messages += people.at(&server.base).have_their_messages().await;
    }
    println!("{crashes} crashes under load: {answers} answers to {next} people, {messages} of whom were promised messages");
    assert_eq!(server.stop().code(), Some(0));
}
