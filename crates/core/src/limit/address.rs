//! Who is calling, as far as limits care (threat row 17).

use std::net::{IpAddr, Ipv6Addr};

use crate::secret::{Mac, MacKey};

/// A client's address: IPv4-mapped addresses fold into IPv4, IPv6 counts by /64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// What is kept of an address from which somebody signed in: enough to know it again, and of no use to whoever reads the database (threat row 54).
    #[must_use]
    pub fn kept(self, key: &MacKey) -> Mac {
        key.sign(&[self.to_string().as_bytes()])
    }

    /// Whether it is this machine itself.
    #[must_use]
    pub const fn is_here(self) -> bool {
        self.0.is_loopback()
    }
}

impl From<IpAddr> for ClientAddress {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            // The machine's own address is not a network.
            IpAddr::V6(v6) if !v6.is_loopback() => {
                let [a, b, c, d, ..] = v6.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            as_it_is => as_it_is,
        })
    }
}

impl std::fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_by_its_addresses() {
        let is_here = |text: &str| ClientAddress::from(text.parse::<IpAddr>().unwrap()).is_here();
        assert!(["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"].into_iter().all(is_here));
        assert!(!["192.0.2.1", "2001:db8::1", "10.0.0.1"].into_iter().any(is_here));
    }

    #[test]
    fn row_17_addresses_fold() {
        let fold = |text: &str| ClientAddress::from(text.parse::<IpAddr>().unwrap()).to_string();
        assert_eq!(fold("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(fold("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(fold("192.0.2.1"), "192.0.2.1");
        assert_eq!(fold("::1"), "::1");
    }
}
