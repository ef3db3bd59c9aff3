//! Three servers on one PostgreSQL, and clients who race for the same name, code and new password at different ones: what each of them sees is what one server that does one
//! thing after the other would have said.

use std::sync::Arc;

use daftar_testkit::postgres::Database;
use tokio::task::JoinSet;

use super::people::People;
use super::program::{Home, Server};

const CLIENTS: u32 = 8;
/// People whom each client is, one after the other.
const EACH: u32 = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_7_of_those_who_race_at_three_servers_one_wins_and_everybody_knows() {
    let database = Database::shared().await;
    let homes: Vec<Home> = (0..3).map(|_| Home::of_a_replica(&database.url())).collect();
    let shop = homes[0].client();
    let servers: Vec<Server> = homes.iter().map(|home| home.start(&["serve"])).collect();
    let people = Arc::new(People::of(servers.iter().map(|server| server.base.clone()).collect(), &shop));
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let people = Arc::clone(&people);
        clients.spawn(async move {
            for person in client * EACH..(client + 1) * EACH {
                assert!(people.visit(person).await.is_some(), "somebody was not answered");
            }
        });
    }
    clients.join_all().await;
    for person in 0..CLIENTS * EACH {
        people.look_at(person).await;
    }
    people.are_possible();
    assert!(people.have_their_messages().await > 0);
}
