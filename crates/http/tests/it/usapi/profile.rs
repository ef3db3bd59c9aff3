//! `POST /update-basic-profile`, `GET /basic-profile` and the pictures.

use daftar_testkit::{Answer, Installation, pictures};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::{applicant, registered, sign_in, signed_in, started, verify, with, without};

const PATH: &str = "/update-basic-profile";
const NOT_A_PICTURE: &str = "Profile image must be a JPEG, PNG or WebP picture";

fn profile() -> Value {
    json!({"gender": "Laki-Laki", "phone_number": "6287654321", "date_of_birth": "1996-10-18"})
}

async fn send(site: &Installation, token: &str, form: Form) -> Answer {
    Answer::read(site.anybody().bearer(token).request(Method::POST, PATH).multipart(form).send().await.unwrap()).await
}

async fn update(site: &Installation, token: &str, profile: &Value) -> Answer {
    send(site, token, Form::new().text("basic_profile", profile.to_string())).await
}

async fn update_with_picture(site: &Installation, token: &str, name: &str, picture: Vec<u8>) -> Answer {
    let part = Part::bytes(picture).file_name(name.to_owned());
    send(site, token, Form::new().text("basic_profile", profile().to_string()).part("profile_img", part)).await
}

async fn show(site: &Installation, token: &str) -> Value {
    site.anybody().bearer(token).get("/basic-profile").await.json()
}

#[tokio::test]
async fn a_new_account_shows_what_it_knows_and_null_for_the_rest() {
    let site = Installation::start().await;
    let token = signed_in(&site, 1).await;
    let expected = json!({
        "username": "siti 1", "email": "siti1@example.test", "email_verified": true, "phone_number": "6281000000001", "phone_verified": true,
        "first_name": "Siti", "last_name": "Rahma", "date_of_birth": null, "gender": null, "profile_img": null, "profile_thumb": null,
    });
    assert_eq!(show(&site, &token).await, expected);
}

#[tokio::test]
async fn the_documented_example_is_taken_and_a_new_number_starts_unverified() {
    let site = Installation::start().await;
    let token = signed_in(&site, 1).await;
    update(&site, &token, &profile()).await.is(200, &json!({"status": true, "message": "Success update profile"}));
    let shown = show(&site, &token).await;
    assert_eq!((&shown["gender"], &shown["date_of_birth"]), (&json!("Laki-Laki"), &json!("1996-10-18")));
    assert_eq!((&shown["phone_number"], &shown["phone_verified"]), (&json!("6287654321"), &json!(false)));
    // The old number was proven, so it is told; the new one signs in by password as any identifier does.
    let told = site.only_message("+6281000000001").await;
    assert_eq!(told.channel.name(), "sms");
    assert_eq!(sign_in(&site, "6287654321", "rahasia sekali").await.status, 200);
    assert_eq!(sign_in(&site, "6281000000001", "rahasia sekali").await.status, 401);
}

#[tokio::test]
async fn row_57_a_changed_number_is_told_to_the_old_one_by_short_message() {
    let site = Installation::start().await;
    let token = signed_in(&site, 1).await;
    assert_eq!(update(&site, &token, &profile()).await.status, 200);
    let told = site.only_message("+6281000000001").await;
    assert!(told.channel.name() == "sms" && told.text.contains("was changed"), "{}", told.text);
    site.all_sent().await;
    assert_eq!(site.messages().await.len(), 1, "the new one, which nobody has proven, is told nothing");
}

#[tokio::test]
async fn row_13_a_changed_number_voids_what_was_sent_to_the_old_one() {
    let site = Installation::start().await;
    let token = signed_in(&site, 1).await;
    let anybody = site.anybody();
    let mut sent = Vec::new();
    for (count, nature) in [(1, 1), (2, 3), (3, 3)] {
        let asked = anybody.post("/app/auth/otp", &json!({"nature": nature, "loginID": "6281000000001", "sendType": 0})).await.json();
        let shown = json!({"otpToken": asked["data"]["otpToken"], "otp": site.newest_code(count, "+6281000000001").await});
        sent.push(shown);
    }
    // One of them has paid for a new password already.
    let recovery = anybody.post("/app/auth/forgot-password/verify", &sent[2]).await.json()["data"]["accessToken"].as_str().unwrap().to_owned();
    assert_eq!(update(&site, &token, &profile()).await.status, 200);
    assert_eq!(anybody.post("/app/auth/login/verify", &sent[0]).await.status, 400);
    assert_eq!(anybody.post("/app/auth/forgot-password/verify", &sent[1]).await.status, 400);
    let reset = anybody.bearer(&recovery).put("/app/auth/password", &json!({"password": "another1"})).await;
    assert_eq!(reset.status, 401);
    assert_eq!(sign_in(&site, "siti 1", "rahasia sekali").await.status, 200);
}

