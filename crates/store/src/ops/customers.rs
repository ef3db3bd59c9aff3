//! Customers' registrations: keeping them, sending anew, the link's button, confirming.

use daftar_core::account::{AccountId, Claim};
use daftar_core::client::ClientId;
use daftar_core::code::TokenPrefix;
use daftar_core::customer::{
    Applicant, ConfirmCustomer, Confirmed, Customer, CustomerId, CustomerRegistration, CustomerState, DeadLink, NewCustomerRegistration,
    NotConfirmed, ResendLink, ResendToken,
};
use daftar_core::identifier::{Country, EmailAddress, PhoneNumber};
use daftar_core::limit::{Charged, Exhausted};
use daftar_core::locale::Locale;
use daftar_core::person::{BirthDate, FullName, Gender, PlaceName};
use daftar_core::ports::{Claimed, Once, StoreError, Timestamp};
use daftar_core::repeat::Repeated;
use daftar_core::secret::Mac;

use super::{challenges, claims, creation, outbox, repeats};
use crate::row::Row;
use crate::tx::Tx;

macro_rules! customer_where {
    ($condition:literal) => {
        concat!(
            "SELECT id, host, phone, phone_as_sent, full_name, birth_date, birth_place, email, gender, country, source, account_group, locale, state, ",
            "prefix, sends, link_mac, authorised_at, created_at, expires_at FROM customers WHERE ",
            $condition
        )
    };
}

fn read(row: &Row<'_>) -> Result<CustomerRegistration, StoreError> {
    let row = row.of("customers");
    Ok(CustomerRegistration {
        id: CustomerId(row.id("id")?),
        host: row.named("host", ClientId::parse)?,
        customer: Customer {
            phone: row.named("phone", |text| PhoneNumber::from_e164(text).ok())?,
            phone_as_sent: row.text("phone_as_sent")?.to_owned(),
            name: row.named("full_name", |text| FullName::parse(text).ok())?,
            birth_date: row.named("birth_date", |text| BirthDate::from_stored(text).ok())?,
            birth_place: row.named("birth_place", |text| PlaceName::parse(text).ok())?,
            email: row.opt_named("email", |text| EmailAddress::parse(text).ok())?,
            gender: row.named("gender", Gender::from_name)?,
            country: row.named("country", Country::parse)?,
            source: row.opt_text("source")?.map(str::to_owned),
            group: row.text("account_group")?.to_owned(),
        },
        locale: row.named("locale", Locale::from_tag)?,
        state: row.named("state", CustomerState::from_name)?,
        prefix: row.named("prefix", TokenPrefix::parse)?,
        sends: row.number("sends")?,
        link: row.opt_mac("link_mac")?,
        authorised_at: row.opt_time("authorised_at")?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
    })
}

/// What `host` registered and what still waits, of those whose phone ends with `tail`.
pub(crate) async fn applicants(tx: &mut Tx<'_>, host: &ClientId, tail: &str, now: Timestamp) -> Result<Vec<Applicant>, StoreError> {
    let sql = customer_where!("host = $1 AND phone_tail = $2 AND state = 'pending' AND expires_at > $3");
    let registrations = tx.all(sql, &[host.as_str().into(), tail.into(), now.into()], read).await?;
    let mut applicants = Vec::with_capacity(registrations.len());
    for registration in registrations {
        if let Some(token) = challenges::newest_of(tx, registration.id.0).await? {
            applicants.push(Applicant { registration, token });
        }
    }
    Ok(applicants)
}

/// The registration behind a link.
pub(crate) async fn linked(tx: &mut Tx<'_>, link: Mac) -> Result<Option<CustomerRegistration>, StoreError> {
    tx.opt(customer_where!("link_mac = $1"), &[(&link).into()], read).await
}

/// The registration behind a link, which nobody else changes until this transaction is over.
async fn hold_linked(tx: &mut Tx<'_>, link: Mac) -> Result<Option<CustomerRegistration>, StoreError> {
    let sql = format!("{} {}", customer_where!("link_mac = $1"), tx.for_update());
    tx.opt(&sql, &[(&link).into()], read).await
}

