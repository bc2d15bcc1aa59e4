//! Documents, good and hostile.

use super::*;

fn email() -> Email {
    Email::parse("ann.lee@example.org").unwrap()
}

fn document(servers: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<clientConfig version=\"1.1\"><emailProvider id=\"example.org\">\
         <domain>example.org</domain>{servers}</emailProvider></clientConfig>"
    )
}

fn imap(host: &str, port: &str, socket: &str, rest: &str) -> String {
    format!(
        "<incomingServer type=\"imap\"><hostname>{host}</hostname><port>{port}</port><socketType>{socket}</socketType>{rest}</incomingServer>"
    )
}

fn all(servers: &str) -> Findings {
    read(document(servers).as_bytes(), &email()).unwrap()
}

#[test]
fn servers_users_and_logins_are_read() {
    let user = "<username>%EMAILLOCALPART%.%EMAILDOMAIN%</username>\
                <authentication>OAuth2</authentication><authentication>password-cleartext</authentication>";
    let pop = "<incomingServer type=\"pop3\"><hostname>pop.example.org</hostname><socketType>SSL</socketType></incomingServer>";
    let found = all(&format!(
        "{pop}{}{}",
        imap("mail.%EMAILDOMAIN%", "143", "STARTTLS", ""),
        imap(" imap.example.org\n", "9993", "SSL", user)
    ));
    let shown: Vec<String> = found.servers.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["imap.example.org:9993 (TLS)", "mail.example.org:143 (STARTTLS)"], "TLS first");
    assert_eq!(found.servers[0].user, "ann.lee.example.org");
    assert_eq!(found.servers[0].auth, [Auth::OAuth2, Auth::Password]);
    assert_eq!(found.servers[1].user, "ann.lee@example.org", "the whole address where nothing is said");
    assert!(found.refused.is_empty());
}

#[test]
fn what_is_weaker_than_our_rules_is_left_out_and_said() {
    let cases = [
        (imap("a.example.org", "143", "plain", ""), "clear text"),
        (imap("a.example.org", "143", "ANYTHING", ""), "unknown socket type `ANYTHING`"),
        (imap("a.example.org", "0", "SSL", ""), "no port"),
        (imap("a.example.org", "99999", "SSL", ""), "no port"),
        (imap("a b", "993", "SSL", ""), "not a host"),
        (imap("-oProxyCommand=x", "993", "SSL", ""), "not a host"),
        (imap("%EMAILLOCALPART%.example.org", "993", "SSL", ""), "tell resolvers"),
        (imap("a.example.org", "993", "SSL", "<username>%REALNAME%</username>"), "cannot know"),
        (imap("a.example.org", "993", "SSL", "<username>100%</username>"), "cannot know"),
        (imap("a.example.org", "993", "SSL", "<authentication>none</authentication>"), "no login"),
        (
            imap(
                "a.example.org",
                "993",
                "SSL",
                "<authentication>client-IP-address</authentication><authentication>NTLM</authentication>",
            ),
            "client-IP-address, NTLM",
        ),
        ("<incomingServer type=\"imap\"/>".to_owned(), "without a host"),
    ];
    for (server, why) in cases {
        let found = all(&server);
        assert!(found.servers.is_empty(), "{server}");
        assert!(found.refused[0].contains(why), "{server}: {:?}", found.refused);
    }
    let kept = all(&imap(
        "a.example.org",
        "993",
        "SSL",
        "<authentication>none</authentication><authentication>secure</authentication>",
    ));
    assert_eq!(kept.servers[0].auth, [Auth::Password]);
}

#[test]
fn what_to_switch_on_is_told() {
    let found = all(
        "<enable visiturl=\"https://example.org/settings\"><instruction lang=\"de\">IMAP einschalten</instruction>\
         <instruction lang=\"en\">Switch IMAP\n on</instruction></enable>\
         <documentation url=\"javascript:alert(1)\"><descr>How\u{202e} to</descr></documentation>",
    );
    assert_eq!(found.notes, ["Switch IMAP on: https://example.org/settings", "How\u{fffd} to"]);
}

#[test]
fn what_stands_beside_the_provider_is_told_too() {
    let whole = document("").replace(
        "</clientConfig>",
        "<webMail/><enable visiturl=\"http://x\"><instruction>You must allow IMAP &amp; POP3 once</instruction></enable></clientConfig>",
    );
    assert_eq!(read(whole.as_bytes(), &email()).unwrap().notes, ["You must allow IMAP & POP3 once"]);
}

#[test]
fn any_change_of_an_octet_is_an_error_or_a_server_that_is_safe() {
    let whole = document(&imap("imap.example.org", "993", "SSL", "<username>%EMAILADDRESS%</username>")).into_bytes();
    for at in 0..whole.len() {
        for octet in [0, b'<', b'&', b'"', b'%', b'9', 0x80, 0xff] {
            let mut changed = whole.clone();
            changed[at] = octet;
            if let Ok(found) = read(&changed, &email()) {
                let shown: Vec<String> = found.servers.iter().map(ToString::to_string).collect();
                assert!(shown.iter().all(|server| server.contains("TLS") && !server.contains('%')), "{shown:?}");
            }
        }
    }
}

#[test]
fn c07_laughter_dtds_and_floods_are_refused() {
    let laughs = "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;&lol;&lol;\">]>\
                  <clientConfig>&lol2;</clientConfig>";
    assert!(read(laughs.as_bytes(), &email()).unwrap_err().contains("DTD"));
    let outside = "<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><clientConfig/>";
    assert!(read(outside.as_bytes(), &email()).unwrap_err().contains("DTD"));
    assert!(read(b"<!DOCTYPE clientConfig><clientConfig/>", &email()).unwrap_err().contains("DTD"));
    assert!(read(document("&unknown;").as_bytes(), &email()).is_err());
    assert!(read(&vec![b' '; MAX_DOCUMENT + 1], &email()).unwrap_err().contains("65536"));
    let flood = "<a/>".repeat(10_000);
    assert!(read(document(&flood).as_bytes(), &email()).is_err());
    let many = imap("a.example.org", "993", "SSL", "").repeat(100);
    assert_eq!(all(&many).servers.len(), MAX_ITEMS);
}

#[test]
fn nesting_to_the_limit_overflows_no_stack() {
    let depth = (MAX_DOCUMENT - 200) / 7;
    let nested = format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    let thread = std::thread::Builder::new().stack_size(128 << 10);
    let outcome = thread.spawn(move || read(document(&nested).as_bytes(), &email()).map(drop)).unwrap().join();
    assert!(outcome.is_ok(), "no overflow");
}

#[test]
fn what_is_no_document_says_so() {
    for (text, why) in [
        ("<html><body>not here</body></html>", "no clientConfig but `html`"),
        ("<clientConfig/>", "no provider"),
        ("", "not XML"),
        ("<clientConfig><emailProvider>", "not XML"),
    ] {
        let error = read(text.as_bytes(), &email()).unwrap_err();
        assert!(error.contains(why), "{text}: {error}");
    }
    assert!(read(b"<clientConfig>\xff</clientConfig>", &email()).unwrap_err().contains("UTF-8"));
}

#[test]
fn any_cut_of_a_document_is_an_error_or_less_and_no_panic() {
    let whole = document(&imap("imap.example.org", "993", "SSL", "<username>%EMAILADDRESS%</username>"));
    for end in 0..whole.len() {
        assert!(read(&whole.as_bytes()[..end], &email()).is_err(), "{end}");
    }
}
