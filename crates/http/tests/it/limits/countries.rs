//! Threat row 42: short messages go to the countries of the surfaces alone. Mail goes anywhere.

use daftar_core::identifier::Country;
use daftar_core::limit::Limits;
use daftar_core::limit::sending::SendingLimits;
use daftar_testkit::Installation;
use serde_json::json;

use super::{Contact, Senders, Way};
use crate::app::{self, LOGIN, RESET, SIGNUP, UPDATE_PHONE, ask, data, english, me, refused};
use crate::invas;
use crate::usapi::{applicant, registered, with};

const APP: &str = "We do not send text messages to this country. Please use another phone number or an e-mail address.";
/// A mobile phone of Singapore.
const ABROAD: &str = "+6581234567";

/// Serves these countries.
fn serving(countries: Vec<Country>) -> Limits {
    Limits { sending: SendingLimits { countries, ..SendingLimits::default() }, ..Limits::default() }
}

#[tokio::test]
async fn row_42_a_country_that_is_not_served_is_400_in_each_surfaces_shape() {
    let site = Installation::with_limits().await;
    let session = app::by_mail(&site).await;
    let app = english(&site);
    for number in [ABROAD, "65 8123 4567", "+1 415-555-0132", "+44 7946 000000", "+882 16 12345"] {
        refused(&ask(&app, SIGNUP, number, 0).await, 400, APP);
        refused(&ask(&me(&site, &session), UPDATE_PHONE, number, 0).await, 400, APP);
    }
    let host = invas::host(&site).await;
    let abroad = with(&with(&with(&invas::customer(), "countryId", "SG"), "phone", "81234567"), "email", "mei@elsewhere.test");
    let answer = host.post("/b2b/customer/register", &abroad).await;
    invas::at_fault(&answer, "phone");
    assert_eq!(answer.json()["detail"], "phone is of a country to which no short messages are sent.");
    site.all_sent().await;
    assert_eq!(site.messages().await.len(), 1, "the customer's mail is not sent either");
    // It was no message, so that it counts nowhere: the address is free.
    let at_home = with(&invas::customer(), "email", "mei@elsewhere.test");
    assert_eq!(host.post("/b2b/customer/register", &at_home).await.status, 200);
}

#[tokio::test]
async fn row_42_usapi_says_that_the_number_has_not_its_format() {
    let site = Installation::builder().limited(serving(vec![Country::hong_kong()])).start().await;
    let refusal = "The phone number format is invalid. Please use the format: 628XXXXXXXXX";
    site.shop().post("/signup", &applicant(1, "OTP")).await.says(400, refusal);
    // Nobody's phone is written to in these.
    assert_eq!(site.shop().post("/signup", &applicant(1, "LINK")).await.status, 200);
    registered(&site, 2).await;
    data(&ask(&english(&site), SIGNUP, "68098227", 0).await);
    site.all_sent().await;
    assert_eq!(site.messages().await.len(), 2);
}

#[tokio::test]
async fn row_42_an_accounts_own_number_is_written_to_only_where_its_country_is_served() {
    let site = Installation::builder().limited(serving(vec![Country::hong_kong()])).start().await;
    registered(&site, 1).await;
    for nature in [LOGIN, RESET] {
        for (login_id, send_type) in [("6281000000001", 0), ("siti 1", 2)] {
            refused(&ask(&english(&site), nature, login_id, send_type).await, 400, APP);
        }
    }
    // By mail they still go.
    data(&ask(&english(&site), LOGIN, "siti 1", 1).await);
}

#[tokio::test]
async fn row_42_mail_goes_anywhere() {
    let site = Installation::builder().limited(serving(Vec::new())).start().await;
    let senders = Senders::on(&site).await;
    for (n, way) in [(1, Way::UsapiSignup), (2, Way::AppSignup), (3, Way::AppChange)] {
        senders.sends(&site, way, Contact::Email, n).await;
        assert_eq!(senders.show(&site, way, Contact::Email, n).await.status, 200);
    }
}

#[tokio::test]
async fn row_42_without_limits_there_is_no_list_of_countries() {
    let site = Installation::start().await;
    data(&ask(&english(&site), SIGNUP, ABROAD, 0).await);
    assert_eq!(site.code_for(ABROAD).await.len(), 4);
    let host = invas::host(&site).await;
    let abroad = with(&with(&with(&invas::customer(), "countryId", "SG"), "phone", "91234567"), "email", json!(null));
    assert_eq!(host.post("/b2b/customer/register", &abroad).await.status, 200);
}
