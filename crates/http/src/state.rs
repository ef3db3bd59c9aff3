//! What every handler can reach: the core's door, the development inbox where there is one, and the few settings that are HTTP's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use daftar_core::audit::Caller;
use daftar_core::limit::Gcra;
use daftar_core::ports::Inbox;
use daftar_core::service::Accounts;
use ipnet::IpNet;

use crate::surface::shield::Shield;

/// The state of the router.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    parts: Parts,
    shield: Option<Shield>,
}

/// What an [`App`] is made of.
pub struct Parts {
    /// The core.
    pub accounts: Accounts,
    /// The development inbox, if a transport is `inbox`.
    pub inbox: Option<Arc<dyn Inbox>>,
    /// What HTTP decides for itself.
    pub settings: Settings,
    /// Whether the process still wants requests.
    pub readiness: Readiness,
}

/// Settings that only HTTP cares about.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where people reach this installation, without a slash at the end; every URL that we hand out begins with it (threat row 38).
    pub public_url: String,
    /// Peers whose `X-Forwarded-For` and `traceparent` are believed (threat row 17).
    pub trusted_proxies: Vec<IpNet>,
    /// Origins whose scripts may call; none by default (threat row 59).
    pub cors_origins: Vec<String>,
    /// Whether App answers its refusals with 200, for clients that look at the envelope alone (contract `app-auth.md`).
    pub app_always_ok: bool,
    /// Whether the server itself speaks TLS: then browsers are told to come by nothing else.
    pub speaks_tls: bool,
    /// Whether `/metrics` is answered at an address of its own.
    pub metrics_apart: bool,
    /// How many requests of any kind a client address may send to this process; `None`: as many as it likes.
    pub shield: Option<Gcra>,
}

/// Whether the process wants requests; turned off when it begins to drain.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// From now on `/readyz` says no.
    pub fn drain(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether draining has begun.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl App {
    /// The state made of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let shield = parts.settings.shield.map(Shield::new);
        Self(Arc::new(Inner { parts, shield }))
    }

    /// The core.
    #[must_use]
    pub fn accounts(&self) -> &Accounts {
        &self.0.parts.accounts
    }

    /// The core, for a call that does something: what it does is written down as done by `caller`.
    pub(crate) fn called(&self, caller: Caller) -> Accounts {
        self.accounts().called(caller)
    }

    /// The development inbox, if there is one.
    #[must_use]
    pub fn inbox(&self) -> Option<&Arc<dyn Inbox>> {
        self.0.parts.inbox.as_ref()
    }

    /// HTTP's own settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.parts.settings
    }

    /// What holds off floods, where anything does.
    pub(crate) fn shield(&self) -> Option<&Shield> {
        self.0.shield.as_ref()
    }

    /// Whether the process still wants requests.
    #[must_use]
    pub fn readiness(&self) -> &Readiness {
        &self.0.parts.readiness
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("settings", &self.0.parts.settings).finish_non_exhaustive()
    }
}
