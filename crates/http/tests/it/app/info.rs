//! `GET /app/auth/info`.

use daftar_core::identifier::Country;
use daftar_core::service::AppPolicy;
use daftar_testkit::Installation;
use serde_json::json;

use super::{EMAIL, NOT_SIGNED_IN, PHONE, UPDATE_PHONE, asked, by_mail, by_phone, data, english, me, refused, show, signed_up};

#[tokio::test]
async fn it_shows_the_contacts_in_full_and_null_where_there_is_none() {
    let site = Installation::start().await;
    let (phone, mail) = (by_phone(&site).await, by_mail(&site).await);
    assert_eq!(data(&me(&site, &phone).get("/app/auth/info").await), json!({"email": null, "phone": PHONE}));
    assert_eq!(data(&me(&site, &mail).get("/app/auth/info").await), json!({"email": EMAIL, "phone": null}));
}

#[tokio::test]
async fn a_number_of_the_apps_country_is_shown_in_national_digits_and_any_other_as_e164() {
    let site = Installation::start().await;
    let abroad = signed_up(&site, "+62 812-3456-7890", "+6281234567890").await;
    assert_eq!(data(&me(&site, &abroad).get("/app/auth/info").await)["phone"], json!("+6281234567890"));
    let indonesia = AppPolicy { country: Country::indonesia(), ..AppPolicy::default() };
    let site = Installation::builder().app(indonesia).start().await;
    let home = signed_up(&site, "0812-3456-7890", "+6281234567890").await;
    assert_eq!(data(&me(&site, &home).get("/app/auth/info").await)["phone"], json!("081234567890"));
    let change = asked(&me(&site, &home), UPDATE_PHONE, "+852 6809 8227", 0).await;
    data(&show(&me(&site, &home), UPDATE_PHONE, &change, &site.code_for("+85268098227").await).await);
    assert_eq!(data(&me(&site, &home).get("/app/auth/info").await)["phone"], json!("+85268098227"));
}

#[tokio::test]
async fn it_needs_a_token_of_this_surface() {
    let site = Installation::start().await;
    let usapi = crate::usapi::signed_in(&site, 1).await;
    for caller in [english(&site), me(&site, "nonsense"), me(&site, &usapi)] {
        let answer = caller.get("/app/auth/info").await;
        refused(&answer, 401, NOT_SIGNED_IN);
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
}
