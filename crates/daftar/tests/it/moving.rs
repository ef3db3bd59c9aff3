//! Moving in and out, and being forgotten: `daftar account import`, `export` and `delete`, and signing in afterwards.

use std::collections::HashMap;
use std::io::Write as _;
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use super::program::{Home, Server, mode};

/// Hashes of "correct horse" by other software, one of each kind (`crates/core/src/foreign/tests.rs` says whose they are).
const HASHES: [&str; 12] = [
    "$2y$04$GX8BFtmtDuukTS4nfrPC5ukIf87LZDeXYKaxLGIPOMaGi3ZsH8f7W",
    "$argon2id$v=19$m=64,t=2,p=1$c2FsdHNhbHQ$IWJR6forQfRjS4Y1mffdqnUx3GwYyJwSZsDZt9LHzUM",
    "$scrypt$ln=10,r=8,p=1$c2FsdHNhbHQ=$ZGeSwropSvEgLQU1pjltINKrRvmEBSnohdqYXUe5EZ8=",
    "pbkdf2_sha256$1000$seasalt$mQnueSakb748zqBAC1tmWVZsZbi2zPGZarEzTGdfmso=",
    "$6$rounds=1234$saltsalt$QbDRnprRbpqeeh.ZNpNyY9.CK2ITCWd3Nuo6mduIQkLdXKLbmzlHxmzS4RYX080PBgOocz2tHNsjDEzqsLQte0",
    "3CB4E732631F47E6EB961F34554B7CDE",
    "$md5$3cb4e732631f47e6eb961f34554b7cde",
    "$sha256$pf=e1NBTFR9e1BBU1NXT1JEfQ==$TmFDbAD/Li4=$E+lbNesYCGh+KsQmE5idO3xOYSBalnEP8yxhTtiAlRM=",
    "$hmac-sha512$3LH4UPEm29Euxqpl7xTsMFlkQsNHUdP1i6TN1KwYaQ+LXrAXSlJbcu6tPM+0s6v+27jHhNvc8v/KrPTe3lQe3w==$a2V5IG9mIHRoZSBzaG9w",
    "{SSHA}awc/Cj0kafyFd5d8fGn07xoHBJJzYWx0c2FsdA==",
    "$P$6saltsaltm5kzegSSYLpteeiemmHd3/",
    "sha1$seasalt$55eef163bf2e349b9946e3183eef620dde0247f5",
];

/// A person for every hash, as rows.
fn people() -> Vec<Value> {
    let person = |(n, hash): (usize, &&str)| {
        json!({
            "external_id": format!("{n}"), "username": format!("person {n} x"), "email": format!("Person{n}@example.com"), "email_verified": true,
            "phone": format!("+6281200000{n:03}"), "phone_verified": true, "password_hash": hash, "full_name": format!("Person {n}"),
        })
    };
    HASHES.iter().enumerate().map(person).collect()
}

fn lines(rows: &[Value]) -> String {
    rows.iter().map(|row| format!("{row}\n")).collect()
}

/// Signs in at App.
async fn app_sign_in(server: &Server, http: &reqwest::Client, name: &str, password: &str) -> u16 {
    let body = json!({"loginID": name, "password": password, "deviceToken": "a device"});
    http.post(format!("{}/app/auth/login", server.base)).json(&body).send().await.unwrap().status().as_u16()
}

/// What an export says, by username.
fn exported(home: &Home) -> HashMap<String, Value> {
    let said = home.run(&["account", "export"]).ok();
    let rows = said.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.map(|row| (row["username"].as_str().unwrap_or_default().to_owned(), row)).collect()
}

