//! What a configuration may say, from the outside of this module: files and variables in, values or errors out.

use std::collections::BTreeSet;
use std::io::Write as _;

use super::*;

pub(super) const EXAMPLE: &str = include_str!("../../../../daftar.example.toml");
/// The least that production needs.
pub(super) const PRODUCTION: &str =
    "public_url = 'https://accounts.example.com'\n[email]\nurl = 'smtp://mail.example.com'\nfrom = 'accounts@example.com'\n";

/// Loads `file` under `variables`, for serving.
pub(super) fn load(file: &str, variables: &[(&str, &str)]) -> Result<Checked, String> {
    let mut path = tempfile::NamedTempFile::new().unwrap();
    path.write_all(file.as_bytes()).unwrap();
    let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let sources = Sources { preset: Preset::Usual, file: Some(path.path().to_owned()), variables };
    Config::load(&sources, Use::Serving).map_err(|error| error.to_string().replace(&path.path().display().to_string(), "FILE"))
}

pub(super) fn loaded(file: &str, variables: &[(&str, &str)]) -> Config {
    load(file, variables).unwrap_or_else(|error| panic!("{error}")).config
}

/// Every key there is, written with dots, in an order.
fn keys(of: &serde_json::Value, path: &str, into: &mut BTreeSet<String>) {
    match of {
        serde_json::Value::Object(table) => table.iter().for_each(|(key, value)| keys(value, &format!("{path}.{key}"), into)),
        serde_json::Value::Array(items) if items.iter().any(serde_json::Value::is_object) => {
            items.iter().for_each(|item| keys(item, &format!("{path}[]"), into));
        }
        _ => drop(into.insert(path.to_owned())),
    }
}

fn keys_of(value: &serde_json::Value) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    keys(value, "", &mut all);
    all
}

#[test]
fn the_example_file_holds_the_defaults() {
    let example: Config = toml::from_str(EXAMPLE).unwrap();
    assert_eq!(example, Config::default());
}