#[tokio::test]
async fn the_same_number_keeps_its_standing() {
    let site = Installation::start().await;
    let token = signed_in(&site, 1).await;
    assert_eq!(update(&site, &token, &with(&profile(), "phone_number", "6281000000001")).await.status, 200);
    assert_eq!(show(&site, &token).await["phone_verified"], json!(true));
    assert_eq!(site.messages().await.len(), 0);
}

#[tokio::test]
async fn bad_fields_are_told_and_change_nothing() {
    let site = Installation::start().await;
    let token = signed_in(&site, 1).await;
    let before = show(&site, &token).await;
    for property in ["phone_number", "gender", "date_of_birth"] {
        update(&site, &token, &without(&profile(), property)).await.says(400, &format!("Must have required property '{property}'"));
        update(&site, &token, &with(&profile(), property, 1)).await.says(400, &format!("Property '{property}' must be string"));
        update(&site, &token, &with(&profile(), property, " ")).await.says(400, &format!("Property '{property}' must not be empty"));
    }
    update(&site, &token, &with(&profile(), "phone_number", "0812345678")).await.says(400, "Invalid phone number format");
    let answer = update(&site, &token, &with(&profile(), "gender", "laki-laki")).await;
    answer.says(400, "Property 'gender' must be one of: Laki-Laki, Perempuan");
    for bad in ["1996-02-30", "18-10-1996", "1899-12-31", "2026-11-21", "2999-01-01", "1996-10-18T00:00:00Z", "yesterday"] {
        update(&site, &token, &with(&profile(), "date_of_birth", bad)).await.says(400, "Invalid date of birth");
    }
    assert_eq!(show(&site, &token).await, before);
}

#[tokio::test]
async fn the_form_itself_is_checked() {
    let site = Installation::start().await;
    let token = signed_in(&site, 1).await;
    send(&site, &token, Form::new().text("other", "x")).await.says(400, "Must have required property 'basic_profile'");
    send(&site, &token, Form::new().text("basic_profile", " ")).await.says(400, "Property 'basic_profile' must not be empty");
    for odd in ["x", "[]", "\"x\"", "{\"gender\":\"a\",\"gender\":\"b\"}"] {
        send(&site, &token, Form::new().text("basic_profile", odd)).await.says(400, "Property 'basic_profile' must be object");
    }
    let me = site.anybody().bearer(&token);
    me.post(PATH, &profile()).await.says(415, "Content-Type must be multipart/form-data");
}

#[tokio::test]
async fn a_taken_number_is_told_and_changes_nothing() {
    let site = Installation::start().await;
    registered(&site, 2).await;
    let token = signed_in(&site, 1).await;
    let before = show(&site, &token).await;
    let answer = update(&site, &token, &with(&profile(), "phone_number", "6281000000002")).await;
    answer.says(400, "Phone number already exist");
    assert_eq!(show(&site, &token).await, before);
    // A number that somebody only said counts as taken here, too.
    let said = started(&site, &applicant(3, "LINK")).await;
    assert_eq!(verify(&site, &said, &site.code_for("siti3@example.test").await).await.status, 200);
    let answer = update(&site, &token, &with(&profile(), "phone_number", "6281000000003")).await;
    answer.says(400, "Phone number already exist");
}

#[tokio::test]
async fn a_picture_is_kept_small_upright_and_served_for_ever() {
    let site = Installation::start().await;
    let token = signed_in(&site, 1).await;
    for (name, bytes) in [("a.jpg", pictures::jpeg(2000, 1500)), ("a.png", pictures::png(2000, 1500)), ("a.webp", pictures::webp(2000, 1500))] {
        assert_eq!(update_with_picture(&site, &token, name, bytes).await.status, 200, "{name}");
        let shown = show(&site, &token).await;
        for (property, width, height) in [("profile_img", 1024, 768), ("profile_thumb", 256, 192)] {
            let url = shown[property].as_str().unwrap();
            assert!(url.starts_with(&format!("{}/pictures/", site.url())));
            let answer = site.anybody().request(Method::GET, url.strip_prefix(site.url()).unwrap()).send().await.unwrap();
            assert_eq!(answer.headers()["content-type"], "image/jpeg");
            assert_eq!(answer.headers()["cache-control"], "public, max-age=31536000, immutable");
            assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
            assert_eq!(pictures::jpeg_size(&answer.bytes().await.unwrap()), (width, height));
        }
    }
}

