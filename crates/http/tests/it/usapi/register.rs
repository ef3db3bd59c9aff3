//! `POST /internal/register`.

use daftar_testkit::Installation;
use futures_util::future::join_all;
use serde_json::json;

use super::{person, registered, sign_in, with, without};

const PATH: &str = "/internal/register";
const PROPERTIES: [&str; 6] = ["username", "password", "first_name", "last_name", "phone_number", "email"];

#[tokio::test]
async fn an_account_is_made_at_once_and_can_sign_in() {
    let site = Installation::start().await;
    registered(&site, 1).await;
    for name in ["siti 1", "SITI 1", "siti1@example.test", "Siti1@EXAMPLE.test", "6281000000001", "+62 810-0000-0001", "0810 0000 0001"] {
        assert_eq!(sign_in(&site, name, "rahasia sekali").await.status, 200, "{name}");
    }
}

#[tokio::test]
async fn the_documented_example_is_taken() {
    let site = Installation::start().await;
    let example = json!({
        "username": "test regis 3", "password": "test regis 3", "first_name": "second", "last_name": "test account",
        "phone_number": "621234567891", "email": "test@abc.com",
    });
    site.shop().post(PATH, &example).await.is(200, &json!({"status": true, "message": "Account has been created"}));
}

#[tokio::test]
async fn the_first_missing_property_in_table_order_is_named() {
    let site = Installation::start().await;
    let mut body = person(1);
    for property in PROPERTIES.into_iter().rev() {
        body = without(&body, property);
        site.shop().post(PATH, &body).await.says(400, &format!("Must have required property '{property}'"));
    }
}

#[tokio::test]
async fn a_property_of_another_type_is_named() {
    let site = Installation::start().await;
    for property in PROPERTIES {
        for odd in [json!(null), json!(1), json!(true), json!(["x"]), json!({"a": "x"})] {
            let answer = site.shop().post(PATH, &with(&person(1), property, odd)).await;
            answer.says(400, &format!("Property '{property}' must be string"));
        }
    }
}

#[tokio::test]
async fn an_empty_or_blank_property_is_named() {
    let site = Installation::start().await;
    for property in PROPERTIES {
        site.shop().post(PATH, &with(&person(1), property, "")).await.says(400, &format!("Property '{property}' must not be empty"));
        if property != "password" {
            site.shop().post(PATH, &with(&person(1), property, " \t ")).await.says(400, &format!("Property '{property}' must not be empty"));
        }
    }
}

#[tokio::test]
async fn the_blanks_of_a_password_count() {
    let site = Installation::start().await;
    site.shop().post(PATH, &with(&person(1), "password", "   ")).await.says(400, "Invalid password format");
    assert_eq!(site.shop().post(PATH, &with(&person(1), "password", "      ")).await.status, 200);
    assert_eq!(sign_in(&site, "siti 1", "      ").await.status, 200);
    assert_eq!(sign_in(&site, "siti 1", "     ").await.status, 401);
}

#[tokio::test]
async fn a_property_longer_than_its_rule_is_named() {
    let site = Installation::start().await;
    for (property, most) in [("username", 64), ("password", 128), ("first_name", 100), ("last_name", 100), ("email", 254)] {
        let answer = site.shop().post(PATH, &with(&person(1), property, "é".repeat(most + 1))).await;
        answer.says(400, &format!("Property '{property}' must have at most {most} characters"));
    }
    let longest = with(&with(&person(1), "first_name", "é".repeat(100)), "username", "é".repeat(64));
    assert_eq!(site.shop().post(PATH, &longest).await.status, 200);
}

#[tokio::test]
async fn presence_and_type_come_before_formats_and_formats_in_their_order() {
    let site = Installation::start().await;
    let all_bad = json!({
        "username": "a@b.example", "password": "short", "first_name": "x", "last_name": "y", "phone_number": "0812", "email": "nobody",
    });
    site.shop().post(PATH, &with(&all_bad, "last_name", 1)).await.says(400, "Property 'last_name' must be string");
    site.shop().post(PATH, &all_bad).await.says(400, "Invalid phone number format");
    let body = with(&all_bad, "phone_number", "6281234567890");
    site.shop().post(PATH, &body).await.says(400, "Invalid username format");
    let body = with(&body, "username", "siti");
    site.shop().post(PATH, &body).await.says(400, "Invalid email format");
    let body = with(&body, "email", "siti@example.test");
    site.shop().post(PATH, &body).await.says(400, "Invalid password format");
    let body = with(&body, "password", "longer");
    assert_eq!(site.shop().post(PATH, &body).await.status, 200);
}

