//! `[brand]` and `[usapi]`: how messages and pages call themselves and where their links lead, and the platforms that USAPI's callers may name.

use daftar_core::brand::{Brand as CoreBrand, Brands};
use daftar_core::identifier::{Country, EmailAddress};
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::public_url::PublicUrl;
use super::text::{self, Color, Name, Text};

/// `[brand]`: for everything that names no platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Brand {
    /// The name that people know.
    #[serde(with = "text")]
    pub(crate) name: Name,
    /// The colour of buttons and headings.
    #[serde(with = "text")]
    pub(crate) color: Color,
    /// A picture in place of the name.
    #[serde(with = "text::optional", default)]
    pub(crate) logo: Option<Logo>,
    /// The address that its mails come from, if not `email.from`.
    #[serde(with = "text::optional", default)]
    pub(crate) mail_from: Option<MailAddress>,
    /// Who its short messages come from, if not the route's sender.
    #[serde(with = "text::optional", default)]
    pub(crate) sms_sender: Option<SmsSender>,
    /// Where the links in its messages lead, if not to `public_url`.
    #[serde(with = "text::optional", default)]
    pub(crate) link_base: Option<PublicUrl>,
}

impl Default for Brand {
    fn default() -> Self {
        Self { name: Name("Daftar".to_owned()), color: Color("#1f5fbf".to_owned()), logo: None, mail_from: None, sms_sender: None, link_base: None }
    }
}

/// One of `[[usapi.platforms]]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Platform {
    /// What a caller writes.
    #[serde(with = "text")]
    pub(crate) id: Name,
    /// The name that people know.
    #[serde(with = "text")]
    pub(crate) name: Name,
    /// The colour of buttons and headings.
    #[serde(with = "text")]
    pub(crate) color: Color,
    /// A picture in place of the name.
    #[serde(with = "text::optional", default)]
    pub(crate) logo: Option<Logo>,
    /// The address that its mails come from, if not `email.from`.
    #[serde(with = "text::optional", default)]
    pub(crate) mail_from: Option<MailAddress>,
    /// Who its short messages come from, if not the route's sender.
    #[serde(with = "text::optional", default)]
    pub(crate) sms_sender: Option<SmsSender>,
    /// Where the links in its messages lead, if not to `public_url`.
    #[serde(with = "text::optional", default)]
    pub(crate) link_base: Option<PublicUrl>,
}

/// `[usapi]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Usapi {
    /// The country of a phone number that somebody signs in with and that has none.
    #[serde(with = "text")]
    pub(crate) country: Country,
    /// The platforms that a caller may name.
    pub(crate) platforms: Vec<Platform>,
}

impl Default for Usapi {
    fn default() -> Self {
        let platform = |id: &str, color: &str| Platform {
            id: Name(id.to_owned()),
            name: Name(id.to_owned()),
            color: Color(color.to_owned()),
            logo: None,
            mail_from: None,
            sms_sender: None,
            link_base: None,
        };
        Self {
            country: Country::indonesia(),
            platforms: vec![
                platform("ONMART", "#c0392b"),
                platform("ONMARKET", "#0b6e4f"),
                platform("OSAS", "#5b3e96"),
                platform("ONAPPS", "#1f5fbf"),
            ],
        }
    }
}

/// As messages and pages use them. Where `autofill_domain` says that short messages name a domain, a brand with addresses of its own names that.
pub(crate) fn of(brand: &Brand, usapi: &Usapi, autofill_domain: Option<&Domain>) -> Brands {
    let autofill = |base: Option<&PublicUrl>| autofill_domain.map(|usual| base.and_then(PublicUrl::domain).unwrap_or_else(|| usual.0.clone()));
    let default = CoreBrand {
        name: brand.name.0.clone(),
        color: brand.color.0.clone(),
        logo: brand.logo.as_ref().map(|logo| logo.0.clone()),
        mail_from: brand.mail_from.as_ref().map(|address| address.0.clone()),
        sms_sender: brand.sms_sender.as_ref().map(|sender| sender.0.clone()),
        links: brand.link_base.as_ref().map(|base| daftar_http::links(base.as_str())),
        autofill_domain: autofill(brand.link_base.as_ref()),
    };
    let platform = |platform: &Platform| CoreBrand {
        name: platform.name.0.clone(),
        color: platform.color.0.clone(),
        logo: platform.logo.as_ref().map(|logo| logo.0.clone()),
        mail_from: platform.mail_from.as_ref().map(|address| address.0.clone()),
        sms_sender: platform.sms_sender.as_ref().map(|sender| sender.0.clone()),
        links: platform.link_base.as_ref().map(|base| daftar_http::links(base.as_str())),
        autofill_domain: autofill(platform.link_base.as_ref()),
    };
    Brands { default, platforms: usapi.platforms.iter().map(|named| (named.id.0.clone(), platform(named))).collect() }
}

