//! `daftar doctor`: what it says of an installation that is well, and of everything that can be wrong with one. Each case fails once its look is
//! taken out.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use daftar_testkit::database::Engine;
use daftar_testkit::gateway::{GatewaySink, Shape};
use daftar_testkit::smtp::{Behaviour, SmtpSink};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::clocks::{set, with_a_clock};
use super::program::Home;

const DATABASE: &str = "daftar-data/daftar.db";

/// What it found.
struct Report {
    status: Option<i32>,
    lines: Vec<Value>,
}

impl Report {
    fn of(home: &Home) -> Self {
        Self::by(home.command(&["doctor", "--json"]))
    }

    fn by(mut command: Command) -> Self {
        let output = command.output().unwrap();
        let lines = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
        Self { status: output.status.code(), lines }
    }

    /// The state and the words of what `look` found, of one of several if `of` is not empty.
    fn find(&self, look: &str, of: &str) -> (String, String) {
        let of = if of.is_empty() { Value::Null } else { json!(of) };
        let line = self.lines.iter().find(|line| line["look"] == look && line["of"] == of);
        let line = line.unwrap_or_else(|| panic!("{look} {of} is missing in {:#?}", self.lines));
        let advice = line["advice"].as_str().unwrap_or_default();
        (line["state"].as_str().unwrap().to_owned(), format!("{}. {advice}", line["finding"].as_str().unwrap()))
    }

    /// Something is in a state, and it is said why.
    fn says(&self, (look, of): (&str, &str), state: &str, words: &[&str]) {
        let (found, said) = self.find(look, of);
        assert_eq!(found, state, "{look} {of}: {said}");
        for word in words {
            assert!(said.contains(word), "{look} {of}: {word:?} is missing in {said:?}");
        }
    }

    /// What is not well.
    fn ailing(&self) -> Vec<&str> {
        self.lines.iter().filter(|line| line["state"] != "ok").map(|line| line["look"].as_str().unwrap()).collect()
    }
}

