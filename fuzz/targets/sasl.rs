//! Challenges of a hostile server: no mechanism panics, computes for long, or lets a secret out in an error (T054–T063).
#![no_main]

use bytes::BytesMut;
use imapkit_sasl::Credentials;
use imapkit_session::{Config, Event, Opening, Security, Session, Tick};
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "c4n4ry-s3cr3t";

fuzz_target!(|data: &[u8]| {
    let Some((kind, said)) = data.split_first() else { return };
    let credentials =
        if kind & 1 == 0 { Credentials::password("me", SECRET) } else { Credentials::token("me", SECRET) };
    let offered =
        ["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "OAUTHBEARER", "XOAUTH2", "CRAM-MD5"][usize::from(kind >> 1) % 6];
    let opening =
        Opening { security: Security::Tls, login: Some(Box::new(credentials)), namespace: false, ..Opening::default() };
    let mut session = Session::new(Config { opening, trace: true, ..Config::default() }, 1, Tick::default());
    let mut input = BytesMut::from(format!("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH={offered}] hi\r\n").as_bytes());
    input.extend_from_slice(said);
    let mut out = BytesMut::new();
    session.handle_input(Tick::default(), &mut input);
    while session.poll_transmit(Tick::default(), &mut out) > 0 {
        session.handle_input(Tick::default(), &mut input);
    }
    while let Some(line) = session.poll_trace() {
        assert!(!format!("{line:?}").contains(SECRET));
    }
    while let Some(event) = session.poll_event() {
        assert!(!format!("{event:?}").contains(SECRET));
        if let Event::Closed(error) = event {
            assert!(!error.to_string().contains(SECRET));
        }
    }
});
