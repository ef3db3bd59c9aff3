//! `POST /update-basic-profile` and `GET /basic-profile` (contract `usapi.md`).

use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, Request, State};
use axum::http::header;
use daftar_core::account::Account;
use daftar_core::audit::{Caller, Door};
use daftar_core::identifier::PhoneNumber;
use daftar_core::limit::ClientAddress;
use daftar_core::person::{BirthDate, FullName, Gender, PersonName};
use daftar_core::ports::PictureSize;
use daftar_core::profile::BasicProfile;
use serde::Serialize;

use super::caller::{Owned, Person};
use super::error::UsapiError;
use super::register::Done;
use crate::App;
use crate::surface::body::{BODY_MAX, BodyError, MULTIPART_MAX, expect_type, read};
use crate::surface::caller::CallerAddress;
use crate::surface::properties::{JsonType, Properties, PropertyError, one_of};

/// Largest picture, in bytes.
pub(super) const PICTURE_MAX: usize = 5 * 1024 * 1024;
/// Parts that a request may have; it needs two.
const PARTS_MAX: usize = 16;
/// USAPI's words for a gender.
pub(super) const GENDERS: [(&str, Gender); 2] = [("Laki-Laki", Gender::Male), ("Perempuan", Gender::Female)];

pub(super) async fn update(
    State(app): State<App>,
    CallerAddress(from): CallerAddress,
    person: Result<Person, UsapiError>,
    request: Request,
) -> Result<Json<Done>, UsapiError> {
    let outcome = match person {
        Ok(person) => change(&app, from, person, request).await,
        Err(error) => Err(error),
    };
    outcome.map_err(UsapiError::of_update)
}

async fn change(app: &App, from: ClientAddress, Person(account): Person, request: Request) -> Result<Json<Done>, UsapiError> {
    let form = Form::read(request).await?;
    let text = form.basic_profile.ok_or_else(|| PropertyError::Missing("basic_profile".to_owned()))?;
    if text.iter().all(u8::is_ascii_whitespace) {
        return Err(PropertyError::Empty("basic_profile".to_owned()).into());
    }
    let not_an_object = |_| PropertyError::WrongType("basic_profile".to_owned(), JsonType::Object);
    let fields = Properties::parse(&text).map_err(not_an_object)?;
    let birth_date = fields.text("date_of_birth")?.any_length();
    let gender = fields.text("gender")?.any_length();
    let phone = fields.text("phone_number")?.any_length();
    let gender = one_of("gender", gender, GENDERS.into_iter())?;
    let profile = BasicProfile {
        phone: PhoneNumber::parse_usapi(phone).map_err(|_| UsapiError::PhoneFormat)?,
        birth_date: BirthDate::parse(birth_date, app.accounts().now()).map_err(|_| UsapiError::BirthDate)?,
        gender,
        picture: form.picture,
    };
    app.called(Caller::owner(Door::Usapi, from)).update_profile(account, profile).await?;
    Ok(Done::saying("Success update profile"))
}

/// The two parts of the request, as they came.
#[derive(Default)]
struct Form {
    basic_profile: Option<Bytes>,
    picture: Option<Bytes>,
}

impl Form {
    /// Reads a multipart body (threat row 48): all of it in memory and under its limit, few parts, none of them twice.
    async fn read(request: Request) -> Result<Self, UsapiError> {
        let (parts, body) = request.into_parts();
        expect_type(&parts.headers, "multipart/form-data")?;
        // Nothing but a picture makes this request large.
        let whole = read(&parts.headers, body, MULTIPART_MAX).await.map_err(|error| match error {
            BodyError::TooLarge => UsapiError::PictureTooLarge,
            other @ (BodyError::ContentType { .. } | BodyError::Malformed) => UsapiError::Body(other),
        })?;
        let malformed = |_| UsapiError::Body(BodyError::Malformed);
        let content_type = parts.headers.get(header::CONTENT_TYPE).cloned().unwrap_or(header::HeaderValue::from_static(""));
        let mut request = Request::new(whole.into());
        request.headers_mut().insert(header::CONTENT_TYPE, content_type);
        DefaultBodyLimit::disable().apply(&mut request);
        let mut multipart = Multipart::from_request(request, &()).await.map_err(|_| UsapiError::Body(BodyError::Malformed))?;
        let mut form = Self::default();
        let mut count = 0;
        while let Some(field) = multipart.next_field().await.map_err(malformed)? {
            count += 1;
            let name = field.name().unwrap_or_default().to_owned();
            let has_file_name = field.file_name().is_some_and(|name| !name.is_empty());
            let data = field.bytes().await.map_err(malformed)?;
            if count > PARTS_MAX {
                return Err(UsapiError::Body(BodyError::Malformed));
            }
            let slot = match name.as_str() {
                "basic_profile" => &mut form.basic_profile,
                "profile_img" => &mut form.picture,
                _ => continue,
            };
            if slot.is_some() {
                return Err(UsapiError::Body(BodyError::Malformed));
            }
            // A browser sends an empty part without a file name for a file that was not chosen.
            if !data.is_empty() || has_file_name || name == "basic_profile" {
                *slot = Some(data);
            }
        }
        if form.basic_profile.as_ref().is_some_and(|text| text.len() > BODY_MAX) {
            return Err(UsapiError::Body(BodyError::TooLarge));
        }
        if form.picture.as_ref().is_some_and(|picture| picture.len() > PICTURE_MAX) {
            return Err(UsapiError::PictureTooLarge);
        }
        Ok(form)
    }
}

/// A basic profile, `null` where something is unknown.
#[derive(Serialize)]
pub(super) struct Shown {
    username: Option<String>,
    email: Option<String>,
    email_verified: bool,
    phone_number: Option<String>,
    phone_verified: bool,
    first_name: Option<String>,
    last_name: Option<String>,
    date_of_birth: Option<String>,
    gender: Option<&'static str>,
    profile_img: Option<String>,
    profile_thumb: Option<String>,
}

impl Shown {
    fn of(account: Account, public_url: &str) -> Self {
        let profile = account.profile;
        let picture = |size| profile.picture.as_ref().map(|id| format!("{public_url}{}", crate::pictures::path(id, size)));
        Self {
            username: account.username.map(|name| name.as_str().to_owned()),
            email_verified: account.email.as_ref().is_some_and(|email| email.verified_at.is_some()),
            email: account.email.map(|email| email.id.as_str().to_owned()),
            phone_verified: account.phone.as_ref().is_some_and(|phone| phone.verified_at.is_some()),
            phone_number: account.phone.map(|phone| phone.id.digits().to_owned()),
            // Where nobody said which part of a name is which, the whole of it stands first.
            first_name: profile.first_name.as_ref().map(PersonName::as_str).or(profile.full_name.as_ref().map(FullName::as_str)).map(str::to_owned),
            last_name: profile.last_name.as_ref().map(|name| name.as_str().to_owned()),
            date_of_birth: profile.birth_date.map(|day| day.to_string()),
            gender: profile.gender.and_then(|gender| GENDERS.iter().find(|(_, known)| *known == gender)).map(|(name, _)| *name),
            profile_img: picture(PictureSize::Full),
            profile_thumb: picture(PictureSize::Thumbnail),
        }
    }
}

pub(super) async fn show(State(app): State<App>, Owned(account): Owned) -> Json<Shown> {
    Json(Shown::of(account, &app.settings().public_url))
}
