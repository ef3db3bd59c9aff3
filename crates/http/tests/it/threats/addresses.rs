//! Row 41: addresses that smuggle something are refused wherever one is taken, and nothing is sent.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::Cast;
use crate::app::{SIGNUP, UPDATE_EMAIL, ask};
use crate::invas;
use crate::usapi::{applicant, person, with};

const SMUGGLED: [&str; 30] = [
    "a\u{ff20}b.example",
    "a@x,b@y",
    "a@x.example,b@y.example",
    "a@x.example;b@y.example",
    "a@x.example b@y.example",
    "a@x\r\nBcc:",
    "a@b.example\r\nBcc: c@d.example",
    "a@b.example\nRCPT TO:<c@d.example>",
    "a@b.example\u{2028}Bcc: c@d.example",
    "a@b.example>\r\nDATA",
    "<a@b.example>",
    "Siti <a@b.example>",
    "\"a b\"@c.example",
    "\"a@evil.example\"@c.example",
    "a(comment)@b.example",
    "a@b.example(comment)",
    "a@@b.example",
    "a@b@c.example",
    "@b.example",
    "a@",
    "a@b",
    "a@.example",
    "a@b..example",
    "a..b@c.example",
    ".a@b.example",
    "a@-b.example",
    "a@[127.0.0.1]",
    "a@b.example?cc=c@d.example",
    "mailto:a@b.example",
    "a%40evil.example@b_c.example",
];

#[tokio::test]
async fn row_41_smuggled_addresses_are_refused_wherever_one_is_taken() {
    let cast = Cast::gather().await;
    let before = cast.site.messages().await.len();
    for odd in SMUGGLED {
        cast.shop.post("/internal/register", &with(&person(7), "email", odd)).await.says(400, "Invalid email format");
        for mode in ["LINK", "OTP"] {
            cast.shop.post("/signup", &with(&applicant(7, mode), "email", odd)).await.says(400, "Invalid email format");
        }
        cast.anybody.post("/check/email", &json!({"email": odd})).await.says(400, "Invalid email format");
        for (caller, nature) in [(&cast.anybody, SIGNUP), (&cast.on_app, UPDATE_EMAIL)] {
            let asked = ask(caller, nature, odd, 0).await;
            assert_eq!(asked.status, 400, "{odd:?}, nature {nature}: {asked:?}");
        }
        let checked = cast.anybody.post("/app/auth/account/check", &json!({"loginID": odd})).await;
        assert!([400, 404].contains(&checked.status.as_u16()), "{odd:?}: {checked:?}");
        invas::at_fault(&cast.host.post("/b2b/customer/register", &with(&invas::customer(), "email", odd)).await, "email");
        let query = utf8_percent_encode(odd, NON_ALPHANUMERIC);
        invas::at_fault(&cast.host.get(&format!("/b2b/customer/auth/verifyEmail?email={query}")).await, "email");
    }
    cast.site.all_sent().await;
    assert_eq!(cast.site.messages().await.len(), before, "{:?}", cast.site.messages().await.first());
}