#[tokio::test]
async fn whoever_moves_in_signs_in_everywhere_with_the_password_that_he_has() {
    let (home, http) = (Home::for_development(), reqwest::Client::new());
    home.write("people.jsonl", &lines(&people()));
    // Beside a server that runs, with the usual pains and with the least.
    let server = home.start(&["serve"]);
    assert_eq!(home.run(&["account", "import", "people.jsonl"]).ok(), "12 rows: 12 entered, 0 known before, 0 rejected\n");
    for (n, hash) in HASHES.iter().enumerate() {
        assert_eq!(app_sign_in(&server, &http, &format!("person{n}@example.com"), "wrong password").await, 401, "{hash}");
        let token = server.sign_in(&http, &format!("person {n} x")).await;
        assert!(token.is_ok(), "{hash}: {token:?}");
        assert_eq!(app_sign_in(&server, &http, &format!("+6281200000{n:03}"), "correct horse").await, 200, "{hash}");
    }
    // At the first sign-in each was made anew, as ours, and is good for the next.
    for (name, row) in exported(&home) {
        let hash = row["password_hash"].as_str().unwrap();
        assert!(hash.starts_with("daftar:argon2id:"), "{name}: {hash}");
    }
    server.sign_in(&http, "PERSON 5 X").await.unwrap();
}

#[tokio::test]
async fn no_fast_hash_is_kept_as_it_came() {
    for quick in [&["--quick"][..], &[]] {
        let (home, http) = (Home::for_development(), reqwest::Client::new());
        home.write("people.jsonl", &lines(&people()));
        home.run(&[&["account", "import", "people.jsonl"], quick].concat()).ok();
        let rows = exported(&home);
        for (n, hash) in HASHES.iter().enumerate() {
            let kept = rows[&format!("person {n} x")]["password_hash"].as_str().unwrap();
            let (is_slow, tail) = (n < 5, hash.rsplit('$').next().unwrap());
            assert_eq!(is_slow, !kept.starts_with("daftar:"), "{kept}");
            assert!(is_slow || n == 8 || !kept.contains(tail), "{kept}");
        }
        let server = home.start(&["serve"]);
        for n in 0..HASHES.len() {
            server.sign_in(&http, &format!("person {n} x")).await.unwrap();
        }
    }
}

#[test]
fn a_second_run_changes_nothing_and_rejected_rows_are_told_with_line_and_reason() {
    let home = Home::for_development();
    let mut rows = people();
    rows.insert(3, json!({"username": "ani", "password_hash": "hunter2-in-clear"}));
    rows.insert(7, json!({"external_id": "x", "username": "person 0 x"}));
    let text = lines(&rows) + "\n\"hunter2-in-clear\"\n{\"username\": \"hunter2-in-clear\n";
    home.write("people.jsonl", &text);
    let import = ["account", "import", "people.jsonl", "--rejected", "rejected.jsonl"];
    let dry = home.run(&[&import[..], &["--dry-run"]].concat());
    assert_eq!((dry.status, dry.out.as_str()), (Some(1), "16 rows: 12 would be entered, 0 known before, 4 rejected\n"), "{dry:?}");
    assert_eq!(exported(&home).len(), 0);
    for expected in ["16 rows: 12 entered, 0 known before, 4 rejected\n", "16 rows: 0 entered, 12 known before, 4 rejected\n"] {
        let said = home.run(&import);
        assert_eq!((said.status, said.out.as_str()), (Some(1), expected), "{said:?}");
        assert!(said.err.contains("4 of 16 rows were rejected: see rejected.jsonl"), "{said:?}");
    }
    let before = exported(&home);
    let rejected = std::fs::read_to_string(home.path("rejected.jsonl")).unwrap();
    let mut rejected: Vec<Value> = rejected.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    rejected.sort_by_key(|row| row["line"].as_u64());
    let expected = [
        json!({"line": 4, "reason": "`password_hash`: the hash has none of the known forms"}),
        json!({"line": 8, "reason": "the username is another account's", "external_id": "x"}),
        json!({"line": 16, "reason": "the line is not a JSON object"}),
        json!({"line": 17, "reason": "the line is not a JSON object"}),
    ];
    assert_eq!(rejected, expected);
    assert_eq!(mode(&home.path("rejected.jsonl")), 0o600);
    // Without a file for them they are told; with them away, all is well; from standard input it is the same.
    let said = home.run(&["account", "import", "people.jsonl"]);
    assert!(said.err.contains("line 4: `password_hash`") && !said.err.contains("hunter2"), "{said:?}");
    home.write("people.jsonl", &lines(&people()));
    home.run(&["account", "import", "people.jsonl"]).ok();
    let mut command = home.command(&["account", "import", "-"]);
    let piped = command.stdin(std::fs::File::open(home.path("people.jsonl")).unwrap()).output().unwrap();
    assert_eq!(String::from_utf8(piped.stdout).unwrap(), "12 rows: 0 entered, 12 known before, 0 rejected\n");
    assert_eq!(exported(&home), before);
}

