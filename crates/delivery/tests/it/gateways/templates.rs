//! Whatever a message says, it stays within its place.

use daftar_delivery::PresetName::Generic;
use daftar_delivery::{GatewaySettings, GenericSettings};
use proptest::prelude::*;

use super::*;

/// Sends `text` in the body `template`; what arrived.
async fn arrived(template: &str, text: &str) -> Received {
    let sink = sink(Generic);
    let generic = GenericSettings { body: Some(template.into()), ..GenericSettings::default() };
    let gateway = gateway(&GatewaySettings { generic, ..settings(Generic, &format!("{}/?t={{text}}&after=1", sink.url())) });
    send_to(&gateway, NUMBER, &Rendered { text: text.to_owned(), ..rendered() }).await.unwrap();
    sink.requests().pop().unwrap()
}

/// Texts that people, brands and operators could write, and those that only somebody who means ill would.
fn texts() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        "\"",
        "\\",
        "\\u0022",
        "'",
        "\n",
        "\r\n",
        "\t",
        "{code}",
        "{text}",
        "{",
        "}",
        "&",
        "=",
        "+",
        "%22",
        "%",
        "#",
        "?",
        "<",
        ">",
        "]]>",
        "&quot;",
        "\0",
        "\u{7f}",
        "\u{2028}",
        "驗證碼",
        "😀",
        "é",
        " ",
    ]);
    prop::collection::vec(prop_oneof![nasty.prop_map(str::to_owned), ".{0,6}"], 0..12).prop_map(|parts| parts.concat())
}

fn block_on<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn row_40_a_text_never_leaves_its_string_of_json(text in texts()) {
        let request = block_on(arrived(r#"{"before":1,"text":"{text}","twice":["{text}{code}"],"after":{"x":"}"}}"#, &text));
        let expected = serde_json::json!({ "before": 1, "text": text, "twice": [format!("{text}{CODE}")], "after": { "x": "}" } });
        prop_assert_eq!(request.json(), expected);
        prop_assert_eq!(request.query(), [("t".to_owned(), text), ("after".to_owned(), "1".to_owned())]);
    }

    #[test]
    fn row_40_a_text_never_leaves_its_field_of_a_form(text in texts()) {
        let request = block_on(arrived("to={to}&text={text}&after=1", &text));
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        prop_assert_eq!(request.form(), [pair("to", NUMBER), pair("text", &text), pair("after", "1")]);
    }

    #[test]
    fn row_40_a_text_never_leaves_its_element_of_xml(text in texts()) {
        let request = block_on(arrived("<sms a=\"{text}\"><t>{text}</t></sms>", &text));
        let body = request.text();
        let inner = body.strip_prefix("<sms a=\"").unwrap().strip_suffix("</t></sms>").unwrap();
        let (attribute, element) = inner.split_once("\"><t>").unwrap();
        for part in [attribute, element] {
            prop_assert!(!part.contains(['<', '>', '"', '\'', '\0']) , "{part}");
            let unescaped = part.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&");
            let kept: String = text.chars().filter(|c| (!c.is_control() || matches!(c, '\n' | '\t')) && !matches!(c, '\u{fffe}' | '\u{ffff}')).collect();
            prop_assert_eq!(unescaped, kept);
        }
    }
}