/// A home where mail and short messages leave, and everything is limited.
fn connected(mail: &str, gateway: &str) -> Home {
    Home::for_development()
        .with("DAFTAR_LIMITS__ENABLED", "true")
        .with("DAFTAR_EMAIL__TRANSPORT", "smtp")
        .with("DAFTAR_EMAIL__URL", mail)
        .with("DAFTAR_EMAIL__FROM", "accounts@example.test")
        .with("DAFTAR_SMS__ROUTES", &format!(r#"[{{name = "sms-one", preset = "generic", url = "{gateway}", timeout = "2s"}}]"#))
}

/// Asks for a code; the status of the answer.
async fn code(base: &str, contact: &str) -> u16 {
    let body = json!({"nature": 2, "loginID": contact, "sendType": 0});
    reqwest::Client::new().post(format!("{base}/app/auth/otp")).json(&body).send().await.unwrap().status().as_u16()
}

/// Does something to a database in a file.
fn execute(home: &Home, sql: &str) {
    assert!(Connection::open(home.path(DATABASE)).unwrap().execute(sql, []).unwrap() > 0, "{sql}");
}

/// An address at which nobody listens.
fn nowhere() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_what_is_well_it_says_so_and_neither_changes_nor_sends_anything() {
    let (mail, gateway) = (SmtpSink::start_with_password("post", "hunter22"), GatewaySink::of(Shape::Generic));
    let url = mail.url().replace("smtp://", "smtp://post:hunter22@");
    let home = connected(&url, &gateway.url());
    let server = home.start(&["serve"]);
    let looks = [
        "configuration",
        "store",
        "data directory",
        "master key",
        "signing keys",
        "certificate",
        "clock",
        "mail",
        "sms",
        "outbox",
        "limits",
        "open files",
    ];
    let report = Report::of(&home);
    let found: Vec<_> = report.lines.iter().map(|line| line["look"].as_str().unwrap()).collect();
    assert_eq!((report.status, report.ailing(), found.as_slice()), (Some(0), vec![], looks.as_slice()), "{:#?}", report.lines);
    report.says(("mail", "smtp"), "ok", &["takes the password"]);
    report.says(("sms", "sms-one"), "ok", &["can be reached"]);
    assert!(!format!("{:?}", report.lines).contains("hunter22"), "row 52: {:#?}", report.lines);
    assert!(server.stop().success());

    let database = home.path(DATABASE);
    let before = database.exists().then(|| fs::read(&database).unwrap());
    let screen = home.run(&["doctor"]).ok();
    assert_eq!(screen.lines().count(), looks.len(), "{screen}");
    assert!(screen.lines().all(|line| line.starts_with("ok ")), "{screen}");
    assert!(before == database.exists().then(|| fs::read(&database).unwrap()), "the database was written");
    assert_eq!((mail.counts().connections, mail.counts().begun), (2, 0), "greeted, and sent nothing");
}

#[test]
fn where_nothing_is_yet_it_says_so_and_makes_nothing() {
    let home = Home::with_a_file();
    let report = Report::of(&home);
    assert_eq!(report.status, Some(0), "{:#?}", report.lines);
    report.says(("store", ""), "warning", &["there is no database", "first start"]);
    report.says(("data directory", ""), "warning", &["not there yet"]);
    for look in ["master key", "signing keys", "clock", "outbox", "limits"] {
        report.says((look, ""), "warning", &["not looked at: there is no database yet"]);
    }
    assert_eq!(fs::read_dir(home.path("")).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_database_is_down_the_rest_is_looked_at() {
    let mail = SmtpSink::start();
    let home = connected(&mail.url(), &format!("http://{}", nowhere()));
    let damaged = Home::with_a_file();
    damaged.run(&["migrate"]).ok();
    damaged.write(DATABASE, "this is no database, however long one looks at it");
    for home in [home.with("DAFTAR_DATABASE__URL", &format!("postgres://daftar:hunter22@{}/daftar", nowhere())), damaged] {
        let report = Report::of(&home);
        assert_eq!(report.status, Some(1));
        report.says(("store", ""), "failed", &["cannot be used"]);
        report.says(("clock", ""), "warning", &["not looked at: the store cannot be read"]);
        report.says(("limits", ""), "warning", &["not looked at"]);
        report.says(("open files", ""), "ok", &[]);
        assert!(!format!("{:?}", report.lines).contains("hunter22"));
    }
    assert_eq!(mail.counts().connections, 1);
}

#[test]
fn a_database_that_does_not_answer_is_waited_for_no_longer_than_is_decent() {
    // The system takes connections that nobody serves.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://daftar:hunter22@{}/daftar", silent.local_addr().unwrap());
    let report = Report::of(&Home::with_a_file().with("DAFTAR_DATABASE__URL", &url));
    assert_eq!(report.status, Some(1));
    let (state, said) = report.find("store", "");
    assert!(state == "failed" && !said.contains("hunter22"), "{said}");
}

#[test]
fn a_schema_that_is_not_current_is_told_of() {
    let home = Home::with_an_empty_database();
    if Engine::of_this_run() == Engine::Sqlite {
        fs::create_dir(home.path("daftar-data")).unwrap();
        home.write(DATABASE, "");
    }
    let report = Report::of(&home);
    report.says(("store", ""), "warning", &["schema 0", "daftar migrate"]);
    let home = home.with("DAFTAR_DATABASE__MIGRATE", "false");
    Report::of(&home).says(("store", ""), "failed", &["schema 0", "daftar migrate"]);
    home.run(&["migrate"]).ok();
    Report::of(&home).says(("store", ""), "ok", &["has schema"]);
}

#[test]
fn another_master_key_than_the_databases_is_told_of() {
    let home = Home::for_development();
    assert!(home.start(&["serve"]).stop().success());
    Report::of(&home).says(("master key", ""), "ok", &["is the one of the database"]);
    let key = home.path("daftar-data/master.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let report = Report::of(&home);
    let said: Vec<_> = report.lines.iter().filter(|line| line["look"] == "master key").collect();
    assert!(said.len() == 2 && said[1]["finding"].as_str().unwrap().contains("can be read by others"), "{said:?}");

    fs::write(&key, "0b".repeat(32)).unwrap();
    let report = Report::of(&home);
    assert_eq!(report.status, Some(1));
    report.says(("master key", ""), "failed", &["under another master key"]);
    report.says(("signing keys", ""), "failed", &["cannot be opened"]);
    fs::write(&key, "no key").unwrap();
    Report::of(&home).says(("master key", ""), "failed", &["holds no master key"]);
    fs::remove_file(&key).unwrap();
    let report = Report::of(&home);
    report.says(("master key", ""), "failed", &["that is not at"]);
    report.says(("signing keys", ""), "warning", &["not looked at: there is no master key"]);
    assert!(!key.exists(), "it makes no key");
}

#[test]
fn a_key_that_has_signed_for_too_long_is_told_of() {
    let home = Home::with_a_file();
    assert!(home.start(&["serve"]).stop().success());
    Report::of(&home).says(("signing keys", ""), "ok", &[]);
    execute(&home, "UPDATE signing_keys SET created_at = created_at - 400 * 86400000");
    let report = Report::of(&home);
    assert_eq!(report.status, Some(0));
    report.says(("signing keys", ""), "warning", &["daftar keys rotate"]);
    let home = home.with("DAFTAR_TOKENS__KEY_FILES", r#"["nowhere.pem"]"#);
    Report::of(&home).says(("signing keys", ""), "failed", &["nowhere.pem"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_that_is_down_refuses_or_hangs_is_told_of() {
    let (refuses, hangs, well) = (SmtpSink::start_with_password("post", "right"), SmtpSink::start(), SmtpSink::start());
    hangs.behave(Behaviour::Hang);
    let servers = format!(
        r#"[{{name = "down", url = "smtp://{}?tls=none"}}, {{name = "refuses", url = "{}"}},
            {{name = "hangs", url = "{}", timeout = "1s"}}, {{name = "no-tls", url = "smtp://{}?tls=required"}}, {{name = "well", url = "{}"}}]"#,
        nowhere(),
        refuses.url().replace("smtp://", "smtp://post:hunter22@"),
        hangs.url(),
        well.address(),
        well.url()
    );
    let home = Home::with_a_file()
        .with("DAFTAR_EMAIL__TRANSPORT", "smtp")
        .with("DAFTAR_EMAIL__SERVERS", &servers)
        .with("DAFTAR_EMAIL__FROM", "accounts@example.test");
    let report = Report::of(&home);
    assert_eq!(report.status, Some(1));
    report.says(("mail", "down"), "failed", &["no connection to the mail server"]);
    report.says(("mail", "refuses"), "failed", &["answered 5", "its URL"]);
    report.says(("mail", "hangs"), "failed", &["did not answer within 1 s"]);
    report.says(("mail", "no-tls"), "failed", &["no connection to the mail server"]);
    report.says(("mail", "well"), "ok", &["without TLS"]);
    assert!(!format!("{:?}", report.lines).contains("hunter22"), "row 52: {:#?}", report.lines);
    assert_eq!(refuses.counts().begun + well.counts().begun, 0, "nothing is sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_cannot_be_reached_is_told_of() {
    let gateway = GatewaySink::of(Shape::Generic);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let routes = format!(
        r#"[{{name = "gone", preset = "generic", url = "http://{}/send?key=hunter22"}}, {{name = "no-tls", preset = "generic", url = "{}"}},
            {{name = "silent", preset = "generic", url = "https://{}/", timeout = "1s"}}, {{name = "well", preset = "generic", url = "{}"}}]"#,
        nowhere(),
        gateway.url().replace("http:", "https:"),
        silent.local_addr().unwrap(),
        gateway.url()
    );
    let report = Report::of(&Home::with_a_file().with("DAFTAR_SMS__ROUTES", &routes));
    assert_eq!(report.status, Some(1));
    report.says(("sms", "gone"), "failed", &["no connection to the gateway", "`url`"]);
    report.says(("sms", "no-tls"), "failed", &["no connection to the gateway"]);
    report.says(("sms", "silent"), "failed", &["within 1 s"]);
    report.says(("sms", "well"), "ok", &["can be reached without TLS"]);
    assert!(!format!("{:?}", report.lines).contains("hunter22"), "row 52: {:#?}", report.lines);
    assert!(gateway.requests().is_empty(), "nothing is asked, and nothing is spent");
    let none = Home::with_a_file().with("DAFTAR_SMS__TRANSPORT", "http");
    Report::of(&none).says(("sms", ""), "warning", &["there is no gateway"]);
}

#[test]
fn a_configuration_on_which_no_server_starts_is_told_of_with_the_rest() {
    let home = Home::for_development();
    home.run(&["migrate"]).ok();
    let home = home.with("DAFTAR_ENVIRONMENT", "production").with("DAFTAR_DATA_DIR", "daftar-data").with("DAFTAR_LIMITS__ENABLED", "true");
    let report = Report::of(&home);
    assert_eq!(report.status, Some(1));
    report.says(("configuration", ""), "failed", &["`public_url`", "daftar config check"]);
    report.says(("mail", ""), "failed", &["`email.url`"]);
    report.says(("store", ""), "ok", &[]);
    let home = home.with("DAFTAR_DATABASE__URL", "mysql://nowhere");
    let report = Report::of(&home);
    assert!(report.status == Some(1) && report.lines.iter().all(|line| line["look"] == "configuration"), "{:#?}", report.lines);
    // What works, but perhaps not as meant.
    let home = Home::for_development().with("DAFTAR_CODES__LIFETIME", "20m").with("DAFTAR_REGISTRATIONS__LIFETIME", "10m");
    Report::of(&home).says(("configuration", ""), "warning", &["codes.lifetime is longer"]);
}

#[test]
fn a_certificate_that_ends_is_told_of() {
    let home = Home::with_a_file();
    let put = |years: i32| {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut parameters = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(2020 + years, 1, 1);
        home.write("tls.pem", &parameters.self_signed(&key).unwrap().pem());
        home.write("tls.key", &key.serialize_pem());
    };
    let command = || {
        let mut command = home.command(&["doctor", "--json"]);
        command.env("DAFTAR_TLS__CERTIFICATE", "tls.pem").env("DAFTAR_TLS__KEY", "tls.key");
        Report::by(command)
    };
    put(1);
    let report = command();
    assert_eq!(report.status, Some(1));
    report.says(("certificate", ""), "failed", &["ended at 2021-01-01", "Renew it"]);
    put(200);
    command().says(("certificate", ""), "ok", &["good until 2220-01-01"]);
    home.write("tls.key", "no key");
    command().says(("certificate", ""), "failed", &["private key"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_that_failed_and_messages_that_wait_for_long_are_told_of() {
    let mail = SmtpSink::start();
    mail.behave(Behaviour::Refuse(550));
    let home = connected(&mail.url(), &format!("http://{}", nowhere()));
    let server = home.start(&["serve"]);
    assert_eq!(code(&server.base, "mei@example.test").await, 200);
    server.logs("message given up");
    let report = Report::of(&home);
    report.says(("outbox", "email"), "warning", &["1 failed in the last hour", "daftar outbox list --status failed"]);
    assert!(server.stop().success());

    let home = Home::with_a_file()
        .with("DAFTAR_EMAIL__TRANSPORT", "smtp")
        .with("DAFTAR_EMAIL__URL", &mail.url())
        .with("DAFTAR_EMAIL__FROM", "accounts@example.test");
    mail.behave(Behaviour::HangInMail);
    let server = home.start(&["serve"]);
    assert_eq!(code(&server.base, "mei@example.test").await, 200);
    Report::of(&home).says(("outbox", ""), "ok", &["1 wait"]);
    server.kill();
    execute(&home, "UPDATE outbox SET created_at = created_at - 120000");
    Report::of(&home).says(("outbox", "email"), "warning", &["1 wait, the oldest for 12"]);
    execute(&home, "UPDATE outbox SET created_at = created_at - 600000");
    Report::of(&home).says(("outbox", "email"), "warning", &["1 wait, the oldest for 72"]);
    execute(&home, "UPDATE outbox SET expires_at = expires_at - 720000");
    let report = Report::of(&home);
    assert_eq!(report.status, Some(1));
    report.says(("outbox", "email"), "failed", &["1 wait, the oldest for 72", "daftar outbox list"]);
}

/// What it finds while the disk that this file is on does not answer.
fn report_without(home: &Home, file: &str) -> Report {
    let file = home.path(file);
    let held = ["-f", "-o", "/dev/null", "-P", file.to_str().unwrap(), "--trace=pread64", "--inject=pread64:delay_enter=600s"];
    // Its words are all that is waited for: whoever holds its disk holds its end, too.
    let mut child = home.command_by("strace", &held, &["doctor", "--json"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = serde_json::Deserializer::from_reader(child.stdout.take().unwrap()).into_iter().next().unwrap().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    Report { status: None, lines }
}

#[test]
fn a_disk_that_hangs_keeps_it_from_nothing_else() {
    let home = Home::with_a_file();
    home.client();
    let report = report_without(&home, DATABASE);
    report.says(("store", ""), "failed", &["did not answer within 10 s"]);
    report.says(("outbox", ""), "warning", &["not looked at: the store cannot be read"]);
    report.says(("open files", ""), "ok", &[]);
}

#[test]
fn a_disk_that_hangs_under_a_file_of_the_configuration_is_told_of() {
    let home = Home::with_a_file().with("DAFTAR_PASSWORDS__LISTS", r#"["stolen.txt"]"#);
    home.write("stolen.txt", "E10ADC3949BA59ABBE56E057F20F883E\n");
    Report::of(&home).says(("configuration", ""), "ok", &[]);
    report_without(&home, "stolen.txt").says(("configuration", ""), "failed", &["cannot be read in time", "disks"]);
}

#[tokio::test]
async fn a_cap_that_is_spent_and_a_block_of_numbers_that_gets_nothing_are_told_of() {
    let home = Home::for_development()
        .with("DAFTAR_LIMITS__ENABLED", "true")
        .with("DAFTAR_LIMITS__SMS_HOURLY", "10")
        .with("DAFTAR_LIMITS__SMS_PREFIX_HOURLY", "4");
    let server = home.start(&["serve"]);
    for number in 0..4 {
        assert_eq!(code(&server.base, &format!("6809822{number}")).await, 200);
    }
    let report = Report::of(&home);
    assert_eq!(report.status, Some(0));
    report.says(
        ("limits", "send.prefix"),
        "warning",
        &["no short message goes to numbers of +852", "daftar limits list --spent --limit send.prefix"],
    );
    for number in 0..5 {
        assert_eq!(code(&server.base, &format!("6{number}111111")).await, 200);
    }
    Report::of(&home).says(("limits", "sms.hour"), "warning", &["9 of 10 are used"]);
    assert_eq!(code(&server.base, "69222222").await, 200);
    let report = Report::of(&home);
    assert_eq!(report.status, Some(1));
    report.says(("limits", "sms.hour"), "failed", &["10 of 10 are used", "Nobody gets a short message"]);
}

#[test]
fn a_clock_that_is_wrong_is_told_of() {
    let home = with_a_clock(Home::for_development());
    set(&home, "+3600");
    home.run(&["migrate"]).ok();
    match Engine::of_this_run() {
        Engine::Postgres => Report::of(&home).says(("clock", ""), "warning", &["s ahead of the database's", "Set it"]),
        Engine::Sqlite => {
            Report::of(&home).says(("clock", ""), "ok", &["no other to compare it with"]);
            set(&home, "+0");
            Report::of(&home).says(("clock", ""), "warning", &["before what the database was told already", "Set it"]);
        }
    }
}

#[test]
fn a_directory_in_which_nothing_can_be_written_is_told_of() {
    let home = Home::with_a_file();
    home.run(&["migrate"]).ok();
    fs::set_permissions(home.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(home.path("daftar-data"), fs::Permissions::from_mode(0o555)).unwrap();
    let mut command = home.command(&["doctor", "--json"]);
    // The superuser may write everywhere.
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        command.uid(65534);
    }
    let report = Report::by(command);
    assert_eq!(report.status, Some(1));
    report.says(("data directory", ""), "failed", &["may not write in", "daftar-data"]);
}

#[test]
fn too_few_open_files_are_told_of() {
    let home = Home::with_a_file();
    let mut shell = Command::new("bash");
    let program = home.command(&[]);
    shell.args(["-c", "ulimit -n 1000; exec \"$0\" doctor --json"]).arg(program.get_program()).current_dir(home.path("")).env_clear();
    shell.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let report = Report::by(shell);
    assert_eq!(report.status, Some(0), "{:#?}", report.lines);
    report.says(("open files", ""), "warning", &["may open 1000", "LimitNOFILE"]);
}
