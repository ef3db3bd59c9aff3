//! A mail server to send to: it keeps what it gets, and misbehaves when it is told to. The protocol is `mailin`'s, so that our client is
//! tested against somebody else's reading of RFC 5321; the sockets are ours, so that it can hang, hang up and come back.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mail_parser::MessageParser;
use mailin::{Action, AuthMechanism, Handler, Response, SessionBuilder, response};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

/// How long a test waits for something that must happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the server does with the conversations it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// Takes every mail.
    Accept,
    /// Answers every recipient with this code and a text that repeats the address.
    Refuse(u16),
    /// Answers every recipient with this code, and nothing after that.
    RefuseAndHang(u16),
    /// Answers every `MAIL FROM` with this code.
    RefuseSender(u16),
    /// Answers every mail, once it is there, with this code.
    RefuseContent(u16),
    /// Reads, and answers only when it behaves otherwise again.
    Hang,
    /// The same, but only once a mail has begun.
    HangInMail,
    /// Hangs up when a mail begins.
    HangUp,
}

/// A mail as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedMail {
    /// The envelope's recipients.
    pub to: Vec<String>,
    /// The envelope's sender.
    pub from: String,
    /// The whole mail.
    pub raw: String,
    /// Its decoded subject.
    pub subject: String,
    /// Its decoded text part.
    pub text: String,
    /// Its decoded HTML part.
    pub html: Option<String>,
}

impl ReceivedMail {
    fn parse(from: String, to: Vec<String>, raw: &[u8]) -> Self {
        let mail = MessageParser::default().parse(raw).expect("a mail that can be parsed");
        let subject = mail.subject().unwrap_or_default().to_owned();
        let text = mail.body_text(0).unwrap_or_default().into_owned();
        // Without an HTML part the parser makes one out of the text.
        let html = (mail.html_body_count() > 0 && mail.text_body != mail.html_body).then(|| mail.body_html(0)).flatten();
        Self { html: html.map(std::borrow::Cow::into_owned), from, to, raw: String::from_utf8_lossy(raw).into_owned(), subject, text }
    }

    /// The values of the header `name`, unfolded but not decoded.
    #[must_use]
    pub fn header(&self, name: &str) -> Vec<String> {
        let head = self.raw.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ").replace("\r\n\t", " ");
        let lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned()).collect()
    }
}

/// What has happened so far.
#[derive(Debug, Default)]
struct Seen {
    mails: Mutex<Vec<ReceivedMail>>,
    counts: watch::Sender<Counts>,
}

/// How often what has happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections taken.
    pub connections: usize,
    /// Commands and lines read, answered or not.
    pub lines: usize,
    /// Mails begun (`MAIL FROM`), taken or not.
    pub begun: usize,
    /// Mails taken.
    pub taken: usize,
}

/// A mail server on a loopback port, to be started within a Tokio runtime. It is gone when it is dropped.
#[derive(Debug)]
pub struct SmtpSink {
    address: SocketAddr,
    seen: Arc<Seen>,
    behaviour: watch::Sender<Behaviour>,
    task: JoinHandle<()>,
}

impl SmtpSink {
    /// A server on a free port, which takes every mail.
    pub fn start() -> Self {
        Self::start_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), None)
    }

    /// A server that takes mail from whoever gives this user and password.
    pub fn start_with_password(user: &str, password: &str) -> Self {
        Self::start_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), Some((user.to_owned(), password.to_owned())))
    }

    /// A server at `address`, for one that comes late or comes back.
    pub fn start_at(address: SocketAddr, password: Option<(String, String)>) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        // The port of a server that has just gone is taken again at once.
        socket.set_reuseaddr(true).expect("a reusable address");
        socket.bind(address).expect("a free port");
        let listener = socket.listen(64).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let (behaviour, _) = watch::channel(Behaviour::Accept);
        let seen = Arc::new(Seen::default());
        let task = tokio::spawn(serve(listener, Arc::clone(&seen), behaviour.subscribe(), password));
        Self { address, seen, behaviour, task }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL to send to it: without TLS, which it does not speak.
    #[must_use]
    pub fn url(&self) -> String {
        format!("smtp://{}?tls=none", self.address)
    }

    /// Behaves like this from the next line on.
    pub fn behave(&self, behaviour: Behaviour) {
        self.behaviour.send_replace(behaviour);
    }

    /// The mails so far.
    #[must_use]
    pub fn mails(&self) -> Vec<ReceivedMail> {
        self.seen.mails.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What has happened so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        *self.seen.counts.borrow()
    }

    /// Waits until `count` mails were taken; the mails.
    pub async fn received(&self, count: usize) -> Vec<ReceivedMail> {
        self.until(|counts| counts.taken >= count).await;
        self.mails()
    }

    /// Waits until what has happened fits.
    pub async fn until(&self, fits: impl Fn(&Counts) -> bool) -> Counts {
        let mut counts = self.seen.counts.subscribe();
        let met = timeout(PATIENCE, counts.wait_for(|counts| fits(counts))).await.map(|met| met.map(|counts| *counts));
        match met {
            Ok(Ok(counts)) => counts,
            _ => panic!("the mail server waited in vain: {:?}", self.counts()),
        }
    }

    /// Stops, and waits until its port is free.
    pub async fn stop(mut self) {
        self.task.abort();
        // Cancelled is what it is meant to be.
        let _ = (&mut self.task).await;
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, seen: Arc<Seen>, behaviour: watch::Receiver<Behaviour>, password: Option<(String, String)>) {
    // The set ends its conversations with itself.
    let mut conversations = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        seen.counts.send_modify(|counts| counts.connections += 1);
        conversations.spawn(converse(stream, Conversation::new(Arc::clone(&seen), behaviour.clone(), password.clone())));
    }
}

