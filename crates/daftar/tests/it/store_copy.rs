//! Moving an installation from one database to another by the program's own command.

use std::process::Stdio;
use std::time::Duration;

use daftar_testkit::postgres::Database;

use super::program::Home;

const SQLITE: &str = "sqlite://daftar-data/daftar.db";

/// A home whose installation is in a file, whatever the run of tests is about.
fn in_a_file() -> Home {
    Home::for_development().with("DAFTAR_DATABASE__URL", SQLITE)
}

#[tokio::test]
async fn an_installation_moves_to_a_server_and_nobody_notices() {
    let (home, http, database) = (in_a_file(), reqwest::Client::new(), Database::empty().await);
    let (client, server) = (home.client(), home.start(&["serve"]));
    assert_eq!(server.register(&http, &client, "siti", 1).await.unwrap(), 200);
    let token = server.sign_in(&http, "siti").await.unwrap();
    assert!(server.stop().success());
    let said = home.run(&["store", "copy", "--to", &database.url()]);
    let text = format!("{}{}", said.out, said.err);
    assert!(said.err.contains("accounts: 1 rows\n") && said.err.contains("outbox: 0 rows\n"), "{said:?}");
    assert!(said.out.contains("master.key") && said.out.contains("`database.url`") && said.out.contains("pictures"), "{said:?}");
    assert!(!text.contains("only%20for%20tests") && text.contains("***@"), "no password is printed: {said:?}");
    said.ok();
    let home = home.with("DAFTAR_DATABASE__URL", &database.url());
    let server = home.start(&["serve"]);
    assert_eq!(server.profile(&http, &token).await, 200);
    server.sign_in(&http, "siti").await.unwrap();
    assert_eq!(server.register(&http, &client, "budi", 2).await.unwrap(), 200);
    assert_eq!(server.register(&http, &client, "siti", 3).await.unwrap(), 400);
    assert!(server.stop().success());
    // And back again, the other flag left out.
    home.run(&["store", "copy", "--to", "sqlite://back/daftar.db"]).ok();
    let home = home.with("DAFTAR_DATABASE__URL", "sqlite://back/daftar.db");
    let server = home.start(&["serve"]);
    assert_eq!(server.profile(&http, &token).await, 200);
    server.sign_in(&http, "budi").await.unwrap();
    let noted = home.json(&["audit", "--act", "store.copied", "--json"]);
    assert_eq!(noted.as_array().unwrap().len(), 2, "a copy tells of itself, and of the one that it was made of");
    let home = home.with("DAFTAR_DATABASE__URL", SQLITE);
    let noted = home.json(&["audit", "--act", "store.copied", "--json"]);
    assert_eq!(noted.as_array().unwrap().len(), 1, "and so does what was read");
}

/// People's rows for several seconds of copying.
fn crowd(home: &Home) {
    let connection = rusqlite::Connection::open(home.path("daftar-data/daftar.db")).unwrap();
    let sql = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 60000)
               INSERT INTO limits (key, arrival) SELECT 'somebody/' || n, 9000000000000 + n FROM numbers";
    connection.execute_batch(sql).unwrap();
}

#[tokio::test]
async fn a_copy_that_was_killed_or_interrupted_is_finished_by_the_same_command() {
    let (home, http, database) = (in_a_file(), reqwest::Client::new(), Database::empty().await);
    let (client, server) = (home.client(), home.start(&["serve"]));
    assert_eq!(server.register(&http, &client, "siti", 1).await.unwrap(), 200);
    assert!(server.stop().success());
    crowd(&home);
    let behind = database.connect().await;
    let rows = async || behind.query_one("SELECT count(*) FROM limits", &[]).await.map_or(0, |row| row.get::<_, i64>(0));
    let (copy, url) = (["store", "copy", "--to"], database.url());
    let mut before = 0;
    for signal in ["-KILL", "-INT"] {
        let mut copying = home.command(&[&copy[..], &[&url]].concat()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let begun = async {
            while rows().await < before + 3_000 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), begun).await.expect("rows arrive");
        std::process::Command::new("kill").args([signal, &copying.id().to_string()]).status().unwrap();
        let status = copying.wait().unwrap();
        assert_eq!(status.code(), (signal == "-INT").then_some(1));
        if signal == "-INT" {
            let said = std::io::read_to_string(copying.stderr.take().unwrap()).unwrap();
            assert!(said.contains("stopped by SIGINT") && said.contains("the same command again"), "{said}");
        }
        before = rows().await;
        assert!(before < 60_000, "it was stopped in the middle");
        for command in [&["serve"][..], &["client", "list"]] {
            let refused = home.command(command).env("DAFTAR_DATABASE__URL", &url).output().unwrap();
            let said = String::from_utf8(refused.stderr).unwrap();
            assert_eq!(refused.status.code(), Some(1), "{said}");
            assert!(said.contains("unfinished copy") && said.contains("`daftar store copy`"), "{said}");
        }
    }
    let said = home.run(&[&copy[..], &[&url]].concat()).ok();
    assert!(said.contains("60,00") && said.contains("limits"), "{said}");
    let home = home.with("DAFTAR_DATABASE__URL", &url);
    home.start(&["serve"]).sign_in(&http, "siti").await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_copied_is_refused_with_its_reason() {
    let (home, database) = (in_a_file(), Database::empty().await);
    let refused = |arguments: &[&str]| home.run(&[&["store", "copy"], arguments].concat()).failed();
    assert!(refused(&["--to", &database.url()]).contains("the source of the copy cannot be used"));
    home.client();
    assert!(refused(&["--to", SQLITE]).contains("the same file"));
    assert!(refused(&["--to", "mysql://root:hunter2@host/db"]).contains("`--to` = "));
    assert!(!refused(&["--to", "mysql://root:hunter2@host/db"]).contains("hunter2"));
    home.run(&["store", "copy", "--to", "sqlite://second.db"]).ok();
    let error = refused(&["--to", "sqlite://second.db"]);
    assert!(error.contains("the target already holds an installation"), "{error}");
    // Left out, a flag means the configured database.
    assert!(refused(&["--from", "sqlite://second.db"]).contains("the target already holds an installation"));
}
