//! Sends what the outbox holds. It owns the workers, the words of every message in every language, and the ways a message can go: mail by
//! SMTP, the development inbox. It does not know why a message is sent, and it decides no rule.
//!
//! # The way of a message
//!
//! ```text
//! outbox ──claim──► worker ──open──► core Message ──render──► Rendered ──► Transport ──► mail server, inbox
//!    ▲                 │
//!    └─────settle──────┘   sent · again later (retry) · failed
//! ```
//!
//! | module | what lives there |
//! |---|---|
//! | [`worker`] | claims, sends, settles; one task per channel |
//! | [`retry`] | when to try again, as pure arithmetic |
//! | [`mod@render`] | from what a message says to its words, `locales/` and `templates/`, and an operator's in their place |
//! | [`segments`] | in how many parts a short message travels |
//! | [`transport`] | the trait that every way implements, and why a way refuses |
//! | [`route`], `routing`, `breaker` | the ways of a channel, in order, and what each is for; which one a message takes next; rest for one that fails |
//! | [`measure`], `trace` | what is counted, and what is traced |
//! | [`https`] | the client that gateways are asked with |
//! | [`smtp`], [`mod@gateway`], [`inbox`] | the ways |
//!
//! # Adding a message
//!
//! 1. Add a variant to [`daftar_core::message::Content`].
//! 2. Say it in [`mod@render`]: a mail and, if it can go to a phone, a short message. The compiler finds the places.
//! 3. Write its texts in all of `locales/*/messages.ftl`; a test fails until every language has every key.
//!
//! # Adding a way
//!
//! Implement [`transport::Transport`]. It gets one message for one recipient, may be called again for the same message, and says in its
//! error whether another try can help.

mod breaker;
pub mod gateway;
pub mod https;
pub mod inbox;
pub mod measure;
pub mod render;
pub mod retry;
pub mod route;
mod routing;
pub mod segments;
pub mod smtp;
mod trace;
pub mod transport;
pub mod worker;

pub use gateway::{Gateway, GatewayClient, GatewayError, GatewaySettings, Gateways, GenericSettings, PresetName};
pub use inbox::InboxTransport;
pub use render::{Flaw, Flaws, Overrides, RenderError, Rendered, Renderer, Review};
pub use route::Route;
pub use segments::{Encoding, Segments};
pub use smtp::{Authorities, AuthoritiesError, Dkim, DkimError, DkimRecord, Greeting, SmtpConfigError, SmtpSettings, SmtpTransport};
pub use transport::{Accepted, Outgoing, SendError, Transport};
pub use worker::{Pace, Worker, WorkerHandle, WorkerParts};
