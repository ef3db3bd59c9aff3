//! Where people reach the installation: every link and picture URL that it hands out begins with this (threat row 38).

use url::{Host, Url};

use super::text::Text;

/// An `http` or `https` URL of a host alone; kept without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicUrl(String);

impl PublicUrl {
    /// The URL, without a slash at its end.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Its host, if that has a name.
    pub(crate) fn domain(&self) -> Option<String> {
        Url::parse(&self.0).ok().and_then(|url| url.domain().map(str::to_owned))
    }

    /// Whether a browser may send passwords there: over TLS, or without leaving this machine.
    pub(crate) fn is_safe(&self) -> bool {
        Url::parse(&self.0).is_ok_and(|url| url.scheme() == "https" || is_on_this_machine(&url))
    }
}

/// Whether what goes to a URL does not leave this machine.
pub(super) fn is_on_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl Text for PublicUrl {
    const ALLOWED: &'static str = "an http or https URL of a host, without path, query and user, such as \"https://accounts.example.com\"";

    fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
        // `https:accounts.example.com` parses, too; what we hand out should be what was written.
        let spelt_out = text.contains("://") && !text.chars().any(|c| c.is_whitespace() || c.is_control());
        let web = matches!(url.scheme(), "http" | "https") && url.has_host();
        (bare && spelt_out && web).then(|| Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    fn written(&self) -> String {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_and_capitals_in_the_host_make_no_difference() {
        for text in ["https://accounts.example.com", "https://accounts.example.com/", "HTTPS://Accounts.Example.COM:443/"] {
            assert_eq!(PublicUrl::parse(text).unwrap().as_str(), "https://accounts.example.com", "{text}");
        }
        assert_eq!(PublicUrl::parse("http://[::1]:8080/").unwrap().as_str(), "http://[::1]:8080");
    }

    #[test]
    fn anything_but_a_host_is_refused() {
        for text in [
            "",
            "accounts.example.com",
            "ftp://x.example",
            "https://x.example/a",
            "https://x.example?a",
            "https://x.example/#a",
            "https://u:p@x.example",
            "https:x.example",
            "https://",
            " https://x.example",
        ] {
            assert!(PublicUrl::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn http_is_safe_on_this_machine_only() {
        let safe = |text: &str| PublicUrl::parse(text).unwrap().is_safe();
        assert!(safe("https://x.example") && safe("http://localhost:1") && safe("http://127.0.0.1") && safe("http://[::1]:8080"));
        assert!(!safe("http://x.example") && !safe("http://10.0.0.1") && !safe("http://localhost.example"));
    }
}
