//! Every kind of proxy, its replies cut at every byte, and the server's greeting right behind (C20 to C24).

use super::testing::{GREETING, play};
use super::*;

fn negotiation(proxy: &str, target: &str) -> Result<Negotiation, ProxyError> {
    Proxy::parse(proxy).unwrap().negotiate(&Host::parse(target).unwrap(), 993)
}

fn connects(proxy: &str, target: &str, script: &[(&[u8], &[u8])]) {
    for step in 1..=GREETING.len() + 300 {
        play(negotiation(proxy, target).unwrap(), script, step).unwrap();
    }
}

/// The error that this last reply leads to, the same at every cut.
fn refusal(proxy: &str, replies: &[&[u8]]) -> ProxyError {
    let run = |step: usize| {
        let mut negotiation = negotiation(proxy, "imap.example.org").unwrap();
        let outcome = replies.concat().chunks(step).try_for_each(|piece| negotiation.handle_input(piece).map(drop));
        assert!(!negotiation.is_done());
        outcome.unwrap_err()
    };
    let error = run(usize::MAX);
    assert_eq!(run(1), error);
    assert_eq!(run(3), error);
    error
}

#[test]
fn socks4a_sends_the_name() {
    let granted: &[u8] = &[0, 90, 1, 2, 3, 4, 5, 6];
    let request = b"\x04\x01\x03\xe1\0\0\0\x01\0imap.example.org\0";
    connects("socks4a://p", "imap.example.org", &[(request, granted)]);
    connects("socks4a://ann@p", "192.0.2.1", &[(b"\x04\x01\x03\xe1\xc0\0\x02\x01ann\0", granted)]);
    connects("socks4://p", "192.0.2.1", &[(b"\x04\x01\x03\xe1\xc0\0\x02\x01\0", granted)]);
}

#[test]
fn socks4_refuses_what_it_cannot_say() {
    for (proxy, target) in
        [("socks4a://p", "::1"), ("socks4://p", "::1"), ("socks4://p", "imap.example.org"), ("socks4a://a:b@p", "h")]
    {
        assert!(matches!(negotiation(proxy, target), Err(ProxyError::Unsupported(_))), "{proxy} {target}");
    }
    assert!(Proxy::parse("socks4://p").unwrap().resolves_here());
    assert!(!Proxy::parse("socks4a://p").unwrap().resolves_here());
    assert_eq!(
        refusal("socks4a://p", &[&[0, 91, 0, 0, 0, 0, 0, 0]]).to_string(),
        "the proxy refuses to connect: rejected or failed (SOCKS4 code 91)"
    );
    assert_eq!(refusal("socks4a://p", &[&[0, 93, 0, 0, 0, 0, 0, 0]]), ProxyError::Authentication);
    assert_eq!(refusal("socks4a://p", &[b"HTTP/1.1 400"]), ProxyError::Protocol("not a SOCKS4 reply"));
}

#[test]
fn socks5_reads_exactly_the_bound_address() {
    let by_name: &[u8] = b"\x05\x01\0\x03\x10imap.example.org\x03\xe1";
    let long = [&[5, 0, 0, 3, 255][..], &[b'x'; 255], &[1, 2]].concat();
    let bound: [&[u8]; 5] = [
        &[5, 0, 0, 1, 127, 0, 0, 1, 4, 56],
        &[5, 0, 0, 3, 0, 1, 2],
        &[5, 0, 0, 3, 3, b'a', b'.', b'b', 1, 2],
        &[5, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 4, 56],
        &long,
    ];
    for bound in bound {
        connects("socks5://p", "imap.example.org", &[(b"\x05\x01\0", b"\x05\0"), (by_name, bound)]);
    }
}

