//! What a test may want of its installation, and the policy that follows from it.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use daftar_core::brand::{Brand, Brands};
use daftar_core::code::Code;
use daftar_core::hashing::HashingCost;
use daftar_core::identifier::{Country, LoginId};
use daftar_core::limit::contacts::TestContacts;
use daftar_core::limit::guesses::GuessLimits;
use daftar_core::limit::{Gcra, Limits};
use daftar_core::locale::Locale;
use daftar_core::password::PasswordPolicy;
use daftar_core::registration::RegistrationLifetimes;
use daftar_core::service::{AppPolicy, Policy};
use daftar_core::session::SessionLifetimes;
use daftar_delivery::Transport;
use daftar_store::History;
use ipnet::IpNet;
use tempfile::TempDir;

use super::{Disk, Installation, MailWay, SmsRoute};
use crate::clock::ManualClock;
use crate::database::{Database, Engine};

/// What a test may want to be otherwise.
#[derive(Debug, Clone)]
pub struct Builder {
    pub(super) limits: Option<Limits>,
    pub(super) guesses: GuessLimits,
    pub(super) test_contacts: TestContacts,
    pub(super) shield: Option<Gcra>,
    pub(super) trusted_proxies: Vec<IpNet>,
    pub(super) inbox: bool,
    pub(super) cost: HashingCost,
    pub(super) threads: usize,
    pub(super) cors_origins: Vec<String>,
    pub(super) workers: bool,
    pub(super) app_always_ok: bool,
    pub(super) app: AppPolicy,
    pub(super) sms: Option<Vec<SmsRoute>>,
    pub(super) mail: Option<MailWay>,
    pub(super) history: History,
    pub(super) rebrand: fn(&mut Brands, &str),
    pub(super) min_guesses: u32,
    pub(super) password_lists: Vec<PathBuf>,
    pub(super) engine: Engine,
}

impl Default for Builder {
    fn default() -> Self {
        let cost = HashingCost { memory_kib: 128, passes: 1, lanes: 1 };
        Self {
            limits: None,
            guesses: GuessLimits::default(),
            test_contacts: TestContacts::default(),
            shield: None,
            trusted_proxies: Vec::new(),
            inbox: true,
            cost,
            threads: 2,
            cors_origins: Vec::new(),
            workers: true,
            app_always_ok: false,
            app: AppPolicy::default(),
            sms: None,
            mail: None,
            history: History::default(),
            rebrand: |_, _| {},
            min_guesses: 0,
            password_lists: Vec::new(),
            engine: Engine::of_this_run(),
        }
    }
}

impl Builder {
    /// With the limits as they are by default. A test's installation has none unless it says so, like a development configuration that turns them off.
    #[must_use]
    pub fn limits(self) -> Self {
        self.limited(Limits::default())
    }

