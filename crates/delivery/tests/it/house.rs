//! An outbox in memory, a clock to set, a transport that does as it is told, and workers in a hurry.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use daftar_core::brand::{Brand, Brands};
use daftar_core::identifier::{EmailAddress, PhoneNumber};
use daftar_core::locale::Locale;
use daftar_core::message::{Channel, Content, Envelope, Message, MessageId, Recipient, Sealer};
use daftar_core::outbox::{ClaimedMessage, Claims, Receipted, RouteName, Settled, Settlement, TriedAttempt, Way};
use daftar_core::ports::{Clock, Doorbell, Entropy, Outbox, StoreError, Timestamp};
use daftar_core::price::Price;
use daftar_core::secret::Secrets;
use daftar_delivery::{
    Accepted, Outgoing, Overrides, Pace, Renderer, Route, SendError, SmtpSettings, SmtpTransport, Transport, Worker, WorkerHandle, WorkerParts,
};
use tokio::sync::watch;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);
pub(crate) const LINK: &str = "https://accounts.example.test/signup/confirm?key=abc-_123";
pub(crate) const CODE: &str = "482915";

/// A clock that a test sets. It starts on 2026-11-05 08:00:00 UTC.
pub(crate) struct SetClock(pub(crate) AtomicI64);

impl SetClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = (self.0.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8;
        }
    }
}

/// A message in the outbox.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) envelope: Envelope,
    pub(crate) attempts: u32,
    pub(crate) due: Timestamp,
    /// What became of it, in order.
    pub(crate) history: Vec<Settlement>,
    /// The attempts that came to an end.
    pub(crate) tried: Vec<TriedAttempt>,
    pub(crate) done: bool,
}

/// An outbox in memory, as several replicas could share it.
pub(crate) struct MemoryOutbox {
    rows: Mutex<Vec<Row>>,
    away: AtomicBool,
    /// How often it was asked while it was away.
    turned_away: AtomicU64,
    changed: watch::Sender<()>,
}

impl MemoryOutbox {
    fn put(&self, envelope: Envelope) {
        self.rows.lock().unwrap().push(Row { due: envelope.created_at, envelope, attempts: 0, history: Vec::new(), tried: Vec::new(), done: false });
    }

    pub(crate) fn go_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    pub(crate) fn turned_away(&self) -> u64 {
        self.turned_away.load(Ordering::SeqCst)
    }

    pub(crate) fn row(&self, id: MessageId) -> Row {
        self.rows.lock().unwrap().iter().find(|row| row.envelope.id == id).cloned().unwrap()
    }

    pub(crate) fn damage(&self, id: MessageId) {
        let mut rows = self.rows.lock().unwrap();
        rows.iter_mut().find(|row| row.envelope.id == id).unwrap().envelope.sealed.reverse();
    }

    /// Makes a message one whose letter only a newer program can read.
    pub(crate) fn renew(&self, id: MessageId) {
        let letter = br#"{"locale":"en","platform":null,"content":{"kind":"something_new"}}"#;
        let mut rows = self.rows.lock().unwrap();
        let envelope = &mut rows.iter_mut().find(|row| row.envelope.id == id).unwrap().envelope;
        envelope.sealed = Secrets::derive(&[1; 32]).outbox.seal(letter, id.0.as_bytes(), &Counting(AtomicU64::new(9))).unwrap();
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.away.load(Ordering::SeqCst) {
            self.turned_away.fetch_add(1, Ordering::SeqCst);
            self.changed.send_replace(());
            return Err(StoreError::Overloaded);
        }
        Ok(())
    }
}

#[async_trait]
impl Outbox for MemoryOutbox {
    async fn claim(&self, channel: Channel, limit: u32, now: Timestamp, lease: Duration) -> Result<Claims, StoreError> {
        self.check()?;
        let mut rows = self.rows.lock().unwrap();
        let due = rows.iter_mut().filter(|row| !row.done && row.due <= now && row.envelope.to.channel() == channel);
        let claimed = due.take(limit as usize).map(|row| {
            row.due = now + lease;
            row.attempts += 1;
            ClaimedMessage { envelope: row.envelope.clone(), attempts: row.attempts - 1, number: row.attempts, tried: row.tried.clone() }
        });
        Ok(Claims { messages: claimed.collect(), given_up: Vec::new() })
    }