/// One connection. An error of the socket ends it, as it does on a real server.
async fn converse(stream: TcpStream, conversation: Conversation) -> std::io::Result<()> {
    let mut behaviour = conversation.behaviour.clone();
    let seen = Arc::clone(&conversation.seen);
    let mut builder = SessionBuilder::new("sink.test");
    if conversation.password.is_some() {
        builder.enable_auth(AuthMechanism::Plain).insecure_enable_plaintext_auth();
    }
    let mut session = builder.build(stream.peer_addr()?.ip(), conversation);
    let mut stream = BufReader::new(stream);
    let mut answer = session.greeting().buffer()?;
    let (mut in_mail, mut refused, mut is_refusal, mut closes) = (false, false, false, false);
    loop {
        let answers = |behaviour: &Behaviour| match behaviour {
            Behaviour::Hang => false,
            Behaviour::HangInMail => !in_mail,
            Behaviour::RefuseAndHang(_) => !refused,
            _ => true,
        };
        if behaviour.wait_for(answers).await.is_err() {
            return Ok(());
        }
        stream.write_all(&answer).await?;
        if closes {
            return Ok(());
        }
        refused = is_refusal;
        let mut line = Vec::new();
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        seen.counts.send_modify(|counts| counts.lines += 1);
        in_mail |= line.to_ascii_uppercase().starts_with(b"MAIL FROM");
        if in_mail && *behaviour.borrow() == Behaviour::HangUp {
            seen.counts.send_modify(|counts| counts.begun += 1);
            return Ok(());
        }
        let mut reply = session.process(&line);
        // Refused by the handler, mailin would take whatever follows for more of the mail.
        if let Behaviour::RefuseContent(code) = *behaviour.borrow()
            && line == b".\r\n"
            && !reply.is_error
        {
            reply = Response::custom(code, format!("{}.6.0 this is not welcome here", code / 100));
        }
        (answer, is_refusal, closes) = (reply.buffer()?, reply.is_error, reply.action == Action::Close);
    }
}

/// What is known of the mail at hand.
struct Conversation {
    seen: Arc<Seen>,
    behaviour: watch::Receiver<Behaviour>,
    password: Option<(String, String)>,
    from: String,
    to: Vec<String>,
    data: Vec<u8>,
}

impl Conversation {
    fn new(seen: Arc<Seen>, behaviour: watch::Receiver<Behaviour>, password: Option<(String, String)>) -> Self {
        Self { seen, behaviour, password, from: String::new(), to: Vec::new(), data: Vec::new() }
    }
}

impl Handler for Conversation {
    fn mail(&mut self, _ip: std::net::IpAddr, _domain: &str, from: &str) -> Response {
        self.seen.counts.send_modify(|counts| counts.begun += 1);
        self.from = from.to_owned();
        self.to.clear();
        self.data.clear();
        match *self.behaviour.borrow() {
            Behaviour::RefuseSender(code) => Response::custom(code, format!("{}.7.0 <{from}> is not welcome here", code / 100)),
            _ => response::OK,
        }
    }

    fn rcpt(&mut self, to: &str) -> Response {
        let behaviour = *self.behaviour.borrow();
        if let Behaviour::Refuse(code) | Behaviour::RefuseAndHang(code) = behaviour {
            return Response::custom(code, format!("{}.7.1 <{to}> is not welcome here", code / 100));
        }
        self.to.push(to.to_owned());
        response::OK
    }

    fn data(&mut self, line: &[u8]) -> std::io::Result<()> {
        self.data.extend_from_slice(line);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        if matches!(*self.behaviour.borrow(), Behaviour::RefuseContent(_)) {
            return response::OK;
        }
        let mail = ReceivedMail::parse(self.from.clone(), self.to.clone(), &self.data);
        self.seen.mails.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
        self.seen.counts.send_modify(|counts| counts.taken += 1);
        response::OK
    }

    fn auth_plain(&mut self, _authorization_id: &str, user: &str, password: &str) -> Response {
        let right = self.password.as_ref().is_some_and(|(u, p)| u == user && p == password);
        if right { response::AUTH_OK } else { response::INVALID_CREDENTIALS }
    }
}
