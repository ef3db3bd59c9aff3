//! Device tokens: where push messages to somebody's device go. An address, never evidence of anything (threat row 55).

use crate::named::named;

/// Longest device token, in characters (contract `app-auth.md`).
pub const DEVICE_TOKEN_MAX: usize = 255;

/// The address of a device, as its maker's push service knows it.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceToken(String);

/// The text is not a device token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a device token is 1 to {DEVICE_TOKEN_MAX} characters, none of them a control character")]
pub struct NotADeviceToken;

impl DeviceToken {
    /// Takes 1 to 255 characters that are no control characters.
    ///
    /// # Errors
    /// [`NotADeviceToken`].
    pub fn parse(text: &str) -> Result<Self, NotADeviceToken> {
        let fits = (1..=DEVICE_TOKEN_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if fits { Ok(Self(text.to_owned())) } else { Err(NotADeviceToken) }
    }

    /// The token.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceToken(..)")
    }
}

named! {
    /// What a device is.
    DeviceKind {
        /// An iPhone or iPad.
        Ios = "ios",
        /// An Android device with Google's services.
        Android = "android",
        /// Another Android device.
        AndroidOther = "android_other",
    }
}

/// A device, as far as push messages care.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its address.
    pub token: DeviceToken,
    /// What it is, if it was said.
    pub kind: Option<DeviceKind>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_token_has_1_to_255_characters() {
        for good in ["x", "1234567890", &"é".repeat(255)] {
            assert!(DeviceToken::parse(good).is_ok(), "{good}");
        }
        for bad in ["", &"x".repeat(256), "a\nb", "a\0"] {
            assert_eq!(DeviceToken::parse(bad), Err(NotADeviceToken), "{bad:?}");
        }
    }
}
