//! What may be called over the network.

use reqwest::Url;

use crate::actions::reach::{Reach, Standing};

fn reach(list: &[&str]) -> Reach {
    let list: Vec<String> = list.iter().map(|entry| (*entry).to_owned()).collect();
    Reach::try_from(list).unwrap()
}

#[test]
fn addresses_that_are_not_public_are_refused() {
    let none = Reach::default();
    let refused = [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.1.2.3",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "fe80::1",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:db8::1",
        "2001::1",
        "fec0::1",
        "::127.0.0.1",
    ];
    for address in refused {
        assert!(!none.admits(address.parse().unwrap()), "{address}");
    }
    for address in ["1.1.1.1", "8.8.8.8", "172.32.0.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"] {
        assert!(none.admits(address.parse().unwrap()), "{address}");
    }
}

#[test]
fn what_is_listed_is_admitted() {
    let some = reach(&["10.1.0.0/16", "erp.internal", "localhost:8080", "127.0.0.1:9000", "[::1]:9000", "fd00::/8"]);
    assert!(some.admits("10.1.200.3".parse().unwrap()) && !some.admits("10.2.0.1".parse().unwrap()));
    assert!(some.admits("fd12::1".parse().unwrap()) && !some.admits("fc00::1".parse().unwrap()));
    let standing = |url: &str| some.judge(&Url::parse(url).unwrap());
    assert_eq!(standing("http://ERP.internal./x"), Ok(Standing::Listed));
    assert_eq!(standing("http://localhost:8080"), Ok(Standing::Listed));
    assert_eq!(standing("http://localhost:8081"), Ok(Standing::Checked));
    assert_eq!(standing("http://[::1]:9000"), Ok(Standing::Listed));
    assert!(standing("http://127.0.0.1:9001").is_err());
    // Other spellings of the same address.
    for url in ["http://2130706433/", "http://0x7f.1/", "http://017700000001/", "http://[::ffff:7f00:1]/", "http://169.254.169.254/latest"]
    {
        assert!(standing(url).is_err(), "{url}");
    }
}

#[test]
fn nonsense_is_no_entry() {
    for entry in ["", "a b", "http://x", "10.0.0.0/33", "x/8", "host:99999", "::1/129"] {
        assert!(Reach::try_from(vec![entry.to_owned()]).is_err(), "{entry}");
    }
}