#[test]
fn socks5_sends_addresses_as_such() {
    let bound: &[u8] = &[5, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    let v4: &[u8] = b"\x05\x01\0\x01\xc0\0\x02\x01\x03\xe1";
    connects("socks5h://p", "192.0.2.1", &[(b"\x05\x01\0", b"\x05\0"), (v4, bound)]);
    let v6: &[u8] = b"\x05\x01\0\x04\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x03\xe1";
    connects("socks5h://p", "2001:db8::1", &[(b"\x05\x01\0", b"\x05\0"), (v6, bound)]);
    assert!(matches!(negotiation("socks5://p", "fe80::1%eth0"), Err(ProxyError::Unsupported(_))));
}

#[test]
fn socks5_authenticates_if_asked() {
    let request: &[u8] = b"\x05\x01\0\x03\x01h\x03\xe1";
    let bound: &[u8] = &[5, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    let login: &[u8] = b"\x01\x03ann\x06s:cret";
    connects("socks5://ann:s%3Acret@p", "h", &[(b"\x05\x02\0\x02", b"\x05\x02"), (login, b"\x01\0"), (request, bound)]);
    connects("socks5://ann:s%3Acret@p", "h", &[(b"\x05\x02\0\x02", b"\x05\x02"), (login, b"\x05\0"), (request, bound)]);
    connects("socks5://ann:s%3Acret@p", "h", &[(b"\x05\x02\0\x02", b"\x05\0"), (request, bound)]);
    let long = format!("socks5://{}:x@p", "a".repeat(256));
    assert!(matches!(negotiation(&long, "h"), Err(ProxyError::Unsupported(_))));
}

#[test]
fn socks5_refusals_are_named() {
    assert_eq!(refusal("socks5://p", &[b"\x05\xff"]), ProxyError::Authentication);
    assert_eq!(refusal("socks5://p", &[b"\x05\x02"]), ProxyError::Authentication);
    assert_eq!(refusal("socks5://a:b@p", &[b"\x05\x02", b"\x01\x01"]), ProxyError::Authentication);
    assert_eq!(
        refusal("socks5://p", &[b"\x05\0", b"\x05\x05"]).to_string(),
        "the proxy refuses to connect: connection refused (SOCKS5 code 5)"
    );
    for broken in [&b"* OK"[..], b"\x05\x07", b"\x05\0\x05\0\0\x02", b"\x05\0\x04"] {
        assert!(matches!(refusal("socks5://p", &[broken]), ProxyError::Protocol(_)), "{}", broken.escape_ascii());
    }
}

#[test]
fn connect_leaves_what_stands_behind_the_blank_line() {
    let request = b"CONNECT imap.example.org:993 HTTP/1.1\r\nHost: imap.example.org:993\r\n\r\n";
    for reply in [
        &b"HTTP/1.1 200 Connection established\r\n\r\n"[..],
        b"HTTP/1.0 200 OK\r\nVia: x\r\nContent-Length: 99\r\n\r\n",
        b"HTTP/1.1 204\n\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    ] {
        connects("http://p", "imap.example.org", &[(request, reply)]);
    }
    let v6 = b"CONNECT [::1]:993 HTTP/1.1\r\nHost: [::1]:993\r\n\r\n";
    connects("http://p", "::1", &[(v6, b"HTTP/1.1 200 OK\r\n\r\n")]);
    // RFC 7617: "Aladdin:open sesame"
    let basic =
        b"CONNECT h:993 HTTP/1.1\r\nHost: h:993\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n";
    connects("https://Aladdin:open%20sesame@p", "h", &[(basic, b"HTTP/1.1 200 OK\r\n\r\n")]);
}

#[test]
fn connect_without_a_reason_phrase_is_understood() {
    assert_eq!(refusal("http://p", &[b"HTTP/1.1 407\r\n\r\n"]), ProxyError::Authentication);
    assert_eq!(refusal("http://p", &[b"HTTP/1.1 503\r\n\r\n"]), ProxyError::Refused("HTTP/1.1 503".into()));
}

#[test]
fn connect_refusals_are_named_and_bounded() {
    assert_eq!(
        refusal("http://p", &[b"HTTP/1.1 403 For\x1bbidden\r\nX: y\r\n\r\n"]).to_string(),
        "the proxy refuses to connect: HTTP/1.1 403 For\u{fffd}bidden"
    );
    assert_eq!(refusal("http://p", &[b"HTTP/1.1 407 Auth\r\n\r\n"]), ProxyError::Authentication);
    assert_eq!(refusal("http://p", &[b"* OK IMAP4rev1\r\n"]), ProxyError::Protocol("not an HTTP reply"));
    assert_eq!(
        refusal("http://p", &[b"HTTP/1.1 two hundred\r\n\r\n"]),
        ProxyError::Protocol("the HTTP status line has no code")
    );
    let endless = [&b"HTTP/1.1 200 OK\r\nX: "[..], &vec![b'x'; 1 << 17]].concat();
    assert_eq!(refusal("http://p", &[&endless]), ProxyError::HeadTooLong);
    let interim = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(10_000);
    assert_eq!(refusal("http://p", &[&interim]), ProxyError::HeadTooLong);
    assert!(matches!(negotiation("http://a%3Ab:c@p", "h"), Err(ProxyError::Unsupported(_))));
}

#[test]
fn proxies_are_read_strictly() {
    let cases = [
        ("socks4://p", ProxyKind::Socks4, 1080),
        ("socks5h://p:1", ProxyKind::Socks5, 1),
        ("SOCKS5://[::1]:9/", ProxyKind::Socks5, 9),
        ("http://p", ProxyKind::Http, 80),
        ("https://p", ProxyKind::Https, 443),
    ];
    for (text, kind, port) in cases {
        let proxy = Proxy::parse(text).unwrap();
        assert_eq!((proxy.kind, proxy.port), (kind, port), "{text}");
    }
    for text in ["p", "ftp://p", "socks5://", "socks5://p:0", "socks5://a%00@p", "socks5://a:%0d%0a@p", "http://p/path"]
    {
        assert!(Proxy::parse(text).is_err(), "{text}");
    }
}

#[test]
fn what_fails_is_the_proxy_by_name() {
    let proxy = Proxy::parse("socks5://ann:secret@[::1]:1080").unwrap();
    assert_eq!(proxy.blame("the proxy closed the connection"), "the proxy [::1]:1080 closed the connection");
    assert_eq!(proxy.blame("timed out"), "the proxy [::1]:1080: timed out");
}

/// T109
#[test]
fn credentials_are_never_shown() {
    let proxy = Proxy::parse("socks5://canary:canary@p").unwrap();
    let negotiation = proxy.negotiate(&Host::parse("h").unwrap(), 993).unwrap();
    let shown = format!("{proxy:?} {negotiation:?} {:?}", proxy.credentials);
    assert!(!shown.contains("canary"), "{shown}");
    for text in ["socks5://canary:canary%zz@p", "http://ann:canary", "http://ann:canary:1", "http://ann:can/canary"] {
        let error = Proxy::parse(text).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"), "{text}: {error:?}");
    }
}
