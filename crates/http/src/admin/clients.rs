//! `/admin/clients`: who may call with Basic, and with access tokens. Whoever may do this may do everything: a client can be made with any scope.

use axum::Json;
use axum::extract::Request;
use axum::http::StatusCode;
use daftar_core::administration::ToldClient;
use daftar_core::client::{ClientError, ClientId, MachineClient, Scope};
use daftar_core::identifier::Country;
use daftar_core::secret::RandomSecret;
use daftar_core::service::Accounts;
use serde::Serialize;
use serde_json::Value;

use super::caller::Administrator;
use super::error::AdminError;
use crate::surface::properties::Properties;
use crate::surface::segment::Segment;

/// Every client.
#[derive(Serialize)]
pub(super) struct Listed {
    clients: Vec<ToldClient>,
}

/// A client with its secret, which is shown this once.
#[derive(Serialize)]
pub(super) struct WithSecret {
    #[serde(flatten)]
    client: ToldClient,
    secret: String,
}

impl WithSecret {
    fn of(client: &MachineClient, secret: &RandomSecret) -> Json<Self> {
        Json(Self { client: client.into(), secret: secret.expose().to_owned() })
    }
}

/// `GET /admin/clients`.
pub(super) async fn list(Administrator(accounts): Administrator) -> Result<Json<Listed>, AdminError> {
    let clients = accounts.clients().list().await?;
    Ok(Json(Listed { clients: clients.iter().map(ToldClient::from).collect() }))
}

/// `POST /admin/clients`.
pub(super) async fn create(Administrator(accounts): Administrator, request: Request) -> Result<(StatusCode, Json<WithSecret>), AdminError> {
    let body = Properties::read(request).await?;
    let name = body.text("name")?.any_length().to_owned();
    let scopes = scopes(body.raw("scopes")?)?;
    let country = body.optional_text("country")?.map(country).transpose()?.unwrap_or_else(Country::indonesia);
    let (client, secret) = accounts.clients().create(&name, scopes, country).await.map_err(|error| match error {
        ClientError::Name => AdminError::Parameter("name", "must have 1 to 100 characters on one line"),
        ClientError::Fault(fault) => AdminError::Fault(fault),
    })?;
    Ok((StatusCode::CREATED, WithSecret::of(&client, &secret)))
}

/// `POST /admin/clients/{id}/rotate`.
pub(super) async fn rotate(Administrator(accounts): Administrator, Segment(id): Segment) -> Result<Json<WithSecret>, AdminError> {
    let client = known(&accounts, &id).await?;
    if client.disabled_at.is_some() {
        return Err(AdminError::ClientDisabled);
    }
    let secret = accounts.clients().rotate(&client.id).await?.ok_or(AdminError::NoClient)?;
    Ok(WithSecret::of(&client, &secret))
}

/// `POST /admin/clients/{id}/disable`.
pub(super) async fn disable(Administrator(accounts): Administrator, Segment(id): Segment) -> Result<Json<ToldClient>, AdminError> {
    let client = known(&accounts, &id).await?;
    accounts.clients().disable(&client.id).await?;
    Ok(Json((&known(&accounts, &id).await?).into()))
}

/// `PUT /admin/clients/{id}/country`.
pub(super) async fn set_country(
    Administrator(accounts): Administrator,
    Segment(id): Segment,
    request: Request,
) -> Result<Json<ToldClient>, AdminError> {
    let client = known(&accounts, &id).await?;
    let country = country(Properties::read(request).await?.text("country")?.any_length())?;
    accounts.clients().set_country(&client.id, country).await?;
    Ok(Json((&known(&accounts, &id).await?).into()))
}

async fn known(accounts: &Accounts, id: &str) -> Result<MachineClient, AdminError> {
    let id = ClientId::parse(id).ok_or(AdminError::NoClient)?;
    accounts.clients().find(&id).await?.ok_or(AdminError::NoClient)
}

fn country(text: &str) -> Result<Country, AdminError> {
    Country::parse(text).ok_or(AdminError::Parameter("country", "must be a country of ISO 3166-1 in two capital letters"))
}

/// One scope or more, by their names.
fn scopes(value: &Value) -> Result<Vec<Scope>, AdminError> {
    let named = |value: &Value| value.as_str().and_then(Scope::from_name);
    let scopes: Option<Vec<Scope>> = value.as_array().and_then(|list| list.iter().map(named).collect());
    scopes.filter(|scopes| !scopes.is_empty()).ok_or(AdminError::Parameter("scopes", "must be a list of: usapi, b2b, admin"))
}
