//! What the documentation says of USAPI's calls (contract `usapi.md`).

use axum::http::StatusCode;
use daftar_core::identifier::{EMAIL_MAX, IdentifierKind, USERNAME_MAX};
use daftar_core::password::PasswordPolicy;
use daftar_core::person::PersonName;
use daftar_core::registration::Mode;

use super::error::UsapiError;
use super::profile::{GENDERS, PICTURE_MAX};
use super::register::CREATED;
use crate::openapi::operation::{Call, Described};
use crate::openapi::parameter::{language, repeat_key};
use crate::openapi::property::{Property, binary, boolean, constant, day, integer, object, one_of, text};
use crate::openapi::refusal::{Refusal, WAIT};
use crate::openapi::security::Caller;
use crate::surface::bounds::Bounds;
use crate::surface::properties::PropertyError;

impl Refusal for UsapiError {
    const TAG: &'static str = "USAPI";
    const BOUNDS: Bounds = Bounds::plain();

    fn properties() -> Vec<Property> {
        vec![text("message").about("For developers to read; each text means one thing").like("Unauthorized")]
    }
}

const TAKEN: [UsapiError; 3] =
    [UsapiError::Taken(IdentifierKind::Phone), UsapiError::Taken(IdentifierKind::Username), UsapiError::Taken(IdentifierKind::Email)];
const TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJqdGkiOiIwMTkzOGY2ZSJ9.c2lnbmF0dXJl";

fn username() -> Property {
    text("username").at_most(USERNAME_MAX).like("siti")
}

fn email() -> Property {
    text("email").at_most(EMAIL_MAX).like("siti@example.test")
}

fn phone() -> Property {
    text("phone_number").matching("^62[0-9]{7,15}$").like("6281234567890")
}

fn new_password() -> Property {
    let PasswordPolicy { min, max, .. } = PasswordPolicy::default();
    text("password").at_most(max).like("rahasia sekali").about(format!("By default {min} to {max} characters (`passwords.min`, `passwords.max`)"))
}

fn name(of: &'static str, example: &str) -> Property {
    text(of).at_most(PersonName::MOST).like(example)
}

fn done(message: &'static str) -> [Property; 2] {
    [boolean("status").like(true), constant("message", message)]
}

fn pending() -> [Property; 5] {
    [
        boolean("status").like(true),
        one_of("message", ["Please check your email to complete registration", "Please check your SMS to complete registration"]),
        text("token").like(TOKEN).about("Names the registration. It proves nothing"),
        integer("exp").like(1_795_000_000).about("When the registration ends, in seconds since 1970"),
        integer("exp_otp").like(600).about("How many seconds the code is valid"),
    ]
}

fn by_client(call: Call<UsapiError>) -> Call<UsapiError> {
    call.by(Caller::Client, UsapiError::NoClient)
}

/// What both calls say that are carried out once for an idempotency key.
fn repeatable(call: Call<UsapiError>) -> Call<UsapiError> {
    let call = call.header(&repeat_key()).header(&language("messages to the person"));
    call.refuses([UsapiError::RepeatKey, UsapiError::RepeatedDifferently])
}

pub(super) fn sign_in() -> Described {
    let options = object("options", [boolean("nativeApp").about("The caller is the mobile app, whose sessions last longer")]);
    Call::post("signIn", "Sign in with a password")
        .reads_json([
            text("username").like("siti").about("A username, e-mail address or phone number"),
            text("password").like("rahasia sekali"),
            options.optional(),
        ])
        .answers(StatusCode::OK, "Signed in", &[text("token").like(TOKEN).about("For `Authorization: Bearer`")])
        .refuses([UsapiError::BadCredentials, UsapiError::Disabled, UsapiError::Throttled(WAIT)])
        .into()
}

pub(super) fn register() -> Described {
    let call = by_client(Call::post("register", "Make an account at once"))
        .detail("For callers that have proven who the person is by themselves.")
        .reads_json([username(), new_password(), name("first_name", "Siti"), name("last_name", "Rahma"), phone(), email()])
        .answers(StatusCode::OK, "The account is made", &done(CREATED))
        .refuses([UsapiError::PhoneFormat, UsapiError::UsernameFormat, UsapiError::EmailFormat, UsapiError::PasswordFormat])
        .refuses(TAKEN);
    repeatable(call).into()
}

