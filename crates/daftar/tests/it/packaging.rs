//! What is installed beside the program, and what starts it: the commands and keys that they name are ones that there are.

use std::collections::BTreeSet;

use super::program::Home;

fn read(path: &str) -> String {
    std::fs::read_to_string(format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The commands that `daftar --help` lists.
fn commands() -> Vec<String> {
    let help = Home::bare().run(&["--help"]).ok();
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    listed.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
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
    // What is commented out is right but for the certificate, which is not there.
    let filled: String = packaged
        .lines()
        .map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line))
        .fold(String::new(), |text, line| text + line + "\n");
    let filled = filled.split("[tls]").next().unwrap().to_owned();
    home.write("daftar.toml", &filled);
    home.write("empty", "");
    let home = home.with("DAFTAR_DATA_DIR", ".").with("DAFTAR_SMS__TRANSPORT", "none");
    let said = home.run(&["config", "check"]);
    assert!(!said.err.contains("no such key") && !said.err.contains("`public_url`") && !said.err.contains("`email."), "{said:?}");
}

/// The names of environment variables that set keys.
fn variables(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
    words.filter(|word| word.starts_with("DAFTAR_")).map(ToOwned::to_owned).collect()
}

#[test]
fn containers_and_units_set_keys_that_there_are() {
    let shown = Home::for_development().run(&["config", "show"]).ok();
    let example = read("daftar.example.toml");
    for path in ["Dockerfile", "compose.yaml", "packaging/daftar.service"] {
        for variable in variables(&read(path)) {
            let key = variable.trim_start_matches("DAFTAR_").to_lowercase();
            let last = key.rsplit("__").next().unwrap();
            let is_known = [&shown, &example]
                .iter()
                .any(|text| text.lines().any(|line| line.trim_start_matches('#').trim_start().starts_with(&format!("{last} ="))));
            assert!(is_known, "{path} sets {variable}, which is no key");
        }
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
