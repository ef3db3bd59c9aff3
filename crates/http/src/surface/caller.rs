//! Who calls, and from where: Basic and Bearer credentials, the client's address behind trusted proxies, the language of who reads,
//! and the idempotency key.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daftar_core::limit::ClientAddress;
use daftar_core::locale::Locale;
use daftar_core::repeat::{NotARepeatKey, RepeatKey};
use ipnet::IpNet;

use crate::App;

/// The other end of the connection; the server puts it into every request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// The credentials of RFC 7617.
pub(crate) struct Basic {
    pub(crate) user: String,
    pub(crate) password: String,
}

/// Reads `authorization: Basic …`; `None` when there is none, or more than one, or it is malformed.
pub(crate) fn basic(headers: &HeaderMap) -> Option<Basic> {
    let decoded = STANDARD.decode(credentials(headers, "Basic")?).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (user, password) = text.split_once(':')?;
    Some(Basic { user: user.to_owned(), password: password.to_owned() })
}

/// Reads `authorization: Bearer …` (RFC 6750 §2.1).
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    credentials(headers, "Bearer")
}

fn credentials<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (name, rest) = value.to_str().ok()?.split_once(' ')?;
    name.eq_ignore_ascii_case(scheme).then(|| rest.trim_matches(' '))
}

/// Where a request comes from, as limits count it.
pub(crate) struct CallerAddress(pub(crate) ClientAddress);

impl FromRequestParts<App> for CallerAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(client_address(&parts.headers, &parts.extensions, &app.settings().trusted_proxies)))
    }
}

/// The address that limits count: the connection's own, or, if that is a trusted proxy, the last one in `x-forwarded-for` that is not (threat row 17).
pub(crate) fn client_address(headers: &HeaderMap, extensions: &Extensions, trusted: &[IpNet]) -> ClientAddress {
    let peer = peer_of(extensions);
    let is_trusted = |address: IpAddr| trusted.iter().any(|net| net.contains(&address));
    if !is_trusted(peer) {
        return peer.into();
    }
    let lines = headers.get_all("x-forwarded-for").iter().rev().filter_map(|value| value.to_str().ok());
    let mut client = peer;
    for hop in lines.flat_map(|line| line.rsplit(',')).map(|hop| address_of(hop.trim())) {
        // What cannot be read was not written by a proxy of ours: the hop that passed it on is as far as we can see.
        let Some(address) = hop else { break };
        client = address;
        if !is_trusted(address) {
            break;
        }
    }
    client.into()
}

/// Whether the other end of the connection is a proxy whose headers are believed.
pub(crate) fn is_by_proxy(extensions: &Extensions, trusted: &[IpNet]) -> bool {
    let peer = peer_of(extensions);
    trusted.iter().any(|net| net.contains(&peer))
}

fn peer_of(extensions: &Extensions) -> IpAddr {
    extensions.get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip()).to_canonical()
}

fn address_of(hop: &str) -> Option<IpAddr> {
    hop.parse::<IpAddr>().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|socket| socket.ip())).map(|address| address.to_canonical())
}

/// The best of our languages for who reads the answer, or what is sent because of the call: `otherwise` unless `accept-language` wishes another.
pub(crate) fn language(headers: &HeaderMap, otherwise: Locale) -> Locale {
    // Several lines are one list (RFC 9110 §5.3).
    let lines: Vec<&str> = headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok()).collect();
    Locale::negotiate(&lines.join(","), otherwise)
}

/// The idempotency key, if one was sent.
///
/// # Errors
/// [`NotARepeatKey`], also when it was sent more than once.
pub(crate) fn repeat_key(headers: &HeaderMap) -> Result<Option<RepeatKey>, NotARepeatKey> {
    let mut values = headers.get_all("idempotency-key").iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => RepeatKey::parse(value.as_bytes()).map(Some),
        (Some(_), Some(_)) => Err(NotARepeatKey),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn seen(peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_str(value).unwrap());
        }
        let mut extensions = Extensions::new();
        extensions.insert(Peer(SocketAddr::new(peer.parse().unwrap(), 1)));
        let trusted = ["10.0.0.0/8".parse().unwrap(), "2001:db8:aaaa::/48".parse().unwrap()];
        client_address(&headers, &extensions, &trusted).to_string()
    }

    #[test]
    fn row_17_forwarded_headers_count_only_from_trusted_proxies() {
        assert_eq!(seen("192.0.2.1", &["198.51.100.9"]), "192.0.2.1", "an untrusted peer cannot say who it is");
        assert_eq!(seen("10.0.0.1", &["198.51.100.9"]), "198.51.100.9");
        assert_eq!(seen("::ffff:10.0.0.1", &["198.51.100.9"]), "198.51.100.9");
        assert_eq!(
            seen("10.0.0.1", &["203.0.113.5, 198.51.100.9, 10.0.0.2"]),
            "198.51.100.9",
            "what a client wrote before the proxy's hop is its own"
        );
        assert_eq!(seen("10.0.0.1", &["203.0.113.5", "198.51.100.9"]), "198.51.100.9");
        assert_eq!(seen("10.0.0.1", &["198.51.100.9:5050"]), "198.51.100.9");
        assert_eq!(seen("10.0.0.1", &["nonsense"]), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &["203.0.113.5, nonsense, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(seen("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(seen("2001:db8:aaaa::1", &["2001:db8:1:2:3:4:5:6"]), "2001:db8:1:2::");
    }

    #[test]
    fn the_language_is_chosen_from_all_lines_that_can_be_read() {
        let wished = |lines: &[&[u8]]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::ACCEPT_LANGUAGE, HeaderValue::from_bytes(line).unwrap());
            }
            language(&headers, Locale::TraditionalChinese)
        };
        assert_eq!(wished(&[]), Locale::TraditionalChinese);
        assert_eq!(wished(&[b"de, en;q=0.5", b"id;q=0.7"]), Locale::Indonesian);
        assert_eq!(wished(&[b"en;q=0.7", b"", b"id;q=0.5"]), Locale::English);
        assert_eq!(wished(&[b"zh;q=0, *;q=0.1", b"id;q=0"]), Locale::English);
        assert_eq!(wished(&[b"en\xff", b"id"]), Locale::Indonesian);
    }

    #[test]
    fn credentials_are_read_once_and_only_whole() {
        let with = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
            }
            headers
        };
        let read = basic(&with(&["basic c2hvcDpwYTpzcw=="])).map(|b| (b.user, b.password));
        assert_eq!(read, Some(("shop".to_owned(), "pa:ss".to_owned())));
        assert!(basic(&with(&["Basic !!!"])).is_none());
        assert!(basic(&with(&["Basic c2hvcA=="])).is_none(), "no colon");
        assert!(basic(&with(&["Basic c2hvcDpwYXNz", "Basic c2hvcDpwYXNz"])).is_none(), "twice");
        assert_eq!(bearer(&with(&["Bearer a.b.c"])), Some("a.b.c"));
        assert!(bearer(&with(&["Basic a.b.c"])).is_none());
    }
}
