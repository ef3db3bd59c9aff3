//! The choice of a route, as a table of what was tried before.

use std::sync::Arc;

use async_trait::async_trait;
use daftar_core::identifier::EmailAddress;
use daftar_core::message::{Envelope, MessageId, Recipient};
use daftar_core::outbox::{KeptReceipt, RouteName};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::transport::{Accepted, Outgoing, SendError, Transport};

struct Idle;

#[async_trait]
impl Transport for Idle {
    async fn send(&self, _message: &Outgoing<'_>) -> Result<Accepted, SendError> {
        Ok(Accepted::default())
    }
}

fn route(name: &str) -> Route {
    Route { price: Price(10), ..Route::plain(RouteName::parse(name).unwrap(), Way::Sms, Arc::new(Idle)) }
}

fn second(n: i64) -> Timestamp {
    Timestamp::from_second(n).unwrap()
}

/// What happened so far, in short: `a+` accepted by a, `a*` the same with a reference, `a!` accepted and undelivered, `b-` refused by b, `c?` put off by c.
fn history(text: &str) -> Vec<TriedAttempt> {
    let attempt = |(number, word): (usize, &str)| {
        let (name, sign) = word.split_at(1);
        let reason = || "why".to_owned();
        let attempt = Attempt {
            number: u32::try_from(number).unwrap() + 1,
            route: RouteName::parse(name).unwrap(),
            way: Way::Sms,
            started_at: second(0),
            ended_at: second(0),
            answer: match sign {
                "+" => Answer::Accepted { reference: None },
                "*" | "!" => Answer::Accepted { reference: Some("r".to_owned()) },
                "-" => Answer::Refused { reason: reason() },
                _ => Answer::PutOff { reason: reason() },
            },
            price: Price(10),
        };
        let undelivered = KeptReceipt { outcome: ReceiptOutcome::Undelivered, reason: None, at: second(0) };
        TriedAttempt { attempt, receipt: (sign == "!").then_some(undelivered) }
    };
    text.split_whitespace().enumerate().map(attempt).collect()
}

fn claimed(history_text: &str) -> ClaimedMessage {
    let tried = history(history_text);
    let attempts = u32::try_from(tried.len()).unwrap();
    let envelope = Envelope {
        id: MessageId(Uuid::nil()),
        to: Recipient::Email(EmailAddress::parse("siti@example.test").unwrap()),
        kind: "code".to_owned(),
        sealed: Vec::new(),
        created_at: second(0),
        expires_at: second(600),
    };
    ClaimedMessage { envelope, attempts, number: attempts + 1, tried }
}

const PARCEL: Parcel<'static> = Parcel { country: None, platform: "", has_code: true };

/// The route that comes next, after what happened so far, while those in `resting` rest.
fn next(routes: &[Route], so_far: &str, resting: &[&str], cost_max: Option<Price>) -> Option<String> {
    let plan = Plan::new(routes, PARCEL, &claimed(so_far), cost_max);
    plan.next(|route| resting.contains(&route.name.as_str())).map(|route| route.name.as_str().to_owned())
}

/// What becomes of the message when the last word of `so_far` has just happened, at second 0 of 600.
fn after(routes: &[Route], so_far: &str, receipt_within: Option<u64>) -> Settlement {
    after_while(routes, so_far, receipt_within, &[])
}

/// The same, while those in `resting` rest.
fn after_while(routes: &[Route], so_far: &str, receipt_within: Option<u64>, resting: &[&str]) -> Settlement {
    let (before, last) = so_far.rsplit_once(' ').unwrap_or(("", so_far));
    let plan = Plan::new(routes, PARCEL, &claimed(before), None);
    let attempt = Attempt { number: 99, ..history(last).remove(0).attempt };
    plan.after(attempt, receipt_within.map(Duration::from_secs), second(600), |route| resting.contains(&route.name.as_str()))
}

fn again(at: i64) -> Settlement {
    Settlement::Retry { at: second(at), reason: "why".to_owned() }
}

#[test]
fn routes_are_tried_in_their_order_and_those_that_said_their_word_not_again() {
    let routes = ["a", "b", "c"].map(route);
    for (so_far, expected) in [
        ("", Some("a")),
        ("a?", Some("b")),
        ("a? b?", Some("c")),
        ("a? b? c?", Some("a")),
        ("a- b? c?", Some("b")),
        ("a+", Some("b")),
        ("a+ b?", Some("c")),
        ("a+ b? c-", Some("b")),
        ("a- b- c-", None),
        ("a+ b+ c+", None),
    ] {
        assert_eq!(next(&routes, so_far, &[], None).as_deref(), expected, "{so_far}");
    }
}

