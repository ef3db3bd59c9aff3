//! Row 17: whose address is counted behind proxies. (Without proxies no header counts at all: `usapi::auth`.)

use daftar_testkit::{Answer, Installation};
use serde_json::json;

use crate::usapi::registered;

/// An installation with limits behind a proxy on this machine, and another one in a private network.
async fn behind_proxies() -> Installation {
    let site = Installation::builder().limits().behind(&["127.0.0.1/32", "::1/128", "10.0.0.0/8"]).start().await;
    registered(&site, 1).await;
    site
}

/// A wrong password of person 1, forwarded as from there.
async fn wrong(site: &Installation, forwarded: &str) -> u16 {
    sign_in(site, forwarded, "wrong password").await.status.as_u16()
}

async fn sign_in(site: &Installation, forwarded: &str, password: &str) -> Answer {
    site.anybody().with("x-forwarded-for", forwarded).post("/auth", &json!({"username": "siti 1", "password": password})).await
}

/// Whether these are all one address: ten wrong passwords spread over them, and each is told to wait. All of them come from far away of others.
async fn are_one(site: &Installation, addresses: &[&str]) -> bool {
    for address in addresses.iter().cycle().take(10) {
        assert_eq!(wrong(site, address).await, 401, "{address} has tries left");
    }
    let mut told_to_wait = 0;
    for address in addresses {
        told_to_wait += usize::from(sign_in(site, address, "rahasia sekali").await.status == 429);
    }
    assert!(told_to_wait == 0 || told_to_wait == addresses.len(), "{told_to_wait} of {addresses:?} must wait");
    told_to_wait > 0
}

#[tokio::test]
async fn row_17_one_client_is_one_address_however_it_is_written() {
    for one in [
        // IPv4, and mapped into IPv6.
        &["203.0.113.7", "::ffff:203.0.113.7", "::ffff:cb00:7107", "203.0.113.7:443", "[::ffff:203.0.113.7]:443"][..],
        // One network of IPv6 is one client.
        &["2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:0DB8:0001:0002::99", "[2001:db8:1:2::7]:55000"],
        // What the client itself wrote before the proxies' own is not looked at.
        &["198.51.100.1, 203.0.113.8", "198.51.100.2,203.0.113.8", "evil, 203.0.113.8", "203.0.113.8", "1.1.1.1, 203.0.113.8, 10.1.2.3"],
    ] {
        assert!(are_one(&behind_proxies().await, one).await, "{one:?}");
    }
}

#[tokio::test]
async fn row_17_two_clients_are_two_addresses() {
    for two in [&["203.0.113.7", "203.0.113.8"][..], &["2001:db8:1:2::1", "2001:db8:1:3::1"], &["203.0.113.7", "2001:db8:1:2::1"]] {
        assert!(!are_one(&behind_proxies().await, two).await, "{two:?}");
    }
}

#[tokio::test]
async fn row_17_no_other_header_tells_an_address() {
    let site = behind_proxies().await;
    let names = ["x-real-ip", "forwarded", "x-client-ip", "true-client-ip", "cf-connecting-ip", "x-forwarded", "x-cluster-client-ip", "via"];
    let body = |password: &str| json!({"username": "siti 1", "password": password});
    for n in 0..10 {
        let address = format!("198.51.100.{n}");
        let value = if names[n % names.len()] == "forwarded" { format!("for={address}") } else { address };
        let caller = site.anybody().with(names[n % names.len()], &value).with("x-forwarded-for", "203.0.113.7");
        assert_eq!(caller.post("/auth", &body("wrong password")).await.status, 401);
    }
    let caller = site.anybody().with("x-real-ip", "198.51.100.99").with("x-forwarded-for", "203.0.113.7");
    assert_eq!(caller.post("/auth", &body("rahasia sekali")).await.status, 429);
}

#[tokio::test]
async fn row_17_a_proxy_that_is_not_trusted_counts_itself() {
    let site = Installation::builder().limits().behind(&["192.0.2.0/24"]).start().await;
    registered(&site, 1).await;
    assert!(are_one(&site, &["203.0.113.7", "203.0.113.8", "192.0.2.1", "2001:db8::1"]).await);
}
