//! What SMS gateways report, and what others report in their name. Without the token or the signature nothing is believed; with it nothing comes out
//! but names of messages and short numbers.
#![no_main]

use std::sync::{Arc, LazyLock};

use daftar_core::outbox::{Hook, HookError, RouteName};
use daftar_core::ports::ReceiptReader as _;
use daftar_delivery::{Gateway, GatewayClient, GatewaySettings, Gateways, PresetName};
use daftar_testkit::ManualClock;
use libfuzzer_sys::fuzz_target;

const TOKEN: &str = "dG9rZW4tb2YtdGhlLXJvdXRl";
const ROUTES: [(&str, PresetName); 5] = [
    ("twilio", PresetName::Twilio),
    ("vonage", PresetName::Vonage),
    ("infobip", PresetName::Infobip),
    ("messagebird", PresetName::MessageBird),
    ("generic", PresetName::Generic),
];
/// Those that can sign, here with a key that nobody knows.
const SIGNED: [(&str, PresetName); 3] =
    [("twilio-signed", PresetName::Twilio), ("vonage-signed", PresetName::Vonage), ("messagebird-signed", PresetName::MessageBird)];

static GATEWAYS: LazyLock<Gateways> = LazyLock::new(|| {
    let client = GatewayClient::new().expect("a client");
    let plain = ROUTES.iter().map(|(name, preset)| (name, preset, None));
    let signed = SIGNED.iter().map(|(name, preset)| (name, preset, Some("AC0000000000000000000000000000000f-0123456789".into())));
    let gateways = plain.chain(signed).map(|(name, preset, signing_key)| {
        let mut settings = GatewaySettings::new(RouteName::parse(name).expect("a name"), *preset);
        settings.url = Some("https://sms.example.com".into());
        settings.account = matches!(preset, PresetName::Twilio | PresetName::Vonage).then(|| "AC00000000000000000000000000000000".to_owned());
        // Twilio signs with the secret, unless an API key stands for the account.
        settings.key = (*preset == PresetName::Twilio).then(|| "SK00000000000000000000000000000000".to_owned());
        settings.secret = (*preset != PresetName::Generic).then(|| "what-proves-the-account".into());
        settings.sender = Some("DAFTAR".to_owned());
        settings.signing_key = signing_key;
        settings.receipt_url = format!("https://accounts.example.com/receipts/{name}");
        settings.receipt_token = TOKEN.into();
        Arc::new(Gateway::new(&settings, client.clone()).unwrap_or_else(|error| panic!("{name}: {error}")))
    });
    Gateways::new(gateways.collect(), Arc::new(ManualClock::default()))
});

// Lines: the route, the query, what is said to be the signature; then the body.
fuzz_target!(|input: &[u8]| {
    let mut lines = input.splitn(4, |byte| *byte == b'\n').map(String::from_utf8_lossy);
    let (Some(route), Some(query), Some(signature)) = (lines.next(), lines.next(), lines.next()) else { return };
    let Some(route) = RouteName::parse(&route) else { return };
    let body = input.splitn(4, |byte| *byte == b'\n').nth(3).unwrap_or_default();
    let told = |token: &str| Hook {
        route: route.clone(),
        method: if body.is_empty() { "GET" } else { "POST" }.to_owned(),
        url: format!("https://accounts.example.com/receipts/{}?{token}&{query}", route.as_str()),
        headers: ["x-twilio-signature", "authorization", "messagebird-signature-jwt"].map(|name| (name.to_owned(), signature.to_string())).to_vec(),
        body: body.to_vec().into(),
    };
    let (shown, hidden) = (GATEWAYS.read(&told(&format!("token={TOKEN}"))), GATEWAYS.read(&told("")));
    let is_known = |routes: &[(&str, PresetName)]| routes.iter().any(|(name, _)| *name == route.as_str());
    if is_known(&ROUTES) {
        assert!(hidden == Err(HookError::Forged) || query.contains(TOKEN), "whoever does not know the token is not believed");
        assert_ne!(shown, Err(HookError::Forged), "whoever knows it is");
        for receipt in shown.unwrap_or_default() {
            assert!((1..=128).contains(&receipt.reference.len()) && receipt.reference.bytes().all(|byte| byte.is_ascii_graphic()), "a name");
            let reason = receipt.reason.unwrap_or_default();
            let digits = reason.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
            assert!(reason.len() <= 64 && digits <= Some(6), "{reason} could name a person");
        }
    } else {
        let expected = if is_known(&SIGNED) { HookError::Forged } else { HookError::Unknown };
        assert_eq!((shown, hidden), (Err(expected), Err(expected)), "nobody can sign");
    }
});