#[test]
fn the_example_file_names_every_key() {
    let uncommented: String = EXAMPLE
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(key) if key.starts_with(|c: char| c.is_ascii_lowercase()) => format!("{key}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let example: toml::Value = toml::from_str(&uncommented).unwrap();
    let known = serde_json::to_value(Config::default()).unwrap();
    assert_eq!(keys_of(&serde_json::to_value(example).unwrap()), keys_of(&known));
    // Its examples are allowed, but for the secrets, of which it warns, and files and a folder that are not there.
    let error = load(&uncommented.replace("\"ES256\"", "\"HS256\""), &[]).unwrap_err();
    let refused: Vec<_> = error.lines().skip(1).map(|line| line.trim().split(' ').next().unwrap()).collect();
    assert_eq!(
        refused,
        ["`secrets.master_key`", "`tls.certificate`", "`email.ca_file`", "`email.dkim.key_file`", "`tokens.secret`", "`texts.dir`"],
        "{error}"
    );
}

#[test]
fn the_contracts_sample_loads() {
    let sample = r#"
        environment = "production"
        listen = "127.0.0.1:8080"
        public_url = "https://accounts.example.com"
        data_dir = "/var/lib/daftar"
        trusted_proxies = []
        [database]
        url = "sqlite:///var/lib/daftar/daftar.db"
        [email]
        transport = "smtp"
        url = "smtp://user:pass@host:587"
        from = "accounts@example.com"
        [sms]
        transport = "http"
        [limits]
        enabled = true
        [app]
        otp_digits = 4
        default_country = "HK"
        always_ok = false
        [codes]
        lifetime = "10m"
        [registrations]
        lifetime = "30m"
    "#;
    let Checked { config, warnings, .. } = load(sample, &[]).unwrap();
    assert_eq!(config.database_url().expose(), "sqlite:///var/lib/daftar/daftar.db");
    assert!(warnings.iter().any(|warning| warning.contains("OTP")), "{warnings:?}");
}

#[test]
fn a_variable_overrides_the_file_and_the_file_the_default() {
    let file = format!("listen = '127.0.0.1:1111'\n{PRODUCTION}[brand]\nname = 'From the file'\n");
    let config = loaded(&file, &[("DAFTAR_BRAND__NAME", "123"), ("DAFTAR_PASSWORDS__MIN", "12"), ("DAFTAR_APP__ALWAYS_OK", "true"), ("HOME", "/")]);
    assert_eq!(config.listen.port(), 1111);
    assert_eq!(config.brand.name.0, "123", "a text stays a text");
    assert_eq!((config.passwords.min.0, config.app.always_ok), (12, true));
}

#[test]
fn a_list_in_a_variable_is_toml_json_or_commas() {
    for text in [r#"["10.0.0.0/8", "::1"]"#, "['10.0.0.0/8', '::1']", "10.0.0.0/8, ::1"] {
        let config = loaded(PRODUCTION, &[("DAFTAR_TRUSTED_PROXIES", text)]);
        assert_eq!(config.trusted_proxies.iter().map(ToString::to_string).collect::<Vec<_>>(), ["10.0.0.0/8", "::1/128"], "{text}");
    }
    assert!(loaded(PRODUCTION, &[("DAFTAR_TRUSTED_PROXIES", "")]).trusted_proxies.is_empty());
    for text in [r##"[{"id": "SHOP", "name": "The Shop", "color": "#00FF00"}]"##, r##"[{id = "SHOP", name = "The Shop", color = "#00ff00"}]"##] {
        let brands = loaded(PRODUCTION, &[("DAFTAR_USAPI__PLATFORMS", text)]).brands();
        assert_eq!(brands.platforms.len(), 1);
        assert_eq!(brands.of(Some("SHOP")).color, "#00ff00");
    }
}

#[test]
fn a_configuration_that_was_shown_loads_again_and_shows_no_secret() {
    let file = PRODUCTION.replace("smtp://mail", "smtp://post:hunter2@mail")
        + "[tokens]\nalgorithm = 'HS256'\nsecret = 'q3J9vT0mZyX8kL2wN5pR7sB1cD4fG6hJ+aE/uIoPQrM='\n[secrets]\n\
           master_key = 'b1e0f3a7c25d94886f10aa3e5b7cd2914e6608f7391b2d5ac4e8f07162ab93dd'\n";
    let config = loaded(&file, &[]);
    let shown = config.shown().unwrap();
    for secret in ["hunter2", "q3J9vT0m", "b1e0f3a7"] {
        assert!(!shown.contains(secret) && !format!("{config:?}").contains(secret), "{shown}");
    }
    assert!(shown.contains("# master_key = \"***\" is set and not shown") && shown.contains("smtp://post:***@mail.example.com"), "{shown}");
    let again = loaded(&shown, &[("DAFTAR_TOKENS__SECRET", "q3J9vT0mZyX8kL2wN5pR7sB1cD4fG6hJ+aE/uIoPQrM=")]);
    assert_eq!(again.shown().unwrap(), shown.replace("# master_key = \"***\" is set and not shown\n", ""));
    let plain = loaded(PRODUCTION, &[]).shown().unwrap();
    assert_eq!(loaded(&plain, &[]).shown().unwrap(), plain);
}

#[test]
fn development_needs_nothing_and_fills_in_what_is_local() {
    let config = loaded("environment = 'development'", &[]);
    assert_eq!(config.public_url(config.listen), "http://127.0.0.1:8080");
    assert_eq!(config.data_dir(), PathBuf::from("./daftar-data"));
    assert_eq!(config.database_url().expose(), "sqlite://./daftar-data/daftar.db");
    assert!(config.has_inbox());
    let unlimited = loaded("environment = 'development'\n[limits]\nenabled = false", &[]);
    assert!(unlimited.limits.limits(&unlimited.sms).is_none());
    assert_eq!(config.public_url("0.0.0.0:99".parse().unwrap()), "http://127.0.0.1:99");
}

/// A configuration that is refused: what it adds to [`PRODUCTION`], and what its error must say.
struct Refused {
    file: &'static str,
    variables: &'static [(&'static str, &'static str)],
    says: &'static [&'static str],
}

