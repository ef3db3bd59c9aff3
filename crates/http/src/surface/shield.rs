//! The shield against floods: how many requests of any kind one client address may send to this process. It is the process's own and knows nothing of other
//! replicas; what costs money or guesses is limited exactly, by the core. Whoever is under it costs a look into a table, and no memory once he is known.

use std::time::Duration;

use axum::extract::Request;
use daftar_core::limit::recent::Recent;
use daftar_core::limit::{ClientAddress, Full, Gcra, Usage};
use daftar_core::ports::Timestamp;

use super::caller::client_address;
use crate::App;

/// About how many addresses are remembered.
const MOST: usize = 131_072;
/// How often an address that was idle is looked for.
const SWEEP: Duration = Duration::from_secs(10);
/// What operators' own programs call, from wherever, and what costs next to nothing.
const OPERATORS: [&str; 2] = ["/healthz", "/readyz"];

/// A request that comes too soon after many others: nothing of it is read, and it is answered that it may come again after this time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flooded(pub(crate) Duration);

/// Who has sent how much of late.
pub(crate) struct Shield {
    limit: Gcra,
    /// When all of it is free again, by address.
    free_at: Recent<ClientAddress, Timestamp>,
}

impl Shield {
    /// Lets every address send as much as `limit` says.
    pub(crate) fn new(limit: Gcra) -> Self {
        Self { limit, free_at: Recent::new(MOST, SWEEP) }
    }

    /// Counts a request from `address`.
    ///
    /// # Errors
    /// [`Flooded`].
    fn pass(&self, address: ClientAddress, now: Timestamp) -> Result<(), Flooded> {
        let kept = |free_at: &mut Timestamp| {
            // Nobody is held for longer than a period by what a clock that has jumped leaves ahead.
            *free_at = (*free_at).min(now + self.limit.period);
            *free_at > now
        };
        let pass = |free_at: Option<&mut Timestamp>| {
            // A crowd of more addresses than are remembered is no flood from one of them.
            let Some(free_at) = free_at else { return Ok(()) };
            match self.limit.charge(Some(&Usage { free_at: *free_at, log: Vec::new() }), 1, now) {
                Ok(next) => {
                    *free_at = next.free_at;
                    Ok(())
                }
                Err(Full { wait, mended }) => {
                    *free_at = mended.map_or(*free_at, |mended| mended.free_at);
                    Err(Flooded(wait))
                }
            }
        };
        self.free_at.with(address, now, kept, || now, pass)
    }
}

/// The limit that a flood is counted under.
const FLOOD: &str = "requests.address";

/// Floods are counted from the start (see `daftar_core::count_from_zero`).
pub(crate) fn count_from_zero() {
    metrics::counter!("daftar_limited_total", "limit" => FLOOD).increment(0);
}

/// Whether a request is one of a flood. This machine is never shielded against, and its operators' calls are not counted.
pub(crate) fn flooded(app: &App, request: &Request) -> Option<Flooded> {
    let shield = app.shield()?;
    let address = client_address(request.headers(), request.extensions(), &app.settings().trusted_proxies);
    if address.is_here() || OPERATORS.contains(&request.uri().path()) {
        return None;
    }
    let flooded = shield.pass(address, app.accounts().now()).err()?;
    metrics::counter!("daftar_limited_total", "limit" => FLOOD).increment(1);
    Some(flooded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    const LIMIT: Gcra = Gcra { burst: 5, period: Duration::from_secs(5) };

    const HOUR: Duration = Duration::from_secs(3600);
    const SECOND: Duration = Duration::from_secs(1);

    fn start() -> Timestamp {
        Timestamp::UNIX_EPOCH + 1000 * HOUR
    }

    fn address(n: u32) -> ClientAddress {
        IpAddr::from(n.to_be_bytes()).into()
    }

    #[test]
    fn a_burst_passes_and_the_rest_at_the_rate() {
        let shield = Shield::new(LIMIT);
        let passed = |n: u32, now| shield.pass(address(n), now).map_err(|Flooded(wait)| wait);
        for _ in 0..5 {
            assert_eq!(passed(1, start()), Ok(()));
        }
        assert_eq!(passed(1, start()), Err(Duration::from_secs(1)));
        assert_eq!(passed(2, start()), Ok(()), "another's is another's");
        assert_eq!(passed(1, start() + SECOND), Ok(()));
        assert_eq!(passed(1, start() + SECOND), Err(Duration::from_secs(1)));
    }

    #[test]
    fn the_idle_are_forgotten() {
        let shield = Shield::new(LIMIT);
        for n in 0..1000 {
            shield.pass(address(n), start()).unwrap();
        }
        assert_eq!(shield.free_at.len(), 1000);
        for n in 1000..2000 {
            shield.pass(address(n), start() + 10 * SECOND).unwrap();
        }
        assert_eq!(shield.free_at.len(), 1000);
    }

    #[test]
    fn those_beyond_what_is_remembered_pass_and_whoever_is_remembered_is_held() {
        let shield = Shield::new(LIMIT);
        let most = u32::try_from(MOST).unwrap();
        for n in 0..2 * most {
            shield.pass(address(n), start()).unwrap();
        }
        assert_eq!(shield.free_at.len(), MOST);
        let held = (0..5).map(|_| shield.pass(address(1), start())).filter(Result::is_err).count();
        assert_eq!(held, 1);
    }

    #[test]
    fn fault_6_a_clock_an_hour_back_freezes_nobody() {
        let shield = Shield::new(LIMIT);
        for _ in 0..5 {
            shield.pass(address(1), start()).unwrap();
        }
        let earlier = start() - HOUR;
        assert!(shield.pass(address(1), earlier).is_err());
        assert!(shield.pass(address(1), earlier + SECOND).is_ok());
        assert!(shield.pass(address(1), earlier + SECOND).is_err());
    }
}
