//! Row 44: odd numbers are refused, or are the plain number, on every surface that takes one; nothing is sent anywhere else.

use daftar_testkit::Installation;
use serde_json::json;

use super::Cast;
use crate::app::{E164, SIGNUP, ask, english};
use crate::usapi::{applicant, person, with};

/// What is no number that a message may go to.
const NOBODYS: [&str; 41] = [
    // Short numbers, and too long ones.
    "1",
    "112",
    "999",
    "18501",
    "+852999",
    "123456789012345678",
    "+1234567890123456789",
    // Premium-rate in Hong Kong, Indonesia, the United Kingdom and the United States; shared cost, and nobody's.
    "90012345678",
    "+85290012345678",
    "0809 123 4567",
    "+62 809 123 4567",
    "+44 909 879 0000",
    "+1 900 234 5678",
    "+44 843 555 0123",
    "+999 12345678",
    "+0 68098227",
    "+-68098227",
    // Extensions, and what dials on after the number.
    "68098227x5",
    "68098227 ext. 5",
    "68098227;ext=5",
    "68098227;phone-context=+852",
    "68098227,1",
    "68098227,,1234#",
    "68098227p1",
    "68098227w1",
    "68098227#1",
    "68098227*1",
    "*31#68098227",
    // Two numbers, and what is around one.
    "68098227+51234567",
    "68098227/51234567",
    "68098227;51234567",
    "tel:68098227",
    "sms:+85268098227?body=x",
    "<68098227>",
    "\"68098227\"",
    "68098227\n51234567",
    "6809\t8227",
    "68098227\u{202e}",
    // Digits of other scripts.
    "\u{ff16}8098227",
    "\u{0666}\u{0668}\u{0660}\u{0669}\u{0668}\u{0662}\u{0662}\u{0667}",
    "6809822\u{1d7d5}",
];

/// What is the plain number.
const PLAIN: [&str; 8] = ["68098227", " 68098227 ", "6809 8227", "6809-8227", "(6809) 8227", "+852 6809 8227", "852-6809-8227", "+852 (6809) 82-27"];

/// What dials out of Hong Kong, and back into it.
const INTERNATIONAL: [&str; 4] = ["0085268098227", "00185268098227", "0015 852 6809 8227", "01185268098227"];

#[tokio::test]
async fn row_44_on_app_an_odd_number_gets_no_code_and_has_no_account() {
    let site = Installation::start().await;
    for odd in NOBODYS {
        let asked = ask(&english(&site), SIGNUP, odd, 0).await;
        assert_eq!(asked.status, 400, "{odd:?}: {asked:?}");
        let checked = english(&site).post("/app/auth/account/check", &json!({"loginID": odd})).await;
        assert!([400, 404].contains(&checked.status.as_u16()), "{odd:?}: {checked:?}");
    }
    site.all_sent().await;
    assert!(site.messages().await.is_empty(), "{:?}", site.messages().await);
}

#[tokio::test]
async fn row_44_on_app_every_spelling_of_a_number_is_the_plain_one_or_none() {
    let site = Installation::start().await;
    let mut sent = 0;
    for spelling in PLAIN {
        let asked = ask(&english(&site), SIGNUP, spelling, 0).await;
        assert_eq!(asked.status, 200, "{spelling:?}: {asked:?}");
        sent += 1;
    }
    for spelling in INTERNATIONAL {
        let asked = ask(&english(&site), SIGNUP, spelling, 0).await;
        assert!([200, 400].contains(&asked.status.as_u16()), "{spelling:?}: {asked:?}");
        sent += usize::from(asked.status == 200);
    }
    site.nth_message(sent, E164).await;
    assert!(site.messages().await.iter().all(|message| message.to == E164), "nothing went anywhere else");
}

#[tokio::test]
async fn row_44_on_usapi_a_number_is_62_and_digits_and_none_of_premium_rate() {
    let cast = Cast::gather().await;
    let before = cast.site.messages().await.len();
    let of_home = [
        "628091234567",
        "6208091234567",
        "62809",
        "62112",
        "006281234567890",
        "0081234567890",
        "+6281234567890",
        "6281234567890x5",
        "6281234567890;ext=5",
        "6281234567890,1",
        "6281234567890#",
        "62 81234567890",
        "62-81234567890",
        "(62)81234567890",
        "tel:6281234567890",
        "6281234567890\n",
        "6281234567890\n6281234567891",
        "62\u{ff18}1234567890",
    ];
    for odd in of_home.into_iter().chain(NOBODYS) {
        let registered = cast.shop.post("/internal/register", &with(&person(7), "phone_number", odd)).await;
        registered.says(400, "Invalid phone number format");
        let started = cast.shop.post("/signup", &with(&applicant(7, "OTP"), "phone_number", odd)).await;
        started.says(400, "The phone number format is invalid. Please use the format: 628XXXXXXXXX");
        let profile = json!({"date_of_birth": "1996-10-18", "gender": "Perempuan", "phone_number": odd});
        let form = reqwest::multipart::Form::new().text("basic_profile", profile.to_string());
        let request = cast.on_usapi.request(reqwest::Method::POST, "/update-basic-profile").multipart(form);
        daftar_testkit::Answer::read(request.send().await.unwrap()).await.says(400, "Invalid phone number format");
    }
    cast.site.all_sent().await;
    assert_eq!(cast.site.messages().await.len(), before);
    assert_eq!(cast.on_usapi.get("/basic-profile").await.json()["phone_number"], "6281000000001");
}
