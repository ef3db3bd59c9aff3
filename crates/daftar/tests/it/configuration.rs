//! The configuration as an operator meets it: files, variables, and what is said about a bad one.

use super::program::Home;

const PRODUCTION: &str = "public_url = 'https://accounts.example.com'\nlisten = '127.0.0.1:0'\ndata_dir = 'data'\n\
                          [email]\nurl = 'smtp://post:hunter2@127.0.0.1:9'\nfrom = 'accounts@example.com'\n";

#[test]
fn serve_refuses_a_bad_configuration_naming_key_place_value_and_rule() {
    let home = Home::bare();
    home.write("daftar.toml", &format!("{PRODUCTION}[codes]\nlifetime = 'soon'\n"));
    for command in [&["serve"][..], &["config", "check"], &["config", "show"]] {
        let error = home.run(command).failed();
        for part in ["`codes.lifetime`", "\"soon\"", "daftar.toml", "\"10m\""] {
            assert!(error.contains(part), "{command:?}: {error}");
        }
        assert!(!error.contains("hunter2"));
    }
}

#[test]
fn a_database_that_is_no_file_is_refused_by_every_command_before_anything_is_made() {
    for url in ["sqlite://", "sqlite://:memory:", "sqlite://sub/dir/", "daftar.db", "postgres://u:hunter2@db"] {
        let home = Home::for_development().with("DAFTAR_DATABASE__URL", url);
        for command in [&["config", "check"][..], &["serve"], &["migrate"], &["client", "list"]] {
            let error = home.run(command).failed();
            for part in ["`database.url`", "DAFTAR_DATABASE__URL", "allowed is sqlite://"] {
                assert!(error.contains(part), "{url} {command:?}: {error}");
            }
            assert!(!error.contains("hunter2"), "{error}");
        }
        assert_eq!(std::fs::read_dir(home.path("")).unwrap().count(), 0, "{url}");
    }
}

#[test]
fn serve_without_any_configuration_says_what_production_needs() {
    let error = Home::bare().run(&["serve"]).failed();
    assert!(error.contains("`public_url`") && error.contains("`email.url`"), "{error}");
}

#[test]
fn row_53_an_example_or_short_secret_stops_the_start_outside_development_and_is_not_repeated() {
    let examples = [
        ("DAFTAR_SECRETS__MASTER_KEY", "0123456789abcdef".repeat(4)),
        ("DAFTAR_SECRETS__MASTER_KEY", "00".repeat(32)),
        ("DAFTAR_SECRETS__MASTER_KEY", "0b0b".to_owned()),
        ("DAFTAR_TOKENS__SECRET", "change-me: at least 32 random bytes".to_owned()),
        ("DAFTAR_TOKENS__SECRET", "q3J9vT0m".to_owned()),
        ("DAFTAR_TOKENS__SECRET", String::new()),
    ];
    for (variable, secret) in examples {
        let home = Home::bare().with("DAFTAR_TOKENS__ALGORITHM", if variable.contains("TOKENS") { "HS256" } else { "ES256" }).with(variable, &secret);
        home.write("daftar.toml", PRODUCTION);
        for command in [&["config", "check"][..], &["serve"]] {
            let error = home.run(command).failed();
            assert!(error.contains(variable) && error.contains("***"), "{variable}: {error}");
            assert!(secret.is_empty() || !error.contains(&secret), "{error}");
        }
    }
    let missing = Home::bare().with("DAFTAR_TOKENS__ALGORITHM", "HS256");
    missing.write("daftar.toml", PRODUCTION);
    assert!(missing.run(&["serve"]).failed().contains("`tokens.secret`"));
    // A developer may use an example.
    let development = Home::for_development().with("DAFTAR_SECRETS__MASTER_KEY", &"0123456789abcdef".repeat(4));
    assert!(development.start(&["serve"]).stop().success());
}

#[test]
fn a_named_file_must_be_there() {
    let error = Home::bare().run(&["config", "check", "--config", "elsewhere.toml"]).failed();
    assert!(error.contains("elsewhere.toml") && error.contains("cannot be read"), "{error}");
}

#[test]
fn a_named_file_replaces_the_default_one_and_variables_override_both() {
    let home = Home::bare().with("DAFTAR_BRAND__NAME", "From a variable");
    home.write("daftar.toml", "this is not TOML");
    home.write("other.toml", &format!("locale = 'id'\n{PRODUCTION}[brand]\nname = 'From the file'\n"));
    let shown = home.run(&["--config", "other.toml", "config", "show"]).ok();
    assert!(shown.contains("locale = \"id\"") && shown.contains("name = \"From a variable\""), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn what_is_shown_can_be_served() {
    // A server's URL is shown without its password.
    let home = Home::with_a_file();
    let shown = home.run(&["config", "show"]).ok();
    let second = Home::bare();
    second.write("daftar.toml", &shown);
    let server = second.start(&["serve"]);
    assert!(server.stop().success());
    assert_eq!(second.run(&["config", "show"]).ok(), shown);
}

#[test]
fn check_warns_of_what_works_but_perhaps_not_as_meant() {
    let home = Home::bare();
    home.write("daftar.toml", PRODUCTION);
    let said = home.run(&["config", "check"]).ok();
    assert!(said.contains("warning:") && said.contains("OTP") && said.contains("The configuration is usable."), "{said}");
}

#[tokio::test]
async fn production_serves_without_an_inbox() {
    let home = Home::bare();
    home.write("daftar.toml", PRODUCTION);
    let server = home.start(&["serve"]);
    let http = reqwest::Client::new();
    let status = async |path: &str| http.get(format!("{}{path}", server.base)).send().await.unwrap().status().as_u16();
    assert_eq!((status("/readyz").await, status("/dev/inbox.json").await), (200, 404));
}

#[test]
fn a_busy_port_names_listen() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = Home::for_development().with("DAFTAR_LISTEN", &address).run(&["serve"]).failed();
    assert!(error.contains("`listen`") && error.contains(&address) && error.contains("in use"), "{error}");
}

#[test]
fn a_store_of_another_schema_is_refused_unless_it_may_be_migrated() {
    let home = Home::with_an_empty_database().with("DAFTAR_DATABASE__MIGRATE", "false");
    let error = home.run(&["serve"]).failed();
    assert!(error.contains("daftar migrate"), "{error}");
    home.run(&["migrate"]).ok();
    assert!(home.start(&["serve"]).stop().success());
}

#[test]
fn wrong_texts_of_ones_own_stop_the_start_naming_file_line_and_key() {
    let home = Home::for_development().with("DAFTAR_TEXTS__DIR", "words");
    std::fs::create_dir_all(home.path("words/en")).unwrap();
    home.write("words/en/messages.ftl", "# ours\nsignup-sms = { $code }, and welcome to { $brand }!\n");
    let said = home.run(&["config", "check"]).ok();
    assert!(said.contains("dir = \"words\"") && said.contains("The configuration is usable."), "{said}");
    home.write("words/en/messages.ftl", "# ours\nsignup-sms = Welcome to { $brand }!\nfoter = x\n");
    for command in [&["config", "check"][..], &["serve"]] {
        let error = home.run(command).failed();
        for part in [
            "`texts.dir` = \"words\" (environment variable DAFTAR_TEXTS__DIR)",
            "words/en/messages.ftl, line 2, `signup-sms`: it does not name $code, and must",
            "words/en/messages.ftl, line 3, `foter`: there is no text of this name",
        ] {
            assert!(error.contains(part), "{command:?}: {error}");
        }
    }
}
