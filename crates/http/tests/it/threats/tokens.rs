//! Rows 25, 26 and 28: every kind of token that we hand out, forged, with claims missing and mauled, at the call that takes it.

use daftar_testkit::{Answer, Installation};
use serde_json::{Value, json};

use crate::app::{E164, LOGIN, PHONE, RESET, access, asked, by_phone, english, show};
use crate::usapi::{applicant, claims, signed_in, started};
use crate::{forged, invas, oauth};

/// A call that takes one kind of token, with a good one.
struct Door {
    kind: Kind,
    token: String,
}

enum Kind {
    /// A session on USAPI.
    Usapi,
    /// A session on App.
    App,
    /// What may set a new password.
    Recovery,
    /// A host on INVAS.
    Host,
    /// A registration on USAPI.
    Registration,
    /// A code on App, with its digits.
    Code(String),
}

impl Door {
    /// Whether the token is taken. One that is not is refused in the documented way, whatever is wrong with it.
    async fn takes(&self, site: &Installation, token: &str) -> bool {
        // What cannot stand in a header cannot be sent in one.
        let bearer = site.anybody().with("accept-language", "en").bearer(&token.replace(['\n', '\r'], " "));
        let (answer, refusal) = match &self.kind {
            Kind::Usapi => (bearer.get("/basic-profile").await, 401),
            Kind::App => (bearer.get("/app/auth/info").await, 401),
            // A password that is too short is told to whoever may set one, and uses nothing up.
            Kind::Recovery => (bearer.put("/app/auth/password", &json!({"password": "x"})).await, 401),
            Kind::Host => (bearer.get("/b2b/customer/auth/verifyUsername?username=081234567890").await, 401),
            Kind::Registration => (site.shop().post("/signup/resend", &json!({"token": token})).await, 400),
            Kind::Code(digits) => (english(site).post("/app/auth/login/verify", &json!({"otpToken": token, "otp": digits})).await, 400),
        };
        self.is_taken(&answer, refusal)
    }

    #[track_caller]
    fn is_taken(&self, answer: &Answer, refusal: u16) -> bool {
        let taken = if matches!(self.kind, Kind::Recovery) { 400 } else { 200 };
        assert!([taken, refusal].contains(&answer.status.as_u16()), "{answer:?}");
        answer.status == taken
    }

    /// The registered claims of its tokens, but those that only name.
    fn claims(&self) -> Vec<&'static str> {
        let mut names = vec!["iss", "aud", "iat", "exp", "jti"];
        if !matches!(self.kind, Kind::Registration | Kind::Code(_)) {
            names.push("sub");
        }
        names
    }

    /// None of these is taken.
    async fn takes_none_of(&self, site: &Installation, tokens: Vec<String>) {
        assert!(!tokens.is_empty());
        for token in tokens {
            assert!(!self.takes(site, &token).await, "{token} in place of {}", self.token);
        }
    }

    /// And the good one is, after all that; a code had no try counted.
    async fn still_takes_its_own(&self, site: &Installation) {
        assert!(self.takes(site, &self.token).await, "{}", self.token);
    }
}

/// A door of every kind.
async fn doors(site: &Installation) -> Vec<Door> {
    let door = |kind, token| Door { kind, token };
    let on_app = by_phone(site).await;
    let reset = asked(&english(site), RESET, PHONE, 0).await;
    let recovery = access(&show(&english(site), RESET, &reset, &site.newest_code(2, E164).await).await);
    let code = asked(&english(site), LOGIN, PHONE, 0).await;
    vec![
        door(Kind::Usapi, signed_in(site, 1).await),
        door(Kind::App, on_app),
        door(Kind::Recovery, recovery),
        door(Kind::Host, oauth::host(site).await.token(site).await),
        door(Kind::Registration, started(site, &applicant(2, "LINK")).await),
        door(Kind::Code(site.newest_code(3, E164).await), code),
    ]
}

#[tokio::test]
async fn row_25_no_kind_of_token_is_taken_under_another_algorithm_header_or_key() {
    let site = Installation::start().await;
    for door in doors(&site).await {
        door.takes_none_of(&site, forged::under_another_header(&door.token)).await;
        door.takes_none_of(&site, forged::with_our_public_key(&site, &door.token).await).await;
        door.takes_none_of(&site, forged::with_a_strangers_key(&door.token)).await;
        door.still_takes_its_own(&site).await;
    }
    assert_eq!(site.wrong_codes_of_everybody().await, 0);
}

#[tokio::test]
async fn row_26_every_claim_of_every_kind_of_token_is_required_and_of_its_type() {
    let site = Installation::start().await;
    for door in doors(&site).await {
        // What is forged otherwise is good, so it is the claim that is refused.
        assert_eq!(claims(&forged::signed(&site, claims(&door.token))), claims(&door.token));
        door.takes_none_of(&site, forged::with_odd_claims(&site, &door.token, &door.claims())).await;
        let now = claims(&door.token)["iat"].as_i64().unwrap();
        let times = [("exp", json!(now - 1)), ("exp", json!(0)), ("exp", json!(-1)), ("exp", json!(1e300)), ("exp", json!(now.to_string()))];
        for (name, value) in
            times.into_iter().chain([("iss", json!("https://evil.example")), ("aud", json!("other")), ("aud", json!(["usapi", "app"]))])
        {
            let mut odd: Value = claims(&door.token);
            odd[name] = value;
            door.takes_none_of(&site, vec![forged::signed(&site, odd)]).await;
        }
        door.still_takes_its_own(&site).await;
    }
    assert_eq!(site.wrong_codes_of_everybody().await, 0);
}

#[tokio::test]
async fn row_28_no_kind_of_token_is_taken_with_any_byte_changed_cut_added_or_written_otherwise() {
    let site = Installation::start().await;
    for door in doors(&site).await {
        door.takes_none_of(&site, forged::mauled(&door.token)).await;
        door.still_takes_its_own(&site).await;
    }
    assert_eq!(site.wrong_codes_of_everybody().await, 0);
}

#[tokio::test]
async fn row_28_basic_credentials_are_read_as_strictly() {
    use base64::Engine as _;
    let site = Installation::start().await;
    let value = site.shop().request(reqwest::Method::GET, "/").build().unwrap().headers()["authorization"].to_str().unwrap().to_owned();
    let encoded = value.strip_prefix("Basic ").unwrap();
    let plain = String::from_utf8(base64::engine::general_purpose::STANDARD.decode(encoded).unwrap()).unwrap();
    let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let odd = [
        encoded[..encoded.len() - 1].to_owned(),
        format!("{encoded}="),
        format!("{encoded}AAAA"),
        format!("{}\t{}", &encoded[..4], &encoded[4..]),
        encode(&format!("{plain} ")),
        encode(&format!(" {plain}")),
        encode(&format!("{plain}\0")),
        encode(&plain.to_uppercase()),
        encode(&plain.replace(':', "")),
        encode(&plain[..plain.len() - 1]),
    ];
    for odd in odd.into_iter().filter(|odd| odd != encoded) {
        let answer = site.anybody().with("authorization", &format!("Basic {odd}")).post("/signup", &applicant(1, "OTP")).await;
        answer.says(401, "Unauthorized");
    }
    assert_eq!(site.shop().post("/signup", &applicant(1, "OTP")).await.status, 200);
    invas::problem(
        &site.anybody().with("authorization", &value).get("/b2b/customer/auth/verifyEmail?email=a@b.example").await,
        401,
        "UNAUTHORIZED",
        None,
    );
}
