//! What the engine does with operations that fail, panic, lose a race, or lose their caller.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use daftar_core::ports::StoreError;
use daftar_testkit::postgres::Database;
use daftar_testkit::proxy::Proxy;
use futures_util::future::join_all;
use tokio::sync::{Barrier, Notify};

use super::{Address, Connections, Postgres};
use crate::migration::History;
use crate::tx::{Op, Tx};

async fn engine(connections: Connections) -> Postgres {
    let address = Address::parse(&Database::shared().await.url()).unwrap();
    Postgres::open(&address, connections, &History::default(), false).await.unwrap()
}

/// One connection of each kind: what it is left like shows at the next call.
async fn single() -> Postgres {
    engine(Connections { look_ups: 1, transactions: 1 }).await
}

async fn put(tx: &mut Tx<'_>, key: i64) -> Result<(), StoreError> {
    tx.exec("INSERT INTO wrong_code_minutes (minute, wrong) VALUES ($1, 1)", &[key.into()]).await.map(drop)
}

async fn keys(tx: &mut Tx<'_>) -> Result<Vec<i64>, StoreError> {
    tx.all("SELECT minute FROM wrong_code_minutes ORDER BY minute", &[], |row| row.of("wrong_code_minutes").number("minute")).await
}

async fn kept(engine: &Postgres) -> Vec<i64> {
    engine.look_up((), |tx, ()| Box::pin(keys(tx))).await.unwrap()
}

const PUT: Op<i64, ()> = |tx, &key| Box::pin(put(tx, key));

#[tokio::test]
async fn an_operation_that_panics_fails_or_keeps_nothing_leaves_nothing_and_its_connection_serves_on() {
    let engine = single().await;
    let panics: Op<i64, ()> = |tx, &key| {
        Box::pin(async move {
            put(tx, key).await?;
            panic!("a programming error");
        })
    };
    let fails: Op<i64, ()> = |tx, &key| {
        Box::pin(async move {
            put(tx, key).await?;
            put(tx, key).await
        })
    };
    let keeps_nothing: Op<i64, &'static str> = |tx, &key| {
        Box::pin(async move {
            put(tx, key).await?;
            tx.keep_nothing();
            Ok("taken")
        })
    };
    assert!(matches!(engine.write(1, None, panics).await, Err(StoreError::Failed(_))));
    let failed = engine.write(2, None, fails).await.unwrap_err();
    assert!(format!("{failed:?}").contains("wrong_code_minutes_pkey"), "{failed:?}");
    assert_eq!(engine.write(3, None, keeps_nothing).await.unwrap(), "taken");
    engine.write(4, None, PUT).await.unwrap();
    assert_eq!(kept(&engine).await, [4]);
}

async fn post(tx: &mut Tx<'_>, key: i64) -> Result<(), StoreError> {
    tx.post("INSERT INTO wrong_code_minutes (minute, wrong) VALUES ($1, 1)", &[key.into()]).await
}

#[tokio::test]
async fn what_is_not_waited_for_is_all_there_or_fails_everything_by_its_own_cause() {
    let engine = single().await;
    let many: Op<i64, ()> = |tx, &count| {
        Box::pin(async move {
            for key in 0..count {
                post(tx, key).await?;
            }
            assert_eq!(keys(tx).await?.len() as i64, count, "what comes behind sees it");
            post(tx, count).await
        })
    };
    engine.write(50, None, many).await.unwrap();
    assert_eq!(kept(&engine).await.len(), 51);

    // Said by what was waited for next, though that failed, too; or by the end, if nothing was.
    let before_a_query: Op<(), Vec<i64>> = |tx, ()| {
        Box::pin(async move {
            post(tx, 100).await?;
            post(tx, 7).await?;
            keys(tx).await
        })
    };
    let before_an_unknown_statement: Op<(), u64> = |tx, ()| {
        Box::pin(async move {
            post(tx, 100).await?;
            post(tx, 7).await?;
            tx.exec("UPDATE wrong_code_minutes SET wrong = 2 WHERE minute = 8", &[]).await
        })
    };
    let before_the_end: Op<(), ()> = |tx, ()| {
        Box::pin(async move {
            post(tx, 100).await?;
            post(tx, 7).await
        })
    };
    let errors = [
        engine.write((), None, before_a_query).await.map(drop).unwrap_err(),
        engine.write((), None, before_an_unknown_statement).await.map(drop).unwrap_err(),
        engine.write((), None, before_the_end).await.unwrap_err(),
    ];
    for error in errors {
        assert!(format!("{error:?}").contains("wrong_code_minutes_pkey"), "{error:?}");
    }
    assert_eq!(kept(&engine).await.len(), 51, "nothing of them stays");
}

