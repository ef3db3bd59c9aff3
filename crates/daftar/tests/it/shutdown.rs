//! SIGTERM (`threats.md`, *Faults* 5): not ready first, then drain, then exit 0, nothing lost.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use super::faults::{all_can_sign_in, load, until_answered};
use super::program::Home;

#[tokio::test]
async fn fault_5_under_load_no_answer_is_lost_and_the_exit_is_clean() {
    let home = Home::for_development();
    let (client, server) = (home.client(), home.start(&["serve"]));
    let (answered, people) = load(&server, &client);
    until_answered(&answered, 100).await;
    assert_eq!(server.stop().code(), Some(0));
    let others: Vec<u16> = people.join_all().await.into_iter().flatten().collect();
    assert!(others.is_empty(), "who was heard was answered well: {others:?}");
    let names = answered.lock().await.clone();
    all_can_sign_in(&home.start(&["serve"]), &names).await;
}

#[tokio::test]
async fn fault_5_it_says_that_it_is_not_ready_while_it_still_answers() {
    let home = Home::for_development().with("DAFTAR_SHUTDOWN__DELAY", "300s");
    let (server, http) = (home.start(&["serve"]), reqwest::Client::new());
    let status = async |path: &str| http.get(format!("{}{path}", server.base)).send().await.unwrap().status().as_u16();
    assert_eq!(status("/readyz").await, 200);
    server.terminate();
    server.logs("not ready any more");
    assert_eq!((status("/readyz").await, status("/healthz").await), (503, 200));
    // Whoever asks twice does not want to wait.
    server.terminate();
    assert_eq!(server.ended().code(), Some(1));
}

#[test]
fn an_idle_connection_holds_nobody_up_and_is_closed() {
    let home = Home::for_development();
    let server = home.start(&["serve"]);
    let mut idle = TcpStream::connect(server.base.trim_start_matches("http://")).unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut some = [0; 12];
    idle.read_exact(&mut some).unwrap();
    assert_eq!(&some, b"HTTP/1.1 200");
    assert_eq!(server.stop().code(), Some(0));
    idle.read_to_end(&mut Vec::new()).unwrap();
}

#[test]
fn an_interrupt_ends_it_as_well() {
    let home = Home::for_development();
    let server = home.start(&["serve"]);
    server.interrupt();
    assert_eq!(server.ended().code(), Some(0));
}
