//! What is installed beside the program, and what starts it: the commands and keys that they name are ones that there are.

use std::collections::BTreeSet;

use super::program::Home;

fn read(path: &str) -> String {
    std::fs::read_to_string(format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The lines of `daftar --help` that list the commands.
fn listed() -> Vec<String> {
    let help = Home::bare().run(&["--help"]).ok();
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    lines.map(ToOwned::to_owned).collect()
}

/// The commands that `daftar --help` lists.
fn commands() -> Vec<String> {
    listed().iter().map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

#[test]
fn every_command_has_a_line_of_its_own() {
    let mut beginnings = BTreeSet::new();
    for line in listed() {
        assert!(line.len() <= 130, "more than a line: {line}");
        let beginning: Vec<&str> = line.split_whitespace().skip(1).take(4).collect();
        assert!(beginnings.insert(beginning.join(" ")), "said of another command, too: {line}");
    }
}

#[test]
fn completions_know_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let printed = Home::bare().run(&["completions", shell]).ok();
        for command in commands() {
            assert!(printed.contains(&command), "{shell} does not know {command}");
        }
    }
    assert_eq!(Home::bare().run(&["completions", "teletype"]).status, Some(2));
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    let home = Home::bare();
    home.run(&["manual", "."]).ok();
    let pages: BTreeSet<String> = std::fs::read_dir(home.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".1"))
        .collect();
    assert!(pages.contains("daftar.1") && pages.contains("daftar-client-create.1"), "{pages:?}");
    for command in commands().into_iter().filter(|command| command != "help") {
        assert!(pages.contains(&format!("daftar-{command}.1")), "{command}: {pages:?}");
    }
    let page = std::fs::read_to_string(home.path("daftar.1")).unwrap();
    assert!(page.contains(".TH daftar 1") && page.contains("account service"), "{page}");
    assert!(home.run(&["manual", "nowhere"]).failed().contains("nowhere"));
}

#[test]
fn the_installed_configuration_is_one_that_works_once_it_is_filled_in() {
    let home = Home::bare();
    let packaged = read("packaging/daftar.toml");
    home.write("daftar.toml", &packaged);
    let told = home.run(&["config", "check"]).failed();
    assert!(told.contains("`public_url`") && told.contains("`email.url`"), "{told}");
    // What is commented out is right, up to the certificate, which is not there.
    let comments = |line: &str| line.strip_prefix('#').filter(|rest| !rest.is_empty() && !rest.starts_with(' ')).unwrap_or(line).to_owned();
    let filled: Vec<String> = packaged.lines().map(comments).take_while(|line| line != "[tls]").collect();
    assert!(filled.iter().any(|line| line.starts_with("trusted_proxies")) && filled.iter().any(|line| line.starts_with("from = ")), "{filled:?}");
    // A gateway has to be paid: without one there are no short messages.
    home.write(
        "daftar.toml",
        &format!("{}\n[[sms.routes]]\nname = 'x'\npreset = 'generic'\nurl = 'https://sms.example.com/send'\n", filled.join("\n")),
    );
    let told = home.with("DAFTAR_DATA_DIR", ".").run(&["config", "check"]).ok();
    assert!(told.contains("https://accounts.example.com"), "{told}");
}

/// The names of environment variables that set keys.
fn variables(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
    words.filter(|word| word.starts_with("DAFTAR_")).map(ToOwned::to_owned).collect()
}

/// Whether a variable sets a key: the configuration knows it, whatever it says of the value.
fn is_known(variable: &str) -> bool {
    !Home::for_development().with(variable, "x").run(&["config", "check"]).err.contains("no such key")
}

#[test]
fn containers_and_units_set_keys_that_there_are() {
    assert!(!is_known("DAFTAR_NONSENSE__URL") && !is_known("DAFTAR_DATABASE__NONSENSE"));
    for path in ["Dockerfile", "compose.yaml", "packaging/daftar.service"] {
        for variable in variables(&read(path)) {
            assert!(is_known(&variable), "{path} sets {variable}, which is no key");
        }
    }
    assert_eq!(variables(&read("compose.yaml")).len(), 6);
}

#[test]
fn the_authorities_that_it_trusts_are_installed_with_it() {
    for (path, place) in [("crates/daftar/Cargo.toml", "depends = "), ("Dockerfile", "RUN apt-get")] {
        let installed = read(path).lines().any(|line| line.starts_with(place) && line.contains("ca-certificates"));
        assert!(installed, "{path} does not bring the certificates of the system's authorities");
    }
}

#[test]
fn no_secret_goes_into_an_image() {
    let ignored = read(".dockerignore");
    for secret in ["secrets", "daftar-data", ".git"] {
        assert!(ignored.lines().any(|line| line == secret), "{secret}");
    }
}

#[test]
fn the_unit_runs_commands_that_there_are_and_waits_as_long_as_an_orderly_end_takes() {
    let unit = read("packaging/daftar.service");
    for line in unit.lines().filter(|line| line.starts_with("ExecStart")) {
        let command = line.split("/etc/daftar/daftar.toml ").nth(1).unwrap();
        let arguments: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        Home::bare().run(&arguments).ok();
    }
    // shutdown.delay, then 20 s for requests and 5 s for messages (`docs/configuration.md`, Starting and ending).
    let patience: u64 = unit.lines().find_map(|line| line.strip_prefix("TimeoutStopSec=")).unwrap().parse().unwrap();
    assert!(patience >= 1 + 20 + 5 + 5);
}
