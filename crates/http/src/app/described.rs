//! What the documentation says of App's calls (contract `app-auth.md`).

use axum::http::StatusCode;
use axum::response::Response;
use daftar_core::device::DEVICE_TOKEN_MAX;
use daftar_core::identifier::IdentifierKind;
use daftar_core::locale::Locale;
use daftar_core::password::PasswordPolicy;

use super::envelope::{self, put_into_words};
use super::error::AppError;
use super::wire::{ACCOUNT_TYPES, DeviceType, Nature, SendType};
use crate::openapi::operation::{Call, Described};
use crate::openapi::parameter::language;
use crate::openapi::property::{Property, boolean, constant, digits, nothing, numbered, object, text};
use crate::openapi::refusal::{Refusal, WAIT};
use crate::openapi::security::Caller;
use crate::surface::bounds::Bounds;
use crate::texts::Texts;

impl Refusal for AppError {
    const TAG: &'static str = "App User Auth";
    const BOUNDS: Bounds = envelope::BOUNDS;

    /// As whoever asks for English reads it, and without `app.always_ok`.
    fn finished(response: Response) -> Response {
        put_into_words(response, Texts::of(Locale::English), false)
    }

    fn properties() -> Vec<Property> {
        let message = text("message").like("Wrong code.").about("For the person to read, in the language of `accept-language`");
        vec![boolean("success").like(false).about("Always `false`"), message, nothing("data")]
    }
}

const TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJqdGkiOiIwMTkzOGY2ZSJ9.c2lnbmF0dXJl";
const PROVEN: [AppError; 2] = [AppError::InvalidCode, AppError::Disabled];
const TAKEN: [AppError; 2] = [AppError::Taken(IdentifierKind::Email), AppError::Taken(IdentifierKind::Phone)];

fn call(call: Call<AppError>) -> Call<AppError> {
    call.header(&language("the answer, Traditional Chinese by default"))
}

fn answers(call: Call<AppError>, description: &str, data: Property) -> Call<AppError> {
    call.answers(StatusCode::OK, description, &[boolean("success").like(true).about("Always `true`"), constant("message", "").or_empty(), data])
}

fn of_person(call: Call<AppError>) -> Call<AppError> {
    call.by(Caller::AppPerson, AppError::NotSignedIn)
}

fn login_id() -> Property {
    text("loginID").like("siti@example.test").about("An e-mail address, phone number or username")
}

fn device() -> [Property; 2] {
    [
        text("deviceToken").at_most(DEVICE_TOKEN_MAX).like("fcm:dGVzdA"),
        numbered("deviceType", DeviceType::NUMBERS.iter().copied()).about("0 iOS, 1 Android, 2 another Android").optional(),
    ]
}

fn access() -> Property {
    object("data", [text("accessToken").like(TOKEN).about("For `Authorization: Bearer`")])
}

/// What the five calls read that show a code.
fn shown_code(call: Call<AppError>) -> Call<AppError> {
    call.reads_json([
        digits("otp").about("The code, as an integer or as a text of digits"),
        text("otpToken").like(TOKEN).about("From `POST /app/auth/otp`"),
    ])
}

pub(super) fn check() -> Described {
    let data = [
        numbered("accountType", ACCOUNT_TYPES.iter().copied()).like(2).about("1 a username, 2 an e-mail address, 3 a phone number"),
        boolean("exists"),
        boolean("setPassword").about("It has a password"),
    ];
    let call = call(Call::post("appCheckAccount", "Which way does this person go on?")).reads_json([login_id()]);
    answers(call, "What is known", object("data", data))
        .refuses([AppError::LoginIdFormat, AppError::UnknownUsername, AppError::Throttled(WAIT)])
        .into()
}

pub(super) fn username_info() -> Described {
    let data = [text("email").like("si*****@*****.test").nullable(), text("phone").like("******90").nullable()];
    let call = call(Call::post("appUsernameInfo", "Where could a code for this username go?")).reads_json([text("username").like("siti")]);
    answers(call, "Its contacts, blurred", object("data", data)).refuses([AppError::UnknownUsername, AppError::Throttled(WAIT)]).into()
}

pub(super) fn info() -> Described {
    let data = [text("email").like("siti@example.test").nullable(), text("phone").like("68098227").nullable()];
    answers(of_person(call(Call::get("appInfo", "One's own contacts"))), "The contacts in full", object("data", data)).into()
}

