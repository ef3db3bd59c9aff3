//! Brands: how a message or page calls itself and where its links lead, chosen by USAPI's `platform`. All of it is configuration: no request changes any
//! of it (threat row 38).

/// How a message or a page presents itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brand {
    /// The name that people know.
    pub name: String,
    /// The colour of buttons and headings, `#rrggbb`.
    pub color: String,
    /// The `https` URL of a picture that shows the name.
    pub logo: Option<String>,
    /// The address that its mails come from, where it is not the installation's.
    pub mail_from: Option<String>,
    /// Who its short messages come from, where it is not the route's.
    pub sms_sender: Option<String>,
    /// Where the links in its messages lead, where it is not the installation's own address.
    pub links: Option<Links>,
    /// The domain on whose pages a phone may offer the code of a short message; `None`: messages do not say.
    pub autofill_domain: Option<String>,
}

impl Brand {
    /// A brand with nothing but a name and a colour.
    #[must_use]
    pub fn plain(name: &str, color: &str) -> Self {
        Self { name: name.to_owned(), color: color.to_owned(), logo: None, mail_from: None, sms_sender: None, links: None, autofill_domain: None }
    }
}

/// Where the links in messages lead, up to and including the place for their secret (threat row 38: made from the configuration alone).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links {
    /// The page that finishes a registration.
    pub signup: String,
    /// The page that authorises a customer's registration.
    pub customer: String,
}

/// The brands of one installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brands {
    /// For everything that names no platform.
    pub default: Brand,
    /// The platforms that a caller may name, in the order in which they are listed to one who names another.
    pub platforms: Vec<(String, Brand)>,
}

impl Brands {
    /// The brand of `platform`.
    #[must_use]
    pub fn of(&self, platform: Option<&str>) -> &Brand {
        let named = platform.and_then(|wanted| self.platforms.iter().find(|(name, _)| name == wanted));
        named.map_or(&self.default, |(_, brand)| brand)
    }

    /// Every brand with the platform that stands for it; the default one has none.
    pub fn iter(&self) -> impl Iterator<Item = (Option<&str>, &Brand)> {
        let platforms = self.platforms.iter().map(|(platform, brand)| (Some(platform.as_str()), brand));
        std::iter::once((None, &self.default)).chain(platforms)
    }
}
