//! Every rule of the account service. This crate knows no HTTP, no SQL, no SMTP, no files and no wall clock: what it needs from outside are
//! the traits in [`ports`].
//!
//! # The map
//!
//! | module | what lives there |
//! |---|---|
//! | [`identifier`] | usernames, e-mail addresses, phone numbers, and the one classification |
//! | [`account`], [`person`] | accounts, origins, who may hold an identifier; what is known of the person |
//! | [`password`], [`hashing`], [`foreign`] | passwords, their policy and records; the bounded hashing pool; hashes that other software made |
//! | [`code`] | one-time codes as a pure state machine |
//! | [`challenge`], [`redemption`] | asking for a code; showing it, and what it pays for |
//! | [`registration`], [`enrolment`], [`sign_up`] | registering with a proof, at once for a trusted caller, and by a code alone |
//! | [`customer`] | registering customers for a partner host, by a token and a link |
//! | [`sign_in`], `admission` | THE sign-in; who may compare a password right now |
//! | [`recovery`] | new passwords: the first, and one for one that is forgotten |
//! | [`session`], [`device`], [`token`] | who is signed in, and where push messages go; signed tokens and their keys |
//! | [`profile`], [`contact`] | the basic profile and its picture; changing a contact by proving it |
//! | [`administration`] | accounts and machine clients as operators name and read them |
//! | [`audit`] | who did what to which account, and from where |
//! | [`moving`], [`erasure`] | accounts that move in and out; forgetting one for good |
//! | [`client`], [`access`] | machine clients, scopes, secrets; their access tokens |
//! | [`limit`], `measure`, [`trace`] | limits as data and pure arithmetic; what is counted and traced for operators |
//! | [`repeat`] | idempotent calls |
//! | [`message`], [`locale`], [`brand`], [`colour`], [`mod@line`] | what is sent, as data |
//! | [`outbox`], [`price`] | what becomes of it: attempts, receipts, what an operator is told; what it costs |
//! | [`secret`] | the master key and what is derived from it |
//! | [`ports`] | storage, clock, randomness, pictures, as traits |
//! | [`service`] | [`service::Accounts`], the only door for surfaces |
//!
//! # Adding a use case
//!
//! 1. Write its rule as a pure function over data and `now`, with its tests, in the module of its subject.
//! 2. Give it a method on [`service::Accounts`], in that module: input already parsed; hashing before the transaction; one call of the
//!    store, which is one transaction; sending by the outbox, in that transaction. It answers with an enum of its outcomes.
//! 3. If it needs a new transaction, add a method to [`ports::Store`], an operation to the store crate, and cases to its contract suite.
//! 4. Translate it in every surface that has it; the compiler finds the places, because no surface has a wildcard arm.

pub mod access;
pub mod account;
pub mod administration;
mod admission;
pub mod audit;
pub mod brand;
pub mod challenge;
pub mod client;
pub mod code;
pub mod colour;
pub mod contact;
pub mod customer;
pub mod device;
pub mod enrolment;
pub mod erasure;
pub mod foreign;
pub mod hashing;
pub mod identifier;
pub mod limit;
pub mod line;
pub mod locale;
mod measure;
pub mod message;
pub mod moving;
mod named;
pub mod outbox;
pub mod password;
pub mod person;
pub mod ports;
pub mod price;
pub mod profile;
pub mod recovery;
pub mod redemption;
pub mod registration;
pub mod repeat;
pub mod secret;
pub mod service;
pub mod session;
pub mod sign_in;
pub mod sign_up;
pub mod token;
pub mod trace;

pub use measure::count_from_zero;
