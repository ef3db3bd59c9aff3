//! What `[[sms.routes]]` may say.

use std::collections::BTreeSet;
use std::io::Write as _;

use daftar_core::outbox::Way;
use daftar_core::price::Price;

use crate::config::sms::SmsRoute;
use crate::config::tests::{EXAMPLE, PRODUCTION, load};
use crate::config::{Checked, Config, SmsTransport};

const GUIDE: &str = include_str!("../../../../../docs/configuration.md");
/// What every generic route needs.
const GENERIC: &str = "[[sms.routes]]\nname = 'house'\npreset = 'generic'\nurl = 'https://sms.example.com/send'\n";

fn loaded(file: &str) -> Config {
    load(&format!("{PRODUCTION}{file}"), &[]).unwrap_or_else(|error| panic!("{file}\n{error}")).config
}

fn refusal(file: &str) -> String {
    load(&format!("{PRODUCTION}{file}"), &[]).map(|_| ()).expect_err(file)
}

/// A file with a secret, and the path of it.
fn secret_file(text: &str) -> (tempfile::NamedTempFile, String) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let path = file.path().display().to_string();
    (file, path)
}

#[test]
fn the_guides_example_of_every_preset_loads() {
    let (_kept, path) = secret_file("q3J9vT0mZyX8kL2wN5pR7sB1cD4fG6hJ\n");
    let section = GUIDE.split("## SMS gateways").nth(1).unwrap().split("\n## ").next().unwrap();
    let blocks: Vec<&str> = section.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let mut presets = BTreeSet::new();
    for block in blocks {
        let block: String = block.lines().map(|line| format!("{}\n", in_this_machines_files(line, &path))).collect();
        for route in loaded(&block).sms.routes {
            presets.insert((route.preset.name(), route.way().name()));
        }
    }
    let all = ["generic", "infobip", "messagebird", "twilio", "vonage", "zenziva"].map(|preset| (preset, "sms"));
    assert_eq!(presets, all.into_iter().chain([("twilio", "whatsapp"), ("infobip", "whatsapp")]).collect());
}

/// A line whose secret is in a file that there is.
fn in_this_machines_files(line: &str, path: &str) -> String {
    match line.split_once("_file = ") {
        Some((key, _)) => format!("{key}_file = '{path}'"),
        None => line.to_owned(),
    }
}

#[test]
fn the_example_file_explains_every_key_of_a_route() {
    let explained: BTreeSet<&str> = EXAMPLE.lines().filter_map(|line| line.strip_prefix("#   ")?.split_once(" = ")).map(|(key, _)| key).collect();
    let route: SmsRoute = toml::from_str("name = 'a'\npreset = 'generic'").unwrap();
    let known = serde_json::to_value(route).unwrap();
    assert_eq!(explained, known.as_object().unwrap().keys().map(String::as_str).collect());
}

#[test]
fn a_variable_holds_routes_as_toml_or_json() {
    for text in [
        r#"[{name="a",preset="generic",url="https://sms.example.com",price="0.5"}]"#,
        r#"[{"name": "a", "preset": "generic", "url": "https://sms.example.com", "price": "0.5"}]"#,
    ] {
        let Checked { config, warnings, .. } = load(PRODUCTION, &[("DAFTAR_SMS__ROUTES", text)]).unwrap();
        let [route] = config.sms.routes.as_slice() else { panic!("{text}") };
        assert_eq!((route.name.as_str(), route.price), ("a", Some(Price(500_000))));
        assert!(warnings.is_empty(), "{warnings:?}");
    }
}

#[test]
fn routes_are_used_where_they_are_configured() {
    let config = load(&format!("environment = 'development'\n{GENERIC}"), &[]).unwrap().config;
    assert_eq!(config.sms.transport(config.environment), SmsTransport::Http);
    let config = load("environment = 'development'", &[]).unwrap().config;
    assert_eq!(config.sms.transport(config.environment), SmsTransport::Inbox);
}

#[test]
fn zenziva_sends_to_indonesia_unless_it_is_told_otherwise() {
    let route =
        |more: &str| loaded(&format!("[[sms.routes]]\nname = 'z'\npreset = 'zenziva'\naccount = 'u'\nsecret = 'p4ss'\n{more}")).sms.routes.remove(0);
    assert_eq!(route("").countries().unwrap(), [daftar_core::identifier::Country::indonesia()]);
    assert_eq!(route("countries = ['HK']").countries().unwrap(), [daftar_core::identifier::Country::hong_kong()]);
    assert_eq!(route("").way(), Way::Sms);
}

