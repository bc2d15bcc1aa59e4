//! How many flights it takes from a TCP connection to an open mailbox, TLS counted: counted on the wire, by a way that is long enough for
//! both ends to finish what they say. RFC 8446, RFC 4959 (SASL-IR); protocol.md C50–C55.

use std::time::Duration;

use imapkit::sasl::Method;
use imapkit_server::{Config as ServerConfig, Mailbox, Server, User};
use imapkit_testkit::distance::Distance;
use imapkit_testkit::live;

use crate::fronts::{FRONTS, Front, Link, Setup, open_inbox};

const ROUND_TRIP: Duration = Duration::from_millis(60);

/// Flights until INBOX is open.
fn flights(front: Front, setup: &Setup, at_once: bool) -> u32 {
    let way = Distance::to(setup.port, ROUND_TRIP).unwrap();
    let setup = Setup { port: way.port(), ..setup.clone() };
    open_inbox(front, &setup, at_once, || way.flights()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn c055_five_flights_to_an_open_mailbox_over_tls_and_four_where_it_is_selected_at_once() {
    let inbox = Mailbox::new("INBOX").message(b"Subject: hi\r\n\r\nhi\r\n".to_vec());
    let config = ServerConfig::empty().user(User::new("user1", "pass").mailbox(inbox));
    let server = Server::start(config).expect("the server starts");
    let authority = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(authority.path(), server.ca_pem()).unwrap();
    let setup = Setup {
        ca_file: Some(authority.path().to_owned()),
        method: Some(Method::Plain),
        ..Setup::new(Link::Tls, "localhost", server.tls_port())
    };
    for front in FRONTS {
        // Hello; Finished (its answer is the greeting); AUTHENTICATE; ID, NAMESPACE; SELECT.
        let apart = flights(front, &setup, false);
        assert_eq!(apart, 5, "{front:?}");
        let at_once = flights(front, &setup, true);
        assert_eq!(at_once, 4, "{front:?}");
    }
}

#[test]
fn c055_flights_with_real_servers() {
    for server in live::servers() {
        let setup = Setup {
            ca_file: Some(server.ca_file.clone()),
            method: Some(Method::Plain),
            ..Setup::new(Link::Tls, &server.host, server.tls_port)
        };
        for front in FRONTS {
            let apart = flights(front, &setup, false);
            let at_once = flights(front, &setup, true);
            // Cyrus wants another key share than the one in our hello (HelloRetryRequest), which is a flight of TLS's own.
            let more = u32::from(server.name.starts_with("cyrus"));
            assert_eq!((apart, at_once), (5 + more, 4 + more), "{front:?} on {}", server.name);
        }
    }
}
