//! A whole installation in a test: the real router, store, hashing pool and outbox workers, on a free loopback port, with a clock that the test
//! moves and an inbox that it reads. It stops when it is dropped.

mod builder;
mod gateways;
mod messages;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use daftar_core::account::AccountStatus;
use daftar_core::client::{Clients, MachineClient, Scope};
use daftar_core::hashing::HashingPool;
use daftar_core::identifier::{Country, LoginId};
use daftar_core::message::Sealer;
use daftar_core::outbox::receipt::NoReceipts;
use daftar_core::outbox::{RouteName, Way};
use daftar_core::ports::{Clock as _, Doorbell, Inbox, ReceiptReader, Store as _};
use daftar_core::secret::{RandomSecret, Secrets};
use daftar_core::service::{Accounts, Parts};
use daftar_core::token::{KeyRing, StoredKeys};
use daftar_delivery::{InboxTransport, Overrides, Pace, Renderer, Route, Transport, Worker, WorkerHandle, WorkerParts};
use daftar_http::{App, Readiness, Settings};
use daftar_store::password_list::FilePasswordList;
use daftar_store::pictures::FilePictures;
use daftar_store::{History, SqlStore};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub use builder::Builder;
pub use gateways::SmsRoute;

use crate::breakable::{Breakable, Condition};
use crate::clock::{ManualClock, OsEntropy};
use crate::database::Database;
use crate::http::Caller;

/// How long a test waits for something that happens by itself before it says that it does not.
const PATIENCE: Duration = Duration::from_secs(20);
const MASTER_KEY: [u8; 32] = *b"the master key of every test yes";

/// How mail goes.
#[derive(Clone)]
struct MailWay(Arc<dyn Transport>);

impl std::fmt::Debug for MailWay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MailWay(..)")
    }
}

/// What outlives a restart, and what replicas share.
struct Disk {
    database: Database,
    pictures: TempDir,
}

/// A running installation.
pub struct Installation {
    /// The clock of everything in it.
    pub clock: Arc<ManualClock>,
    /// Whether it wants requests.
    pub readiness: Readiness,
    accounts: Accounts,
    app: App,
    store: SqlStore,
    switch: Arc<Breakable>,
    url: String,
    address: SocketAddr,
    shop: (MachineClient, RandomSecret),
    builder: Builder,
    disk: Arc<Disk>,
    worker: Option<WorkerHandle>,
    stop: Option<oneshot::Sender<()>>,
    served: Option<tokio::task::JoinHandle<()>>,
}

impl Installation {
    /// What most tests want: cheap hashes, an inbox, no limits.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Starts what most tests want.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// Starts the same with the limits as they are by default.
    pub async fn with_limits() -> Self {
        Self::builder().limits().start().await
    }

