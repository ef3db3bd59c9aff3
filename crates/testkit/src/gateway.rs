//! An SMS gateway to send to: it keeps what it is asked, answers as the documents of the gateway say that it stands in for, and misbehaves when it is told to.
//! HTTP/1.1 is spoken by hand, so that it can hang, hang up in the middle, and answer what is no HTTP.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

/// How long a test waits for something that must happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whose answers it gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `{"id":"g-1"}`.
    Generic,
    /// Twilio's Messages, for SMS and WhatsApp.
    Twilio,
    /// Vonage's Messages API.
    Vonage,
    /// Infobip's SMS and WhatsApp templates.
    Infobip,
    /// MessageBird's SMS.
    MessageBird,
    /// Zenziva's SMS.
    Zenziva,
}

impl Shape {
    /// How it calls the message that it took as the `count`th.
    #[must_use]
    pub fn reference(self, count: usize) -> String {
        match self {
            Self::Generic => format!("g-{count}"),
            Self::Twilio => format!("SM{count:032x}"),
            Self::Vonage => format!("aaaaaaaa-bbbb-4ccc-8ddd-{count:012x}"),
            Self::Infobip => format!("ib-{count}"),
            Self::MessageBird => format!("{count:032x}"),
            Self::Zenziva => count.to_string(),
        }
    }

    fn taken(self, request: &Received, count: usize) -> (u16, String) {
        let reference = self.reference(count);
        let (status, body) = match self {
            Self::Generic => (200, json!({ "id": reference })),
            Self::Twilio => {
                let to = request.form_value("To");
                (201, json!({ "sid": reference, "status": "queued", "to": to, "error_code": null, "error_message": null, "num_segments": "1" }))
            }
            Self::Vonage => (202, json!({ "message_uuid": reference })),
            Self::Infobip => {
                let own = request.json()["messages"][0].clone();
                let named = own["messageId"].as_str().or_else(|| own["destinations"][0]["messageId"].as_str());
                let status = json!({ "groupId": 1, "groupName": "PENDING", "id": 26, "name": "PENDING_ACCEPTED", "description": "Message sent to next instance" });
                let message = json!({ "messageId": named.unwrap_or(&reference), "status": status, "destination": own["destinations"][0]["to"] });
                // One WhatsApp template is answered bare, SMS in a list.
                (
                    200,
                    if request.target.starts_with("/whatsapp/") {
                        json!({ "messages": [message], "bulkId": "b" })
                    } else {
                        json!({ "bulkId": "b", "messages": [message] })
                    },
                )
            }
            Self::MessageBird => {
                let items = json!([{ "recipient": 0, "status": "sent", "statusDatetime": "2026-11-05T08:00:00+00:00" }]);
                let recipients =
                    json!({ "totalCount": 1, "totalSentCount": 1, "totalDeliveredCount": 0, "totalDeliveryFailedCount": 0, "items": items });
                (201, json!({ "id": reference, "href": format!("https://rest.messagebird.com/messages/{reference}"), "recipients": recipients }))
            }
            Self::Zenziva => (201, json!({ "messageId": count, "to": request.form_value("to"), "status": "1", "text": "Success", "cost": 350 })),
        };
        (status, body.to_string())
    }

    /// What it answers to a number that it does not reach. The words repeat the number, as those of real gateways do.
    fn refusal(self, request: &Received) -> (u16, String) {
        let text = String::from_utf8_lossy(&request.body).into_owned();
        let (status, body) = match self {
            Self::Generic => (422, json!({ "error": text })),
            Self::Twilio => {
                let message = format!("The 'To' number {} is not a valid phone number.", request.form_value("To"));
                (400, json!({ "code": 21211, "message": message, "more_info": "https://www.twilio.com/docs/errors/21211", "status": 400 }))
            }
            Self::Vonage => {
                let kind = "https://developer.vonage.com/api-errors/messages#1260";
                (422, json!({ "type": kind, "title": "Destination unreachable", "detail": text, "instance": "bf0ca0bf927b3b52e3cb03217e1a1ddf" }))
            }
            Self::Infobip => {
                let status = json!({ "groupId": 5, "groupName": "REJECTED", "id": 52, "name": "REJECTED_DESTINATION", "description": text });
                (200, json!({ "messages": [{ "messageId": "ib-0", "status": status }] }))
            }
            Self::MessageBird => (422, json!({ "errors": [{ "code": 9, "description": text, "parameter": "recipients" }] })),
            Self::Zenziva => (200, json!({ "status": "0", "to": request.form_value("to"), "text": "Nomor tujuan salah" })),
        };
        (status, body.to_string())
    }
}

