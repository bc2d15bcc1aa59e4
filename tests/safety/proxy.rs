//! Secrets of proxies: a proxy that refuses, or says our own words back, puts them into no error and no trace (T109).

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imapkit_sasl::Credentials;

use crate::visit::{CANARY, CLIENTS, Link, Plan};

/// What a proxy makes of what it is told.
type Answer = fn(&[u8]) -> Vec<u8>;

/// A proxy that reads once, answers once with what `answer` makes of it, and so on until it has nothing to say.
fn proxy(answers: Vec<Answer>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("a bound listener has an address").port();
    thread::spawn(move || {
        for _ in CLIENTS {
            let (mut stream, _) = listener.accept().expect("somebody connects");
            stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout can be set");
            for answer in &answers {
                let mut said = vec![0; 4096];
                let size = stream.read(&mut said).unwrap_or_default();
                if stream.write_all(&answer(&said[..size])).is_err() {
                    break;
                }
            }
        }
    });
    port
}

#[test]
fn t109_the_password_of_a_proxy_shows_nowhere() {
    let cases: Vec<(&str, Vec<Answer>)> = vec![
        ("http", vec![|_| b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n".to_vec()]),
        // It says back what it was sent, in the line that is shown to people.
        ("http", vec![|said| [b"HTTP/1.1 403 ", said.escape_ascii().to_string().as_bytes(), b"\r\n\r\n"].concat()]),
        ("http", vec![|said| said.to_vec()]),
        (
            "http",
            vec![|_| format!("HTTP/1.1 502 {CANARY} {}\r\n\r\n", STANDARD.encode(format!("me:{CANARY}"))).into_bytes()],
        ),
        ("socks5", vec![|_| vec![5, 2], |_| vec![1, 1]]),
        ("socks5", vec![|_| vec![5, 2], |said| said.to_vec()]),
        ("socks5", vec![|_| vec![5, 2], |_| vec![1, 0], |_| vec![5, 5, 0, 1, 0, 0, 0, 0, 0, 0]]),
    ];
    for (scheme, answers) in cases {
        let port = proxy(answers);
        for client in CLIENTS {
            let route = Some(format!("{scheme}://me:{CANARY}@127.0.0.1:{port}"));
            let credentials = Credentials::password("me", "another-secret");
            let visit = Plan { credentials, route, ..Plan::new(client, Link::Tls, 993) }.visit();
            assert!(visit.error.is_some(), "{scheme}: it connected");
            assert_eq!(visit.leaks(), Vec::<String>::new(), "{scheme}, {client:?}");
        }
    }
}