    async fn launch(builder: Builder, disk: Arc<Disk>, clock: Arc<ManualClock>, shop: Option<(MachineClient, RandomSecret)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let url = format!("http://{address}");
        let store = disk.database.open(&builder.history).await;
        let switch = Arc::new(Breakable::new(store.clone()));
        let secrets = Secrets::derive(&MASTER_KEY);
        let (entropy, doorbell) = (Arc::new(OsEntropy), Doorbell::default());
        let clients = Clients::new(Arc::new(store.clone()), clock.clone(), entropy.clone(), secrets.clone());
        let shop = match shop {
            Some(shop) => shop,
            None => clients.create("shop", vec![Scope::Usapi], Country::indonesia()).await.unwrap(),
        };
        let keys = StoredKeys::new(switch.clone(), clock.clone(), entropy.clone(), &secrets);
        keys.begin(None).await.unwrap();
        let policy = builder.policy(&url);
        let inbox: Arc<dyn Inbox> = Arc::new(store.clone());
        let by = |way, transport: Arc<dyn Transport>| vec![Route::plain(RouteName::parse("inbox").unwrap(), way, transport)];
        let into_inbox = |way| by(way, Arc::new(InboxTransport::new(Arc::clone(&inbox), clock.clone())));
        let mail = builder.mail.clone().map_or_else(|| into_inbox(Way::Email), |MailWay(transport)| by(Way::Email, transport));
        let (sms, receipts) = match &builder.sms {
            Some(wanted) => gateways::routes(wanted, &url, &secrets, clock.clone()),
            None => (into_inbox(Way::Sms), Arc::new(NoReceipts) as Arc<dyn ReceiptReader>),
        };
        let worker = builder.workers.then(|| {
            Worker::spawn(WorkerParts {
                outbox: Arc::new(store.clone()),
                sealer: Sealer::new(secrets.outbox.clone(), entropy.clone()),
                clock: clock.clone(),
                doorbell: doorbell.clone(),
                renderer: Renderer::new(policy.brands.clone(), &Overrides::default()).unwrap(),
                email: mail.clone(),
                sms: sms.clone(),
                cost_max: None,
                pace: Pace::default(),
            })
        });
        let accounts = Accounts::new(Parts {
            store: switch.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
            pictures: Arc::new(FilePictures::new(&disk.pictures.path().join("pictures")).unwrap()),
            hashing: HashingPool::start(builder.cost, builder.threads, secrets.passwords.clone(), &OsEntropy).unwrap(),
            keys: KeyRing::stored("https://accounts.example.test", keys).await.unwrap(),
            secrets,
            doorbell,
            known_passwords: builder.password_lists.iter().map(|list| Arc::new(FilePasswordList::open(list).unwrap()) as _).collect(),
            receipts,
            policy,
        });
        daftar_http::operate::metrics::collect().unwrap();
        let readiness = Readiness::default();
        let settings = Settings {
            public_url: url.clone(),
            trusted_proxies: builder.trusted_proxies.clone(),
            cors_origins: builder.cors_origins.clone(),
            app_always_ok: builder.app_always_ok,
            speaks_tls: false,
            metrics_apart: false,
            shield: builder.shield,
        };
        let app = App::new(daftar_http::Parts {
            accounts: accounts.clone(),
            inbox: builder.inbox.then_some(inbox),
            settings,
            readiness: readiness.clone(),
        });
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = app.clone();
        let served = tokio::spawn(async move {
            let until = async {
                let _ = stopped.await;
            };
            daftar_http::server::serve(
                daftar_http::server::Serving::default(),
                listener,
                daftar_http::router(serving),
                until,
                Duration::from_secs(5),
            )
            .await
            .unwrap();
        });
        Self { clock, readiness, accounts, app, store, switch, url, address, shop, builder, disk, worker, stop: Some(stop), served: Some(served) }
    }

    /// The same, with hashes that cost more from now on, so that every kept password is out of date.
    pub async fn restarted_with_dearer_hashes(mut self) -> Self {
        self.builder.cost.passes += 1;
        self.restarted().await
    }

    /// The same after a restart, with a list of passwords that nobody may choose.
    pub async fn restarted_with_password_list(mut self, list: &Path) -> Self {
        self.builder = self.builder.password_list(list);
        self.restarted().await
    }

    /// Stops it and starts it again on the same data, as after a deployment.
    pub async fn restarted(mut self) -> Self {
        drop(self.stop.take());
        if let Some(served) = self.served.take() {
            served.await.unwrap();
        }
        if let Some(worker) = self.worker.take() {
            worker.stop().await;
        }
        let (disk, clock, shop, builder) = (Arc::clone(&self.disk), Arc::clone(&self.clock), self.shop.clone(), self.builder.clone());
        drop(self);
        Self::launch(builder, disk, clock, Some(shop)).await
    }

    /// Another one beside it, on the same database, with the same clock and pictures: a replica.
    pub async fn replica(&self) -> Self {
        Self::launch(self.builder.clone(), Arc::clone(&self.disk), Arc::clone(&self.clock), Some(self.shop.clone())).await
    }

    /// A replica that is of a newer program, whose schema has another migration.
    pub async fn newer_replica(&self, history: History) -> Self {
        let builder = Builder { history, ..self.builder.clone() };
        Self::launch(builder, Arc::clone(&self.disk), Arc::clone(&self.clock), Some(self.shop.clone())).await
    }

    /// Where it is reached.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL of its database.
    #[must_use]
    pub fn database_url(&self) -> String {
        self.disk.database.url()
    }

    /// Everything that its database holds on disk: what a thief of it has.
    pub async fn bytes_on_disk(&self) -> Vec<u8> {
        self.disk.database.bytes_on_disk().await
    }

    /// Its socket.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The keys that sign its tokens, as an operator reaches them beside it.
    #[must_use]
    pub fn stored_keys(&self) -> StoredKeys {
        StoredKeys::new(Arc::new(self.store.clone()), self.clock.clone(), Arc::new(OsEntropy), &self.secrets())
    }

    /// What is derived from its master key.
    #[must_use]
    pub fn secrets(&self) -> Secrets {
        Secrets::derive(&MASTER_KEY)
    }

