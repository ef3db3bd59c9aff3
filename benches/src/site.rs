//! Installations to measure: the real router, store, hashing pool and workers on a runtime of their own, as a process would have, behind a proxy,
//! with limits on and hashes as in production.

use std::sync::Arc;
use std::time::Duration;

use daftar_core::limit::{Gcra, Limits};
use daftar_testkit::Installation;
use daftar_testkit::database::Engine;
use tokio::runtime::Runtime;

use crate::courier::Courier;
use crate::people;

/// As it is by default.
const SHIELD: Gcra = Gcra { burst: 5000, period: Duration::from_secs(5) };

/// An installation full of accounts.
pub struct Site {
    /// The installation.
    pub installation: Installation,
    /// On what it keeps them.
    pub engine: Engine,
    /// Who brings its mail.
    pub courier: Arc<Courier>,
    /// How many accounts there are.
    pub accounts: u32,
    runtime: Runtime,
}

impl Site {
    /// One with so many accounts, each of which is limited in what it may do, as by default, or not at all.
    #[must_use]
    pub fn start(engine: Engine, accounts: u32, limits: Option<Limits>) -> Self {
        println!("filling {engine:?} with {accounts} accounts …");
        let (runtime, courier) = (runtime(), Arc::new(Courier::default()));
        let builder = Installation::builder().production_hashes().behind_proxy().mail_by(courier.clone()).on(engine);
        let builder = match limits {
            Some(limits) => builder.limited(limits).shield(SHIELD),
            None => builder,
        };
        let installation = runtime.block_on(builder.start());
        people::fill(&installation, engine, accounts);
        Self { installation, engine, courier, accounts, runtime }
    }

    /// Its clock stands still but for this: nobody has asked for anything for a while.
    pub fn later(&self, minutes: u32) {
        self.installation.clock.advance(Duration::from_secs(60) * minutes);
    }

    /// A second one on the same database. Nobody brings its mail.
    #[must_use]
    pub fn replica(&self) -> Self {
        let runtime = runtime();
        let installation = runtime.block_on(self.installation.replica());
        Self { installation, engine: self.engine, courier: Arc::clone(&self.courier), accounts: self.accounts, runtime }
    }

    /// Waits for something that happens in it.
    pub fn wait<T>(&self, what: impl Future<Output = T>) -> T {
        self.runtime.block_on(what)
    }
}

/// A runtime like that of the program.
#[must_use]
pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}