/// The registration named `id`, if it waits and is `host`'s; nobody else changes it until this transaction is over.
async fn hold_open(tx: &mut Tx<'_>, id: CustomerId, host: &ClientId, now: Timestamp) -> Result<Option<CustomerRegistration>, StoreError> {
    let sql = format!("{} {}", customer_where!("id = $1"), tx.for_update());
    let registration = tx.opt(&sql, &[(&id.0).into()], read).await?;
    Ok(registration.filter(|registration| registration.is_open_to(host, now)))
}

/// Keeps a registration with its token, in place of an older one of the same host for the same phone, and queues its messages.
pub(crate) async fn register(tx: &mut Tx<'_>, new: &NewCustomerRegistration, once: Option<&Once>) -> Result<Repeated<Claimed<Charged>>, StoreError> {
    let Applicant { registration, token } = &new.applicant;
    if let Some(again) = repeats::again(tx, once, registration.created_at).await? {
        return Ok(again);
    }
    let claims: Vec<Claim> = registration.claims();
    if let Some(kind) = claims::first_taken(tx, &claims, None).await? {
        return Ok(Repeated::First(Claimed::Taken(kind)));
    }
    replace(tx, registration).await?;
    insert(tx, registration).await?;
    repeats::remember(tx, once, registration.created_at).await?;
    Ok(Repeated::First(Claimed::Done(challenges::send(tx, token, &new.sending).await?)))
}

/// Kills the host's pending registration for the same phone, if there is one. Of two new ones at once the later one replaces the other.
async fn replace(tx: &mut Tx<'_>, by: &CustomerRegistration) -> Result<(), StoreError> {
    let (host, phone) = (by.host.as_str(), by.customer.phone.as_e164());
    tx.lock("customer", [format!("{host}/{phone}").as_str()]).await?;
    let sql = "UPDATE customers SET state = 'replaced' WHERE host = $1 AND phone = $2 AND state = 'pending' RETURNING id";
    let replaced = tx.all(sql, &[host.into(), phone.into()], |row| row.of("customers").id("id")).await?;
    for id in replaced {
        challenges::void_of(tx, id).await?;
    }
    Ok(())
}

async fn insert(tx: &mut Tx<'_>, registration: &CustomerRegistration) -> Result<(), StoreError> {
    let sql = "INSERT INTO customers (id, host, phone, phone_tail, phone_as_sent, full_name, birth_date, birth_place, email, gender, country, source, \
               account_group, locale, state, prefix, sends, link_mac, authorised_at, created_at, expires_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)";
    let customer = &registration.customer;
    let birth_date = customer.birth_date.to_string();
    let values = [
        (&registration.id.0).into(),
        registration.host.as_str().into(),
        customer.phone.as_e164().into(),
        customer.phone.tail().into(),
        customer.phone_as_sent.as_str().into(),
        customer.name.as_str().into(),
        birth_date.as_str().into(),
        customer.birth_place.as_str().into(),
        customer.email.as_ref().map(EmailAddress::as_str).into(),
        customer.gender.name().into(),
        customer.country.as_str().into(),
        customer.source.as_deref().into(),
        customer.group.as_str().into(),
        registration.locale.tag().into(),
        registration.state.name().into(),
        registration.prefix.as_str().into(),
        i64::from(registration.sends).into(),
        registration.link.as_ref().into(),
        registration.authorised_at.into(),
        registration.created_at.into(),
        registration.expires_at.into(),
    ];
    tx.post(sql, &values).await?;
    Ok(())
}

/// Keeps a new token and queues its message; how many were sent by now.
pub(crate) async fn resend_token(tx: &mut Tx<'_>, resend: &ResendToken) -> Result<Option<Result<u32, Exhausted>>, StoreError> {
    if hold_open(tx, resend.id, &resend.host, resend.now).await?.is_none() {
        return Ok(None);
    }
    let sql = "UPDATE customers SET prefix = $2, sends = sends + 1 WHERE id = $1 RETURNING sends";
    let sends = tx.one(sql, &[(&resend.id.0).into(), resend.prefix.as_str().into()], |row| row.of("customers").number("sends")).await?;
    Ok(Some(match challenges::send(tx, &resend.token, &resend.sending).await? {
        Charged::Allowed => Ok(sends),
        Charged::Refused(exhausted) => Err(exhausted),
    }))
}

