//! Passwords that people choose often, or that were stolen elsewhere: whoever guesses tries them first, one at each of many accounts, which no limit tells from
//! many people who mistype. An installation may refuse them when they are chosen (contract `common.md`, *Passwords*; NIST SP 800-63B-4, 3.1.1.2; threat row 56).

use aws_lc_rs::digest;
use md5::{Digest as _, Md5};
use zeroize::Zeroize as _;

use super::{Password, PreHashedPassword};
use crate::account::Account;
use crate::identifier::{EmailAddress, PhoneNumber, Username};
use crate::person::{FullName, PersonName};
use crate::service::{Accounts, Fault};

/// The characters of which guesses are counted: more make it no easier to guess.
const COUNTED: usize = 32;
/// The same of a password with more than [`ODD`] kinds of characters that stand for letters. Every way to read them is tried: 32 such characters take 45 ms, these a fifth of that.
const COUNTED_OF_ODD: usize = 16;
const ODD: usize = 6;
/// Characters that stand for letters, as `@` does for `a`.
const FOR_LETTERS: &str = "4@8({[<369|1!7$05+%2";
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
    /// Of a password as it is written, as a line of a list has it.
    #[must_use]
    pub fn of_text(password: &[u8]) -> Self {
        let sha1 = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, password);
        Self { md5: Md5::digest(password).into(), sha1: sha1.as_ref().try_into().ok() }
    }

    fn of(password: &Password) -> Self {
        Self::of_text(password.bytes())
    }

    fn of_pre_hashed(password: &PreHashedPassword) -> Self {
        Self { md5: password.digest(), sha1: None }
    }
}

// Whoever has the MD5 of a password signs in with it where a host speaks for people.
impl Drop for PasswordDigests {
    fn drop(&mut self) {
        self.md5.zeroize();
        self.sha1.zeroize();
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
    pub(crate) full_name: Option<&'a FullName>,
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
            full_name: account.profile.full_name.as_ref(),
        }
    }

    fn known(&self) -> impl Iterator<Item = &'a str> {
        let texts = [
            self.username.map(Username::as_str),
            self.email.map(EmailAddress::as_str),
            self.first_name.map(PersonName::as_str),
            self.last_name.map(PersonName::as_str),
            self.full_name.map(FullName::as_str),
        ];
        // People take a number as they dial it, which is not always with its country's code: that has one to three digits.
        let digits = self.phone.map(PhoneNumber::digits).unwrap_or_default();
        let dialled = (0..=3).filter_map(|code| digits.get(code..));
        texts.into_iter().flatten().chain(dialled)
    }
}

/// After how many guesses somebody comes to a password who knows what people choose, and `known` about whose it is: an estimate.
#[must_use]
pub fn guesses(password: &Password, known: &[&str]) -> u64 {
    let text = password.expose();
    let parts: Vec<&str> = known.iter().flat_map(|text| parts(text)).collect();
    if is_made_of(text, &parts) {
        return 1;
    }
    let kinds = FOR_LETTERS.chars().filter(|kind| text.contains(*kind)).count();
    let counted = if kinds > ODD { COUNTED_OF_ODD } else { COUNTED };
    let counted = text.char_indices().nth(counted).and_then(|(end, _)| text.get(..end)).unwrap_or(text);
    let words: Vec<&str> = known.iter().copied().chain(parts).filter(|word| word.chars().count() >= WORD_MIN).collect();
    zxcvbn::zxcvbn(counted, &words).guesses()
}

/// Makes the tables that the first estimate would make: some megabytes, some milliseconds.
pub(crate) fn prepare() {
    zxcvbn::zxcvbn("password", &[]);
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty())
}

/// Whether a password is nothing but these words, one behind the other, with whatever between them: `Siti Rahma`, `rahma.siti`, the whole address. Each part that is added to an estimate multiplies
/// it, but whoever knows the parts tries these first.
fn is_made_of(text: &str, words: &[&str]) -> bool {
    let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let text: String = parts(text).flat_map(str::chars).flat_map(char::to_lowercase).collect();
    // Where a word may begin: behind others, or at the beginning.
    let mut begins = vec![false; text.len() + 1];
    if let Some(first) = begins.first_mut() {
        *first = true;
    }
    for at in 0..text.len() {
        let Some(rest) = begins.get(at).is_some_and(|begins| *begins).then(|| text.get(at..)).flatten() else { continue };
        for word in words.iter().filter(|word| rest.starts_with(word.as_str())) {
            if let Some(behind) = begins.get_mut(at + word.len()) {
                *behind = true;
            }
        }
    }
    !text.is_empty() && begins.last() == Some(&true)
}

impl Accounts {
    /// Whether a new password is one that this installation refuses: it is guessed too soon by who knows whose it is, or a list has it.
    pub(crate) async fn is_common(&self, password: &Password, whom: &Whom<'_>) -> Result<bool, Fault> {
        let fewest = self.policy().passwords.min_guesses;
        if fewest > 0 {
            let brands = self.policy().brands.iter().flat_map(|(platform, brand)| platform.into_iter().chain([brand.name.as_str()]));
            let known: Vec<String> = whom.known().chain(brands).map(str::to_owned).collect();
            if self.hashing().guesses(password, known).await? < u64::from(fewest) {
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
            if list.has(&digests).await? {
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
        for common in ["123456", "password", "P@ssw0rd1", "qwerty2024", "aaaaaaaaaaaa", "abcabcabc", "iloveyou22", "Monkey123!", "Password-123456"] {
            assert!(guesses_of(common, &[]) < 1_000_000_000, "{common}");
        }
        for good in ["hxqvtrkzw", "brilliantly wrong horses", "k9#mQ2vv!x", "蟹鑽雲梯紙燈籠魚骨"] {
            assert!(guesses_of(good, &[]) >= 1_000_000_000, "{good}");
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
    fn row_56_names_one_behind_the_other_are_guessed_at_once() {
        let known = ["Wahyudi", "Wirakusumah", "muhammad.wirakusumah@perusahaan.example.co.id", "6281234567890", "Toko Ünlü"];
        for text in [
            "Wahyudi Wirakusumah",
            "wirakusumah.wahyudi",
            "WAHYUDI-wirakusumah!",
            "muhammad.wirakusumah",
            "muhammad.wirakusumah@perusahaan.example.co.id",
            "Wahyudi6281234567890",
            "TOKOünlü",
        ] {
            assert_eq!(guesses_of(text, &known), 1, "{text}");
        }
        for text in ["Wahyudi Wirakusuma", "Wahyudi und Wirakusumah", "!!!!!!", ""] {
            assert_ne!(guesses_of(text, &known), 1, "{text}");
        }
        assert!(guesses_of("hxqvtrkzw", &[""]) >= 1_000_000_000, "a name that is not there is no word");
    }

    #[test]
    fn the_beginning_of_a_long_one_tells() {
        let long = "brilliantly wrong horses ".repeat(5);
        assert!(guesses_of(&long, &[]) >= 1_000_000_000);
        assert_eq!(guesses_of(&long, &[]), guesses_of(long.get(..COUNTED).unwrap(), &[]));
        // The dearest that there is.
        let odd = "4@8({[<369|1!7$05+%2".repeat(6);
        assert!(guesses_of(&odd, &[]) >= 1_000_000_000);
        assert_eq!(guesses_of(&odd, &[]), guesses_of(odd.get(..COUNTED_OF_ODD).unwrap(), &[]));
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