pub(super) fn login() -> Described {
    let [token, kind] = device();
    let call = call(Call::post("appLogin", "Sign in with a password")).reads_json([login_id(), text("password").like("rahasia"), token, kind]);
    answers(call, "Signed in", access())
        .refuses([AppError::DeviceTokenFormat, AppError::BadCredentials, AppError::Disabled, AppError::Throttled(WAIT)])
        .into()
}

pub(super) fn otp() -> Described {
    let call = call(Call::post("appSendCode", "Send a one-time code"))
        .detail(
            "An e-mail address or phone number goes with `sendType` 0, a username with 1 or 2. To sign in and to reset a password the account must exist, to sign up \
             it must not. A change of contact (4, 5) needs the token of whoever is signed in.",
        )
        .reads_json([
            numbered("nature", Nature::NUMBERS.iter().copied()).about("1 sign in, 2 sign up, 3 reset the password, 4 change the e-mail address, 5 change the phone number"),
            login_id(),
            numbered("sendType", SendType::NUMBERS.iter().copied()).about("0 to `loginID` itself, 1 to the account's e-mail address, 2 to its phone").optional(),
        ]);
    answers(call, "It was sent", object("data", [text("otpToken").like(TOKEN).about("Names the code that was sent. It proves nothing")]))
        .refuses([AppError::LoginIdFormat, AppError::NoUsername, AppError::OtherContact, AppError::SendType, AppError::NoContact])
        .refuses([AppError::CountryNotServed, AppError::NotSignedIn, AppError::UnknownUsername, AppError::UnknownAccount])
        .refuses(TAKEN)
        .refuses([AppError::Throttled(WAIT)])
        .into()
}

pub(super) fn login_by_code() -> Described {
    let call = shown_code(call(Call::post("appLoginByCode", "Sign in with a code")));
    answers(call, "Signed in", access()).refuses(PROVEN).into()
}

pub(super) fn sign_up() -> Described {
    let call = shown_code(call(Call::post("appSignUp", "Make an account with a code")));
    answers(call, "The account is made, its identifier proven; signed in", access()).refuses(PROVEN).refuses(TAKEN).into()
}

pub(super) fn recover() -> Described {
    let call = shown_code(call(Call::post("appBeginRecovery", "Show the code of a forgotten password")));
    answers(call, "A token for `PUT /app/auth/password` alone, good for ten minutes", access()).refuses(PROVEN).into()
}

pub(super) fn update_email() -> Described {
    update(Call::post("appUpdateEmail", "Change the e-mail address with a code"), IdentifierKind::Email)
}

pub(super) fn update_phone() -> Described {
    update(Call::post("appUpdatePhone", "Change the phone number with a code"), IdentifierKind::Phone)
}

fn update(described: Call<AppError>, kind: IdentifierKind) -> Described {
    let call = shown_code(of_person(call(described)));
    answers(call, "It is changed", nothing("data")).refuses(PROVEN).refuses([AppError::Taken(kind)]).into()
}

fn wished_password(call: Call<AppError>) -> Call<AppError> {
    let policy @ PasswordPolicy { min, max, .. } = PasswordPolicy::default().app();
    let detail =
        format!("By default {min} to {max} characters, none of them blank (`passwords.min`). Absent: one is made up and sent to the proven contact");
    let password = text("password").at_most(max).like("rahasia1").about(detail).optional();
    call.may_read_json([password]).refuses([AppError::PasswordFormat(policy), AppError::CommonPassword, AppError::NoContact, AppError::Disabled])
}

pub(super) fn first_password() -> Described {
    let call = wished_password(of_person(call(Call::post("appSetPassword", "Set the first password"))));
    answers(call, "It is set", nothing("data")).refuses([AppError::PasswordIsSet]).into()
}

pub(super) fn reset_password() -> Described {
    let call = call(Call::put("appResetPassword", "Set a new password after `forgot-password/verify`"));
    let call = wished_password(call.by(Caller::Recovering, AppError::NotSignedIn));
    answers(call, "It is set, and every session of the account has ended", nothing("data")).into()
}

pub(super) fn logout() -> Described {
    answers(of_person(call(Call::delete("appLogout", "Sign out"))), "The session has ended", nothing("data")).into()
}

pub(super) fn device_token() -> Described {
    let call = of_person(call(Call::put("appSetDeviceToken", "Bind the device to this session"))).reads_json(device());
    answers(call, "It belongs to this session and to no other", nothing("data")).refuses([AppError::DeviceTokenFormat]).into()
}
