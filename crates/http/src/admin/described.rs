//! What the documentation says of the administration's calls.

use axum::http::StatusCode;
use daftar_core::account::{AccountStatus, Surface};
use daftar_core::audit::{Act, Door};
use daftar_core::client::{CLIENT_NAME_MAX, Scope};
use daftar_core::limit::LimitKind;
use daftar_core::locale::Locale;
use daftar_core::message::Channel;
use daftar_core::person::Gender;

use super::error::{AdminError, BOUNDS};
use super::{accounts, audit, limits, messages};
use crate::openapi::operation::{Call, Described};
use crate::openapi::property::{Property, amount, boolean, day, integer, list, moment, object, one_of, text, uuid};
use crate::openapi::refusal::Refusal;
use crate::openapi::security::Caller;
use crate::surface::bounds::Bounds;
use crate::surface::problem::written_properties;

impl Refusal for AdminError {
    const TAG: &'static str = "Administration";
    const BOUNDS: Bounds = BOUNDS;

    fn properties() -> Vec<Property> {
        written_properties()
    }
}

fn by_administrator(call: Call<AdminError>) -> Call<AdminError> {
    call.by(Caller::Machine(Scope::Admin), AdminError::NoAdministrator)
}

fn count(name: &'static str, usual: u32, most: u32) -> Property {
    integer(name).between(1, i64::from(most)).like(usual).about(format!("How many at most, {usual} by default")).optional()
}

fn status() -> Property {
    one_of("status", ["queued", "accepted", "delivered", "failed"])
}

fn channels() -> Property {
    one_of("channel", Channel::ALL.iter().map(|channel| channel.name()))
}

fn reason() -> Property {
    text("reason").like("the gateway does not answer").nullable()
}

fn attempt() -> Property {
    let receipt = [one_of("outcome", ["delivered", "undelivered"]), reason(), moment("at")];
    object(
        "",
        [
            integer("number").about("Counted from 1"),
            text("route").like("twilio"),
            one_of("channel", ["email", "sms", "whatsapp"]),
            moment("started_at"),
            moment("ended_at"),
            one_of("answer", ["accepted", "refused", "put_off"]),
            reason(),
            text("reference").like("SM123").about("How the gateway calls the message").nullable(),
            text("cost").like("0.045"),
            object("receipt", receipt).nullable(),
        ],
    )
}

fn message_properties() -> [Property; 13] {
    [
        uuid("id"),
        channels(),
        text("to").like("+62812*****90").about("Masked, unless the account is named"),
        text("kind").like("signup_code"),
        status(),
        reason(),
        moment("created_at"),
        moment("expires_at"),
        moment("next_at").about("When it is tried again").nullable(),
        boolean("can_retry").like(false),
        integer("without_answer").like(0).about("How often it was taken up without an attempt that came to an end"),
        text("cost").like("0.045"),
        list("attempts", attempt()),
    ]
}

pub(super) fn messages() -> Described {
    by_administrator(Call::get("listMessages", "Where is my code?"))
        .detail("Messages of the last 30 days, newest first, with every attempt, route and receipt.")
        .query(&text("to").like("+6281234567890").about("An e-mail address or phone number").optional())
        .query(&uuid("account").about("Those to the contacts of this account").optional())
        .query(&status().optional())
        .query(&channels().optional())
        .query(&uuid("before").about("`next` of the page before").optional())
        .query(&count("limit", messages::USUAL, messages::MOST))
        .answers(
            StatusCode::OK,
            "A page of them",
            &[list("messages", object("", message_properties())), uuid("next").about("`before` of the next page").nullable()],
        )
        .refuses([AdminError::Parameter("status", "must be one of: queued, accepted, delivered, failed"), AdminError::NoAccount])
        .into()
}

fn limit() -> Property {
    object(
        "",
        [
            one_of("limit", LimitKind::ALL.iter().map(|kind| kind.name())).like("send.destination"),
            text("of").like("+62812*****90").about("A masked contact, an account's id, an address, a prefix, a client's id, or `all`"),
            text("from").like("203.0.113.7").nullable(),
            amount("used"),
            amount("most"),
            amount("left"),
            integer("period").like(86_400).about("In how many seconds"),
            integer("free_in").like(0).about("In how many seconds something is free"),
            moment("resets_at"),
        ],
    )
}

pub(super) fn limits() -> Described {
    by_administrator(Call::get("listLimits", "Who has used up what?"))
        .detail("Limits of which something is used, those first that take longest to be free again.")
        .query(&one_of("limit", LimitKind::ALL.iter().map(|kind| kind.name())).about("Those of this kind").optional())
        .query(&boolean("spent").about("Those that have no room").optional())
        .query(&count("max", limits::USUAL, limits::MOST))
        .answers(StatusCode::OK, "They", &[list("limits", limit())])
        .refuses([AdminError::Parameter("spent", "must be true or false")])
        .into()
}

