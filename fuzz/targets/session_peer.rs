//! A server that says anything: the session ends or goes on, answers every command once at the end, and holds a bounded amount.
//!
//! The input is what the server says. In it, `\x01` stands for the tag of the oldest command in flight, and `\x02` for "time passes", so that
//! the fuzzer can finish commands and run timers.
#![no_main]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use imapkit_sasl::Credentials;
use imapkit_session::commands::{
    Collected, Copy, Expunge, Fetch, List, Move, Noop, Raw, Search, Select, Status, Store, StoreHow,
};
use imapkit_session::types::{Flag, Flags, Items, Key, Mailbox, StatusItems, UidSet};
use imapkit_session::{Command, Config, Error, Layer, Opening, Security, Session, Tick};
use libfuzzer_sys::fuzz_target;

/// Far more than any command of this target leaves behind.
const MOST_EVENTS: usize = 20_000;

struct Play {
    session: Session,
    input: BytesMut,
    sent: BytesMut,
    now: Duration,
    submitted: u32,
    answered: Arc<AtomicU32>,
}

impl Play {
    fn run<C: Command>(&mut self, command: C) {
        let answered = Arc::clone(&self.answered);
        self.submitted += 1;
        self.session.submit(command, move |_: Result<C::Output, Error>| _ = answered.fetch_add(1, Ordering::Relaxed));
    }

    /// The tag of the line we sent last: close enough to the oldest command for a fuzzer.
    fn tag(&self) -> Vec<u8> {
        let line =
            self.sent[..].split(|byte| *byte == b'\n').rev().find(|line| line.contains(&b' ')).unwrap_or_default();
        line.split(|byte| *byte == b' ').next().unwrap_or_default().to_vec()
    }

    fn step(&mut self) {
        for _ in 0..8 {
            self.session.poll_transmit(self.tick(), &mut self.sent);
            if let Some(upload) = self.session.poll_upload() {
                let octets = usize::try_from(upload.remaining.min(512)).unwrap_or_default();
                let _ = self.session.push_upload(upload.id, Bytes::from(vec![b'x'; octets]));
            }
            for layer in [Layer::Tls, Layer::Deflate] {
                if self.session.upgrade_wanted() == Some(layer) {
                    self.session.handle_upgraded(self.tick(), layer);
                }
            }
        }
        let mut events = 0;
        while self.session.poll_event().is_some() {
            events += 1;
            assert!(events < MOST_EVENTS, "events have a limit");
        }
    }

    fn tick(&self) -> Tick {
        Tick::new(self.now)
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((kind, said)) = data.split_first() else { return };
    let security = [Security::Tls, Security::StartTls, Security::Trusted][usize::from(*kind % 3)];
    let opening =
        Opening { security, login: Some(Box::new(Credentials::password("me", "secret"))), ..Opening::default() };
    let session = Session::new(Config { opening, trace: kind & 64 != 0, ..Config::default() }, 1, Tick::default());
    let (answered, now) = (Arc::default(), Duration::ZERO);
    let mut play = Play { session, input: BytesMut::new(), sent: BytesMut::new(), now, submitted: 0, answered };
    let (inbox, uids): (Mailbox, UidSet) = (Mailbox::inbox(), "1:9".parse().expect("a set"));
    play.run(List::new("*"));
    play.run(Select::new(inbox.clone()));
    play.run(Fetch::new(
        uids.clone(),
        Items::new().flags().envelope().body_structure().body_peek(),
        Collected::new(1 << 20),
    ));
    play.run(Search::uid(Key::Unseen));
    play.run(Store::new(uids.clone(), StoreHow::Add, Flags::from(Flag::Seen)));
    play.run(Copy::new(uids.clone(), inbox.clone()));
    play.run(Move::new(uids, inbox.clone()));
    play.run(Status::new(inbox, StatusItems::new().messages()));
    play.run(Expunge::new());
    play.run(Raw::parse("XYZZY").expect("a command"));
    play.run(Noop);
    play.session.watch(kind & 32 != 0);
    play.step();
    for (at, piece) in said.split_inclusive(|byte| *byte <= 2).enumerate() {
        let (text, sign) = match piece.split_last() {
            Some((sign @ 0..=2, text)) => (text, Some(*sign)),
            _ => (piece, None),
        };
        play.input.extend_from_slice(text);
        if sign == Some(1) {
            let tag = play.tag();
            play.input.extend_from_slice(&tag);
        }
        let now = play.tick();
        play.session.handle_input(now, &mut play.input);
        play.step();
        if sign == Some(2) {
            play.now += Duration::from_secs(20 << (at % 8));
            let now = play.tick();
            play.session.handle_timeout(now);
            play.step();
        }
        play.session.resume();
    }
    let now = play.tick();
    play.session.handle_eof(now, None);
    play.step();
    assert_eq!(play.answered.load(Ordering::Relaxed), play.submitted, "each command is answered exactly once");
});