/// What the gateway does with the requests that it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behaviour {
    /// Takes every message.
    Accept,
    /// Says of every number that it cannot be reached.
    Refuse,
    /// Answers with this status and a text that repeats the request.
    Status(u16),
    /// Answers with this status and body.
    Answer(u16, String),
    /// Reads, and answers only when it behaves otherwise again.
    Hang,
    /// Reads, and hangs up.
    Reset,
    /// Takes the message, and hangs up before it says so.
    TakeAndReset,
    /// Answers with what is no HTTP.
    Noise,
    /// Answers 200 with what is no JSON.
    Garbage,
    /// Takes the message after a pause.
    Slow(Duration),
}

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The method.
    pub method: String,
    /// The path and the query.
    pub target: String,
    /// The header fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// When it was read.
    pub at: SystemTime,
}

impl Received {
    /// The value of a header field, by its name in lower case; empty when it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("a body in UTF-8")
    }

    /// The body as JSON; `null` when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body as the fields of a form, in their order.
    #[must_use]
    pub fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// The fields of the query, in their order.
    #[must_use]
    pub fn query(&self) -> Vec<(String, String)> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    fn form_value(&self, name: &str) -> String {
        self.form().into_iter().find(|(key, _)| key == name).map(|(_, value)| value).unwrap_or_default()
    }
}

/// How often what has happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections taken.
    pub connections: usize,
    /// Requests read, answered or not.
    pub requests: usize,
    /// Messages taken.
    pub taken: usize,
}

#[derive(Debug, Default)]
struct Seen {
    requests: Mutex<Vec<Received>>,
    counts: watch::Sender<Counts>,
}

/// A gateway on a loopback port, to be started within a Tokio runtime. It is gone when it is dropped.
#[derive(Debug)]
pub struct GatewaySink {
    address: SocketAddr,
    shape: Shape,
    seen: Arc<Seen>,
    behaviour: watch::Sender<Behaviour>,
    task: JoinHandle<()>,
}

impl GatewaySink {
    /// A gateway on a free port, which takes every message and answers as a generic one.
    #[must_use]
    pub fn start() -> Self {
        Self::of(Shape::Generic)
    }