pub(super) fn message() -> Described {
    by_administrator(Call::get("showMessage", "One message, with every attempt"))
        .path(&uuid("id"))
        .answers(StatusCode::OK, "The message; its contact is masked", &message_properties())
        .refuses([AdminError::NoMessage])
        .into()
}

pub(super) fn retry_message() -> Described {
    by_administrator(Call::post("retryMessage", "Send a message once more that was not sent"))
        .path(&uuid("id"))
        .answers(StatusCode::OK, "It is due now, by every route anew", &message_properties())
        .refuses([AdminError::NoMessage, AdminError::MessageSent, AdminError::MessageUnderway, AdminError::MessageExpired])
        .into()
}

pub(super) fn reset_limits() -> Described {
    by_administrator(Call::post("resetLimits", "Forget what somebody has used of a limit"))
        .detail("Every server knows it at once; one that has just refused look-ups may go on to refuse them for up to a minute.")
        .reads_json([
            one_of("limit", LimitKind::ALL.iter().map(|kind| kind.name())).like("send.destination"),
            text("of").or_empty().like("+6281234567890").about("Of whom: a contact, an account, an address, a prefix, a client").optional(),
            text("from").like("203.0.113.7").about("From which address, with `password.account_address`").optional(),
            boolean("all").like(false).about("Of everybody").optional(),
        ])
        .answers(StatusCode::OK, "How many there were", &[integer("reset")])
        .refuses([AdminError::NotOfThis("an e-mail address or a phone number"), AdminError::Parameter("of", "is required, unless all is true")])
        .into()
}

fn account_properties() -> Vec<Property> {
    let unknown = |property: Property| property.nullable();
    vec![
        uuid("id"),
        one_of("status", AccountStatus::ALL.iter().map(|status| status.name())),
        unknown(text("username").like("siti")),
        unknown(text("email").like("siti@example.test")),
        boolean("email_verified"),
        unknown(text("phone").like("+6281234567890")),
        boolean("phone_verified"),
        boolean("has_password"),
        unknown(text("first_name").like("Siti")),
        unknown(text("last_name").like("Rahma")),
        unknown(text("full_name").like("Siti Rahma")),
        unknown(day("birth_date")),
        unknown(text("birth_place").like("Jakarta")),
        unknown(one_of("gender", Gender::ALL.iter().map(|gender| gender.name()))),
        unknown(text("country").like("ID")),
        one_of("surface", Surface::ALL.iter().map(|surface| surface.name())),
        unknown(text("client").like("k3b9fhj7")),
        unknown(text("platform").like("ONMART")),
        unknown(text("source").or_empty().like("till-3")),
        unknown(text("group").like("group-7")),
        one_of("locale", Locale::ALL.iter().map(|locale| locale.tag())),
        moment("created_at"),
    ]
}

pub(super) fn accounts() -> Described {
    let whom = text("whom").like("siti@example.test").about("An account's id, e-mail address, phone number or username");
    let beginning = text("beginning").like("+62812").about("How a username, an e-mail address or a phone number begins");
    by_administrator(Call::get("findAccounts", "Whose is this?"))
        .detail("A phone number without its country is read in USAPI's country and in App's, and so may be that of two.")
        .query(&whom.optional())
        .query(&beginning.optional())
        .query(&count("limit", accounts::USUAL, accounts::MOST))
        .answers(StatusCode::OK, "The accounts, whole", &[list("accounts", object("", account_properties()))])
        .refuses([AdminError::Parameter("whom", accounts::NOBODY_NAMED)])
        .into()
}

fn of_account(call: Call<AdminError>, what: &str) -> Described {
    let call = by_administrator(call).path(&uuid("id"));
    call.answers(StatusCode::OK, what, &account_properties()).refuses([AdminError::NoAccount]).into()
}

pub(super) fn account() -> Described {
    of_account(Call::get("showAccount", "One account"), "The account")
}

pub(super) fn disable_account() -> Described {
    of_account(Call::post("disableAccount", "Let an account sign in no more"), "It cannot sign in, and its sessions have ended")
}

pub(super) fn enable_account() -> Described {
    of_account(Call::post("enableAccount", "Let an account sign in again"), "It can sign in")
}

fn session() -> Property {
    let surface = one_of("surface", Surface::ALL.iter().map(|surface| surface.name()));
    object("", [uuid("id"), uuid("account"), surface, moment("created_at"), moment("expires_at")])
}

fn of_sessions(call: Call<AdminError>) -> Call<AdminError> {
    by_administrator(call).path(&uuid("id")).refuses([AdminError::NoAccount])
}

pub(super) fn sessions() -> Described {
    of_sessions(Call::get("listSessions", "Where is an account signed in?"))
        .answers(StatusCode::OK, "The newest hundred sessions that live, newest first", &[list("sessions", session())])
        .into()
}

