//! `[traces]`: what a collector is told of calls and messages, what it is never told, and that nobody waits for it.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::time::Duration;

use daftar_testkit::gateway::{Behaviour, GatewaySink};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::app::message;
use super::program::{Home, Server};

/// What a proxy in front has begun.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PROXY: &str = "b7ad6b7169203331";
/// How long a collector may hold up the end, and some to spare for a busy machine.
const ENDS_WITHIN: Duration = Duration::from_secs(4);

/// A collector that takes everything.
fn collector() -> GatewaySink {
    let collector = GatewaySink::start();
    collector.behave(Behaviour::Answer(200, "{}".to_owned()));
    collector
}

fn traced(endpoint: &str) -> Home {
    Home::for_development().with("DAFTAR_TRACES__ENDPOINT", endpoint).with("DAFTAR_TRACES__SERVICE", "accounts")
}

/// A span as it came.
#[derive(Debug)]
struct Span {
    trace: String,
    id: String,
    parent: String,
    name: String,
    kind: u64,
    time: (u64, u64),
    attributes: BTreeMap<String, String>,
}

impl Span {
    fn read(from: &Value) -> Self {
        let text = |name: &str| from[name].as_str().unwrap_or_else(|| panic!("{name} in {from}")).to_owned();
        let attribute = |told: &Value| {
            let value = ["stringValue", "intValue"].iter().find_map(|kind| told["value"][kind].as_str()).unwrap();
            (told["key"].as_str().unwrap().to_owned(), value.to_owned())
        };
        Self {
            trace: text("traceId"),
            id: text("spanId"),
            parent: text("parentSpanId"),
            name: text("name"),
            kind: from["kind"].as_u64().unwrap(),
            time: (text("startTimeUnixNano").parse().unwrap(), text("endTimeUnixNano").parse().unwrap()),
            attributes: from["attributes"].as_array().unwrap().iter().map(attribute).collect(),
        }
    }

    fn told(&self, key: &str) -> &str {
        self.attributes.get(key).map_or("", String::as_str)
    }
}

