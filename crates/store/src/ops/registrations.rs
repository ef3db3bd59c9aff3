//! Registrations: keeping them, sending anew, finishing by code or by link, disowning.

use daftar_core::account::{AccountId, Surface};
use daftar_core::client::ClientId;
use daftar_core::code::{Challenge, ChallengeState, Verdict};
use daftar_core::identifier::{EmailAddress, PhoneNumber, Username};
use daftar_core::limit::Charged;
use daftar_core::locale::Locale;
use daftar_core::person::PersonName;
use daftar_core::ports::{Claimed, Once, StoreError, Timestamp};
use daftar_core::registration::{
    FinishRegistration, Finished, LinkedRegistration, Mode, NewRegistration, Proof, Registration, RegistrationId, RegistrationState, Resend, Resent,
};
use daftar_core::repeat::Repeated;
use daftar_core::secret::Mac;

use super::{challenges, claims, creation, passwords, repeats};
use crate::row::Row;
use crate::tx::Tx;

const BY_ID: &str = "SELECT id, surface, client, username, email, phone, mode, scheme, phc, first_name, last_name, platform, locale, state, \
                     created_at, expires_at FROM registrations WHERE id = $1";

/// The registration named `id`.
pub(crate) async fn load(tx: &mut Tx<'_>, id: RegistrationId) -> Result<Option<Registration>, StoreError> {
    tx.opt(BY_ID, &[(&id.0).into()], read).await
}

/// The registration named `id`, which nobody else changes until this transaction is over.
async fn hold(tx: &mut Tx<'_>, id: RegistrationId) -> Result<Option<Registration>, StoreError> {
    let sql = format!("{BY_ID} {}", tx.for_update());
    tx.opt(&sql, &[(&id.0).into()], read).await
}

fn read(row: &Row<'_>) -> Result<Registration, StoreError> {
    let row = row.of("registrations");
    Ok(Registration {
        id: RegistrationId(row.id("id")?),
        surface: row.named("surface", Surface::from_name)?,
        client: row.named("client", ClientId::parse)?,
        username: row.named("username", |text| Username::parse(text).ok())?,
        email: row.named("email", |text| EmailAddress::parse(text).ok())?,
        phone: row.opt_named("phone", |text| PhoneNumber::from_e164(text).ok())?,
        mode: row.named("mode", Mode::from_name)?,
        password: passwords::read(row)?.ok_or_else(|| row.corrupt("scheme"))?,
        first_name: row.named("first_name", |text| PersonName::parse(text).ok())?,
        last_name: row.named("last_name", |text| PersonName::parse(text).ok())?,
        platform: row.opt_text("platform")?.map(str::to_owned),
        locale: row.named("locale", Locale::from_tag)?,
        state: row.named("state", RegistrationState::from_name)?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
    })
}

/// The registration behind a link, and the challenge that was sent with it.
pub(crate) async fn linked(tx: &mut Tx<'_>, link: Mac) -> Result<Option<LinkedRegistration>, StoreError> {
    let Some(challenge) = challenges::linked(tx, link).await? else { return Ok(None) };
    let registration = load(tx, RegistrationId(challenge.subject)).await?;
    Ok(registration.map(|registration| LinkedRegistration { registration, challenge }))
}

/// Keeps a pending registration with its challenge, and queues its message.
pub(crate) async fn start(tx: &mut Tx<'_>, new: &NewRegistration, once: Option<&Once>) -> Result<Repeated<Claimed<Charged>>, StoreError> {
    let registration = &new.registration;
    if let Some(again) = repeats::again(tx, once, registration.created_at).await? {
        return Ok(again);
    }
    if let Some(kind) = claims::first_taken(tx, &registration.claims(), None).await? {
        return Ok(Repeated::First(Claimed::Taken(kind)));
    }
    insert(tx, registration).await?;
    repeats::remember(tx, once, registration.created_at).await?;
    let charged = challenges::send(tx, &new.challenge, &new.sending).await?;
    Ok(Repeated::First(Claimed::Done(charged)))
}

async fn insert(tx: &mut Tx<'_>, registration: &Registration) -> Result<(), StoreError> {
    let sql = "INSERT INTO registrations (id, surface, client, username, email, phone, mode, scheme, phc, first_name, last_name, platform, locale, \
               state, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    let values = [
        (&registration.id.0).into(),
        registration.surface.name().into(),
        registration.client.as_str().into(),
        registration.username.as_str().into(),
        registration.email.as_str().into(),
        registration.phone.as_ref().map(PhoneNumber::as_e164).into(),
        registration.mode.name().into(),
        registration.password.scheme.name().into(),
        registration.password.phc.as_str().into(),
        registration.first_name.as_str().into(),
        registration.last_name.as_str().into(),
        registration.platform.as_deref().into(),
        registration.locale.tag().into(),
        registration.state.name().into(),
        registration.created_at.into(),
        registration.expires_at.into(),
    ];
    tx.post(sql, &values).await?;
    Ok(())
}