    /// A gateway on a free port, which takes every message and answers in this shape.
    #[must_use]
    pub fn of(shape: Shape) -> Self {
        Self::start_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), shape)
    }

    /// A gateway at `address`, for one that comes late or comes back.
    #[must_use]
    pub fn start_at(address: SocketAddr, shape: Shape) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        // The port of a gateway that has just gone is taken again at once.
        socket.set_reuseaddr(true).expect("a reusable address");
        socket.bind(address).expect("a free port");
        let listener = socket.listen(1024).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let (behaviour, _) = watch::channel(Behaviour::Accept);
        let seen = Arc::new(Seen::default());
        let task = tokio::spawn(serve(listener, Arc::clone(&seen), behaviour.subscribe(), shape));
        Self { address, shape, seen, behaviour, task }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL to send to it: of its host alone.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How it calls the message that it took as the `count`th.
    #[must_use]
    pub fn reference(&self, count: usize) -> String {
        self.shape.reference(count)
    }

    /// Behaves like this from the next answer on.
    pub fn behave(&self, behaviour: Behaviour) {
        self.behaviour.send_replace(behaviour);
    }

    /// The requests so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Received> {
        self.seen.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What has happened so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        *self.seen.counts.borrow()
    }

    /// Waits until `count` requests were read; the requests.
    pub async fn received(&self, count: usize) -> Vec<Received> {
        self.until(|counts| counts.requests >= count).await;
        self.requests()
    }

    /// Waits until `count` messages were taken; the requests so far.
    pub async fn took(&self, count: usize) -> Vec<Received> {
        self.until(|counts| counts.taken >= count).await;
        self.requests()
    }

    /// Waits until what has happened fits.
    pub async fn until(&self, fits: impl Fn(&Counts) -> bool) -> Counts {
        let mut counts = self.seen.counts.subscribe();
        let met = timeout(PATIENCE, counts.wait_for(|counts| fits(counts))).await.map(|met| met.map(|counts| *counts));
        match met {
            Ok(Ok(counts)) => counts,
            _ => panic!("the gateway waited in vain: {:?}", self.counts()),
        }
    }

    /// Stops, and waits until its port is free.
    pub async fn stop(mut self) {
        self.task.abort();
        // Cancelled is what it is meant to be.
        let _ = (&mut self.task).await;
    }
}

impl Drop for GatewaySink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, seen: Arc<Seen>, behaviour: watch::Receiver<Behaviour>, shape: Shape) {
    // The set ends its connections with itself.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        seen.counts.send_modify(|counts| counts.connections += 1);
        connections.spawn(converse(BufReader::new(stream), Arc::clone(&seen), behaviour.clone(), shape));
        // Without this, those that are over would be kept.
        while connections.try_join_next().is_some() {}
    }
}

/// One connection. An error of the socket ends it, as it does on a real server.
async fn converse(mut stream: BufReader<TcpStream>, seen: Arc<Seen>, mut behaviour: watch::Receiver<Behaviour>, shape: Shape) -> std::io::Result<()> {
    while let Some(request) = read(&mut stream).await? {
        seen.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        seen.counts.send_modify(|counts| counts.requests += 1);
        let Ok(now) = behaviour.wait_for(|behaviour| *behaviour != Behaviour::Hang).await.map(|now| now.clone()) else {
            return Ok(());
        };
        let take = || {
            let mut count = 0;
            seen.counts.send_modify(|counts| {
                counts.taken += 1;
                count = counts.taken;
            });
            shape.taken(&request, count)
        };
        let (status, body) = match now {
            Behaviour::Accept | Behaviour::Hang => take(),
            Behaviour::Slow(pause) => {
                tokio::time::sleep(pause).await;
                take()
            }
            Behaviour::TakeAndReset => {
                take();
                return stream.into_inner().set_zero_linger();
            }
            Behaviour::Reset => return stream.into_inner().set_zero_linger(),
            Behaviour::Refuse => shape.refusal(&request),
            Behaviour::Status(status) => (status, String::from_utf8_lossy(&request.body).into_owned()),
            Behaviour::Answer(status, body) => (status, body),
            Behaviour::Garbage => (200, format!("<html>{}", String::from_utf8_lossy(&request.body))),
            Behaviour::Noise => {
                stream.write_all(b"220 sink.test ESMTP\r\n\r\n").await?;
                return Ok(());
            }
        };
        let length = body.len();
        let head = format!("HTTP/1.1 {status} As Scripted\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all(format!("{head}{body}").as_bytes()).await?;
    }
    Ok(())
}

/// The next request; none when the connection was closed in between.
async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Received>> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let mut parts = line.split_whitespace().map(str::to_owned);
    let (method, target) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    #[expect(clippy::disallowed_methods, reason = "a stand-in for another machine has that machine's clock")]
    let at = SystemTime::now();
    let mut request = Received { method, target, headers: Vec::new(), body: Vec::new(), at };
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        request.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    request.body = vec![0; request.header("content-length").parse().unwrap_or(0)];
    stream.read_exact(&mut request.body).await?;
    Ok(Some(request))
}
