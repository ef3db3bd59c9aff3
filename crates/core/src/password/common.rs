//! Passwords that people choose often, or that were stolen elsewhere: whoever guesses tries them first, one at each of many accounts, which no limit tells from
//! many people who mistype. An installation may refuse them when they are chosen (contract `common.md`, *Passwords*; NIST SP 800-63B-4, 3.1.1.2; threat row 56).

use aws_lc_rs::digest;
use md5::{Digest as _, Md5};

use super::{Password, PreHashedPassword};
use crate::account::Account;
use crate::identifier::{EmailAddress, PhoneNumber, Username};
use crate::person::PersonName;
use crate::service::{Accounts, Fault};

/// The characters of which guesses are counted. More make it no easier to guess; but counting takes longer than they grow, half a second for a hundred odd ones.
const COUNTED: usize = 32;
/// A part of a name that is shorter is no word.
const WORD_MIN: usize = 3;

/// By what a list knows a password. It cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordDigests {
    /// Its MD5.
    pub md5: [u8; 16],
    /// Its SHA-1; `None`: a client sent the MD5 alone.
    pub sha1: Option<[u8; 20]>,
}

impl PasswordDigests {
    /// Of the MD5 alone, as a line of a list has it.
    #[must_use]
    pub fn md5_of(password: &[u8]) -> [u8; 16] {
        Md5::digest(password).into()
    }

    fn of(password: &Password) -> Self {
        let sha1 = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, password.bytes());
        Self { md5: Self::md5_of(password.bytes()), sha1: sha1.as_ref().try_into().ok() }
    }

    fn of_pre_hashed(password: &PreHashedPassword) -> Self {
        Self { md5: password.digest(), sha1: None }
    }
}

impl std::fmt::Debug for PasswordDigests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordDigests(..)")
    }
}

/// Whose a new password is, as far as others may know.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Whom<'a> {
    pub(crate) username: Option<&'a Username>,
    pub(crate) email: Option<&'a EmailAddress>,
    pub(crate) phone: Option<&'a PhoneNumber>,
    pub(crate) first_name: Option<&'a PersonName>,
    pub(crate) last_name: Option<&'a PersonName>,
}

impl<'a> Whom<'a> {
    /// The holder of an account.
    pub(crate) fn holds(account: &'a Account) -> Self {
        Self {
            username: account.username.as_ref(),
            email: account.email.as_ref().map(|email| &email.id),
            phone: account.phone.as_ref().map(|phone| &phone.id),
            first_name: account.profile.first_name.as_ref(),
            last_name: account.profile.last_name.as_ref(),
        }
    }

    fn known(&self) -> impl Iterator<Item = &'a str> {
        let texts = [
            self.username.map(Username::as_str),
            self.email.map(EmailAddress::as_str),
            self.first_name.map(PersonName::as_str),
            self.last_name.map(PersonName::as_str),
        ];
        // People take a number as they dial it, which is not always with its country's code: that has one to three digits.
        let digits = self.phone.map(PhoneNumber::digits).unwrap_or_default();
        let dialled = (0..=3).filter_map(|code| digits.get(code..));
        texts.into_iter().flatten().chain(dialled)
    }
}

/// After how many guesses somebody comes to a password who knows what people choose, and `about` whom it is: an estimate, low rather than high.
#[must_use]
pub fn guesses(password: &Password, about: &[&str]) -> u64 {
    let text = password.expose();
    let counted = text.char_indices().nth(COUNTED).and_then(|(end, _)| text.get(..end)).unwrap_or(text);
    let parts = about.iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric())).filter(|part| part.chars().count() >= WORD_MIN);
    let words: Vec<&str> = about.iter().copied().filter(|text| !text.is_empty()).chain(parts).collect();
    zxcvbn::zxcvbn(counted, &words).guesses()
}

impl Accounts {
    /// Whether a new password is one that this installation refuses: it is guessed too soon by who knows whose it is, or a list has it.
    pub(crate) async fn is_common(&self, password: &Password, whom: &Whom<'_>) -> Result<bool, Fault> {
        let fewest = self.policy().passwords.min_guesses;
        if fewest > 0 {
            let brand = self.policy().brands.of(None).name.as_str();
            let known: Vec<&str> = whom.known().chain([brand]).collect();
            if guesses(password, &known) < u64::from(fewest) {
                return Ok(true);
            }
        }
        self.is_listed(|| PasswordDigests::of(password)).await
    }

