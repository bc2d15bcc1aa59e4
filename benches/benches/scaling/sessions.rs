//! The inputs of a session: what a server tells about a selected mailbox, and many commands at once.
//!
//! Separate from the streams because here the state between responses is measured: queue, router, message numbers, events.

use bytes::BytesMut;
use imapkit_session::commands::{Fetch, FetchPart, FetchSink, Flow, Noop, Select};
use imapkit_session::types::{Capabilities, Items, Secret, Uid, UidSet};
use imapkit_session::{Command, Config, Credential, Error, Login, Opening, Protection, Security, Session, Tick};

use crate::inputs::Work;

struct Password;

impl Login for Password {
    fn choose(&mut self, _: &Capabilities, _: Protection) -> Result<Credential, Error> {
        Ok(Credential::Login { user: "me".into(), password: Secret::from("secret") })
    }
}

/// A session, and what it has sent.
struct Link {
    session: Session,
    input: BytesMut,
    sent: BytesMut,
    events: usize,
}

impl Link {
    /// With a mailbox of `exists` messages selected.
    fn selected(exists: usize) -> Self {
        let opening = Opening {
            security: Security::Tls,
            login: Some(Box::new(Password)),
            namespace: false,
            ..Opening::default()
        };
        let session = Session::new(Config { opening, ..Config::default() }, 1, Tick::default());
        let mut link = Self { session, input: BytesMut::new(), sent: BytesMut::new(), events: 0 };
        link.hear(b"* OK [CAPABILITY IMAP4rev1] hello\r\n");
        link.complete("[CAPABILITY IMAP4rev1] in");
        link.submit(Select::new("INBOX".parse().expect("a name")));
        link.hear(format!("* {exists} EXISTS\r\n* OK [UIDVALIDITY 1] v\r\n* OK [UIDNEXT 10000001] n\r\n").as_bytes());
        link.complete("[READ-WRITE] selected");
        link
    }

    fn submit<C: Command>(&mut self, command: C) {
        self.session.submit(command, |result| assert!(result.is_ok(), "the command is answered"));
        self.transmit();
    }

    fn transmit(&mut self) {
        while self.session.poll_transmit(Tick::default(), &mut self.sent) > 0 {}
    }

    fn hear(&mut self, text: &[u8]) {
        for piece in text.chunks(16 * 1024) {
            self.input.extend_from_slice(piece);
            self.session.handle_input(Tick::default(), &mut self.input);
            self.transmit();
            while self.session.poll_event().is_some() {
                self.events += 1;
            }
        }
    }

    /// Answers all commands that were sent since the last call.
    fn complete(&mut self, text: &str) {
        self.transmit();
        let sent = self.sent.split();
        let lines = String::from_utf8_lossy(&sent).into_owned();
        let tags = lines.lines().filter_map(|line| line.split_once(' ')).map(|(tag, _)| tag);
        let answers: Vec<String> = tags.map(|tag| format!("{tag} OK {text}\r\n")).collect();
        self.hear(answers.concat().as_bytes());
    }
}

/// The server says this to a session that has `exists` messages selected.
pub(crate) fn told(exists: usize, text: Vec<u8>) -> Work {
    let mut link = Link::selected(exists);
    Work::Other(Box::new(move || {
        link.hear(&text);
        assert!(link.session.error().is_none(), "the connection lives");
        link.events
    }))
}

/// Commands that are submitted at once, and then answered.
pub(crate) fn pipelined(n: usize) -> Work {
    let mut link = Link::selected(1);
    Work::Other(Box::new(move || {
        for _ in 0..n {
            link.submit(Noop);
        }
        let mut rounds = 0;
        while !link.session.is_quiet() {
            link.complete("done");
            rounds += 1;
        }
        rounds
    }))
}

/// A sink that counts.
struct Count;

impl FetchSink for Count {
    fn push(&mut self, _: FetchPart) -> Flow {
        Flow::Ready
    }
}

/// A FETCH of `n` rows, to a sink.
pub(crate) fn fetched(n: usize, rows: Vec<u8>) -> Work {
    let mut link = Link::selected(n);
    link.submit(Fetch::new(UidSet::starting_at(Uid::MIN), Items::new().flags(), Count));
    Work::Other(Box::new(move || {
        link.hear(&rows);
        link.complete("fetched");
        usize::from(link.session.is_quiet())
    }))
}