#[test]
fn row_45_a_route_that_rests_comes_last_and_is_asked_where_there_is_no_other() {
    let routes = ["a", "b"].map(route);
    assert_eq!(next(&routes, "", &["a"], None).as_deref(), Some("b"));
    assert_eq!(next(&routes, "b?", &["a"], None).as_deref(), Some("b"));
    assert_eq!(next(&routes, "b-", &["a"], None).as_deref(), Some("a"));
    assert_eq!(next(&routes, "", &["a", "b"], None).as_deref(), Some("a"));
    assert_eq!(next(&routes, "a?", &["a", "b"], None).as_deref(), Some("b"));
}

#[test]
fn no_route_is_tried_that_would_cost_more_than_a_message_may() {
    let mut routes = ["a", "b", "c"].map(route);
    routes[1].price = Price(100);
    assert_eq!(next(&routes, "a+", &[], Some(Price(20))).as_deref(), Some("c"));
    assert_eq!(next(&routes, "a+ c+", &[], Some(Price(20))), None);
    assert_eq!(next(&routes, "a+", &[], Some(Price(110))).as_deref(), Some("b"));
    // Whoever did not take it, takes no money.
    assert_eq!(next(&routes, "a? a? a? c- b?", &[], Some(Price(10))).as_deref(), Some("a"));
    routes[0].prices = vec![(Country::hong_kong(), Price(5))];
    assert_eq!((routes[0].price_to(Some(&Country::hong_kong())), routes[0].price_to(None)), (Price(5), Price(10)));
}

#[test]
fn a_route_serves_its_countries_and_platforms_and_whatsapp_serves_codes() {
    let (hong_kong, indonesia) = (Country::hong_kong(), Country::indonesia());
    let to = |country| Parcel { country: Some(country), platform: "ONMART", has_code: true };
    let mut route = route("a");
    assert!(route.serves(to(&hong_kong)) && route.serves(PARCEL));
    route.countries = Some(vec![indonesia.clone()]);
    assert!(route.serves(to(&indonesia)) && !route.serves(to(&hong_kong)) && !route.serves(PARCEL));
    route.platforms = Some(vec![String::new(), "OSAS".to_owned()]);
    assert!(!route.serves(to(&indonesia)) && route.serves(Parcel { platform: "", ..to(&indonesia) }));
    route.platforms = None;
    route.way = Way::Whatsapp;
    assert!(route.serves(to(&indonesia)) && !route.serves(Parcel { has_code: false, ..to(&indonesia) }));
}

#[test]
fn what_is_put_off_goes_by_the_next_route_at_once_and_by_the_first_again_later() {
    let routes = ["a", "b"].map(route);
    for (so_far, at) in [("a?", 0), ("a? b?", 1), ("a? b? a?", 0), ("a? b? a? b?", 2), ("a- b?", 1), ("a+ b?", 1)] {
        assert_eq!(after(&routes, so_far, None), again(at), "{so_far}");
    }
    let alone = [route("a")];
    let waits: Vec<_> = (1..=7).map(|tries| after(&alone, &vec!["a?"; tries].join(" "), None)).collect();
    assert_eq!(waits, [1, 2, 5, 10, 20, 30, 60].map(again));
}

#[test]
fn what_every_route_refuses_is_given_up_unless_one_took_it() {
    let routes = ["a", "b"].map(route);
    assert_eq!(after(&routes, "a-", None), again(0));
    assert_eq!(after(&routes, "a- b-", None), Settlement::Failed { reason: "why".to_owned() });
    assert_eq!(after(&routes, "a+ b-", None), Settlement::Sent);
    assert_eq!(after(&routes, "a! b-", None), Settlement::Failed { reason: "why".to_owned() }, "it is known not to arrive");
    let plan = |so_far| Plan::new(&routes, PARCEL, &claimed(so_far), Some(Price(20)));
    assert_eq!((plan("a! b!").exhausted(), plan("a+ b-").exhausted()), ("undelivered", "no route is left to try"));
    assert_eq!(plan("a! b!").end("undelivered".to_owned()), Settlement::Failed { reason: "undelivered".to_owned() });
}

#[test]
fn row_45_while_another_route_rests_a_message_that_is_put_off_is_not_tried_in_a_hurry() {
    let routes = ["a", "b"].map(route);
    for (so_far, at) in [("b?", 1), ("b? b?", 2), ("b? b? b?", 5), ("a? b? b?", 2)] {
        assert_eq!(after_while(&routes, so_far, None, &["a"]), again(at), "{so_far}");
    }
    // When its rest is over, it has its turn.
    assert_eq!(after(&routes, "b? b?", None), again(0));
}