    /// With limits of one's own.
    #[must_use]
    pub fn limited(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// With codes that grow at other numbers; where limits are on.
    #[must_use]
    pub fn guesses(mut self, guesses: GuessLimits) -> Self {
        self.guesses = guesses;
        self
    }

    /// With a contact to which nothing is sent, and its code.
    #[must_use]
    pub fn test_contact(mut self, contact: LoginId, code: &str) -> Self {
        self.test_contacts.0.push((contact, Code::parse(code).unwrap()));
        self
    }

    /// Where a new password must be worth so many guesses.
    #[must_use]
    pub fn min_guesses(mut self, fewest: u32) -> Self {
        self.min_guesses = fewest;
        self
    }

    /// Where nobody may choose a password of this list.
    #[must_use]
    pub fn password_list(mut self, list: &Path) -> Self {
        self.password_lists.push(list.to_owned());
        self
    }

    /// With a shield against floods. (A test's own address is never shielded against.)
    #[must_use]
    pub fn shield(mut self, shield: Gcra) -> Self {
        self.shield = Some(shield);
        self
    }

    /// Behind a proxy on this machine: whoever calls may say in `x-forwarded-for` where it comes from.
    #[must_use]
    pub fn behind_proxy(mut self) -> Self {
        self.trusted_proxies = vec![IpNet::from(IpAddr::from([127, 0, 0, 1]))];
        self
    }

    /// With brands that are otherwise; the change is told where the installation is reached.
    #[must_use]
    pub fn rebrand(mut self, rebrand: fn(&mut Brands, &str)) -> Self {
        self.rebrand = rebrand;
        self
    }

    /// With hashes at the cost of production, or dearer, on one thread.
    #[must_use]
    pub fn costly_hashes(mut self) -> Self {
        self.cost = HashingCost { memory_kib: 48 * 1024, ..HashingCost::default() };
        self.threads = 1;
        self
    }

    /// With hashes exactly as in production.
    #[must_use]
    pub fn production_hashes(mut self) -> Self {
        self.cost = HashingCost::default();
        self.threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self
    }

    /// With scripts of an origin allowed to call.
    #[must_use]
    pub fn cors_origin(mut self, origin: &str) -> Self {
        self.cors_origins.push(origin.to_owned());
        self
    }

    /// Behind proxies of these networks, whose forwarded headers are believed.
    #[must_use]
    pub fn behind(mut self, proxies: &[&str]) -> Self {
        self.trusted_proxies.extend(proxies.iter().map(|network| network.parse::<IpNet>().unwrap()));
        self
    }

    /// Without the pages of the inbox, as with real transports.
    #[must_use]
    pub fn without_inbox(mut self) -> Self {
        self.inbox = false;
        self
    }

    /// With short messages through gateways instead of into the inbox.
    #[must_use]
    pub fn sms(mut self, routes: impl IntoIterator<Item = SmsRoute>) -> Self {
        self.sms = Some(routes.into_iter().collect());
        self
    }

    /// With mail by another way instead of into the inbox.
    #[must_use]
    pub fn mail_by(mut self, way: Arc<dyn Transport>) -> Self {
        self.mail = Some(MailWay(way));
        self
    }

    /// Without outbox workers: messages stay queued.
    #[must_use]
    pub fn without_workers(mut self) -> Self {
        self.workers = false;
        self
    }

    /// With App's refusals answered 200.
    #[must_use]
    pub fn app_always_ok(mut self) -> Self {
        self.app_always_ok = true;
        self
    }

    /// With App's own policy.
    #[must_use]
    pub fn app(mut self, policy: AppPolicy) -> Self {
        self.app = policy;
        self
    }

    /// On this engine, whichever the run of tests is about.
    #[must_use]
    pub fn on(mut self, engine: Engine) -> Self {
        self.engine = engine;
        self
    }

    /// Starts the installation.
    pub async fn start(self) -> Installation {
        let disk = Arc::new(Disk { database: Database::fresh(self.engine).await, pictures: TempDir::new().unwrap() });
        Installation::launch(self, disk, Arc::new(ManualClock::default()), None).await
    }

    /// What the installation decides, reached at `url`.
    pub(super) fn policy(&self, url: &str) -> Policy {
        let brand = |name: &str| (name.to_owned(), Brand::plain(name, "#0b6e4f"));
        let mut brands =
            Brands { default: Brand::plain("Daftar", "#1f4e79"), platforms: ["ONMART", "ONMARKET", "OSAS", "ONAPPS"].map(brand).to_vec() };
        (self.rebrand)(&mut brands, url);
        Policy {
            links: daftar_http::links(url),
            country: Country::indonesia(),
            locale: Locale::English,
            passwords: PasswordPolicy { min_guesses: self.min_guesses, ..PasswordPolicy::default() },
            guesses: if self.limits.is_some() { self.guesses } else { GuessLimits::CONTRACT },
            limits: self.limits.clone(),
            test_contacts: self.test_contacts.clone(),
            sessions: SessionLifetimes::default(),
            registrations: RegistrationLifetimes::default(),
            app: self.app.clone(),
            brands,
        }
    }
}
