//! What a test may want of its installation, and the policy that follows from it.

use std::sync::Arc;

use daftar_core::brand::{Brand, Brands};
use daftar_core::hashing::HashingCost;
use daftar_core::identifier::Country;
use daftar_core::locale::Locale;
use daftar_core::password::PasswordPolicy;
use daftar_core::registration::RegistrationLifetimes;
use daftar_core::service::{AppPolicy, Policy};
use daftar_core::session::SessionLifetimes;
use daftar_core::throttle::PasswordLimits;
use daftar_store::History;
use tempfile::TempDir;

use super::{Disk, Installation, SmsRoute};
use crate::clock::ManualClock;
use crate::database::{Database, Engine};

/// What a test may want to be otherwise.
#[derive(Debug, Clone)]
pub struct Builder {
    pub(super) limits: bool,
    pub(super) inbox: bool,
    pub(super) cost: HashingCost,
    pub(super) threads: usize,
    pub(super) cors_origins: Vec<String>,
    pub(super) trusted_proxies: Vec<String>,
    pub(super) workers: bool,
    pub(super) app_always_ok: bool,
    pub(super) app: AppPolicy,
    pub(super) sms: Option<Vec<SmsRoute>>,
    pub(super) history: History,
    pub(super) rebrand: fn(&mut Brands, &str),
    pub(super) engine: Engine,
}

impl Default for Builder {
    fn default() -> Self {
        let cost = HashingCost { memory_kib: 128, passes: 1, lanes: 1 };
        Self {
            limits: false,
            inbox: true,
            cost,
            threads: 2,
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            workers: true,
            app_always_ok: false,
            app: AppPolicy::default(),
            sms: None,
            history: History::default(),
            rebrand: |_, _| {},
            engine: Engine::of_this_run(),
        }
    }
}

impl Builder {
    /// With the limits on wrong passwords, which are off by default as they are in a development configuration that turns limits off.
    #[must_use]
    pub fn limits(mut self) -> Self {
        self.limits = true;
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
        self.trusted_proxies.extend(proxies.iter().map(|&network| network.to_owned()));
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
            passwords: PasswordPolicy::default(),
            password_limits: self.limits.then(PasswordLimits::default),
            sessions: SessionLifetimes::default(),
            registrations: RegistrationLifetimes::default(),
            app: self.app.clone(),
            brands,
        }
    }
}
