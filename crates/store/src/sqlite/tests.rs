//! The writer's promises, with batches made on purpose: a gate keeps the thread busy until the jobs behind it are queued.

use crossbeam_channel::{Receiver, Sender, bounded};
use daftar_core::ports::StoreError;
use tempfile::TempDir;

use super::reader::Readers;
use super::writer::{QUEUE, Writer};
use crate::migration::History;
use crate::tx::{Op, Tx};
use crate::value::Value;

struct Bench {
    writer: Writer,
    directory: TempDir,
}

async fn bench() -> Bench {
    let directory = TempDir::new().unwrap();
    let writer = Writer::start(directory.path().join("daftar.db"), History::default(), true).await.unwrap();
    Bench { writer, directory }
}

impl Bench {
    /// Which of the keys that jobs put are there.
    async fn kept(&self) -> Vec<i64> {
        let readers = Readers::start(&self.directory.path().join("daftar.db")).unwrap();
        readers.look_up((), |tx, ()| Box::pin(keys(tx))).await.unwrap()
    }
}

async fn keys(tx: &mut Tx<'_>) -> Result<Vec<i64>, StoreError> {
    tx.all("SELECT minute FROM wrong_code_minutes ORDER BY minute", &[], |row| row.of("wrong_code_minutes").number("minute")).await
}

async fn put(tx: &mut Tx<'_>, key: i64) -> Result<(), StoreError> {
    tx.exec("INSERT INTO wrong_code_minutes (minute, wrong) VALUES ($1, 1)", &[key.into()]).await.map(drop)
}

const PUT: Op<i64, ()> = |tx, &key| Box::pin(put(tx, key));
const PUT_AND_PANIC: Op<i64, ()> = |tx, &key| {
    Box::pin(async move {
        put(tx, key).await?;
        panic!("a programming error");
    })
};
const PUT_AND_FAIL: Op<i64, ()> = |tx, &key| {
    Box::pin(async move {
        put(tx, key).await?;
        put(tx, key).await
    })
};
const PUT_AND_KEEP_NOTHING: Op<i64, &'static str> = |tx, &key| {
    Box::pin(async move {
        put(tx, key).await?;
        tx.keep_nothing();
        Ok("taken")
    })
};
const PUT_AND_AWAIT: Op<i64, ()> = |tx, &key| {
    Box::pin(async move {
        put(tx, key).await?;
        std::future::pending().await
    })
};
/// What SQLite does by itself when the disk is full.
const GIVE_UP: Op<i64, ()> = |tx, _| Box::pin(async move { tx.exec("ROLLBACK", &[]).await.map(drop) });
/// Waits until the other end of its channel is dropped.
const GATE: Op<Receiver<()>, ()> = |_, gate| {
    Box::pin(async move {
        let _ = gate.recv();
        Ok(())
    })
};

fn gate() -> (Sender<()>, Receiver<()>) {
    bounded(0)
}

#[tokio::test]
async fn a_job_that_panics_or_fails_leaves_its_batch_mates_alone() {
    let bench = bench().await;
    let (open, gate) = gate();
    let writer = &bench.writer;
    let (_, first, panicked, failed, taken, awaited, last, ()) = tokio::join!(
        writer.run(gate, None, GATE),
        writer.run(1, None, PUT),
        writer.run(2, None, PUT_AND_PANIC),
        writer.run(3, None, PUT_AND_FAIL),
        writer.run(4, None, PUT_AND_KEEP_NOTHING),
        writer.run(5, None, PUT_AND_AWAIT),
        writer.run(6, None, PUT),
        async { drop(open) }
    );
    first.unwrap();
    last.unwrap();
    assert_eq!(taken.unwrap(), "taken");
    for outcome in [panicked, failed, awaited] {
        assert!(matches!(outcome, Err(StoreError::Failed(_))), "{outcome:?}");
    }
    assert_eq!(bench.kept().await, [1, 6]);
}

#[tokio::test]
async fn a_batch_that_the_database_gives_up_is_answered_with_an_outage() {
    let bench = bench().await;
    let (open, gate) = gate();
    let writer = &bench.writer;
    let (_, before, given_up, after, ()) =
        tokio::join!(writer.run(gate, None, GATE), writer.run(1, None, PUT), writer.run(2, None, GIVE_UP), writer.run(3, None, PUT), async {
            drop(open);
        });
    for outcome in [before, given_up] {
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    }
    after.unwrap();
    assert_eq!(bench.kept().await, [3]);
}