/// The URL of a picture that mail programs and browsers load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Logo(pub String);

impl Text for Logo {
    const ALLOWED: &'static str =
        "an https URL of a picture (PNG, JPEG or GIF, because mail programs show no other), such as \"https://www.example.com/logo.png\"";

    fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        let shown = url.path().rsplit_once('.').is_none_or(|(_, end)| !end.eq_ignore_ascii_case("svg"));
        (url.scheme() == "https" && url.has_host() && text.contains("://") && bare && shown).then(|| Self(url.into()))
    }

    fn written(&self) -> String {
        self.0.clone()
    }
}

/// An address that mails come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MailAddress(pub String);

impl Text for MailAddress {
    const ALLOWED: &'static str = "an e-mail address without a name, such as \"no-reply@shop.example.com\"";

    fn parse(text: &str) -> Option<Self> {
        EmailAddress::parse(text).ok().map(|address| Self(address.as_str().to_owned()))
    }

    fn written(&self) -> String {
        self.0.clone()
    }
}

/// Who a short message comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SmsSender(pub String);

impl Text for SmsSender {
    const ALLOWED: &'static str =
        "3 to 11 letters and digits, or a number of 3 to 15 digits with or without a +, such as \"MYSHOP\" or \"+628111111111\"";

    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let number = (3..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        let word = (3..=11).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
        (number || word).then(|| Self(text.to_owned()))
    }

    fn written(&self) -> String {
        self.0.clone()
    }
}

/// The name of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Domain(pub String);

impl Text for Domain {
    const ALLOWED: &'static str = "the name of a host alone, such as \"accounts.example.com\"";

    fn parse(text: &str) -> Option<Self> {
        match Url::parse(&format!("https://{text}")).ok()?.host()? {
            Host::Domain(name) if name.eq_ignore_ascii_case(text) && name.contains('.') => Some(Self(name.to_owned())),
            Host::Domain(_) | Host::Ipv4(_) | Host::Ipv6(_) => None,
        }
    }

    fn written(&self) -> String {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logo_is_a_picture_that_mail_programs_load_and_show() {
        for text in ["https://cdn.example.com/a.png", "https://cdn.example.com/a?size=2", "https://cdn.example.com"] {
            assert!(Logo::parse(text).is_some(), "{text}");
        }
        for text in
            ["", "http://x.example/a.png", "https://u:p@x.example/a.png", "data:image/png;base64,AA", "https://x.example/a.SVG", "//x.example/a"]
        {
            assert!(Logo::parse(text).is_none(), "{text}");
        }
        assert_eq!(Logo::parse("https://x.example/\"><script>").unwrap().0, "https://x.example/%22%3E%3Cscript%3E");
    }

    #[test]
    fn a_sender_is_what_phones_can_show() {
        for text in ["ABC", "MYSHOP12345", "12345", "+628111111111", "628111111111"] {
            assert!(SmsSender::parse(text).is_some(), "{text}");
        }
        for text in ["", "AB", "MYSHOP123456", "My Shop", "Caf\u{e9}s", "+62 811", "+", "1234567890123456"] {
            assert!(SmsSender::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_domain_is_a_hosts_name_alone() {
        assert_eq!(Domain::parse("Accounts.Example.com").unwrap().0, "accounts.example.com");
        for text in ["", "localhost", "https://x.example", "x.example/", "x.example:443", "10.0.0.1", "[::1]", "x example.com", "u@x.example"] {
            assert!(Domain::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn an_address_comes_without_a_name() {
        assert!(MailAddress::parse("no-reply@shop.example.com").is_some());
        assert!(MailAddress::parse("Shop <no-reply@shop.example.com>").is_none() && MailAddress::parse("a@b.example\r\nBcc: x@y.example").is_none());
    }
}
