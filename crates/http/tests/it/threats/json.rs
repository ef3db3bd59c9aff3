//! Row 51: what is not one plain JSON object is 400 at every call of every surface, and changes nothing.

use daftar_testkit::Answer;
use reqwest::Method;
use reqwest::multipart::{Form, Part};

use super::{Cast, send};

/// What two parsers could read differently, what could cost one its stack, and what is no text.
fn odd_bodies() -> Vec<Vec<u8>> {
    let texts = [
        "{".to_owned(),
        "{}{}".to_owned(),
        "{} x".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        "\"{}\"".to_owned(),
        "{'a':1}".to_owned(),
        "{\"a\":1,}".to_owned(),
        "{\"a\":1 /* b */}".to_owned(),
        "\u{feff}{}".to_owned(),
        // A key that comes twice, at the top, deeper, and spelt otherwise.
        "{\"password\":\"a\",\"password\":\"b\"}".to_owned(),
        "{\"x\":{\"a\":1,\"a\":1}}".to_owned(),
        "{\"x\":[{\"a\":1,\"\\u0061\":2}]}".to_owned(),
        // NUL, in a value and in a key; half a surrogate pair.
        "{\"x\":\"a\\u0000b\"}".to_owned(),
        "{\"\\u0000\":1}".to_owned(),
        "{\"x\":\"\\ud800\"}".to_owned(),
        "{\"x\":\"\\udc00\\ud800\"}".to_owned(),
        // Numbers that are none, or out of range.
        "{\"x\":1e999}".to_owned(),
        "{\"x\":-1e999}".to_owned(),
        format!("{{\"x\":{}}}", "9".repeat(400)),
        "{\"x\":NaN}".to_owned(),
        "{\"x\":Infinity}".to_owned(),
        "{\"x\":01}".to_owned(),
        "{\"x\":0x10}".to_owned(),
        "{\"x\":+1}".to_owned(),
        "{\"x\":1.}".to_owned(),
        // Depth, of lists, of objects, and of what is never closed.
        format!("{{\"x\":{}{}}}", "[".repeat(500), "]".repeat(500)),
        format!("{{\"x\":{}1{}}}", "{\"a\":".repeat(500), "}".repeat(500)),
        format!("{{\"x\":{}", "[".repeat(60_000)),
    ];
    let mut bodies: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
    bodies.extend([
        b"{\"x\":\"\xff\"}".to_vec(),
        b"{\"\xc3\x28\":1}".to_vec(),
        // An overlong slash, and a surrogate written as UTF-8.
        b"{\"x\":\"\xc0\xaf\"}".to_vec(),
        b"{\"x\":\"\xed\xa0\x80\"}".to_vec(),
        b"{\"x\":\"a\0b\"}".to_vec(),
        b"\xff\xfe{\0}\0".to_vec(),
    ]);
    bodies
}

#[tokio::test]
async fn row_51_what_is_not_one_plain_object_is_400_at_every_call() {
    let cast = Cast::gather().await;
    let before = cast.site.messages().await.len();
    for (method, path, caller) in cast.json_calls() {
        let mut told = Vec::new();
        for body in odd_bodies() {
            let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
            let answer = send(caller, method.clone(), path, "application/json", body).await;
            assert_eq!(answer.status, 400, "{method} {path}: {shown}: {answer:?}");
            told.push(answer.text);
        }
        told.dedup();
        assert_eq!(told.len(), 1, "{path}: all of them are told alike: {told:?}");
    }
    cast.site.all_sent().await;
    assert_eq!(cast.site.messages().await.len(), before);
}

#[tokio::test]
async fn row_51_the_json_in_a_form_is_read_as_strictly() {
    let cast = Cast::gather().await;
    let before = cast.on_usapi.get("/basic-profile").await.text;
    for body in odd_bodies() {
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        let form = Form::new().part("basic_profile", Part::bytes(body));
        let request = cast.on_usapi.request(Method::POST, "/update-basic-profile").multipart(form);
        let answer = Answer::read(request.send().await.unwrap()).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["message"]), (400, &"Property 'basic_profile' must be object".into()), "{shown}");
    }
    assert_eq!(cast.on_usapi.get("/basic-profile").await.text, before);
}
