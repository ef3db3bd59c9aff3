//! What the command line offers and how it ends (contract `operations.md`): 0, 1 for what failed, 2 for what was not understood.

use super::program::Home;

#[test]
fn help_lists_what_there_is_and_nothing_that_is_not_built() {
    let help = Home::bare().run(&["--help"]).ok();
    let commands: Vec<_> = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty()).collect();
    let names: Vec<_> = commands.iter().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(
        names,
        [
            "dev",
            "serve",
            "migrate",
            "client",
            "account",
            "session",
            "audit",
            "outbox",
            "limits",
            "keys",
            "store",
            "backup",
            "restore",
            "doctor",
            "config",
            "completions",
            "manual",
            "help"
        ],
        "{help}"
    );
    assert!(help.contains("--config <FILE>"), "{help}");
}

#[test]
fn every_command_has_a_help_text_and_takes_a_configuration() {
    for command in [
        &["dev"][..],
        &["serve"],
        &["migrate"],
        &["client", "create"],
        &["client", "list"],
        &["client", "rotate"],
        &["client", "country"],
        &["client", "disable"],
        &["account", "show"],
        &["account", "search"],
        &["account", "disable"],
        &["account", "enable"],
        &["account", "delete"],
        &["account", "import"],
        &["account", "export"],
        &["session", "list"],
        &["session", "end"],
        &["audit"],
        &["completions"],
        &["manual"],
        &["outbox", "list"],
        &["outbox", "show"],
        &["outbox", "retry"],
        &["outbox", "routes"],
        &["keys", "list"],
        &["keys", "rotate"],
        &["store", "copy"],
        &["store", "restored"],
        &["backup"],
        &["restore"],
        &["doctor"],
        &["config", "check"],
        &["config", "show"],
    ] {
        let help = Home::bare().run(&[command, &["--help"]].concat()).ok();
        assert!(help.contains("Usage: daftar") && help.contains("--config <FILE>"), "{command:?}: {help}");
        assert!(!help.lines().next().unwrap().starts_with("Usage"), "{command:?} says what it does: {help}");
    }
}

#[test]
fn what_is_not_understood_ends_with_2() {
    for arguments in [
        &[][..],
        &["servee"],
        &["client"],
        &["client", "create"],
        &["client", "create", "x", "--scope", "root"],
        &["serve", "now"],
        &["session", "end"],
        &["audit", "--act", "account.eaten"],
        &["keys"],
        &["keys", "rotate", "now"],
        &["store"],
        &["store", "copy"],
    ] {
        let said = Home::bare().run(arguments);
        assert_eq!((said.status, said.out.as_str()), (Some(2), ""), "{arguments:?}: {said:?}");
        assert!(said.err.contains("Usage") || said.err.contains("possible values"), "{arguments:?}: {said:?}");
    }
}

#[test]
fn the_version_is_the_packages() {
    assert_eq!(Home::bare().run(&["--version"]).ok(), format!("daftar {}\n", env!("CARGO_PKG_VERSION")));
}
