//! From a configuration to the parts of the other crates. First the foundation that every command needs (store and keys), then, to serve,
//! the whole installation on it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use daftar_core::audit::{Caller, Scribe};
use daftar_core::hashing::HashingPool;
use daftar_core::message::Sealer;
use daftar_core::outbox::receipt::{self, NoReceipts};
use daftar_core::outbox::{RouteName, Way};
use daftar_core::ports::{Clock, Doorbell, Entropy, Inbox, Outbox, PasswordList, ReceiptReader, Store, new_id};
use daftar_core::secret::Secrets;
use daftar_core::service::{Accounts, Parts, Policy};
use daftar_core::token::StoredKeys;
use daftar_delivery::{Gateway, GatewayClient, Gateways, InboxTransport, Route, SmtpTransport, Worker, WorkerHandle, WorkerParts};
use daftar_http::{App, Readiness, Settings};
use daftar_store::password_list::FilePasswordList;
use daftar_store::pictures::FilePictures;
use daftar_store::{Location, SqlStore};
use tokio::task::JoinSet;
use tracing::{info, warn};

use crate::clock::Timekeeper;
use crate::config::{Config, EmailTransport, Mailer, SmsRoute, SmsTransport, Span, master_key_of};
use crate::keys::{self, KeyFileError, MasterKey};
use crate::system::{OsEntropy, SystemClock, operator};
use crate::{housekeeping, signing};

/// Where pictures lie in the data directory.
pub(crate) const PICTURES: &str = "pictures";

/// How long ending waits to tell the store the time.
const LAST_LOOK: Duration = Duration::from_secs(1);

/// The store and the keys: what every command works with. What is done through the store is written down as done by the operator.
pub(crate) struct Foundation {
    pub(crate) store: Arc<SqlStore>,
    pub(crate) timekeeper: Timekeeper,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) secrets: Secrets,
}

impl Foundation {
    /// Opens the store, made and brought up to date if `migrate`, with the master key that it was made under.
    ///
    /// # Errors
    /// When a file, the schema or the key is not what it must be.
    pub(crate) async fn open(config: &Config, migrate: bool) -> anyhow::Result<Self> {
        let (data_dir, url) = (config.data_dir(), config.database_url());
        let in_url = || format!("`database.url` = {:?}", url.masked());
        let location = Location::parse(url.expose()).with_context(in_url)?;
        keys::private_dir(&data_dir).context("`data_dir`")?;
        private_dir_of(&location).with_context(in_url)?;
        let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
        // The name only has to be nobody else's.
        let name = new_id(SystemClock.now(), &*entropy);
        let store = Arc::new(SqlStore::open(&location, config.database.opening(migrate, name)).await.with_context(in_url)?);
        let master = match &config.secrets.master_key {
            Some(key) => MasterKey::configured(master_key_of(key.expose()).context("`secrets.master_key` is no key")?),
            None => MasterKey::in_dir(&data_dir, &*entropy)?,
        };
        let secrets = Secrets::derive(&master.bytes);
        if !store.same_master_key(secrets.fingerprint).await.context("the store does not answer")? {
            master.reject();
            anyhow::bail!(
                "the database was made under another master key, without which no password and no client secret in it can be checked: \
                 put the right one back as {} or `secrets.master_key`",
                data_dir.join(keys::MASTER_FILE).display()
            );
        }
        let timekeeper = Timekeeper::start(Arc::clone(&store)).await.context("the store does not say what time it is")?;
        let clock: Arc<dyn Clock> = timekeeper.clock();
        let store = store.noted_by(Scribe::new(Caller::operator(operator()), Arc::clone(&clock), Arc::clone(&entropy)));
        Ok(Self { store: Arc::new(store), clock, timekeeper, entropy, secrets })
    }

    /// The keys that sign tokens, as far as the store keeps them.
    pub(crate) fn signing_keys(&self) -> StoredKeys {
        let Self { store, clock, entropy, secrets, .. } = self;
        StoredKeys::new(Arc::<SqlStore>::clone(store), Arc::clone(clock), Arc::clone(entropy), secrets)
    }
}

