//! Several servers in order of preference: what the first cannot do, the second does.

use std::time::Duration;

use daftar_core::outbox::{Answer, Settlement, Way};
use daftar_delivery::{Route, SmtpSettings};
use daftar_testkit::smtp::{Behaviour, SmtpSink};
use serde_json::json;

use super::{FROM, Peer, transport};
use crate::house::{House, route};

const SECOND: Duration = Duration::from_secs(1);

fn server(house: &House, name: &str, url: &str) -> Route {
    route(name, Way::Email, transport(house, &SmtpSettings::new(url, FROM)))
}

/// The routes that a message tried, and whether each took it.
async fn tried(house: &House, to: &str) -> Vec<(String, bool)> {
    let row = house.done(house.queue(to)).await;
    assert_eq!(row.history.last(), Some(&Settlement::Sent), "{:?}", row.history);
    row.tried
        .iter()
        .map(|tried| &tried.attempt)
        .map(|attempt| (attempt.route.as_str().to_owned(), matches!(attempt.answer, Answer::Accepted { .. })))
        .collect()
}

#[tokio::test]
async fn row_45_a_mail_goes_by_the_second_server_when_the_first_hangs_hangs_up_or_refuses() {
    for behaviour in
        [Behaviour::Hang, Behaviour::HangInMail, Behaviour::HangUp, Behaviour::Refuse(550), Behaviour::Refuse(451), Behaviour::RefuseSender(535)]
    {
        let (house, first, second) = (House::new(), SmtpSink::start(), Peer::start(json!({})).await);
        first.behave(behaviour);
        let primary = Route { timeout: Some(Duration::from_millis(300)), ..server(&house, "primary", &first.url()) };
        let worker = house.spawn_routes(vec![primary, server(&house, "backup", &second.url("smtp", "", "?tls=none"))], Vec::new(), None);
        let both = [("primary".to_owned(), false), ("backup".to_owned(), true)];
        assert_eq!(tried(&house, "siti@example.test").await, both, "{behaviour:?}");
        worker.stop().await;
        assert_eq!((first.mails().len(), second.mails(1).await.len()), (0, 1), "{behaviour:?}");
    }
}

#[tokio::test]
async fn row_45_a_mail_goes_by_the_second_server_when_the_first_is_gone_or_does_not_know_our_password() {
    let (house, strict, second) = (House::new(), SmtpSink::start_with_password("daftar", "secret"), Peer::start(json!({})).await);
    let gone = SmtpSink::start();
    let (gone_url, wrong) = (gone.url(), format!("smtp://daftar:wrong@{}?tls=none", strict.address()));
    gone.stop().await;
    let backup = second.url("smtp", "", "?tls=none");
    let routes = [("gone", &gone_url), ("strict", &wrong), ("backup", &backup)].map(|(name, url)| server(&house, name, url));
    let worker = house.spawn_routes(routes.into(), Vec::new(), None);
    let all = [("gone".to_owned(), false), ("strict".to_owned(), false), ("backup".to_owned(), true)];
    assert_eq!(tried(&house, "siti@example.test").await, all);
    worker.stop().await;
    assert_eq!((strict.mails().len(), second.mails(1).await.len()), (0, 1));
}

#[tokio::test]
async fn a_mail_goes_by_the_first_server_as_long_as_it_takes_it() {
    let (house, first, second) = (House::new(), SmtpSink::start(), SmtpSink::start());
    let routes = vec![server(&house, "primary", &first.url()), server(&house, "backup", &second.url())];
    let worker = house.spawn_routes(routes, Vec::new(), None);
    for name in ["one", "two", "three"] {
        assert_eq!(tried(&house, &format!("{name}@example.test")).await, [("primary".to_owned(), true)]);
    }
    worker.stop().await;
    assert_eq!((first.mails().len(), second.counts().connections), (3, 0));
}

#[tokio::test]
async fn a_mail_that_every_server_refuses_is_given_up_and_was_offered_to_each_once() {
    let (house, first, second) = (House::new(), SmtpSink::start(), Peer::start(json!({"refuses": "550 5.1.1"})).await);
    first.behave(Behaviour::Refuse(550));
    let routes = vec![server(&house, "primary", &first.url()), server(&house, "backup", &second.url("smtp", "", "?tls=none"))];
    let worker = house.spawn_routes(routes, Vec::new(), None);
    let row = house.done(house.queue("siti@example.test")).await;
    assert_eq!(row.history.last(), Some(&Settlement::Failed { reason: "the mail server answered 550 5.1.1".to_owned() }));
    house.clock.advance(SECOND);
    worker.stop().await;
    assert_eq!((first.counts().begun, second.happened("refused", 1).await.len()), (1, 1));
}

#[tokio::test]
async fn row_45_a_send_that_is_cut_off_takes_its_connection_along() {
    let (mut house, server) = (House::new(), Peer::start(json!({"stalls": true})).await);
    house.pace.send = Duration::from_millis(300);
    let worker = house.spawn_mail(transport(&house, &SmtpSettings::new(server.url("smtp", "", "?tls=none"), FROM)));
    let id = house.queue("siti@example.test");
    assert_eq!(house.put_off(id, 1).await, "no answer in time");
    // The server sees the end of the connection while it still thinks about the mail.
    server.happened("disconnected", 1).await;
    worker.stop().await;
    assert_eq!(server.count("mail"), 0);
}