/// Calls an operation, and is gone once that says it is at its work.
async fn leave(engine: &Arc<Postgres>, waits: Op<Arc<Notify>, ()>) {
    let at_work = Arc::new(Notify::new());
    let caller = tokio::spawn({
        let (engine, at_work) = (Arc::clone(engine), Arc::clone(&at_work));
        async move { engine.write(at_work, None, waits).await }
    });
    at_work.notified().await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn what_was_sent_ahead_goes_with_whoever_sent_it() {
    let engine = Arc::new(single().await);
    let waits: Op<Arc<Notify>, ()> = |tx, sent| {
        Box::pin(async move {
            for key in 0..20 {
                post(tx, key).await?;
            }
            sent.notify_one();
            std::future::pending().await
        })
    };
    leave(&engine, waits).await;
    let keeps_nothing: Op<i64, ()> = |tx, &key| {
        Box::pin(async move {
            post(tx, key).await?;
            tx.keep_nothing();
            Ok(())
        })
    };
    engine.write(30, None, keeps_nothing).await.unwrap();
    engine.write(31, None, PUT).await.unwrap();
    assert_eq!(kept(&engine).await, [31]);
}

#[tokio::test]
async fn a_table_that_has_just_grown_is_read_by_its_index() {
    let engine = single().await;
    let grows: Op<i64, ()> = |tx, &to| {
        Box::pin(async move {
            let sql = "INSERT INTO limits (key, arrival) SELECT n::text, n FROM generate_series(1, $1::bigint) n ON CONFLICT DO NOTHING";
            tx.exec(sql, &[to.into()]).await.map(drop)
        })
    };
    let read: Op<(), i64> = |tx, ()| {
        Box::pin(async move {
            let sql = "SELECT key, arrival FROM limits WHERE key IN ($1, $2, $3)";
            tx.all(sql, &["1".into(), "2".into(), "3".into()], |row| row.of("limits").number::<i64>("arrival")).await?;
            let read = "SELECT pg_stat_get_xact_tuples_returned('limits'::regclass) AS read";
            tx.one(read, &[], |row| row.of("limits").number("read")).await
        })
    };
    // The server has looked how large it is, and keeps the plan that is best for that.
    engine.write(5, None, grows).await.unwrap();
    engine.write((), None, |tx, ()| Box::pin(tx.post("ANALYZE limits", &[]))).await.unwrap();
    for _ in 0..10 {
        engine.write((), None, read).await.unwrap();
    }
    engine.write(10_000, None, grows).await.unwrap();
    let read = engine.write((), None, read).await.unwrap();
    assert!(read < 10, "{read} rows were read for three");
}

#[tokio::test]
async fn row_52_what_the_server_says_of_a_row_is_not_repeated() {
    let engine = single().await;
    let twice: Op<(), ()> = |tx, ()| {
        Box::pin(async move {
            for _ in 0..2 {
                tx.exec("INSERT INTO limits (key, arrival) VALUES ($1, 1)", &["siti@example.test".into()]).await?;
            }
            Ok(())
        })
    };
    let error = engine.write((), None, twice).await.unwrap_err();
    let mut told = format!("{error} {error:?}");
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        told += &format!("{inner} {inner:?}");
        cause = inner.source();
    }
    assert!(told.contains("23505") && !told.contains("siti"), "{told}");
}

#[tokio::test]
async fn a_transaction_whose_caller_is_gone_leaves_nothing_and_frees_its_connection() {
    let engine = Arc::new(single().await);
    let waits: Op<Arc<Notify>, ()> = |tx, wrote| {
        Box::pin(async move {
            put(tx, 1).await?;
            wrote.notify_one();
            std::future::pending().await
        })
    };
    leave(&engine, waits).await;
    engine.write(2, None, PUT).await.unwrap();
    assert_eq!(kept(&engine).await, [2]);
}