/// Makes the directory of a database in a file, if it is not there.
pub(crate) fn private_dir_of(location: &Location) -> Result<(), KeyFileError> {
    let dir = location.file().and_then(Path::parent).filter(|dir| !dir.as_os_str().is_empty());
    dir.map_or(Ok(()), keys::private_dir)
}

/// A whole installation at work.
pub(crate) struct Installation {
    pub(crate) app: App,
    pub(crate) foundation: Foundation,
    worker: WorkerHandle,
    background: JoinSet<()>,
}

impl Installation {
    /// Puts everything together and starts the workers; `bound` is where the server listens.
    ///
    /// # Errors
    /// When the configuration asks for what cannot be had.
    pub(crate) async fn start(config: &Config, bound: SocketAddr) -> anyhow::Result<Self> {
        daftar_http::operate::metrics::collect().context("metrics")?;
        daftar_core::count_from_zero();
        daftar_store::count_from_zero();
        let foundation = Foundation::open(config, config.database.migrate).await?;
        let Foundation { store, clock, entropy, secrets, .. } = &foundation;
        let doorbell = Doorbell::default();
        let public_url = config.public_url(bound);
        let hashing = HashingPool::start(config.hashing.cost(), config.hashing.threads(), secrets.passwords.clone(), &**entropy);
        let pictures = FilePictures::new(&config.data_dir().join(PICTURES)).context("the directory of pictures")?;
        let (sms, receipts) = sms(config, &foundation)?;
        let accounts = Accounts::new(Parts {
            store: Arc::<SqlStore>::clone(store),
            clock: Arc::clone(clock),
            entropy: Arc::clone(entropy),
            pictures: Arc::new(pictures),
            hashing: hashing.context("`hashing`")?,
            keys: signing::ring(config, &foundation).await?,
            secrets: secrets.clone(),
            doorbell: doorbell.clone(),
            known_passwords: password_lists(config)?,
            receipts,
            policy: policy(config, &public_url),
        });
        let worker = Worker::spawn(WorkerParts {
            outbox: Arc::<SqlStore>::clone(store) as Arc<dyn Outbox>,
            sealer: Sealer::new(secrets.outbox.clone(), Arc::clone(entropy)),
            clock: Arc::clone(clock),
            doorbell,
            renderer: config.renderer().context("`texts.dir`")?,
            email: email(config, &foundation)?,
            sms,
            cost_max: config.sms.max_cost,
            pace: config.outbox.pace(),
        });
        let mut background = JoinSet::new();
        background.spawn(housekeeping::run(Arc::<SqlStore>::clone(store), Arc::clone(clock), config.audit.keep.duration()));
        background.spawn(signing::follow(accounts.clone()));
        background.spawn(foundation.timekeeper.clone().follow());
        let app = App::new(daftar_http::Parts {
            accounts,
            inbox: config.has_inbox().then(|| Arc::<SqlStore>::clone(store) as Arc<dyn Inbox>),
            settings: Settings {
                public_url,
                trusted_proxies: config.trusted_proxies.clone(),
                cors_origins: config.http.cors_origins.clone(),
                app_always_ok: config.app.always_ok,
                speaks_tls: config.tls.files().is_some(),
                metrics_apart: config.metrics.listen.is_some(),
                shield: config.limits.shield(),
            },
            readiness: Readiness::default(),
        });
        Ok(Self { app, foundation, worker, background })
    }

    /// Ends the workers, then closes the store. No request may be at work any more.
    pub(crate) async fn stop(mut self) {
        self.worker.stop().await;
        // They hold the store; whether they were aborted or have panicked, they are gone now.
        self.background.shutdown().await;
        drop(self.app);
        // What is over by now is over for the next server, too. A store that is away keeps nobody here.
        let _ = tokio::time::timeout(LAST_LOOK, self.foundation.timekeeper.look()).await;
        drop(self.foundation);
    }
}

fn policy(config: &Config, public_url: &str) -> Policy {
    Policy {
        links: daftar_http::links(public_url),
        country: config.usapi.country.clone(),
        locale: config.locale,
        passwords: config.passwords.policy(),
        limits: config.limits.limits(&config.sms),
        guesses: config.limits.guesses(),
        test_contacts: config.limits.test_contacts(&config.usapi.country, &config.app.default_country).unwrap_or_default(),
        sessions: config.sessions.lifetimes(&config.app),
        registrations: config.registration_lifetimes(),
        app: config.app.policy(),
        brands: config.brands(),
    }
}