pub(super) fn end_sessions() -> Described {
    of_sessions(Call::delete("endSessions", "End all sessions of an account"))
        .answers(StatusCode::OK, "How many there were; every server knows it at once", &[integer("ended")])
        .into()
}

pub(super) fn end_session() -> Described {
    by_administrator(Call::delete("endSession", "End a session"))
        .path(&uuid("id"))
        .answers(StatusCode::OK, "It has ended; every server knows it at once", &[integer("ended")])
        .refuses([AdminError::NoSession])
        .into()
}

pub(super) fn audit() -> Described {
    let entry = [
        uuid("id"),
        moment("at"),
        text("act").like(Act::AccountDisabled.name()).about("What was done"),
        uuid("account").about("To which account; it may be erased since").nullable(),
        text("about").like("email").about("To what else: a session, a client, a message, a kind of contact or limit").nullable(),
        one_of("actor", ["owner", "client", "operator", "service"]),
        text("name").like("k3b9fhj7").about("The client's id, or the operator's name").nullable(),
        text("door").like(Door::Admin.name()).about("By which way"),
        text("from").like("203.0.113.7").about("From which address").nullable(),
    ];
    by_administrator(Call::get("listAudit", "Who did what to which account, and from where?"))
        .detail("The newest entries first; after a certain one, the oldest first. What was refused is no deed: it stands in the limits.")
        .query(&uuid("account").about("Those about this account").optional())
        .query(&one_of("act", Act::ALL.iter().map(|act| act.name())).about("Those of this act").optional())
        .query(&uuid("before").about("`next` of the page before").optional())
        .query(&uuid("after").about("The newest entry that is known already, to get those written since; then `next` of the page before").optional())
        .query(&count("limit", audit::USUAL, audit::MOST))
        .answers(
            StatusCode::OK,
            "A page of them",
            &[list("entries", object("", entry)), uuid("next").about("`before` of the next page; `after`, where that was given").nullable()],
        )
        .refuses([AdminError::Parameter("act", audit::NO_ACT)])
        .into()
}

fn client_properties() -> Vec<Property> {
    vec![
        text("id").like("k3b9fhj7"),
        text("name").like("Web shop"),
        list("scopes", one_of("", Scope::ALL.iter().map(|scope| scope.name()))),
        text("country").like("ID").about("Where it reads phone numbers, if it may register customers").nullable(),
        moment("created_at"),
        moment("disabled_at").nullable(),
    ]
}

fn with_secret() -> Vec<Property> {
    let secret = text("secret").like("3xl4VViOxqPIDngcy3xEk-tmIoB35ZUSPqIbDdZx7AI").about("Shown this once");
    client_properties().into_iter().chain([secret]).collect()
}

fn country() -> Property {
    text("country").like("ID").about("ISO 3166-1 alpha-2: where it reads phone numbers without a country")
}

pub(super) fn clients() -> Described {
    by_administrator(Call::get("listClients", "Every machine client"))
        .answers(StatusCode::OK, "Oldest first", &[list("clients", object("", client_properties()))])
        .into()
}

pub(super) fn create_client() -> Described {
    let scopes = list("scopes", one_of("", Scope::ALL.iter().map(|scope| scope.name()))).like(vec!["usapi"]);
    by_administrator(Call::post("createClient", "Make a machine client"))
        .detail("With any scope, `admin` included: whoever may do this may do everything.")
        .reads_json([text("name").at_most(CLIENT_NAME_MAX).like("Web shop"), scopes, country().optional()])
        .answers(StatusCode::CREATED, "The client, with its secret", &with_secret())
        .refuses([AdminError::Parameter("scopes", "must be a list of: usapi, b2b, admin")])
        .into()
}

fn of_client(call: Call<AdminError>) -> Call<AdminError> {
    by_administrator(call).path(&text("id").like("k3b9fhj7")).refuses([AdminError::NoClient])
}

pub(super) fn rotate_client() -> Described {
    of_client(Call::post("rotateClient", "Give a client a new secret"))
        .answers(StatusCode::OK, "The new secret; the old one and all its tokens have stopped", &with_secret())
        .refuses([AdminError::ClientDisabled])
        .into()
}

pub(super) fn disable_client() -> Described {
    of_client(Call::post("disableClient", "Disable a client")).answers(StatusCode::OK, "It may call no more", &client_properties()).into()
}

pub(super) fn set_client_country() -> Described {
    of_client(Call::put("setClientCountry", "Set where a client reads phone numbers"))
        .reads_json([country()])
        .answers(StatusCode::OK, "It is set", &client_properties())
        .refuses([AdminError::Parameter("country", "must be a country of ISO 3166-1 in two capital letters")])
        .into()
}