    /// The store behind it.
    #[must_use]
    pub fn store(&self) -> &SqlStore {
        &self.store
    }

    /// The core behind it.
    #[must_use]
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// What its router answers with, for whoever calls that without a socket.
    #[must_use]
    pub fn app(&self) -> App {
        self.app.clone()
    }

    /// Somebody without credentials.
    #[must_use]
    pub fn anybody(&self) -> Caller {
        Caller::new(&self.url)
    }

    /// The back end of a shop: a machine client with scope `usapi`.
    #[must_use]
    pub fn shop(&self) -> Caller {
        self.anybody().basic(self.shop.0.id.as_str(), self.shop.1.expose())
    }

    /// The shop's id.
    #[must_use]
    pub fn shop_id(&self) -> &str {
        self.shop.0.id.as_str()
    }

    /// The shop's secret.
    #[must_use]
    pub fn shop_secret(&self) -> &str {
        self.shop.1.expose()
    }

    /// Its machine clients, as an operator administers them beside it.
    #[must_use]
    pub fn clients(&self) -> Clients {
        Clients::new(Arc::new(self.store.clone()), self.clock.clone(), Arc::new(OsEntropy), self.secrets())
    }

    /// Another machine client, with these scopes.
    pub async fn client_with(&self, scopes: &[&str]) -> Caller {
        let scopes = scopes.iter().map(|name| Scope::from_name(name).unwrap()).collect();
        let (client, secret) = self.clients().create("another", scopes, Country::indonesia()).await.unwrap();
        self.anybody().basic(client.id.as_str(), secret.expose())
    }

    /// The username of the account that a contact belongs to.
    pub async fn username_of(&self, contact: &str) -> String {
        let account =
            self.store.find_account(&LoginId::classify(contact, &Country::indonesia()).unwrap()).await.unwrap().expect("there is such an account");
        account.username.expect("it has a username").as_str().to_owned()
    }

    /// Disables the account known by `name`.
    pub async fn disable(&self, name: &str) {
        self.set_status(name, AccountStatus::Disabled).await;
    }

    /// Enables the account known by `name`.
    pub async fn enable(&self, name: &str) {
        self.set_status(name, AccountStatus::Active).await;
    }

    async fn set_status(&self, name: &str, status: AccountStatus) {
        let id = LoginId::classify(name, &Country::indonesia()).unwrap();
        let account = self.store.find_account(&id).await.unwrap().expect("there is such an account");
        assert!(self.accounts.set_status(account.id, status).await.unwrap());
    }

    /// Takes the store away from the core, as when the database cannot be reached.
    pub fn break_store(&self) {
        self.switch.set(Condition::Away);
    }

    /// Damages the store: the core can neither read nor write, and trying again does not help.
    pub fn damage_store(&self) {
        self.switch.set(Condition::Damaged);
    }

    /// Lets the core read, but nothing that it writes succeeds, and trying again does not help.
    pub fn damage_writes(&self) {
        self.switch.set(Condition::Unwritable);
    }

    /// How many hashes were computed.
    #[must_use]
    pub fn hashes(&self) -> u64 {
        self.accounts.hashes_done()
    }

    /// How many wrong codes are counted against a subject.
    pub async fn wrong_codes(&self, subject: &str) -> u32 {
        self.store.pressure(&[subject.to_owned()], self.clock.now()).await.unwrap().subject
    }

    /// How many wrong codes are counted against everybody in the last hour.
    pub async fn wrong_codes_of_everybody(&self) -> u32 {
        self.store.pressure(&["nobody".to_owned()], self.clock.now()).await.unwrap().installation
    }

    /// How many picture files are kept.
    #[must_use]
    pub fn files_kept(&self) -> usize {
        fn count(dir: PathBuf) -> usize {
            let Ok(entries) = std::fs::read_dir(dir) else { return 0 };
            entries.map(Result::unwrap).map(|e| if e.file_type().unwrap().is_dir() { count(e.path()) } else { 1 }).sum()
        }
        count(self.disk.pictures.path().join("pictures"))
    }

    async fn until<T, F: Future<Output = Option<T>>>(&self, what: &str, look: impl Fn() -> F) -> T {
        let looking = async {
            let mut pause = tokio::time::interval(Duration::from_millis(5));
            loop {
                if let Some(found) = look().await {
                    return found;
                }
                pause.tick().await;
            }
        };
        tokio::time::timeout(PATIENCE, looking).await.unwrap_or_else(|_| panic!("did not happen: {what}"))
    }
}