#[test]
fn a_receipt_is_awaited_where_another_route_could_follow_in_time() {
    let routes = ["a", "b"].map(route);
    assert_eq!(after(&routes, "a+", Some(60)), Settlement::Awaiting { until: second(60) });
    assert_eq!(after(&routes, "a+", None), Settlement::Sent);
    let to_the_end = Settlement::Awaiting { until: second(600) };
    assert_eq!(after(&routes, "a+", Some(900)), to_the_end, "never claimed again, but a receipt may say no");
    assert_eq!(after(&routes, "a*", None), to_the_end);
    assert_eq!(after(&routes, "a* b*", None), Settlement::Sent);
    assert_eq!(after(&routes, "a+ b+", Some(60)), Settlement::Sent, "nobody is left");
    assert_eq!(after(&routes, "b- a+", Some(60)), Settlement::Sent);
}

#[test]
fn what_cannot_be_tried_in_time_ends_now() {
    let alone = [route("a")];
    let plan = |cut_off: u32| {
        let mut claimed = claimed("");
        claimed.attempts = cut_off;
        Plan::new(&alone, PARCEL, &claimed, None)
    };
    let attempt = || Attempt { ended_at: second(599), ..history("a?").remove(0).attempt };
    assert_eq!(plan(0).after(attempt(), None, second(600), |_| false), Settlement::Failed { reason: "expired; the last try: why".to_owned() });
    let early = || history("a?").remove(0).attempt;
    assert_eq!(plan(6).after(early(), None, second(600), |_| false), again(60), "a message that brings processes down comes back slowly");
}

proptest! {
    /// Whatever routes answer: no route gets a message that it took or refused, none gets a second try before every other one that is left had as many, money stays
    /// within its bound, and it ends.
    #[test]
    fn whatever_routes_answer_it_is_fair_bounded_and_ends(
        answers in proptest::collection::vec(0..3_u8, 60),
        cost_max in 0..50_u64,
        resting in proptest::sample::subsequence(vec!["a", "b", "c", "d"], 0..=4),
    ) {
        let routes = ["a", "b", "c", "d"].map(route);
        let (mut now, mut tried) = (second(0), Vec::<TriedAttempt>::new());
        let mut ended = false;
        for answer in answers {
            let claimed = ClaimedMessage { tried: tried.clone(), ..claimed("") };
            let plan = Plan::new(&routes, PARCEL, &claimed, Some(Price(cost_max)));
            let rests = |route: &Route| resting.contains(&route.name.as_str());
            let Some(route) = plan.next(rests) else { ended = true; break };
            let so_far = |name: &RouteName| tried.iter().map(|tried| &tried.attempt).filter(|attempt| attempt.route == *name).collect::<Vec<_>>();
            let had_its_word = so_far(&route.name).iter().any(|attempt| !matches!(attempt.answer, Answer::PutOff { .. }));
            prop_assert!(!had_its_word);
            let as_well = |other: &Route| rests(other) == rests(route);
            prop_assert!(plan.left().filter(|other| as_well(other)).all(|other| so_far(&other.name).len() >= so_far(&route.name).len()));
            let turns = so_far(&route.name).len();
            let reason = "why".to_owned();
            let answer = match answer {
                0 => Answer::Accepted { reference: None },
                1 => Answer::Refused { reason },
                _ => Answer::PutOff { reason },
            };
            let is_put_off = matches!(answer, Answer::PutOff { .. });
            let attempt = Attempt { route: route.name.clone(), ended_at: now, answer, ..history("a?").remove(0).attempt };
            tried.push(TriedAttempt { attempt: attempt.clone(), receipt: None });
            let spent = tried.iter().fold(Price(0), |sum, tried| sum.plus(tried.attempt.cost()));
            prop_assert!(spent <= Price(cost_max));
            let name = route.name.clone();
            match plan.after(attempt, Some(Duration::from_secs(30)), second(600), rests) {
                Settlement::Retry { at, .. } if is_put_off && at == now => {
                    // At once only where another route is next that has had fewer turns.
                    let claimed = ClaimedMessage { tried: tried.clone(), ..claimed.clone() };
                    let next = Plan::new(&routes, PARCEL, &claimed, Some(Price(cost_max))).next(rests).map(|route| route.name.clone());
                    prop_assert!(next.is_some_and(|next| next != name && tried.iter().filter(|tried| tried.attempt.route == next).count() <= turns));
                }
                Settlement::Retry { at: until, .. } | Settlement::Awaiting { until } => {
                    prop_assert!(until >= now && until <= second(600));
                    if until == second(600) { ended = true; break }
                    now = until;
                }
                Settlement::Sent => { ended = true; break }
                Settlement::Failed { .. } => {
                    prop_assert!(!tried.iter().any(TriedAttempt::may_arrive));
                    ended = true;
                    break
                }
            }
        }
        prop_assert!(ended || tried.len() == 60);
    }
}