#[tokio::test]
async fn a_table_is_read_as_lines_are() {
    let home = Home::for_development();
    home.write(
        "people.csv",
        "username,email,email_verified,phone,password_hash,full_name\r\n\
         siti,siti@example.com,true,68098227,$2y$04$GX8BFtmtDuukTS4nfrPC5ukIf87LZDeXYKaxLGIPOMaGi3ZsH8f7W,\"Rahma, Siti \"\"the first\"\"\"\r\n\
         budi,,,,,\"two\nlines\"\r\n\
         \r\n\
         ani,ani@example.com\r\n\
         dewi,dewi@example.com,maybe,,,\r\n",
    );
    let said = home.run(&["account", "import", "people.csv", "--country", "MO"]);
    assert_eq!((said.status, said.out.as_str()), (Some(1), "4 rows: 2 entered, 0 known before, 2 rejected\n"), "{said:?}");
    assert!(
        said.err.contains("line 6: the row has not as many values") && said.err.contains("line 7: `email_verified` is not true or false"),
        "{said:?}"
    );
    let rows = exported(&home);
    assert_eq!(rows["siti"]["full_name"], "Rahma, Siti \"the first\"");
    assert_eq!((&rows["budi"]["full_name"], &rows["budi"]["email"]), (&json!("two lines"), &Value::Null));
    home.start(&["serve"]).sign_in(&reqwest::Client::new(), "siti").await.unwrap();
    home.write("odd.csv", "username,shoe\nsiti,7\n");
    assert!(home.run(&["account", "import", "odd.csv"]).failed().contains("a column \"shoe\""));
    assert!(home.run(&["account", "import", "missing.jsonl"]).failed().contains("missing.jsonl cannot be read"));
    home.write("open.csv", &format!("username\n\"siti{}", "x\n".repeat(300_000)));
    assert!(home.run(&["account", "import", "open.csv"]).failed().contains("is a quotation mark not closed?"));
    home.write("long.jsonl", &format!("{{\"username\":\"{}\"}}\n{{\"username\":\"eka\"}}\n", "x".repeat(600_000)));
    assert!(home.run(&["account", "import", "long.jsonl"]).err.contains("line 1: the row is longer than 256 KiB"));
    assert!(exported(&home).contains_key("eka"));
}

/// A home for another installation under a master key.
fn under(key: char) -> Home {
    Home::for_development().with("DAFTAR_SECRETS__MASTER_KEY", &key.to_string().repeat(64))
}

#[tokio::test]
async fn an_export_makes_an_installation_in_which_every_sign_in_works() {
    let (home, http) = (under('a'), reqwest::Client::new());
    home.write("people.jsonl", &lines(&people()));
    home.run(&["account", "import", "people.jsonl"]).ok();
    let server = home.start(&["serve"]);
    let client = home.client();
    assert_eq!(server.register(&http, &client, "siti", 777).await.unwrap(), 200);
    assert_eq!(server.register(&http, &client, "budi", 778).await.unwrap(), 200);
    // Some were made anew, some not yet.
    for n in [0, 5, 7] {
        server.sign_in(&http, &format!("person {n} x")).await.unwrap();
    }
    home.run(&["account", "disable", "budi"]).ok();
    let said = home.run(&["account", "export", "out.jsonl"]);
    assert!(said.err.contains("14 accounts exported") && said.err.contains("as secret as the database") && said.out.is_empty(), "{said:?}");
    assert_eq!(mode(&home.path("out.jsonl")), 0o600);
    assert!(home.run(&["account", "export", "out.jsonl"]).failed().contains("out.jsonl cannot be made"), "what is there is not replaced");
    let text = std::fs::read_to_string(home.path("out.jsonl")).unwrap();

    let there = under('a');
    there.write("out.jsonl", &text);
    assert_eq!(there.run(&["account", "import", "out.jsonl"]).ok(), "14 rows: 14 entered, 0 known before, 0 rejected\n");
    assert_eq!(there.run(&["account", "export"]).ok(), text, "the same accounts, to the last letter");
    let moved = there.start(&["serve"]);
    for name in (0..HASHES.len()).map(|n| format!("person {n} x")).chain(["siti".to_owned()]) {
        moved.sign_in(&http, &name).await.unwrap();
        assert_eq!(app_sign_in(&moved, &http, &name, "wrong password").await, 401);
    }
    assert_eq!(moved.sign_in(&http, "budi").await, Err(403));

    // Elsewhere, what was made under the pepper is refused, and what was not comes in.
    let elsewhere = under('b');
    elsewhere.write("out.jsonl", &text);
    let said = elsewhere.run(&["account", "import", "out.jsonl"]);
    assert_eq!((said.status, said.out.as_str()), (Some(1), "14 rows: 4 entered, 0 known before, 10 rejected\n"), "{said:?}");
    assert!(said.err.contains("another master key") && said.err.contains("docs/moving.md"), "{said:?}");
}