pub(super) fn start_signup() -> Described {
    let call = by_client(Call::post("startSignup", "Register with a proof of the e-mail address or phone"))
        .detail("Sends a link and a code by mail (`LINK`), or a code by SMS (`OTP`), which needs `phone_number`. The account is made when one of them comes back.")
        .reads_json([
            username(),
            new_password(),
            email(),
            name("first_name", "Siti"),
            name("last_name", "Rahma"),
            one_of("mode", Mode::ALL.iter().map(|mode| mode.name())).optional(),
            phone().optional(),
            text("platform").like("ONMART").about("The brand of messages and pages: one of `usapi.platforms`").optional(),
        ])
        .answers(StatusCode::OK, "Something was sent", &pending())
        .refuses([UsapiError::SignupPhoneFormat, UsapiError::UsernameFormat, UsapiError::EmailFormat, UsapiError::PasswordFormat])
        .refuses(TAKEN)
        .refuses([UsapiError::Throttled(WAIT)]);
    repeatable(call).into()
}

pub(super) fn verify_signup() -> Described {
    by_client(Call::post("verifySignup", "Finish a registration with its code"))
        .reads_json([text("token").like(TOKEN), text("otp").like("482913").about("The code's digits")])
        .answers(StatusCode::OK, "The account is made", &done(CREATED))
        .refuses([UsapiError::InvalidCode, UsapiError::CodeExpired, UsapiError::AlreadyComplete])
        .refuses(TAKEN)
        .into()
}

pub(super) fn resend_signup() -> Described {
    by_client(Call::post("resendSignup", "Send a new code and link"))
        .detail("Those sent before are dead then.")
        .reads_json([text("token").like(TOKEN)])
        .answers(StatusCode::OK, "They were sent", &pending())
        .refuses([UsapiError::InvalidCode, UsapiError::AlreadyComplete, UsapiError::SignupPhoneFormat, UsapiError::Throttled(WAIT)])
        .refuses(TAKEN)
        .into()
}

pub(super) fn update_profile() -> Described {
    let profile = [day("date_of_birth"), one_of("gender", GENDERS.map(|(name, _)| name)), phone()];
    let picture = binary("profile_img").about(format!("JPEG, PNG or WebP, up to {} MiB and 40 megapixels", PICTURE_MAX / 1024 / 1024));
    let missing = |name: &str| UsapiError::from(PropertyError::Missing(name.to_owned()));
    Call::post("updateProfile", "Change the basic profile")
        .detail("All or nothing: a bad picture leaves the profile untouched.")
        .by(Caller::Person, UsapiError::NotSignedIn)
        .reads_parts(&[object("basic_profile", profile), picture.optional()])
        .answers(StatusCode::OK, "It is changed", &done("Success update profile"))
        .refuses([missing("basic_profile"), UsapiError::PhoneFormat, UsapiError::BirthDate, UsapiError::Picture, UsapiError::PictureTooLarge])
        .refuses([UsapiError::Taken(IdentifierKind::Phone)])
        .into()
}

pub(super) fn profile() -> Described {
    let unknown = |property: Property| property.nullable();
    Call::get("profile", "The basic profile")
        .by(Caller::Person, UsapiError::NotSignedIn)
        .answers(
            StatusCode::OK,
            "The profile, `null` where something is unknown",
            &[
                unknown(username()),
                unknown(email()),
                boolean("email_verified"),
                unknown(text("phone_number").like("6281234567890")),
                boolean("phone_verified"),
                unknown(text("first_name").like("Siti")),
                unknown(text("last_name").like("Rahma")),
                unknown(day("date_of_birth")),
                unknown(one_of("gender", GENDERS.map(|(name, _)| name))),
                unknown(text("profile_img").like("https://accounts.example.test/pictures/k3b9.jpg")),
                unknown(text("profile_thumb").like("https://accounts.example.test/pictures/k3b9-thumb.jpg")),
            ],
        )
        .into()
}

pub(super) fn check_email() -> Described {
    let answer = |status: bool, message| [boolean("status").like(status), constant("message", message)];
    Call::post("checkEmail", "Is this address registered?")
        .detail("Counted per client address, or per machine client where one authenticates.")
        .reads_json([email()])
        .answers(StatusCode::OK, "It is not", &answer(true, "Email is not registered"))
        .answers(StatusCode::CONFLICT, "It is", &answer(false, "Email is already registered"))
        .refuses([UsapiError::EmailFormat, UsapiError::Throttled(WAIT)])
        .into()
}
