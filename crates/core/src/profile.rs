//! The basic profile: reading it, changing it, and its picture (contract `usapi.md`, `/update-basic-profile`).

use bytes::Bytes;

use crate::account::{Account, AccountId};
use crate::identifier::{IdentifierKind, PhoneNumber};
use crate::message::Sealer;
use crate::person::{BirthDate, Gender, PictureId};
use crate::ports::{Claimed, PictureError, PictureSize, PreparedPicture, StoreError, Timestamp};
use crate::service::{Accounts, Fault};

/// A changed basic profile, as the store writes it.
#[derive(Debug, Clone)]
pub struct ProfileUpdate {
    /// Whose.
    pub account: AccountId,
    /// Day of birth.
    pub birth_date: BirthDate,
    /// Gender.
    pub gender: Gender,
    /// Phone number; a new one starts unverified, an old one keeps its standing.
    pub phone: PhoneNumber,
    /// A new picture; `None` keeps the old one.
    pub picture: Option<PictureId>,
    /// Seals what is told to the old number (threat row 57).
    pub sealer: Sealer,
    /// Now.
    pub now: Timestamp,
}

/// What a changed profile leaves behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileUpdated {
    /// Whether there was such an account.
    pub found: bool,
    /// The picture that was replaced.
    pub replaced_picture: Option<PictureId>,
}

/// A person's wish to change the basic profile.
#[derive(Debug, Clone)]
pub struct BasicProfile {
    /// Day of birth.
    pub birth_date: BirthDate,
    /// Gender.
    pub gender: Gender,
    /// Phone number.
    pub phone: PhoneNumber,
    /// The picture as uploaded, if one was.
    pub picture: Option<Bytes>,
}

/// Why a profile was not changed. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The identifier is another account's.
    #[error("the {} is taken", .0.name())]
    Taken(IdentifierKind),
    /// The upload is not a picture that can be read.
    #[error("the upload is not a picture that can be read")]
    UnreadablePicture,
    /// There is no such account any more.
    #[error("there is no such account")]
    Gone,
    /// It could not be done.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<PictureError> for ProfileError {
    fn from(error: PictureError) -> Self {
        match error {
            PictureError::Unreadable => Self::UnreadablePicture,
            PictureError::Overloaded => Self::Fault(Fault::Overloaded),
            // A disk that is full or does not answer, and may again.
            PictureError::Store(cause) => Self::Fault(Fault::Unavailable(cause)),
        }
    }
}

impl Accounts {
    /// An account with its profile, if it is still there.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn profile(&self, account: AccountId) -> Result<Option<Account>, Fault> {
        Ok(self.store().account(account).await?)
    }

    /// Changes the basic profile, all or nothing: the picture is prepared first and kept before the profile names it, so a bad one leaves
    /// everything as it was and a crash leaves at most a file that nobody names. Once the picture is ready the rest is done to its end, also for a
    /// caller that has gone: else a replaced picture would stay where it was.
    ///
    /// # Errors
    /// [`ProfileError`].
    pub async fn update_profile(&self, account: AccountId, profile: BasicProfile) -> Result<(), ProfileError> {
        let BasicProfile { birth_date, gender, phone, picture } = profile;
        let prepared = match picture {
            Some(upload) => Some((PictureId::draw(self.entropy()), self.pictures().prepare(upload).await?)),
            None => None,
        };
        let update = ProfileUpdate {
            account,
            birth_date,
            gender,
            phone,
            picture: prepared.as_ref().map(|(id, _)| id.clone()),
            sealer: self.sealer().clone(),
            now: self.now(),
        };
        let service = self.clone();
        tokio::spawn(async move { service.keep_and_update(prepared, update).await }).await.map_err(Fault::broken)?
    }

    async fn keep_and_update(&self, prepared: Option<(PictureId, PreparedPicture)>, update: ProfileUpdate) -> Result<(), ProfileError> {
        let picture = update.picture.clone();
        if let Some((id, prepared)) = prepared {
            self.pictures().keep(&id, prepared).await?;
        }
        let outcome = match self.store().update_profile(update).await {
            Ok(Claimed::Done(ProfileUpdated { found: true, replaced_picture })) => {
                self.ring();
                self.forget(replaced_picture).await;
                return Ok(());
            }
            Ok(Claimed::Done(ProfileUpdated { found: false, .. })) => ProfileError::Gone,
            Ok(Claimed::Taken(kind)) => ProfileError::Taken(kind),
            // It may have been done all the same: then the profile names the picture.
            Err(error @ StoreError::Unavailable(_)) => return Err(ProfileError::Fault(error.into())),
            Err(error) => ProfileError::Fault(error.into()),
        };
        self.forget(picture).await;
        Err(outcome)
    }

    /// A picture, as JPEG.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn picture(&self, id: &PictureId, size: PictureSize) -> Result<Option<Bytes>, Fault> {
        self.pictures().read(id, size).await.map_err(|error| Fault::Unavailable(error.into()))
    }

    /// A picture that nobody names any more is waste, not a failure of the call that left it.
    async fn forget(&self, picture: Option<PictureId>) {
        if let Some(id) = picture
            && let Err(error) = self.pictures().forget(&id).await
        {
            tracing::warn!(error = &error as &dyn std::error::Error, "an old picture could not be deleted");
        }
    }
}