#[tokio::test]
async fn a_replaced_picture_is_gone_and_an_absent_one_stays() {
    let site = Installation::start().await;
    let token = signed_in(&site, 1).await;
    update_with_picture(&site, &token, "a.png", pictures::png(10, 10)).await;
    let first = show(&site, &token).await["profile_img"].as_str().unwrap().to_owned();
    update(&site, &token, &with(&profile(), "gender", "Perempuan")).await;
    assert_eq!(show(&site, &token).await["profile_img"], first.as_str());
    update_with_picture(&site, &token, "b.png", pictures::png(20, 20)).await;
    let second = show(&site, &token).await["profile_img"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    assert_eq!(site.anybody().get(first.strip_prefix(site.url()).unwrap()).await.status, 404);
    assert_eq!(site.files_kept(), 2, "one picture and its thumbnail");
}

#[tokio::test]
async fn row_46_and_row_47_what_is_no_picture_is_refused_and_changes_nothing() {
    let site = Installation::start().await;
    let token = signed_in(&site, 1).await;
    let before = show(&site, &token).await;
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".to_vec();
    for (name, bytes) in [
        ("a.svg", svg),
        ("a.jpg", b"not a picture".to_vec()),
        ("a.jpg", Vec::new()),
        ("a.png", pictures::png(10, 10)[..40].to_vec()),
        ("bomb.png", pictures::png_claiming(50_000, 50_000)),
    ] {
        update_with_picture(&site, &token, name, bytes).await.says(400, NOT_A_PICTURE);
    }
    assert_eq!(show(&site, &token).await, before);
    assert_eq!(site.files_kept(), 0);
}

#[tokio::test]
async fn row_47_a_files_name_means_nothing() {
    let site = Installation::start().await;
    let token = signed_in(&site, 1).await;
    for name in ["../../x", "/etc/passwd", "a;b\"c.png", "..\\..\\x.php"] {
        assert_eq!(update_with_picture(&site, &token, name, pictures::png(10, 10)).await.status, 200, "{name:?}");
    }
    assert_eq!(site.files_kept(), 2);
    for path in ["/pictures/..%2f..%2fdaftar.db.jpg", "/pictures/x.jpg", "/pictures/x", "/pictures/"] {
        site.anybody().get(path).await.says(404, "Not found");
    }
}

#[tokio::test]
async fn a_picture_over_five_mebibytes_is_too_large() {
    let site = Installation::start().await;
    let token = signed_in(&site, 1).await;
    for size in [5 * 1024 * 1024 + 1, 6 * 1024 * 1024 + 1, 9 * 1024 * 1024] {
        update_with_picture(&site, &token, "a.jpg", vec![0xff; size]).await.says(413, "Profile image is too large");
    }
    update_with_picture(&site, &token, "a.jpg", vec![0xff; 5 * 1024 * 1024]).await.says(400, NOT_A_PICTURE);
}

#[tokio::test]
async fn row_48_broken_forms_are_refused_and_leave_nothing() {
    let site = Installation::start().await;
    let token = signed_in(&site, 1).await;
    let me = site.anybody().bearer(&token);
    let part = "--b\r\ncontent-disposition: form-data; name=\"x\"\r\n\r\ny\r\n";
    for (content_type, body) in [
        ("multipart/form-data", format!("{part}--b--\r\n")),
        ("multipart/form-data; boundary=", format!("{part}--b--\r\n")),
        ("multipart/form-data; boundary=b", format!("{}--b--\r\n", part.repeat(10_000))),
        ("multipart/form-data; boundary=b", part.to_owned()),
        ("multipart/form-data; boundary=b", "--b\r\ncontent-disposition: form-data; name=\"basic_profile\"\r\n\r\n{".to_owned()),
        ("multipart/form-data; boundary=b", "nonsense".to_owned()),
        ("multipart/form-data; boundary=b", String::new()),
    ] {
        let answer = me.post_raw(PATH, content_type, body).await;
        assert_eq!(answer.status, 400, "{content_type}: {answer:?}");
        assert!(answer.json()["message"].is_string());
    }
    let twice = Form::new().text("basic_profile", profile().to_string()).text("basic_profile", profile().to_string());
    assert_eq!(send(&site, &token, twice).await.status, 400);
    assert_eq!(site.files_kept(), 0);
}

#[tokio::test]
async fn a_file_that_was_not_chosen_is_no_picture() {
    let site = Installation::start().await;
    let token = signed_in(&site, 1).await;
    let form = Form::new().text("basic_profile", profile().to_string()).part("profile_img", Part::bytes(Vec::new()).file_name(""));
    assert_eq!(send(&site, &token, form).await.status, 200);
    assert_eq!(show(&site, &token).await["profile_img"], json!(null));
}

#[tokio::test]
async fn racing_updates_leave_one_holder_of_a_number() {
    let site = Installation::start().await;
    let mut tokens = Vec::new();
    for n in 1..=8 {
        tokens.push(signed_in(&site, n).await);
    }
    let wanted = profile();
    let answers = futures_util::future::join_all(tokens.iter().map(|token| update(&site, token, &wanted))).await;
    assert_eq!(answers.iter().filter(|a| a.status == 200).count(), 1);
    for answer in answers.iter().filter(|a| a.status != 200) {
        answer.says(400, "Phone number already exist");
    }
}