    async fn settle(&self, id: MessageId, settled: Settled, _now: Timestamp) -> Result<Option<Receipted>, StoreError> {
        self.check()?;
        let mut rows = self.rows.lock().unwrap();
        let row = rows.iter_mut().find(|row| row.envelope.id == id).unwrap();
        row.tried.extend(settled.attempt.map(|attempt| TriedAttempt { attempt, receipt: None }));
        match &settled.settlement {
            Settlement::Retry { at: until, .. } | Settlement::Awaiting { until } => row.due = *until,
            Settlement::Sent | Settlement::Failed { .. } => row.done = true,
        }
        row.history.push(settled.settlement);
        self.changed.send_replace(());
        Ok(None)
    }

    async fn waiting(&self) -> Result<u64, StoreError> {
        Ok(self.rows.lock().unwrap().iter().filter(|row| !row.done).count() as u64)
    }
}

/// What a scripted send comes to.
pub(crate) enum Act {
    Take,
    Answer(SendError),
    Panic,
    Hang,
    /// Takes it once the test says so.
    Wait(watch::Receiver<bool>),
}

/// A transport that follows a script, and takes everything when the script is over.
pub(crate) struct Scripted {
    script: Mutex<VecDeque<Act>>,
    sent: Mutex<Vec<(MessageId, String)>>,
    calls: watch::Sender<usize>,
}

impl Scripted {
    pub(crate) fn new(script: impl IntoIterator<Item = Act>) -> Arc<Self> {
        Arc::new(Self { script: Mutex::new(script.into_iter().collect()), sent: Mutex::default(), calls: watch::Sender::default() })
    }

    /// What it took, in order.
    pub(crate) fn sent(&self) -> Vec<MessageId> {
        self.sent.lock().unwrap().iter().map(|(id, _)| *id).collect()
    }

    /// Waits until it was called so often.
    pub(crate) async fn called(&self, count: usize) {
        let mut calls = self.calls.subscribe();
        let waited = timeout(PATIENCE, calls.wait_for(|calls| *calls >= count)).await.map(|calls| calls.map(|_| ()));
        assert!(matches!(waited, Ok(Ok(()))), "called {} times, not {count}", *self.calls.borrow());
    }
}

#[async_trait]
impl Transport for Scripted {
    async fn send(&self, message: &Outgoing<'_>) -> Result<Accepted, SendError> {
        let Outgoing { id, to, .. } = *message;
        let act = self.script.lock().unwrap().pop_front().unwrap_or(Act::Take);
        self.calls.send_modify(|calls| *calls += 1);
        match act {
            Act::Take => {}
            Act::Answer(error) => return Err(error),
            Act::Panic => panic!("the scripted transport panics, as it was told"),
            Act::Hang => std::future::pending().await,
            Act::Wait(mut go) => {
                go.wait_for(|go| *go).await.unwrap();
            }
        }
        self.sent.lock().unwrap().push((id, to.as_str().to_owned()));
        Ok(Accepted { reference: Some(format!("its own {}", id.0)) })
    }
}

/// A way without any condition.
pub(crate) fn route(name: &str, way: Way, transport: Arc<dyn Transport>) -> Route {
    Route::plain(RouteName::parse(name).unwrap(), way, transport)
}

/// What one test works with.
pub(crate) struct House {
    pub(crate) outbox: Arc<MemoryOutbox>,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) doorbell: Doorbell,
    pub(crate) pace: Pace,
    sealer: Sealer,
}

impl House {
    pub(crate) fn new() -> Self {
        let sealer = Sealer::new(Secrets::derive(&[1; 32]).outbox, Arc::new(Counting(AtomicU64::new(1))));
        let outbox =
            MemoryOutbox { rows: Mutex::default(), away: AtomicBool::new(false), turned_away: AtomicU64::new(0), changed: watch::Sender::default() };
        let pace = Pace { tick: Duration::from_millis(20), ..Pace::default() };
        let clock = Arc::new(SetClock(AtomicI64::new(1_793_865_600_000)));
        Self { outbox: Arc::new(outbox), clock, doorbell: Doorbell::default(), pace, sealer }
    }