fn password_lists(config: &Config) -> anyhow::Result<Vec<Arc<dyn PasswordList>>> {
    let open = |path: &PathBuf| -> anyhow::Result<Arc<dyn PasswordList>> {
        let told = || format!("`passwords.lists`: {}", path.display());
        let list = FilePasswordList::open(path).with_context(told)?;
        let summary = list.summary().with_context(told)?;
        info!(list = %path.display(), of = summary.of, count = summary.count, "passwords that nobody may choose");
        if summary.looks_foreign {
            warn!(list = %path.display(), of = summary.of, "these hashes have none of 123456: are they of another kind?");
        }
        Ok(Arc::new(list))
    };
    config.passwords.lists.iter().map(open).collect()
}

fn email(config: &Config, foundation: &Foundation) -> anyhow::Result<Vec<Route>> {
    match config.email.transport(config.environment) {
        EmailTransport::Inbox => into_inbox(Way::Email, foundation),
        EmailTransport::Smtp => {
            let mailers = config.email.mailers().map_err(|_| anyhow::anyhow!("`email` has changed since it was checked"))?;
            let route = |mailer: Mailer| {
                let server = SmtpTransport::new(&mailer.settings, Arc::clone(&foundation.clock)).with_context(|| format!("`{}`", mailer.told.0))?;
                Ok(Route { timeout: mailer.timeout, ..Route::plain(mailer.name, Way::Email, Arc::new(server)) })
            };
            mailers.into_iter().map(route).collect()
        }
    }
}

/// The routes of short messages, and who reads their receipts.
fn sms(config: &Config, foundation: &Foundation) -> anyhow::Result<(Vec<Route>, Arc<dyn ReceiptReader>)> {
    if config.sms.transport(config.environment) == SmsTransport::Inbox {
        return Ok((into_inbox(Way::Sms, foundation)?, Arc::new(NoReceipts)));
    }
    let (mut routes, mut gateways) = (Vec::new(), Vec::new());
    // Without a route nothing is to be trusted.
    let client = if config.sms.routes.is_empty() { None } else { Some(GatewayClient::new()?) };
    for (route, client) in config.sms.routes.iter().zip(client.iter().cycle()) {
        let gateway = Arc::new(gateway(config, route, client.clone(), foundation)?);
        routes.push(Route {
            name: route.name.clone(),
            way: route.way(),
            countries: route.countries(),
            platforms: Some(route.platforms.clone()).filter(|platforms| !platforms.is_empty()),
            price: route.price.unwrap_or_default(),
            prices: route.prices()?,
            timeout: Some(route.timeout()),
            receipt_within: route.receipt_within.map(Span::duration),
            transport: Arc::<Gateway>::clone(&gateway),
        });
        gateways.push(gateway);
    }
    Ok((routes, Arc::new(Gateways::new(gateways, Arc::clone(&foundation.clock)))))
}

/// The gateway of a route, which knows where it is to report.
///
/// # Errors
/// When the route is not what it must be.
pub(crate) fn gateway(config: &Config, route: &SmsRoute, client: GatewayClient, foundation: &Foundation) -> anyhow::Result<Gateway> {
    let mut settings = route.settings()?;
    settings.receipt_token = receipt::token(&foundation.secrets, &route.name).into();
    // Development without a public URL is reached by nobody else: gateways refuse such an address.
    if let Some(public_url) = &config.public_url {
        settings.receipt_url = format!("{}{}{}", public_url.as_str(), daftar_http::receipts::PATH, route.name.as_str());
    }
    Ok(Gateway::new(&settings, client).map_err(|wrong| route.wrong_by(&wrong))?)
}

fn into_inbox(way: Way, foundation: &Foundation) -> anyhow::Result<Vec<Route>> {
    let inbox = InboxTransport::new(Arc::<SqlStore>::clone(&foundation.store), Arc::clone(&foundation.clock));
    Ok(vec![Route::plain(named("inbox")?, way, Arc::new(inbox))])
}

fn named(name: &str) -> anyhow::Result<RouteName> {
    RouteName::parse(name).with_context(|| format!("{name:?} is no name of a route"))
}
