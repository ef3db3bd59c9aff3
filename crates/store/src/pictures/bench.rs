//! The threads on which pictures are prepared, and the short queue before them. Not the runtime's blocking pool: that one has no bound, and
//! every decoded picture takes up to 440 MB (sixteen bits in four channels, and its copy on white) while it is worked on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use bytes::Bytes;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use daftar_core::ports::{PictureError, PreparedPicture};
use tokio::sync::oneshot;

/// How many pictures are decoded at once: it bounds the memory that they take together.
const THREADS: usize = 2;
/// How many wait for a thread: a few seconds' work, well within a request's time.
const QUEUE: usize = 8;

type Answer = Result<PreparedPicture, PictureError>;

struct Job {
    upload: Bytes,
    answer: oneshot::Sender<Answer>,
}

/// Where uploads are turned into pictures.
pub(super) struct Bench {
    jobs: Sender<Job>,
}

impl std::fmt::Debug for Bench {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bench").field("waiting", &self.jobs.len()).finish()
    }
}

impl Bench {
    /// Starts the threads, each of which does `work`; they end when the bench is dropped and its queue is empty.
    ///
    /// # Errors
    /// [`PictureError::Store`] when a thread cannot be started.
    pub(super) fn start(work: impl Fn(&[u8]) -> Answer + Clone + Send + 'static) -> Result<Self, PictureError> {
        let (jobs, queue) = bounded(QUEUE);
        for number in 1..=THREADS {
            let (queue, work) = (queue.clone(), work.clone());
            let thread = thread::Builder::new().name(format!("pictures-{number}"));
            thread.spawn(move || serve(&queue, work)).map_err(|error| PictureError::Store(error.into()))?;
        }
        Ok(Self { jobs })
    }

    /// Has `upload` prepared.
    ///
    /// # Errors
    /// What preparing it comes to; [`PictureError::Overloaded`] at once when the queue is full.
    pub(super) async fn prepare(&self, upload: Bytes) -> Answer {
        let (answer, prepared) = oneshot::channel();
        self.jobs.try_send(Job { upload, answer }).map_err(|refused| match refused {
            TrySendError::Full(_) => PictureError::Overloaded,
            TrySendError::Disconnected(_) => stopped(),
        })?;
        prepared.await.unwrap_or_else(|_| Err(stopped()))
    }
}

fn stopped() -> PictureError {
    PictureError::Store("the threads that prepare pictures have stopped".into())
}

fn serve(queue: &Receiver<Job>, work: impl Fn(&[u8]) -> Answer) {
    for Job { upload, answer } in queue {
        // Whoever gave up waiting costs nothing more.
        if answer.is_closed() {
            continue;
        }
        // A decoder that panics has met a picture that it cannot read; it must not take the thread with it.
        let prepared = catch_unwind(AssertUnwindSafe(|| work(&upload))).unwrap_or_else(|_| {
            tracing::error!(bytes = upload.len(), "preparing a picture panicked");
            Err(PictureError::Unreadable)
        });
        drop(answer.send(prepared));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Barrier};

    use super::*;

    fn nothing() -> PreparedPicture {
        PreparedPicture { image: Bytes::new(), thumbnail: Bytes::new() }
    }

    #[tokio::test]
    async fn a_full_queue_says_so_at_once_and_the_waiting_are_served() {
        let gate = Arc::new(Barrier::new(THREADS + 1));
        let bench = {
            let gate = Arc::clone(&gate);
            Arc::new(Bench::start(move |upload: &[u8]| {
                if upload == b"held" {
                    gate.wait();
                    gate.wait();
                }
                Ok(nothing())
            }))
        };
        let bench = Arc::new(Arc::into_inner(bench).unwrap().unwrap());
        let send = |upload: &'static [u8]| {
            let bench = Arc::clone(&bench);
            tokio::spawn(async move { bench.prepare(Bytes::from_static(upload)).await })
        };
        let mut admitted: Vec<_> = (0..THREADS).map(|_| send(b"held")).collect();
        tokio::task::yield_now().await;
        // Every thread is now at work on one of the two that are held.
        gate.wait();
        admitted.extend((0..QUEUE).map(|_| send(b"waits")));
        while bench.jobs.len() < QUEUE {
            tokio::task::yield_now().await;
        }
        assert!(matches!(bench.prepare(Bytes::new()).await, Err(PictureError::Overloaded)));
        gate.wait();
        for one in admitted {
            assert_eq!(one.await.unwrap().unwrap(), nothing());
        }
        bench.prepare(Bytes::new()).await.unwrap();
    }

    #[tokio::test]
    async fn a_panic_costs_one_picture_and_no_thread() {
        let bench = Bench::start(|upload: &[u8]| if upload.is_empty() { panic!("a decoder's fault") } else { Ok(nothing()) }).unwrap();
        for _ in 0..2 * THREADS {
            assert!(matches!(bench.prepare(Bytes::new()).await, Err(PictureError::Unreadable)));
        }
        bench.prepare(Bytes::from_static(b"fine")).await.unwrap();
    }
}