    /// Queues a code that is worth sending for ten minutes, and rings.
    pub(crate) fn queue(&self, to: &str) -> MessageId {
        self.queue_in(to, Locale::English)
    }

    pub(crate) fn queue_in(&self, to: &str, locale: Locale) -> MessageId {
        let to = match EmailAddress::parse(to) {
            Ok(address) => Recipient::Email(address),
            Err(_) => Recipient::Sms(PhoneNumber::from_e164(to).unwrap()),
        };
        let content = Content::SignupCode { name: "Siti".into(), code: CODE.into(), code_minutes: 10, link: Some(LINK.into()), link_minutes: 30 };
        let message = Message { to, locale, platform: Some("ONMART".into()), content };
        let now = self.clock.now();
        let envelope = self.sealer.seal(message, now, now + Duration::from_secs(600)).unwrap();
        let id = envelope.id;
        self.outbox.put(envelope);
        self.doorbell.ring();
        id
    }

    /// Workers with one way for mail and one for short messages.
    pub(crate) fn spawn(&self, email: Arc<dyn Transport>, sms: Arc<dyn Transport>) -> WorkerHandle {
        self.spawn_routes(vec![route("mail", Way::Email, email)], vec![route("sms", Way::Sms, sms)], None)
    }

    /// Workers with one way for mail and none for short messages.
    pub(crate) fn spawn_mail(&self, email: Arc<dyn Transport>) -> WorkerHandle {
        self.spawn_routes(vec![route("mail", Way::Email, email)], Vec::new(), None)
    }

    pub(crate) fn spawn_routes(&self, email: Vec<Route>, sms: Vec<Route>, cost_max: Option<Price>) -> WorkerHandle {
        let brand = |name: &str| Brand::plain(name, "#c8102e");
        let brands = Brands { default: brand("Daftar"), platforms: vec![("ONMART".to_owned(), brand("ONMART"))] };
        Worker::spawn(WorkerParts {
            outbox: self.outbox.clone(),
            sealer: self.sealer.clone(),
            clock: self.clock.clone(),
            doorbell: self.doorbell.clone(),
            renderer: Renderer::new(brands, &Overrides::default()).unwrap(),
            email,
            sms,
            cost_max,
            pace: self.pace,
        })
    }

    /// Workers that send mail through the server at `url`.
    pub(crate) fn spawn_with_mail(&self, url: &str) -> WorkerHandle {
        self.spawn_mail(Arc::new(self.smtp(url)))
    }

    pub(crate) fn smtp(&self, url: &str) -> SmtpTransport {
        SmtpTransport::new(&SmtpSettings::new(url, "Accounts <no-reply@accounts.example.test>"), self.clock.clone()).unwrap()
    }

    /// Waits until what became of the message fits; the row.
    pub(crate) async fn until(&self, id: MessageId, fits: impl Fn(&Row) -> bool) -> Row {
        let mut changed = self.outbox.changed.subscribe();
        let settled = async {
            loop {
                let row = self.outbox.row(id);
                if fits(&row) {
                    return row;
                }
                changed.changed().await.unwrap();
            }
        };
        match timeout(PATIENCE, settled).await {
            Ok(row) => row,
            Err(_) => panic!("waited in vain; so far: {:?}", self.outbox.row(id).history),
        }
    }

    /// Waits until the message is sent or given up.
    pub(crate) async fn done(&self, id: MessageId) -> Row {
        self.until(id, |row| row.done).await
    }

    /// Waits until the message was tried so often without success; why it failed the last time.
    pub(crate) async fn put_off(&self, id: MessageId, times: usize) -> String {
        match self.until(id, |row| row.history.len() >= times).await.history.last() {
            Some(Settlement::Retry { reason, .. }) => reason.clone(),
            other => panic!("not put off: {other:?}"),
        }
    }

    /// Waits until the outbox has turned workers away so often.
    pub(crate) async fn turned_away(&self, times: u64) {
        let mut changed = self.outbox.changed.subscribe();
        let waited = async {
            while self.outbox.turned_away() < times {
                changed.changed().await.unwrap();
            }
        };
        timeout(PATIENCE, waited).await.expect("nobody asked the outbox");
    }
}