#[tokio::test]
async fn a_full_disk_is_an_outage_that_ends() {
    let bench = bench().await;
    let full: Op<(), ()> = |tx, ()| {
        Box::pin(async move {
            tx.each("PRAGMA max_page_count = 1", &[], |_| Ok(())).await?;
            tx.exec("INSERT INTO settings (key, value) VALUES ('large', $1)", &[Value::Bytes(&[7; 100_000])]).await.map(drop)
        })
    };
    let (open, gate) = gate();
    let (_, before, refused, ()) =
        tokio::join!(bench.writer.run(gate, None, GATE), bench.writer.run(1, None, PUT), bench.writer.run((), None, full), async { drop(open) });
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    // SQLite may undo the statement alone or the whole transaction; either way an answer is a promise.
    assert_eq!(bench.kept().await, if before.is_ok() { vec![1] } else { vec![] });
    let room: Op<(), ()> = |tx, ()| Box::pin(async move { tx.each("PRAGMA max_page_count = 1000000", &[], |_| Ok(())).await });
    bench.writer.run((), None, room).await.unwrap();
    bench.writer.run(2, None, PUT).await.unwrap();
}

#[tokio::test]
async fn who_finds_the_queue_full_is_told_at_once() {
    let bench = bench().await;
    let (open, gate) = gate();
    let (started, has_started) = bounded(1);
    let busy: Op<(Sender<()>, Receiver<()>), ()> = |_, (started, gate)| {
        Box::pin(async move {
            let _ = started.send(());
            let _ = gate.recv();
            Ok(())
        })
    };
    let release = async {
        // The queue is full, yet nobody has been answered: what is refused now is refused because of that.
        assert!(matches!(bench.writer.run(-1, None, PUT).await, Err(StoreError::Overloaded)));
        drop(open);
    };
    let fill = async {
        has_started.recv().unwrap();
        let mut waiting: Vec<_> = (0..QUEUE as i64).map(|key| Box::pin(bench.writer.run(key, None, PUT))).collect();
        let mut queued = Vec::new();
        for call in &mut waiting {
            queued.push(futures_util::FutureExt::now_or_never(call.as_mut()));
        }
        assert!(queued.iter().all(Option::is_none));
        release.await;
        for call in waiting {
            call.await.unwrap();
        }
    };
    let (outcome, ()) = tokio::join!(bench.writer.run((started, gate), None, busy), fill);
    outcome.unwrap();
    assert_eq!(bench.kept().await.len(), QUEUE);
}

#[tokio::test]
async fn a_job_is_carried_out_though_its_caller_is_gone_and_the_store_closing() {
    let bench = bench().await;
    let (open, gate) = gate();
    let mut calls = vec![Box::pin(bench.writer.run(1, None, PUT)), Box::pin(bench.writer.run(2, None, PUT))];
    let mut gated = Box::pin(bench.writer.run(gate, None, GATE));
    assert!(futures_util::FutureExt::now_or_never(gated.as_mut()).is_none());
    for call in &mut calls {
        assert!(futures_util::FutureExt::now_or_never(call.as_mut()).is_none());
    }
    drop(calls);
    drop(gated);
    drop(open);
    let Bench { writer, directory } = bench;
    drop(writer);
    let bench = Bench { writer: Writer::start(directory.path().join("daftar.db"), History::default(), false).await.unwrap(), directory };
    assert_eq!(bench.kept().await, [1, 2]);
}

#[tokio::test]
async fn parameters_are_bound_by_their_numbers() {
    let bench = bench().await;
    let swapped: Op<(), (String, String, i64)> = |tx, ()| {
        Box::pin(async move {
            tx.one("SELECT $2 AS b, $1 AS a, $3 + $3 AS twice", &["one".into(), "two".into(), 3_i64.into()], |row| {
                let row = row.of("nothing");
                Ok((row.text("a")?.to_owned(), row.text("b")?.to_owned(), row.number("twice")?))
            })
            .await
        })
    };
    assert_eq!(bench.writer.run((), None, swapped).await.unwrap(), ("one".to_owned(), "two".to_owned(), 6));
    for sql in ["SELECT $1 AS a", "SELECT $1 AS a, $3 AS b", "SELECT ? AS a, $1 AS b"] {
        let mismatched: Op<&'static str, ()> = |tx, sql| Box::pin(async move { tx.each(sql, &[Value::Null, Value::Null], |_| Ok(())).await });
        assert!(matches!(bench.writer.run(sql, None, mismatched).await, Err(StoreError::Failed(_))), "{sql}");
    }
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let bench = bench().await;
    let readers = Readers::start(&bench.directory.path().join("daftar.db")).unwrap();
    assert!(readers.look_up(1, PUT).await.is_err());
    assert!(readers.scan(1, PUT).await.is_err());
    assert!(bench.kept().await.is_empty());
}