const fn refused(file: &'static str, says: &'static [&'static str]) -> Refused {
    Refused { file, variables: &[], says }
}

const fn refused_variable(variables: &'static [(&'static str, &'static str)], says: &'static [&'static str]) -> Refused {
    Refused { file: "", variables, says }
}

#[test]
fn an_error_names_the_key_its_place_its_value_and_what_is_allowed() {
    for Refused { file, variables, says } in [
        refused("[limits]\nenabeld = true", &["`limits.enabeld`", "FILE", "no such key", "password_period"]),
        refused("[limitz]\n", &["`limitz`", "FILE", "no such key", "limits"]),
        refused("[limits]\nenabled = 'yes'", &["`limits.enabled` = \"yes\"", "FILE", "true or false"]),
        refused("[limits]\nenabled = false", &["`limits.enabled` = false", "FILE", "in production allowed is true"]),
        refused(
            "[limits.test_contacts]\n'+85251230000' = '12345678'",
            &["`limits.test_contacts` = 1 of them", "FILE", "in production allowed is none"],
        ),
        refused("[limits.test_contacts]\nsiti = '12345678'", &["`limits.test_contacts` = \"siti\"", "e-mail addresses and phone numbers"]),
        refused("[limits]\npassword_account_burst = 0", &["`limits.password_account_burst` = 0", "a whole number from 1 to 1000"]),
        refused("[codes]\nlifetime = '10 minutes'", &["`codes.lifetime` = \"10 minutes\"", "FILE", "\"10m\""]),
        refused("[codes]\nlifetime = 600", &["`codes.lifetime` = 600", "\"10m\""]),
        refused("[sessions]\nlifetime = '0s'", &["`sessions.lifetime` = \"0s\"", "from \"1s\" to \"3650d\""]),
        refused("[app]\notp_digits = 9", &["`app.otp_digits` = 9", "from 4 to 8"]),
        refused("[app]\ndefault_country = 'hk'", &["`app.default_country` = \"hk\"", "two capital letters"]),
        refused("[app]\nalways_ok = 1", &["`app.always_ok` = 1", "true or false"]),
        refused("[passwords]\nmin = 5", &["`passwords.min` = 5", "from 6 to 1024"]),
        refused("[passwords]\nmin = -1", &["`passwords.min` = -1", "from 6 to 1024"]),
        refused("[passwords]\nmin = 200", &["`passwords.max` = 128", "200"]),
        refused("[hashing]\nmemory_kib = 16\nlanes = 4", &["`hashing.memory_kib` = 16", "32"]),
        refused("[email]\ntransport = 'inbox'", &["`email.transport` = \"inbox\"", "development"]),
        refused("[email]\ntransport = 'pigeon'", &["`email.transport` = \"pigeon\"", "\"smtp\" or \"inbox\""]),
        refused("[sms]\ntransport = 'inbox'", &["`sms.transport` = \"inbox\"", "development"]),
        refused("[database]\nurl = 'mysql://u:hunter2@db/x'", &["`database.url` = \"mysql://u:***@db/x\"", "FILE", "sqlite://"]),
        refused(
            "[database]\nurl = 'postgres://u:hunter2@db/x?sslmode=no'",
            &["`database.url` = \"postgres://u:***@db/x?sslmode=no\"", "verify-full"],
        ),
        refused("[outbox]\nlease = '40s'", &["`outbox.lease` = \"40s\"", "twice outbox.send_timeout"]),
        refused("[database]\nurl = 'sqlite://'", &["`database.url` = \"sqlite://\"", "FILE", "the path of a file"]),
        refused("[database]\nurl = 'sqlite://:memory:'", &["`database.url` = \"sqlite://:memory:\"", "FILE", "the path of a file"]),
        refused("[database]\nurl = 'sqlite://sub/dir/'", &["`database.url` = \"sqlite://sub/dir/\"", "FILE", "the path of a file"]),
        refused(
            "secrets = 'hunter2'\n[email]\nurl = 'smtp://mail.example.com'\nfrom = 'accounts@example.com'",
            &["`secrets` = ***", "FILE", "a table of keys"],
        ),
        refused_variable(&[("DAFTAR_TOKENS", "hunter2")], &["`tokens` = ***", "environment variable DAFTAR_TOKENS", "a table of keys"]),
        refused("[database]\nurl = 7", &["`database.url` = ***", "a text in quotes"]),
        refused("[tokens]\nalgorithm = 'none'", &["`tokens.algorithm` = \"none\"", "\"ES256\" or \"HS256\""]),
        refused("[tokens]\nalgorithm = 'HS256'\nkey_files = ['a.pem']", &["`tokens.key_files` = [\"a.pem\"]", "FILE", "\"ES256\" alone"]),
        refused("[brand]\ncolor = 'red'", &["`brand.color` = \"red\"", "#0b6e4f"]),
        refused("[brand]\nlogo = 'http://x.example/a.png'", &["`brand.logo` = \"http://x.example/a.png\"", "an https URL of a picture"]),
        refused("[brand]\nmail_from = 'Shop <a@b.example>'", &["`brand.mail_from` = \"Shop <a@b.example>\"", "an e-mail address without a name"]),
        refused("[brand]\nsms_sender = 'MYSHOP123456'", &["`brand.sms_sender` = \"MYSHOP123456\"", "3 to 11 letters and digits"]),
        refused("[brand]\nlink_base = 'https://x.example/a'", &["`brand.link_base` = \"https://x.example/a\"", "without path"]),
        refused("[brand]\nlink_base = 'http://x.example'", &["`brand.link_base` = \"http://x.example\"", "in production is an https URL"]),
        refused(
            "[[usapi.platforms]]\nid = 'A'\nname = 'A'\ncolor = '#000000'\nlink_base = 'http://x.example'",
            &["`usapi.platforms` = \"http://x.example\"", "in production is an https URL"],
        ),
        refused("[sms]\nautofill_domain = 'https://x.example'", &["`sms.autofill_domain` = \"https://x.example\"", "the name of a host alone"]),
        refused("[texts]\ndir = '/no/such/folder'", &["`texts.dir` = \"/no/such/folder\"", "FILE", "the folder cannot be read"]),
        refused("[http]\ncors_origins = ['*']", &["`http.cors_origins` = \"*\"", "https://shop.example.com"]),
        refused("[log]\nlevel = 'loud'", &["`log.level` = \"loud\"", "\"debug\""]),
        refused("[brand]\nname = 'two\nlines'", &["FILE", "not TOML", "line 7"]),
        refused_variable(&[("DAFTAR_LISTEN", "localhost")], &["`listen` = \"localhost\"", "environment variable DAFTAR_LISTEN", "127.0.0.1:8080"]),
        refused_variable(&[("DAFTAR_LIMITS__ENABLED", "maybe")], &["`limits.enabled` = \"maybe\"", "DAFTAR_LIMITS__ENABLED", "true or false"]),
        refused_variable(&[("DAFTAR_PORT", "tcp://10.0.0.1")], &["`port`", "environment variable DAFTAR_PORT", "no such key"]),
        refused_variable(&[("DAFTAR_DATABASE", "x")], &["`database` = \"x\"", "a table"]),
        refused_variable(&[("DAFTAR_TRUSTED_PROXIES", "10.0.0.0/8,all")], &["`trusted_proxies` = \"all\"", "DAFTAR_TRUSTED_PROXIES", "10.0.0.0/8"]),
        refused_variable(&[("DAFTAR_PUBLIC_URL", "https://x.example/path")], &["`public_url` = \"https://x.example/path\"", "without path"]),
        refused_variable(&[("DAFTAR_PUBLIC_URL", "http://x.example")], &["`public_url` = \"http://x.example\"", "DAFTAR_PUBLIC_URL", "https"]),
        refused_variable(&[("DAFTAR_EMAIL__URL", "smtp://post:hunter2@mail?tls=maybe")], &["`email.url` = \"smtp://post:***@mail", "required"]),
        refused_variable(&[("DAFTAR_EMAIL__FROM", "nobody")], &["`email.from` = \"nobody\"", "DAFTAR_EMAIL__FROM"]),
        refused_variable(&[("DAFTAR_ENVIRONMENT", "staging")], &["`environment` = \"staging\"", "\"production\" or \"development\""]),
    ] {
        // A section that stands there twice would be another error.
        let base = if file.contains("[email]") { "public_url = 'https://a.example'\n" } else { PRODUCTION };
        let error = load(&format!("{base}{file}"), variables).map(|_| ()).expect_err(file);
        for part in says {
            assert!(error.contains(part), "{file} {variables:?}\nshould say {part}, says\n{error}");
        }
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn production_learns_everything_that_is_missing_at_once() {
    let error = load("", &[]).unwrap_err();
    for key in ["`public_url`", "`email.url`", "`email.from`"] {
        assert!(error.contains(key), "{error}");
    }
}

#[test]
fn row_53_a_missing_short_or_example_secret_stops_the_start_outside_development() {
    let with = |secret: &str| load(PRODUCTION, &[("DAFTAR_TOKENS__ALGORITHM", "HS256"), ("DAFTAR_TOKENS__SECRET", secret)]);
    let missing = load(PRODUCTION, &[("DAFTAR_TOKENS__ALGORITHM", "HS256")]).unwrap_err();
    assert!(missing.contains("`tokens.secret`") && missing.contains("32"), "{missing}");
    for bad in ["", "q3J9vT0m", "q3J9vT0mZyX8kL2wN5pR7sB1cD4fG6h", "change-me-change-me-change-me-change-me", "11111111111111111111111111111111"] {
        let error = with(bad).unwrap_err();
        assert!(error.contains("`tokens.secret` = ***") && error.contains("DAFTAR_TOKENS__SECRET"), "{error}");
        assert!(bad.is_empty() || !error.contains(bad), "{error}");
    }
    assert!(with("q3J9vT0mZyX8kL2wN5pR7sB1cD4fG6hJ").is_ok());
    for bad in ["", "0b0b", "not hexadecimal, not base64", &"00".repeat(32), &"0123456789abcdef".repeat(4)] {
        let error = load(PRODUCTION, &[("DAFTAR_SECRETS__MASTER_KEY", bad)]).unwrap_err();
        assert!(error.contains("`secrets.master_key` = ***"), "{error}");
    }
    let development = [("DAFTAR_ENVIRONMENT", "development"), ("DAFTAR_SECRETS__MASTER_KEY", &"00".repeat(32))];
    assert!(load("", &development).is_ok(), "a developer may use an example");
}

#[test]
fn commands_beside_the_server_need_the_store_alone() {
    let sources = Sources { preset: Preset::Usual, file: None, variables: vec![("DAFTAR_DATA_DIR".into(), "/nowhere".into())] };
    assert!(Config::load(&sources, Use::Store).is_ok());
    assert!(Config::load(&sources, Use::Serving).is_err());
    let missing = Sources { file: Some("/nowhere/daftar.toml".into()), ..sources };
    let error = Config::load(&missing, Use::Store).unwrap_err().to_string();
    assert!(error.contains("/nowhere/daftar.toml"), "{error}");
}

#[test]
fn a_brand_has_what_its_section_says_and_the_rest_from_the_installation() {
    let config = loaded(
        &format!(
            "{PRODUCTION}[sms]\nautofill_domain = 'accounts.example.com'\n[brand]\nname = 'Toko'\nlogo = 'https://x.example/a.png'\n\
             [[usapi.platforms]]\nid = 'A'\nname = 'Shop A'\ncolor = '#000000'\nmail_from = 'a@shop.example'\nsms_sender = 'SHOPA'\n\
             link_base = 'https://Shop.example:8443/'\n[[usapi.platforms]]\nid = 'B'\nname = 'Shop B'\ncolor = '#ffffff'\n"
        ),
        &[],
    );
    let brands = config.brands();
    let (usual, a, b) = (brands.of(None), brands.of(Some("A")), brands.of(Some("B")));
    assert_eq!((usual.name.as_str(), usual.logo.as_deref(), usual.links.as_ref()), ("Toko", Some("https://x.example/a.png"), None));
    assert_eq!((a.mail_from.as_deref(), a.sms_sender.as_deref()), (Some("a@shop.example"), Some("SHOPA")));
    assert_eq!(a.links.as_ref().map(|links| links.signup.as_str()), Some("https://shop.example:8443/signup/confirm?key="));
    assert_eq!((b.mail_from.as_deref(), b.sms_sender.as_deref(), b.links.as_ref()), (None, None, None));
    let domains = [usual, a, b].map(|brand| brand.autofill_domain.clone().unwrap_or_default());
    assert_eq!(domains, ["accounts.example.com", "shop.example", "accounts.example.com"]);
    // Without the key no message names a domain, whatever the brands' addresses.
    let silent = loaded(&format!("{PRODUCTION}[brand]\nlink_base = 'https://shop.example'\n"), &[]).brands();
    assert!(silent.iter().all(|(_, brand)| brand.autofill_domain.is_none()));
}

#[test]
fn the_start_warns_of_short_messages_that_take_two_parts_and_only_of_those() {
    let about_parts = |file: &str| {
        let warnings = load(&format!("{PRODUCTION}{file}"), &[]).unwrap().warnings;
        warnings.into_iter().filter(|warning| warning.contains("takes 2 parts")).collect::<Vec<_>>()
    };
    assert_eq!(about_parts(""), Vec::<String>::new());
    let named = about_parts("[brand]\nname = '\u{8baf} Toko Serba Ada'\n");
    assert!(named.iter().any(|warning| warning.contains("code-sms (en) of the brand \u{8baf} Toko Serba Ada")), "{named:?}");
    let all = about_parts("[sms]\nautofill_domain = 'accounts.example.com'\n");
    assert!(all.iter().any(|warning| warning.contains("code-sms (zh-Hant) of the brands Daftar, ONMART, ONMARKET, OSAS, ONAPPS takes")), "{all:?}");
    assert!(all.len() < 5, "each text once: {all:?}");
}
