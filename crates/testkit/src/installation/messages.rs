//! The messages that an installation has sent, as a test reads them out of its inbox.

use daftar_core::ports::{Inbox as _, InboxFilter, InboxMessage, Outbox as _};

use super::Installation;

impl Installation {
    /// Every message that was sent, newest first.
    pub async fn messages(&self) -> Vec<InboxMessage> {
        self.store.newest(&InboxFilter::default(), 10_000).await.unwrap()
    }

    /// Waits until the outbox is empty.
    pub async fn all_sent(&self) {
        self.until("the outbox is empty", || async { (self.store.waiting().await.unwrap() == 0).then_some(()) }).await;
    }

    /// The one message that was sent to somebody.
    pub async fn only_message(&self, to: &str) -> InboxMessage {
        self.nth_message(1, to).await
    }

    /// The newest message to somebody, once there are `count`.
    pub async fn nth_message(&self, count: usize, to: &str) -> InboxMessage {
        self.until(&format!("message {count} to {to}"), || async {
            let filter = InboxFilter { to: Some(to.to_lowercase()), ..InboxFilter::default() };
            let messages = self.store.newest(&filter, 10_000).await.unwrap();
            assert!(messages.len() <= count, "{} messages to {to} instead of {count}", messages.len());
            (messages.len() == count).then(|| messages.into_iter().next().unwrap())
        })
        .await
    }

    /// The code in the one message to somebody.
    pub async fn code_for(&self, to: &str) -> String {
        self.newest_code(1, to).await
    }

    /// The code in the newest message to somebody, once there are `count`.
    pub async fn newest_code(&self, count: usize, to: &str) -> String {
        let text = self.nth_message(count, to).await.text;
        // A whole word: a link's key may hold digits, too.
        let mut numbers = text.split_whitespace().filter(|word| (4..=8).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit()));
        numbers.next().unwrap_or_else(|| panic!("no code in {text:?}")).to_owned()
    }

    /// The link in the one message to somebody.
    pub async fn link_for(&self, to: &str) -> String {
        let text = self.only_message(to).await.text;
        let link = text.split_whitespace().find(|word| word.starts_with("http"));
        link.unwrap_or_else(|| panic!("no link in {text:?}")).to_owned()
    }
}
