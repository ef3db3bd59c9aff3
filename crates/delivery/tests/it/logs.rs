//! What reaches the logs.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use daftar_testkit::smtp::{Behaviour, SmtpSink};
use tracing_subscriber::fmt::MakeWriter;

use crate::house::{CODE, House};

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Kept {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn row_52_the_finest_log_shows_neither_code_nor_address_nor_password() {
    let kept = Kept::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(kept.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let (house, server) = (House::new(), SmtpSink::start_with_password("daftar", "hunter2"));
    server.behave(Behaviour::Refuse(451));
    let worker = house.spawn_with_mail(&format!("smtp://daftar:hunter2@{}?tls=none", server.address()));
    let (mail, sms) = (house.queue("siti@example.test"), house.queue("+6281234567890"));
    house.put_off(mail, 1).await;
    house.put_off(sms, 1).await;
    server.behave(Behaviour::Accept);
    house.clock.advance(Duration::from_secs(1));
    house.done(mail).await;
    server.behave(Behaviour::Refuse(550));
    let refused = house.queue("budi@example.test");
    house.done(refused).await;
    worker.stop().await;
    let log = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    for line in ["message not sent yet", "message sent", "message given up", "no route is configured", "s***@example.test"] {
        assert!(log.contains(line), "{line} is missing in: {log}");
    }
    // The last two are the password as the protocol encodes it, and the key of the link.
    for secret in [CODE, "siti@", "budi@", "81234567890", "hunter2", "AGRhZnRhcgBodW50ZXIy", "abc-_123"] {
        assert!(!log.contains(secret), "{secret} is in: {log}");
    }
}