/// Puts a new link in place of the old one and queues its message.
pub(crate) async fn resend_link(tx: &mut Tx<'_>, resend: &ResendLink) -> Result<Option<Charged>, StoreError> {
    if hold_open(tx, resend.id, &resend.host, resend.now).await?.is_none() {
        return Ok(None);
    }
    tx.post("UPDATE customers SET link_mac = $2 WHERE id = $1", &[(&resend.id.0).into(), (&resend.link).into()]).await?;
    for letter in &resend.sending.letters {
        outbox::queue(tx, letter).await?;
    }
    challenges::pay(tx, &resend.sending, resend.now).await.map(Some)
}

/// The link's button.
pub(crate) async fn authorise(tx: &mut Tx<'_>, link: Mac, now: Timestamp) -> Result<Result<(), DeadLink>, StoreError> {
    let Some(registration) = hold_linked(tx, link).await? else { return Ok(Err(DeadLink::Refused)) };
    let live = registration.link_is_live(now);
    if live.is_ok() {
        tx.post("UPDATE customers SET authorised_at = $2 WHERE id = $1", &[(&registration.id.0).into(), now.into()]).await?;
    }
    Ok(live)
}

/// Kills the registration behind a link; whether there was a live one.
pub(crate) async fn disown(tx: &mut Tx<'_>, link: Mac, now: Timestamp) -> Result<bool, StoreError> {
    let Some(registration) = hold_linked(tx, link).await? else { return Ok(false) };
    if registration.link_is_live(now).is_err() {
        return Ok(false);
    }
    settle(tx, registration.id, CustomerState::Disowned).await?;
    Ok(true)
}

/// Confirms a registration: counts the attempt, compares, makes the account, all in one (rows 2, 3, 7).
pub(crate) async fn confirm(tx: &mut Tx<'_>, confirm: &ConfirmCustomer) -> Result<Confirmed, StoreError> {
    Ok(match try_to_confirm(tx, confirm).await? {
        Ok(_) => Confirmed::Done,
        Err(refusal) => Confirmed::Refused(refusal),
    })
}

async fn try_to_confirm(tx: &mut Tx<'_>, confirm: &ConfirmCustomer) -> Result<Result<AccountId, NotConfirmed>, StoreError> {
    let Some(registration) = hold_open(tx, confirm.id, &confirm.host, confirm.now).await? else { return Ok(Err(NotConfirmed::Unknown)) };
    let met = match &confirm.shown {
        None if registration.authorised_at.is_none() => return Ok(Err(NotConfirmed::TokenRequired)),
        None => None,
        Some(shown) => {
            let Some(token) = challenges::hold_newest_of(tx, confirm.id.0).await? else { return Ok(Err(NotConfirmed::Over)) };
            let (token, verdict) = challenges::judge(tx, token, shown, confirm.now).await?;
            if let Err(refusal) = NotConfirmed::unless_right(verdict) {
                return Ok(Err(refusal));
            }
            Some(token)
        }
    };
    let account = registration.account(&confirm.new, met.is_some(), confirm.now);
    if let Claimed::Taken(kind) = creation::insert(tx, &account, Some(&confirm.sealer)).await? {
        // The token was right: neither it nor the try is spent.
        return Ok(Err(NotConfirmed::Taken(kind)));
    }
    settle(tx, registration.id, CustomerState::Complete).await?;
    if let Some(token) = met {
        challenges::forgive(tx, &token).await?;
    }
    Ok(Ok(account.id))
}

/// Ends a registration, its tokens with it.
async fn settle(tx: &mut Tx<'_>, id: CustomerId, state: CustomerState) -> Result<(), StoreError> {
    tx.post("UPDATE customers SET state = $2 WHERE id = $1", &[(&id.0).into(), state.name().into()]).await?;
    challenges::void_of(tx, id.0).await
}
