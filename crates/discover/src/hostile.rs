//! Whatever the network says: no panic, no server without TLS, no address where it does not belong. C04, C06, C07.

use proptest::prelude::*;

use crate::email::Email;
use crate::network::Srv;
use crate::server::{Identity, Protection};
use crate::{autoconfig, fetch, srv};

fn email() -> Email {
    Email::parse("ann@example.org").unwrap()
}

/// Text that looks enough like a document to get far.
fn xml() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<clientConfig>".to_owned()),
        Just("<emailProvider>".to_owned()),
        Just("</emailProvider></clientConfig>".to_owned()),
        Just("<incomingServer type=\"imap\">".to_owned()),
        Just("</incomingServer>".to_owned()),
        Just("<socketType>SSL</socketType>".to_owned()),
        Just("<socketType>plain</socketType>".to_owned()),
        Just("<authentication>none</authentication>".to_owned()),
        "<hostname>(%EMAILDOMAIN%|%EMAILADDRESS%|[a-z.%-]{1,12})</hostname>",
        "<username>[%A-Za-z@]{0,24}</username>",
        "<port>[0-9-]{1,6}</port>",
        "[ -~]{0,12}",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn documents(pieces in xml(), whole in any::<bool>()) {
        let begin = "<clientConfig><emailProvider>";
        let text = if whole { format!("{begin}{pieces}</emailProvider></clientConfig>") } else { pieces };
        if let Ok(found) = autoconfig::read(text.as_bytes(), &email()) {
            for server in found.servers {
                prop_assert!(server.port > 0 && !server.user.is_empty());
                let host = server.host.to_string();
                prop_assert!(!host.contains(['%', '@'].as_slice()) && !host.starts_with('-'), "{}", host);
                prop_assert_eq!(server.identity, Identity::Host);
            }
        }
    }

    #[test]
    fn redirects(location in "(https?:)?/{0,3}([a-z.]{0,9}@)?[a-zA-Z.]{0,16}(:[0-9]{0,6})?/?[ -~]{0,40}", odd in any::<String>()) {
        let base = "https://autoconfig.example.org/mail/config-v1.1.xml?emailaddress=ann%40example.org";
        for location in [location, odd] {
            if let Ok(url) = fetch::target(base, &location, &email()) {
                prop_assert!(url.starts_with("https://"), "{}", url);
                let host = url["https://".len()..].split('/').next().unwrap();
                prop_assert!(!host.contains(['@', ':', '?'].as_slice()), "{}", url);
                let ours = host == "example.org" || host.ends_with(".example.org");
                prop_assert!(ours || !url.contains(['@', '?'].as_slice()), "{}", url);
            }
        }
    }

    #[test]
    fn records(records in prop::collection::vec((any::<u16>(), any::<u16>(), any::<u16>(), "[ -~]{0,20}"), 0..40), numbers in any::<u32>()) {
        let records: Vec<Srv> = records
            .into_iter()
            .map(|(priority, weight, port, target)| Srv { priority, weight, port, target })
            .collect();
        let ordered = srv::order(records, |most| numbers % most.saturating_add(1).max(1));
        prop_assert!(ordered.is_sorted_by_key(|record| record.priority));
        for server in srv::servers(&ordered, Protection::Tls, &email()) {
            let host = server.host.to_string();
            let inside = host == "example.org" || host.ends_with(".example.org");
            prop_assert!(inside || server.identity == Identity::Domain("example.org".into()), "{}", host);
        }
    }
}