/// Keeps a new challenge for a registration that still waits for its proof, and queues its message.
pub(crate) async fn resend(tx: &mut Tx<'_>, resend: &Resend) -> Result<Resent, StoreError> {
    let Some(registration) = hold(tx, resend.registration).await? else { return Ok(Resent::Dead) };
    if let Err(refused) = registration.resendable(resend.now) {
        return Ok(refused);
    }
    Ok(match challenges::send(tx, &resend.challenge, &resend.sending).await? {
        Charged::Allowed => Resent::Sent,
        Charged::Refused(exhausted) => Resent::Spent(exhausted),
    })
}

/// Finishes a registration: counts the attempt, compares, makes the account, all in one (rows 2, 3, 7).
pub(crate) async fn finish(tx: &mut Tx<'_>, finish: &FinishRegistration) -> Result<Finished, StoreError> {
    let judged = match &finish.proof {
        Proof::Code { registration, .. } => by_code(tx, *registration, finish).await?,
        Proof::Link(link) => by_link(tx, *link, finish.now).await?,
    };
    let (registration, challenge) = match judged {
        Ok(proven) => proven,
        Err(refusal) => return Ok(refusal),
    };
    complete(tx, &registration, &challenge, finish).await
}

/// What finishes a registration: it, and the challenge that was met.
type Proven = Result<(Registration, Challenge), Finished>;

async fn by_code(tx: &mut Tx<'_>, id: RegistrationId, finish: &FinishRegistration) -> Result<Proven, StoreError> {
    let Proof::Code { client, shown, .. } = &finish.proof else { return Ok(Err(Finished::Refused)) };
    let Some(registration) = hold(tx, id).await? else { return Ok(Err(Finished::Refused)) };
    if let Err(refused) = registration.takes_codes_from(client, finish.now) {
        return Ok(Err(refused));
    }
    let Some(challenge) = challenges::hold_newest_of(tx, id.0).await? else { return Ok(Err(Finished::Refused)) };
    let (challenge, verdict) = challenges::judge(tx, challenge, shown, finish.now).await?;
    Ok(match verdict {
        Verdict::Right => Ok((registration, challenge)),
        Verdict::Wrong { .. } | Verdict::Odd { .. } | Verdict::Dead => Err(Finished::Refused),
        Verdict::Expired => Err(Finished::Expired),
    })
}

async fn by_link(tx: &mut Tx<'_>, link: Mac, now: Timestamp) -> Result<Proven, StoreError> {
    let Some(mut linked) = hold_linked(tx, link).await? else { return Ok(Err(Finished::Refused)) };
    let live = linked.live(now);
    if live.is_ok() {
        linked.challenge.state = ChallengeState::Used;
        challenges::update(tx, &linked.challenge).await?;
    }
    Ok(live.map(|()| (linked.registration, linked.challenge)))
}

async fn hold_linked(tx: &mut Tx<'_>, link: Mac) -> Result<Option<LinkedRegistration>, StoreError> {
    let Some(Challenge { subject, .. }) = challenges::linked(tx, link).await? else { return Ok(None) };
    // First the registration, then its challenge, as for a code: two that hold the same never wait for one another.
    let Some(registration) = hold(tx, RegistrationId(subject)).await? else { return Ok(None) };
    let challenge = challenges::hold_linked(tx, link).await?;
    Ok(challenge.map(|challenge| LinkedRegistration { registration, challenge }))
}

async fn complete(tx: &mut Tx<'_>, registration: &Registration, challenge: &Challenge, finish: &FinishRegistration) -> Result<Finished, StoreError> {
    let account: AccountId = finish.account;
    if let Claimed::Taken(kind) = creation::insert(tx, &registration.account(account, finish.now), Some(&finish.sealer)).await? {
        // The code was right: neither it nor the try is spent.
        return Ok(Finished::Taken(kind));
    }
    settle(tx, registration.id, RegistrationState::Complete).await?;
    challenges::forgive(tx, challenge).await?;
    Ok(Finished::Created(account))
}

/// Kills the registration behind a link; whether there was a live one.
pub(crate) async fn disown(tx: &mut Tx<'_>, link: Mac, now: Timestamp) -> Result<bool, StoreError> {
    let Some(linked) = hold_linked(tx, link).await? else { return Ok(false) };
    if linked.live(now).is_err() {
        return Ok(false);
    }
    settle(tx, linked.registration.id, RegistrationState::Disowned).await?;
    challenges::void_of(tx, linked.registration.id.0).await?;
    Ok(true)
}

/// Ends a registration. Its password goes: the account has it, or nobody is to have it.
async fn settle(tx: &mut Tx<'_>, id: RegistrationId, state: RegistrationState) -> Result<(), StoreError> {
    tx.post("UPDATE registrations SET state = $2, phc = '' WHERE id = $1", &[(&id.0).into(), state.name().into()]).await?;
    Ok(())
}