#[tokio::test]
async fn a_phone_number_is_62_and_7_to_15_digits() {
    let site = Installation::start().await;
    for bad in ["62123456", "621234567890123456", "0812345678", "+6281234567", "62 81234567", "62812345６7", "62812345abc", "6181234567"] {
        site.shop().post(PATH, &with(&person(1), "phone_number", bad)).await.says(400, "Invalid phone number format");
    }
    for (n, good) in [(1, "621234567"), (2, "62123456789012345")] {
        assert_eq!(site.shop().post(PATH, &with(&person(n), "phone_number", good)).await.status, 200, "{good}");
    }
}

#[tokio::test]
async fn row_41_smuggled_addresses_are_refused() {
    let site = Installation::start().await;
    for bad in ["a＠b.example", "a@x,b@y", "a@x.example,b@y.example", "a@x\r\nBcc:", "a@b.example\r\nBcc: c@d.example", "a b@c.example", "a@b"] {
        site.shop().post(PATH, &with(&person(1), "email", bad)).await.says(400, "Invalid email format");
    }
}

#[tokio::test]
async fn what_is_taken_is_told_phone_first_then_username_then_email() {
    let site = Installation::start().await;
    let taken = registered(&site, 1).await;
    site.shop().post(PATH, &taken).await.says(400, "Phone number already exist");
    let body = with(&taken, "phone_number", "6281999999999");
    site.shop().post(PATH, &body).await.says(400, "Username already exist");
    site.shop().post(PATH, &with(&body, "username", "SITI 1")).await.says(400, "Username already exist");
    let body = with(&body, "username", "somebody else");
    site.shop().post(PATH, &body).await.says(400, "Email already exist");
    site.shop().post(PATH, &with(&body, "email", "SITI1@Example.Test")).await.says(400, "Email already exist");
    assert_eq!(site.shop().post(PATH, &with(&body, "email", "else@example.test")).await.status, 200);
}

#[tokio::test]
async fn of_64_at_once_for_one_phone_one_wins_and_63_hear_that_it_is_taken() {
    let site = Installation::start().await;
    let shop = site.shop();
    let answers = join_all((1..=64).map(|n| {
        let (shop, body) = (shop.clone(), with(&person(n), "phone_number", "6281234567890"));
        async move { shop.post(PATH, &body).await }
    }))
    .await;
    assert_eq!(answers.iter().filter(|a| a.status == 200).count(), 1);
    for answer in answers.iter().filter(|a| a.status != 200) {
        answer.says(400, "Phone number already exist");
    }
}

#[tokio::test]
async fn row_33_without_a_client_nothing_is_learnt_from_the_body() {
    let site = Installation::start().await;
    for caller in [site.anybody(), site.anybody().basic("nobody", "nothing"), site.anybody().bearer("a.b.c"), site.client_with(&["b2b"]).await] {
        for body in [json!({}), person(1)] {
            let answer = caller.post(PATH, &body).await;
            answer.says(401, "Unauthorized");
            assert!(answer.header("www-authenticate").starts_with("Basic"));
        }
        assert_eq!(caller.post_raw(PATH, "text/plain", "x").await.status, 401);
    }
    assert_eq!(sign_in(&site, "siti 1", "rahasia sekali").await.status, 401, "nothing was written");
}

#[tokio::test]
async fn row_23_a_password_is_hashed_whole() {
    let site = Installation::start().await;
    let long = "é".repeat(128);
    site.shop().post(PATH, &with(&person(1), "password", long.as_str())).await;
    assert_eq!(sign_in(&site, "siti 1", &long).await.status, 200);
    let nearly = format!("{}e", "é".repeat(127));
    assert_eq!(sign_in(&site, "siti 1", &nearly).await.status, 401);
    assert_eq!(sign_in(&site, "siti 1", &format!("{long}é")).await.status, 401);
}
