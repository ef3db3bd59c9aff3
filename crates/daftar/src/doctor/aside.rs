//! Work on a thread of its own: what asks a disk that hangs never comes back, and must keep nothing else back, the end of the program included.

use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

/// Why there is no outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    /// It takes longer than it may; it is left to itself.
    TooLong,
    /// It panicked (standard error says how), or there is no thread for it.
    Broken,
}

/// Does `work` aside, and waits `patience` for it.
pub(super) async fn aside<T: Send + 'static>(patience: Duration, work: impl Future<Output = T> + Send + 'static) -> Result<T, Lost> {
    let (tell, told) = oneshot::channel();
    let runtime = Handle::current();
    // Whoever asked may have gone.
    let thread = std::thread::Builder::new().name("look".to_owned()).spawn(move || {
        // What waits ends by itself in time, too: only what blocks is left behind.
        if let Ok(outcome) = runtime.block_on(async move { timeout(patience, work).await }) {
            drop(tell.send(outcome));
        }
    });
    thread.map_err(|_| Lost::Broken)?;
    let waited = Instant::now();
    let told = timeout(patience, told).await.map_err(|_| Lost::TooLong)?;
    told.map_err(|_| if waited.elapsed() < patience { Lost::Broken } else { Lost::TooLong })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_hangs_or_breaks_keeps_nobody() {
        let long = Duration::from_secs(60);
        assert_eq!(aside(long, async { 7 }).await, Ok(7));
        let (_open, wait) = std::sync::mpsc::channel::<()>();
        assert_eq!(aside(Duration::from_millis(1), async move { wait.recv().is_ok() }).await, Err(Lost::TooLong), "it blocks its thread");
        assert_eq!(aside(long, async { panic!("as it should") }).await, Err::<(), _>(Lost::Broken));
    }
}