/// Every span that the collector was told so far.
fn spans(collector: &GatewaySink) -> Vec<Span> {
    let told = collector.requests().into_iter().flat_map(|request| {
        assert_eq!((request.method.as_str(), request.target.as_str(), request.header("content-type")), ("POST", "/v1/traces", "application/json"));
        let told = request.json();
        let service = &told["resourceSpans"][0]["resource"]["attributes"][0];
        assert_eq!(*service, json!({ "key": "service.name", "value": { "stringValue": "accounts" } }));
        told["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().iter().map(Span::read).collect::<Vec<_>>()
    });
    told.collect()
}

/// A sign-in of siti that says it is part of a proxy's trace; its token.
async fn sign_in(server: &Server, http: &reqwest::Client, flags: &str) -> String {
    let body = json!({"username": "siti", "password": "correct horse"});
    let call = http.post(format!("{}/auth", server.base)).header("traceparent", format!("00-{TRACE}-{PROXY}-{flags}"));
    let answer =
        call.header("tracestate", "vendor=hunter2").header("baggage", "user=hunter2").header("x-request-id", "call-7").json(&body).send().await;
    let answer = answer.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned()
}

// The collector answers while the test waits for the server to end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_52_a_sign_in_is_a_tree_of_spans_in_the_trace_of_a_trusted_proxy_and_holds_nothing_secret() {
    let collector = collector();
    let home = traced(&collector.url()).with("DAFTAR_TRUSTED_PROXIES", "127.0.0.1");
    let (client, server, http) = (home.client(), home.start(&["serve"]), reqwest::Client::new());
    assert_eq!(server.register(&http, &client, "siti", 12_345_678).await.unwrap(), 200);
    let token = sign_in(&server, &http, "01").await;
    assert_eq!(server.profile(&http, &token).await, 200);
    let get = async |path: &str| http.get(format!("{}{path}", server.base)).send().await.unwrap();
    assert_eq!(get("/pictures/hunter2.jpg?key=hunter2").await.status(), 404);
    assert_eq!(get("/hunter2").await.status(), 404);
    let asked = json!({"nature": 2, "loginID": "68098227", "sendType": 0});
    assert_eq!(http.post(format!("{}/app/auth/otp", server.base)).json(&asked).send().await.unwrap().status(), 200);
    let text = message(&server, "+85268098227").await;
    let code = text.split_whitespace().next().unwrap();
    assert!(server.stop().success());

    let spans = spans(&collector);
    let tree: Vec<&Span> = spans.iter().filter(|span| span.trace == TRACE).collect();
    let root = *tree.iter().find(|span| span.parent == PROXY).unwrap_or_else(|| panic!("{spans:#?}"));
    assert_eq!((root.name.as_str(), root.kind), ("POST /auth", 2));
    let told = ["http.request.method", "http.route", "http.response.status_code", "request_id"].map(|key| root.told(key));
    assert_eq!((told, root.attributes.len()), (["POST", "/auth", "200", "call-7"], 4), "{root:?}");
    let below: Vec<&Span> = tree.iter().copied().filter(|span| span.id != root.id).collect();
    assert!(below.iter().all(|span| span.parent == root.id), "{below:#?}");
    assert!(below.iter().all(|span| root.time.0 <= span.time.0 && span.time.0 <= span.time.1 && span.time.1 <= root.time.1), "{tree:#?}");
    let names: Vec<&str> = below.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["store sign_in_record", "hashing", "store open_session"]);
    let stored = |span: &Span| ["db.system.name", "db.operation.name", "path"].map(|key| span.told(key).to_owned());
    let system = if home.database_url().starts_with("sqlite") { "sqlite" } else { "postgresql" };
    assert_eq!(below.iter().map(|span| stored(span)).next(), Some([system, "sign_in_record", "look_up"].map(str::to_owned)));

    // A message is sent when its time comes, in a trace of its own.
    let message = spans.iter().find(|span| span.name.starts_with("message ")).unwrap();
    assert_eq!((message.parent.as_str(), message.told("channel"), message.told("attempt")), ("", "sms", "1"));
    let below = |parent: &Span| spans.iter().filter(|span| span.parent == parent.id).map(|span| span.name.clone()).collect::<Vec<_>>();
    assert_eq!(below(message), ["send inbox", "store settle"]);
    let send = spans.iter().find(|span| span.name == "send inbox").unwrap();
    assert_eq!((send.told("route"), send.told("answer"), below(send)), ("inbox", "accepted", vec!["store deliver".to_owned()]));
    assert!(home.json(&["outbox", "list", "--json"]).to_string().contains(message.told("message_id")));

    // What runs by itself is no trace, and what nobody has named is named by its method.
    let begun: Vec<&str> = spans.iter().filter(|span| span.parent.is_empty()).map(|span| span.name.as_str()).collect();
    for name in ["GET", "GET /pictures/{file}", "GET /basic-profile", "POST /app/auth/otp", "POST /internal/register"] {
        assert!(begun.contains(&name), "{name} in {begun:?}");
    }
    assert!(!begun.iter().any(|name| name.starts_with("store")), "{begun:?}");

    let raw: String = collector.requests().iter().map(|request| format!("{:?} {}", request.headers, request.text())).collect();
    for secret in ["hunter2", "correct horse", "siti", "12345678", "68098227", "Rahma", &token, &client.secret] {
        assert!(!raw.contains(secret), "{secret} in {raw}");
    }
    // Four digits are found in any long number; as a value they are not.
    assert!(!raw.contains(&format!("\"{code}\"")), "{code} in {raw}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_17_a_trace_of_a_stranger_is_not_gone_on_with_and_one_that_a_proxy_does_not_keep_is_not_told() {
    for (proxies, flags, own) in [("10.0.0.0/8", "01", 1), ("10.0.0.0/8", "00", 1), ("127.0.0.1", "00", 0)] {
        let collector = collector();
        let home = traced(&collector.url()).with("DAFTAR_TRUSTED_PROXIES", proxies);
        let (client, server, http) = (home.client(), home.start(&["serve"]), reqwest::Client::new());
        assert_eq!(server.register(&http, &client, "siti", 1).await.unwrap(), 200);
        sign_in(&server, &http, flags).await;
        assert!(server.stop().success());
        let spans = spans(&collector);
        assert!(spans.iter().all(|span| span.trace != TRACE && span.parent != PROXY), "{spans:#?}");
        let sign_ins = spans.iter().filter(|span| span.name == "POST /auth" && span.parent.is_empty()).count();
        assert_eq!(sign_ins, own, "{proxies} {flags}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_away_hangs_or_refuses_changes_nothing_for_anybody() {
    let (hanging, refusing, choosing) = (GatewaySink::start(), GatewaySink::start(), GatewaySink::start());
    hanging.behave(Behaviour::Hang);
    refusing.behave(Behaviour::Status(503));
    choosing.behave(Behaviour::Answer(200, r#"{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old"}}"#.to_owned()));
    // Nobody listens there any more.
    let dead = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    for (endpoint, is_told_of) in [(dead, true), (refusing.url(), true), (choosing.url(), true), (hanging.url(), false)] {
        let home = traced(&endpoint);
        let (client, server, http) = (home.client(), home.start(&["serve"]), reqwest::Client::new());
        for number in 0..20 {
            assert_eq!(server.register(&http, &client, &format!("siti{number}"), number).await.unwrap(), 200);
            server.sign_in(&http, &format!("siti{number}")).await.unwrap();
        }
        if is_told_of {
            server.logs("traces are lost: the collector does not take them");
            let metrics = http.get(format!("{}/metrics", server.base)).send().await.unwrap().text().await.unwrap();
            let lost =
                metrics.lines().find_map(|line| line.strip_prefix("daftar_spans_total{outcome=\"lost\"} ")).unwrap_or_else(|| panic!("{metrics}"));
            assert!(lost.parse::<u32>().unwrap() > 0);
        } else {
            hanging.received(1).await;
        }
        let ending = Instant::now();
        assert!(server.stop().success());
        assert!(ending.elapsed() < ENDS_WITHIN, "{endpoint} held up the end for {:?}", ending.elapsed());
    }
}