#[test]
fn a_secret_is_read_from_its_file_without_the_line_break() {
    let (_kept, path) = secret_file("hunter2\n");
    let config = loaded(&format!("[[sms.routes]]\nname = 'm'\npreset = 'messagebird'\nsender = 'Daftar'\nsecret_file = '{path}'\n"));
    let settings = config.sms.routes[0].settings().unwrap();
    assert_eq!(secrecy::ExposeSecret::expose_secret(settings.secret.as_ref().unwrap()), "hunter2");
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[test]
fn row_52_a_configuration_that_is_shown_shows_no_secret_of_a_route_and_loads_again() {
    let file = format!(
        "{GENERIC}secret = 'hunter2'\nbody = '{{\"key\": \"hunter3\", \"to\": \"{{to}}\"}}'\nheaders = {{ authorization = 'Bearer hunter4' }}\n\
         senders = {{ HK = '#DAFTAR' }}\nprices = {{ ID = '0.02' }}\nreceipt_within = '60s'\n\
         [[sms.routes]]\nname = 'other'\npreset = 'generic'\nurl = 'https://sms.example.com/send?key=hunter5'\n"
    );
    let config = loaded(&file);
    let shown = config.shown().unwrap();
    for secret in ["hunter2", "hunter3", "hunter4", "hunter5"] {
        assert!(!shown.contains(secret) && !format!("{config:?}").contains(secret), "{shown}");
    }
    for open in ["name = \"house\"", "url = \"https://sms.example.com/***\"", "HK = \"#DAFTAR\"", "ID = \"0.02\"", "receipt_within = \"1m\""] {
        assert!(shown.contains(open), "{open}: {shown}");
    }
    let first: String = shown.split("[[sms.routes]]\nname = \"other\"").next().unwrap().to_owned();
    assert!(load(&first, &[]).is_ok(), "{first}");
}

#[test]
fn row_52_a_wrong_value_names_its_route_its_key_and_what_is_allowed() {
    let twilio = "[[sms.routes]]\nname = 'tw'\npreset = 'twilio'\naccount = 'AC00112233445566778899aabbccddeeff'\nsecret = 'hunter2'\n";
    let with = |base: &str, more: &str| format!("{base}{more}\n");
    for (file, says) in [
        ("[[sms.routes]]\nname = 'a b'\npreset = 'generic'".to_owned(), vec!["sms.routes", "name", "\"a b\"", "1 to 40 letters"]),
        ("[[sms.routes]]\nname = 'a'\npreset = 'pigeon'".to_owned(), vec!["sms.routes", "preset", "\"pigeon\"", "\"twilio\""]),
        ("[[sms.routes]]\npreset = 'generic'".to_owned(), vec!["sms.routes", "name", "it must be set"]),
        ("[[sms.routes]]\nname = 'a'\npreset = 'generic'\nurll = 'x'".to_owned(), vec!["sms.routes", "urll", "there is no such key"]),
        ("[[sms.routes]]\nname = 'a'\npreset = 'generic'\nurl = 7".to_owned(), vec!["sms.routes", "url", "***"]),
        ("[[sms.routes]]\nname = 'a'\npreset = 'generic'".to_owned(), vec!["`sms.routes.a.url`", "FILE", "must be set"]),
        ("[[sms.routes]]\nname = 'a'\npreset = 'generic'\nurl = 'sms.example.com'".to_owned(), vec!["`sms.routes.a.url` = ***", "https URL"]),
        ("[[sms.routes]]\nname = 'a'\npreset = 'generic'\nurl = 'https://u:hunter2@sms.example.com'".to_owned(), vec!["`sms.routes.a.url` = ***"]),
        (
            "[[sms.routes]]\nname = 'a'\npreset = 'generic'\nurl = 'https://{to_digits}.example.com'".to_owned(),
            vec!["`sms.routes.a.url`", "behind its host"],
        ),
        ("[[sms.routes]]\nname = 'a'\npreset = 'generic'\nurl = 'https://sms.example.com/a<b>'".to_owned(), vec!["`sms.routes.a.url`", "https URL"]),
        (with(GENERIC, GENERIC), vec!["`sms.routes.house.name` = \"house\"", "every name once"]),
        (with(GENERIC, "way = 'email'"), vec!["way", "\"sms\" or \"whatsapp\""]),
        (with(GENERIC, "way = 'whatsapp'"), vec!["`sms.routes.house.body`", "{code}"]),
        (with(GENERIC, "sender = 'much too long a name'"), vec!["`sms.routes.house.sender` = \"much too long a name\"", "up to 11"]),
        (with(GENERIC, "sender = ''"), vec!["`sms.routes.house.sender` = \"\""]),
        (with(GENERIC, "senders = { hk = 'DAFTAR' }"), vec!["`sms.routes.house.senders`", "two capital letters"]),
        (with(GENERIC, "countries = ['Hong Kong']"), vec!["countries", "two capital letters"]),
        (with(GENERIC, "platforms = ['NOSUCH']"), vec!["`sms.routes.house.platforms` = [\"NOSUCH\"]", "usapi.platforms"]),
        (with(GENERIC, "price = 0.5"), vec!["price", "\"0.045\""]),
        (with(GENERIC, "prices = { ID = '0,02' }"), vec!["`sms.routes.house.prices`", "\"0.045\""]),
        (with(GENERIC, "timeout = '10m'"), vec!["timeout", "\"5m\""]),
        (with(GENERIC, "receipt_within = '1s'"), vec!["receipt_within", "from \"5s\""]),
        (with(GENERIC, "method = 'DELETE'"), vec!["`sms.routes.house.method` = \"DELETE\"", "\"POST\""]),
        (with(GENERIC, "body = '{\"to\": {to}, \"hunter2\": 1}'"), vec!["`sms.routes.house.body` = ***", "within quotes"]),
        (with(GENERIC, "body = 'to={tu}'"), vec!["`sms.routes.house.body` = ***", "{to_digits}"]),
        (with(GENERIC, "headers = { 'a b' = 'hunter2' }"), vec!["`sms.routes.house.headers`", "authorization"]),
        (with(GENERIC, "success_field = 'ok'"), vec!["`sms.routes.house.success_values`"]),
        (with(GENERIC, "refused_values = ['7']"), vec!["`sms.routes.house.error_field`"]),
        (with(GENERIC, "signing_key = 'hunter2'"), vec!["`sms.routes.house.signing_key` = ***", "leave it out"]),
        (with(GENERIC, "secret_file = '/nowhere/key'"), vec!["`sms.routes.house.secret_file`", "/nowhere/key"]),
        (with(GENERIC, "secret = 'hunter2'\nsecret_file = '/nowhere/key'"), vec!["`sms.routes.house.secret_file`", "not both"]),
        (with("[sms]\nmax_cost = 'much'\n", ""), vec!["`sms.max_cost` = \"much\"", "\"0.045\""]),
        (with("[sms]\nmax_cost = '0.01'\n", &format!("{GENERIC}price = '0.02'")), vec!["`sms.routes.house.price` = \"0.02\"", "max_cost"]),
        (with(twilio, ""), vec!["`sms.routes.tw.sender`", "must be set"]),
        (with(twilio, "sender = 'Daftar'\nmethod = 'GET'"), vec!["`sms.routes.tw.method` = \"GET\"", "leave it out"]),
        (with(twilio, "sender = '+85290001234'\nway = 'whatsapp'"), vec!["`sms.routes.tw.template`", "approved template"]),
        (with(twilio, "sender = '+85290001234'\nway = 'whatsapp'\ntemplate = 'otp'"), vec!["`sms.routes.tw.template` = \"otp\"", "HX"]),
        (with(twilio, "sender = 'Daftar'\nway = 'whatsapp'"), vec!["`sms.routes.tw.sender` = \"Daftar\"", "WhatsApp"]),
        (with(twilio, "sender = 'Daftar'\ntemplate = 'HX00112233445566778899aabbccddeeff'"), vec!["`sms.routes.tw.template`", "whatsapp"]),
        (with(&twilio.replace("AC001", "AC0"), "sender = 'Daftar'"), vec!["`sms.routes.tw.account` = ***", "AC"]),
        ("[[sms.routes]]\nname = 'i'\npreset = 'infobip'\nsecret = 'hunter2'".to_owned(), vec!["`sms.routes.i.url`", "infobip.com"]),
        (
            "[[sms.routes]]\nname = 'i'\npreset = 'infobip'\nsecret = 'hunter2'\nurl = 'https://x.example/sms'".to_owned(),
            vec!["`sms.routes.i.url`", "without a path"],
        ),
        (
            "[[sms.routes]]\nname = 'v'\npreset = 'vonage'\nway = 'whatsapp'\nsender = '852123456'".to_owned(),
            vec!["`sms.routes.v.way` = \"whatsapp\"", "\"sms\""],
        ),
        (
            "[[sms.routes]]\nname = 'm'\npreset = 'messagebird'\nsender = 'Daftar'\nsecret = 'hunter2 '".to_owned(),
            vec!["`sms.routes.m.secret` = ***", "without blanks"],
        ),
        (
            "[[sms.routes]]\nname = 'z'\npreset = 'zenziva'\naccount = 'u'\nsecret = 'hunter2'\nsender = 'Daftar'".to_owned(),
            vec!["`sms.routes.z.sender`", "leave it out"],
        ),
        (
            "[[sms.routes]]\nname = 'z'\npreset = 'zenziva'\naccount = 'u'\nsecret = 'hunter2'\nreceipt_within = '60s'".to_owned(),
            vec!["`sms.routes.z.receipt_within`", "no receipts"],
        ),
    ] {
        let error = refusal(&file);
        for part in says {
            assert!(error.contains(part), "{file}\nshould say {part}, says\n{error}");
        }
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn what_others_can_read_and_what_whatsapp_cannot_carry_is_warned_of() {
    let warnings = |file: &str| load(&format!("{PRODUCTION}{file}"), &[]).unwrap().warnings.join("\n");
    assert!(warnings(&GENERIC.replace("https:", "http:")).contains("`house`"));
    assert!(warnings(&GENERIC.replace("https://sms.example.com", "http://127.0.0.1:9")).is_empty());
    let whatsapp = format!("{GENERIC}way = 'whatsapp'\nbody = '{{\"to\": \"{{to}}\", \"code\": \"{{code}}\"}}'\n");
    assert!(warnings(&whatsapp).contains("codes alone"));
}