    /// Whether a list has the password of which a client sent the MD5 alone; nothing else can be told of it.
    pub(crate) async fn is_common_pre_hashed(&self, password: &PreHashedPassword) -> Result<bool, Fault> {
        self.is_listed(|| PasswordDigests::of_pre_hashed(password)).await
    }

    async fn is_listed(&self, digests: impl FnOnce() -> PasswordDigests) -> Result<bool, Fault> {
        let lists = &self.parts().known_passwords;
        if lists.is_empty() {
            return Ok(false);
        }
        let digests = digests();
        for list in lists {
            if list.has(&digests).await.map_err(Fault::broken)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guesses_of(text: &str, about: &[&str]) -> u64 {
        guesses(&Password::typed(text), about)
    }

    #[test]
    fn row_56_what_many_choose_is_guessed_soon() {
        for common in ["123456", "password", "P@ssw0rd1", "qwerty2024", "aaaaaaaaaaaa", "abcabcabc", "iloveyou22", "Monkey123!"] {
            assert!(guesses_of(common, &[]) < 1_000_000, "{common}");
        }
        for good in ["hxqvtrkzw", "brilliantly wrong horses", "k9#mQ2vv!x", "密碼密碼一二三四五六"] {
            assert!(guesses_of(good, &[]) >= 100_000_000, "{good}");
        }
    }

    #[test]
    fn row_56_what_is_known_about_somebody_is_guessed_soon() {
        for (text, about) in [("Wirakusumah", "wirakusumah"), ("wirakusumah7", "andi.wirakusumah@example.test"), ("w1r@kusumah", "Andi Wirakusumah")]
        {
            assert!(guesses_of(text, &[]) > 10_000_000, "{text}");
            assert!(guesses_of(text, &[about]) < 100_000, "{text}");
        }
        assert!(guesses_of("hxqvtrkzw", &["hx", ""]) >= 100_000_000, "two letters are no word");
    }

    #[test]
    fn row_56_a_number_is_known_as_it_is_dialled() {
        let phone = PhoneNumber::from_e164("+6285719283746").unwrap();
        let whom = Whom { phone: Some(&phone), ..Whom::default() };
        let known: Vec<_> = whom.known().collect();
        for dialled in ["+6285719283746", "6285719283746", "085719283746", "85719283746"] {
            assert!(guesses_of(dialled, &known) < 100_000, "{dialled}");
            assert!(guesses_of(dialled, &[]) > 1_000_000, "{dialled}");
        }
    }

    #[test]
    fn the_beginning_of_a_long_one_tells() {
        let odd = "4@8({[<369|1!7$05+%2".repeat(6);
        assert!(guesses_of(&odd, &[]) >= 100_000_000);
        assert_eq!(guesses_of(&odd, &[]), guesses_of(odd.get(..COUNTED).unwrap(), &[]));
    }

    #[test]
    fn digests_are_what_lists_have() {
        // As published for "password".
        let digests = PasswordDigests::of(&Password::typed("password"));
        assert_eq!(u128::from_be_bytes(digests.md5), 0x5F4D_CC3B_5AA7_65D6_1D83_27DE_B882_CF99);
        assert_eq!(digests.sha1.map(|sha1| sha1[..4].to_vec()), Some(vec![0x5B, 0xAA, 0x61, 0xE4]));
        let sent = PreHashedPassword::parse("5F4DCC3B5AA765D61D8327DEB882CF99").unwrap();
        assert_eq!(PasswordDigests::of_pre_hashed(&sent), PasswordDigests { md5: digests.md5, sha1: None });
        assert_eq!(format!("{digests:?}"), "PasswordDigests(..)");
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

        #[test]
        fn whoever_knows_more_guesses_no_later(text in "\\PC{0,40}", about in "\\PC{0,40}") {
            proptest::prop_assert!(guesses_of(&text, &[&about]) <= guesses_of(&text, &[]));
        }
    }
}