/// Locks two names one after the other, having waited between them the first time.
struct Crossing {
    names: [&'static str; 2],
    key: i64,
    meet: Arc<Barrier>,
    runs: AtomicU32,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_transactions_that_wait_for_one_another_both_come_about() {
    let engine = engine(Connections::default()).await;
    let crosses: Op<Arc<Crossing>, ()> = |tx, crossing| {
        Box::pin(async move {
            let [first, second] = crossing.names;
            tx.lock("test", [first]).await?;
            put(tx, crossing.key).await?;
            if crossing.runs.fetch_add(1, Ordering::SeqCst) == 0 {
                crossing.meet.wait().await;
            }
            tx.lock("test", [second]).await
        })
    };
    let meet = Arc::new(Barrier::new(2));
    let crossing = |names, key| Arc::new(Crossing { names, key, meet: Arc::clone(&meet), runs: AtomicU32::new(0) });
    let (one, other) = (crossing(["a", "b"], 1), crossing(["b", "a"], 2));
    let outcomes = join_all([engine.write(Arc::clone(&one), None, crosses), engine.write(Arc::clone(&other), None, crosses)]).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(one.runs.load(Ordering::SeqCst) + other.runs.load(Ordering::SeqCst), 3, "one of them was run again");
    assert_eq!(kept(&engine).await, [1, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_are_locked_together_are_locked_in_one_order() {
    let engine = engine(Connections::default()).await;
    let locks: Op<Vec<String>, ()> = |tx, names| Box::pin(tx.lock("test", names.iter().map(String::as_str)));
    let names: Vec<String> = (0..40).map(|n| format!("name {n}")).collect();
    let reversed: Vec<String> = names.iter().rev().cloned().collect();
    let calls = (0..40).map(|n| engine.write(if n % 2 == 0 { names.clone() } else { reversed.clone() }, None, locks));
    assert!(join_all(calls).await.iter().all(Result::is_ok));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_look_ups_share_one_connection_and_see_what_was_written() {
    let engine = engine(Connections { look_ups: 1, transactions: 2 }).await;
    for key in 0..50 {
        engine.write(key, None, PUT).await.unwrap();
    }
    let counts = join_all((0..500).map(|_| kept(&engine))).await;
    assert!(counts.iter().all(|keys| keys.len() == 50));
    let connections: Op<(), i64> = |tx, ()| {
        let sql = "SELECT count(*) AS count FROM pg_stat_activity WHERE datname = current_database()";
        Box::pin(tx.one(sql, &[], |row| row.of("pg_stat_activity").number("count")))
    };
    let open = engine.look_up((), connections).await.unwrap();
    assert!(open <= 4, "a line, two for transactions, and one that opened: {open}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_black_hole_look_ups_fail_in_time_and_come_back_by_themselves_under_load() {
    let database = Database::shared().await;
    let port = database.url().rsplit_once(':').unwrap().1.split('/').next().unwrap().parse().unwrap();
    let proxy = Proxy::to(port).await;
    let address = Address::parse(&database.url().replace(&format!(":{port}/"), &format!(":{}/", proxy.port()))).unwrap();
    let connections = Connections { look_ups: 2, transactions: 2 };
    let engine = Arc::new(Postgres::open(&address, connections, &History::default(), false).await.unwrap());
    assert!(kept(&engine).await.is_empty());

    proxy.swallow();
    // Somebody asks every few milliseconds, as long as this test goes on.
    let served = Arc::new(AtomicU32::new(0));
    let load = tokio::spawn({
        let (engine, served) = (Arc::clone(&engine), Arc::clone(&served));
        async move {
            let mut pace = tokio::time::interval(Duration::from_millis(4));
            loop {
                pace.tick().await;
                let (engine, served) = (Arc::clone(&engine), Arc::clone(&served));
                tokio::spawn(async move {
                    if engine.look_up((), |tx, ()| Box::pin(keys(tx))).await.is_ok() {
                        served.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        }
    });
    let lost = engine.look_up((), |tx, ()| Box::pin(keys(tx))).await;
    assert!(matches!(lost, Err(StoreError::Unavailable(_) | StoreError::Overloaded)), "{lost:?}");
    assert!(engine.write(1, None, PUT).await.is_err());
    proxy.open();
    let until = async {
        while served.load(Ordering::SeqCst) < 100 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), until).await.unwrap();
    load.abort();
    engine.write(2, None, PUT).await.unwrap();
    assert_eq!(kept(&engine).await, [2]);
}
