//! Gateways that do not work (threat row 45), and what is kept of what they say (row 52).

use daftar_delivery::PresetName::{Generic, Infobip, MessageBird, Twilio, Vonage, Zenziva};

use super::*;

const ALL: [PresetName; 6] = [Generic, Twilio, Vonage, Infobip, MessageBird, Zenziva];

/// Neither the number nor the code nor the password is in it.
fn tells_nothing(outcome: &Result<Accepted, SendError>) {
    let said = format!("{outcome:?}");
    for secret in [CODE, "81234567890", "hunter2", "ONMART", "驗證碼"] {
        assert!(!said.contains(secret), "{said}");
    }
}

#[tokio::test]
async fn row_45_whatever_a_gateway_does_another_try_follows_and_row_52_nothing_of_it_is_repeated() {
    for preset in ALL {
        let sink = sink(preset);
        let gateway = gateway(&settings(preset, &sink.url()));
        let broken = [Behaviour::Reset, Behaviour::TakeAndReset, Behaviour::Noise].into_iter();
        let answers = [500, 502, 503, 429, 401, 403, 302].map(Behaviour::Status).into_iter();
        for behaviour in broken.chain(answers) {
            sink.behave(behaviour.clone());
            let outcome = send(&gateway).await;
            assert!(matches!(outcome, Err(SendError::Retry(_))), "{preset:?} {behaviour:?}: {outcome:?}");
            tells_nothing(&outcome);
        }
        sink.behave(Behaviour::Garbage);
        let outcome = send(&gateway).await;
        tells_nothing(&outcome);
        // Whoever promises nothing but a status has kept that.
        assert_eq!(outcome.is_ok(), preset == Generic, "{preset:?}: {outcome:?}");
        sink.behave(Behaviour::Refuse);
        let outcome = send(&gateway).await;
        tells_nothing(&outcome);
        assert_eq!(matches!(outcome, Err(SendError::Refused(_))), preset != Zenziva, "{preset:?}: {outcome:?}");
        sink.behave(Behaviour::Accept);
        assert!(send(&gateway).await.is_ok(), "{preset:?}");
    }
}

#[tokio::test]
async fn row_45_why_there_was_no_answer_is_said_in_our_own_words() {
    let sink = sink(Generic);
    let at_sink = gateway(&settings(Generic, &sink.url()));
    for (behaviour, reason) in
        [(Behaviour::Reset, "the connection to the gateway broke off"), (Behaviour::Noise, "the gateway's answer makes no sense")]
    {
        sink.behave(behaviour);
        assert_eq!(send(&at_sink).await, retry(reason));
    }
    sink.stop().await;
    assert_eq!(send(&at_sink).await, retry("no connection to the gateway: connection refused"));
    // It speaks no TLS, and hangs up.
    let plain = super::sink(Generic);
    let secured = gateway(&settings(Generic, &plain.url().replace("http:", "https:")));
    assert_eq!(send(&secured).await, retry("no connection to the gateway: unexpected end of file"));
}

#[tokio::test]
async fn row_45_a_send_that_is_cut_off_takes_its_connection_along() {
    let sink = sink(Twilio);
    let gateway = gateway(&settings(Twilio, &sink.url()));
    send(&gateway).await.unwrap();
    sink.behave(Behaviour::Hang);
    tokio::select! {
        outcome = send(&gateway) => panic!("it hangs: {outcome:?}"),
        _ = sink.received(2) => {}
    }
    // The late answer to the first message must not be taken for the second one's.
    sink.behave(Behaviour::Answer(400, r#"{"code":21211}"#.to_owned()));
    assert_eq!(send(&gateway).await, refused("the gateway answered 400, error 21211"));
    sink.behave(Behaviour::Accept);
    assert!(send(&gateway).await.is_ok());
    assert_eq!((sink.counts().connections, sink.counts().requests), (2, 4));
}

#[tokio::test]
async fn an_endless_answer_is_read_no_further_than_it_can_matter() {
    let sink = sink(Vonage);
    sink.behave(Behaviour::Answer(202, format!("{{\"message_uuid\":\"u\",\"x\":\"{}\"}}", "x".repeat(4 << 20))));
    assert_eq!(send(&gateway(&settings(Vonage, &sink.url()))).await, retry("the gateway's answer makes no sense"));
}

#[tokio::test]
async fn a_mail_is_nothing_for_a_gateway() {
    let sink = sink(Generic);
    let to = Recipient::Email(daftar_core::identifier::EmailAddress::parse("siti@example.test").unwrap());
    let outgoing = Outgoing { id: MessageId(ID.parse().unwrap()), number: 1, to: &to, rendered: &rendered() };
    assert_eq!(gateway(&settings(Generic, &sink.url())).send(&outgoing).await, refused("a mail address gets no short message"));
    assert_eq!(sink.counts().requests, 0);
}
