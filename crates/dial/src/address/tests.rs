//! Hosts and ports that are read, changed or refused.

use super::*;

#[test]
fn hosts_come_out_in_one_form() {
    let cases = [
        ("imap.example.org", "imap.example.org"),
        ("IMAP.Example.ORG.", "imap.example.org"),
        ("localhost", "localhost"),
        ("my_nas.local", "my_nas.local"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("192.0.2.1", "192.0.2.1"),
        ("１９２．0.2.1", "192.0.2.1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("[fe80::1%25eth0]", "fe80::1%eth0"),
        ("fe80::1%25", "fe80::1%25"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
    ];
    for (text, shown) in cases {
        assert_eq!(Host::parse(text).unwrap().to_string(), shown, "{text}");
    }
}

#[test]
fn what_is_no_host_is_refused() {
    let long_label = format!("{}.example", "a".repeat(64));
    let long_name = vec!["abcdefgh"; 29].join(".");
    let cases = [
        "",
        ".",
        "..",
        "a..b",
        "a b",
        " a",
        "a\r\nb",
        "a\0b",
        "-oProxyCommand=x",
        "-a.example",
        "a-.example",
        "$(x)",
        "a/b",
        "a@b",
        "a;b",
        "[::1",
        "[a.example]",
        "::1]",
        "1:2",
        "fe80::1%",
        "fe80::1%-x",
        "fe80::1%a b",
        "1.2.3",
        "127.1",
        "0x7f.1",
        "2130706433",
        "0x7f000001",
        "256.1.1.1",
        "xn--a",
        // The A-label of a plain ASCII name: RUSTSEC-2024-0421.
        "xn--example-.org",
        long_label.as_str(),
        long_name.as_str(),
    ];
    for text in cases {
        assert!(matches!(Host::parse(text), Err(AddressError::Host { .. })), "{text:?}");
    }
}

#[test]
fn addresses_with_and_without_ports() {
    let cases = [
        ("imap.example.org", "imap.example.org", None),
        ("imap.example.org:993", "imap.example.org:993", Some(993)),
        ("192.0.2.1:143", "192.0.2.1:143", Some(143)),
        ("[2001:db8::1]:993", "[2001:db8::1]:993", Some(993)),
        ("[2001:db8::1]", "2001:db8::1", None),
        ("2001:db8::1", "2001:db8::1", None),
        ("[fe80::1%eth0]:143", "[fe80::1%eth0]:143", Some(143)),
    ];
    for (text, shown, port) in cases {
        let address = Address::parse(text).unwrap();
        assert_eq!((address.to_string().as_str(), address.port), (shown, port), "{text}");
    }
    for text in ["a:0", "a:65536", "a:", "a:+1", "a:1x", "a: 1", "[::1]:0", "[::1]x:1", ":993", "a:1:2"] {
        assert!(Address::parse(text).is_err(), "{text}");
    }
}

#[test]
fn loopback_is_known_by_name_and_number() {
    for text in ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"] {
        assert!(Host::parse(text).unwrap().is_loopback(), "{text}");
    }
    for text in ["localhost.example.org", "notlocalhost", "128.0.0.1", "::2", "10.0.0.1"] {
        assert!(!Host::parse(text).unwrap().is_loopback(), "{text}");
    }
}

#[test]
fn errors_show_hostile_text_escaped() {
    let error = Host::parse("a\r\n\u{1b}[31m").unwrap_err();
    assert_eq!(error.to_string(), "`a\\r\\n\\u{1b}[31m` is not a host: not a host name");
}