#[test]
fn an_export_that_was_interrupted_goes_on_where_it_was() {
    let home = Home::for_development();
    home.write("people.jsonl", &lines(&people()));
    home.run(&["account", "import", "people.jsonl"]).ok();
    let whole = home.run(&["account", "export"]).ok();
    for cut in [0, 10, whole.len() / 2, whole.len()] {
        home.write("out.jsonl", whole.get(..cut).unwrap());
        home.run(&["account", "export", "out.jsonl", "--resume"]).ok();
        assert_eq!(std::fs::read_to_string(home.path("out.jsonl")).unwrap(), whole, "{cut}");
    }
    home.write("out.jsonl", "something else\n");
    assert!(home.run(&["account", "export", "out.jsonl", "--resume"]).failed().contains("out.jsonl is no export"));
}

#[tokio::test]
async fn an_erased_account_is_nobodys_and_its_sessions_end_at_once() {
    let (home, http) = (Home::for_development(), reqwest::Client::new());
    let (server, client) = (home.start(&["serve"]), home.client());
    assert_eq!(server.register(&http, &client, "siti", 1).await.unwrap(), 200);
    let token = server.sign_in(&http, "siti").await.unwrap();
    let error = home.run(&["account", "delete", "siti"]).failed();
    assert!(error.contains("--yes"), "{error}");
    assert_eq!(server.profile(&http, &token).await, 200);
    let said = home.run(&["account", "delete", "SITI@example.com", "--yes"]).ok();
    assert!(said.contains("is erased"), "{said}");
    assert_eq!(server.profile(&http, &token).await, 401);
    assert_eq!(server.sign_in(&http, "siti").await, Err(401));
    assert!(home.run(&["account", "show", "siti"]).failed().contains("there is no account siti"));
    assert_eq!(server.register(&http, &client, "siti", 1).await.unwrap(), 200, "the name is free again");
}

/// The most memory of its own that a process has had so far, in KiB.
fn most_memory(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    most.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Imports so many rows from a pipe; the memory that the program had needed when all but the last few of them were in.
fn import(count: u32) -> u64 {
    let home = Home::for_development();
    let mut command = home.command(&["account", "import", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    for n in 0..count {
        let hash = HASHES[(n % 5) as usize];
        writeln!(
            pipe,
            r#"{{"external_id":"{n}","username":"person {n} x","email":"person{n}@example.com","phone":"+62812{n:08}","password_hash":"{hash}"}}"#
        )
        .unwrap();
    }
    // The pipe holds a few hundred rows: the others have been read.
    let memory = most_memory(&child);
    drop(pipe);
    let output = child.wait_with_output().unwrap();
    let entered = format!("{count} rows: {count} entered");
    assert!(String::from_utf8(output.stdout).unwrap().replace(',', "").starts_with(&entered));
    memory
}

#[test]
fn ten_times_the_rows_need_no_more_memory() {
    let (few, many) = (import(2_000), import(20_000));
    assert!(many < few + 8 * 1024, "{few} KiB for 2,000 rows, {many} KiB for 20,000");
}
