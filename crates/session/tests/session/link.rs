//! A session and the wire to it, in memory and in virtual time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::BytesMut;
use imapkit_session::types::{Capabilities, Secret};
use imapkit_session::{
    Command, CommandId, Config, Credential, Error, ErrorKind, Event, Layer, Login, Opening, Protection, Security,
    Session, State, Tick,
};

/// The password no test may ever see on the wire.
pub(crate) const CANARY: &str = "c4n4ry-hunter2";

/// How the server's bytes reach the session.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    Whole,
    Bytes(usize),
}

pub(crate) struct Link {
    pub(crate) session: Session,
    pub(crate) input: BytesMut,
    pub(crate) events: Vec<Event>,
    /// Everything the client has sent.
    pub(crate) wire: Vec<u8>,
    read: usize,
    tags: Vec<String>,
    now: Duration,
    cut: Cut,
}

/// Logs in with LOGIN, whatever is offered.
pub(crate) struct Password;

impl Login for Password {
    fn choose(&mut self, _: &Capabilities, _: Protection) -> Result<Credential, Error> {
        Ok(Credential::Login { user: "me".into(), password: Secret::from(CANARY) })
    }
}

pub(crate) type Slot<T> = Arc<Mutex<Option<Result<T, Error>>>>;

pub(crate) trait Taken<T> {
    fn take(&self) -> Option<Result<T, Error>>;
    fn value(&self) -> T;
    fn error(&self) -> Error;
}

impl<T> Taken<T> for Slot<T> {
    fn take(&self) -> Option<Result<T, Error>> {
        self.lock().unwrap().take()
    }
    fn value(&self) -> T {
        Taken::take(self).expect("answered").expect("ok")
    }
    fn error(&self) -> Error {
        Taken::take(self).expect("answered").err().expect("an error")
    }
}

pub(crate) fn opening(security: Security) -> Opening {
    Opening { security, login: Some(Box::new(Password)), namespace: false, ..Opening::default() }
}

impl Link {
    pub(crate) fn new(opening: Opening, cut: Cut) -> Self {
        Self::with(Config { opening, ..Config::default() }, cut)
    }

    pub(crate) fn with(config: Config, cut: Cut) -> Self {
        let session = Session::new(config, 0x0123_4567_89ab_cdef, Tick::default());
        Self {
            session,
            input: BytesMut::new(),
            events: vec![],
            wire: vec![],
            read: 0,
            tags: vec![],
            now: Duration::ZERO,
            cut,
        }
    }

    /// Logged in over TLS, with these capabilities.
    pub(crate) fn ready(capabilities: &str, cut: Cut) -> Self {
        let mut link = Self::new(opening(Security::Tls), cut);
        link.say(&format!("* OK [CAPABILITY {capabilities}] hi\r\n"));
        assert_eq!(link.sent(), format!("A1 LOGIN me {CANARY}\r\n"));
        link.say(&format!("A1 OK [CAPABILITY {capabilities}] in\r\n"));
        assert!(link.events.iter().any(|event| matches!(event, Event::Ready(_))), "{:?}", link.events);
        link.events.clear();
        link
    }

    /// Logged in, with a mailbox of `exists` messages selected.
    pub(crate) fn selected(capabilities: &str, exists: u32, cut: Cut) -> Self {
        let mut link = Self::ready(capabilities, cut);
        let slot = link.run(imapkit_session::commands::Select::new("INBOX".parse().unwrap()));
        assert_eq!(link.sent(), "A2 SELECT INBOX\r\n");
        link.say(&format!(
            "* FLAGS (\\Seen)\r\n* {exists} EXISTS\r\n* OK [UIDVALIDITY 7] x\r\nA2 OK [READ-WRITE] done\r\n"
        ));
        assert_eq!(slot.value().exists, exists);
        assert_eq!(link.session.state(), State::Selected);
        link.events.clear();
        link
    }

    /// What the server says; `A1` stands for the client's first tag, and so on.
    pub(crate) fn say(&mut self, text: &str) {
        let mut text = text.to_owned();
        for (n, tag) in self.tags.iter().enumerate().rev() {
            text = text.replace(&format!("A{} ", n + 1), &format!("{tag} "));
        }
        self.say_bytes(text.as_bytes());
    }

    pub(crate) fn say_bytes(&mut self, bytes: &[u8]) {
        let size = match self.cut {
            Cut::Whole => bytes.len().max(1),
            Cut::Bytes(n) => n,
        };
        for piece in bytes.chunks(size) {
            self.input.extend_from_slice(piece);
            self.session.handle_input(self.tick(), &mut self.input);
            self.drain();
        }
    }

    /// What the client has sent since the last call, its tags numbered A1, A2, ….
    pub(crate) fn sent(&mut self) -> String {
        self.drain();
        let new = String::from_utf8_lossy(&self.wire[self.read..]).into_owned();
        self.read = self.wire.len();
        let mut out = String::new();
        for line in new.split_inclusive('\n') {
            let word = line.split([' ', '\r']).next().unwrap_or_default();
            let is_tag = word.len() > 13 && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
            if is_tag && !self.tags.iter().any(|tag| tag == word) {
                self.tags.push(word.to_owned());
            }
            match self.tags.iter().position(|tag| tag == word) {
                Some(n) if is_tag => out.push_str(&line.replacen(word, &format!("A{}", n + 1), 1)),
                _ => out.push_str(line),
            }
        }
        out
    }

    /// The client's tag of that number.
    pub(crate) fn tag(&self, number: usize) -> String {
        self.tags[number - 1].clone()
    }

    fn drain(&mut self) {
        let mut out = BytesMut::new();
        while self.session.poll_transmit(self.tick(), &mut out) > 0 {}
        self.wire.extend_from_slice(&out);
        self.events.extend(std::iter::from_fn(|| self.session.poll_event()));
    }

    pub(crate) fn run<C: Command>(&mut self, command: C) -> Slot<C::Output> {
        self.submit(command).1
    }

    pub(crate) fn submit<C: Command>(&mut self, command: C) -> (CommandId, Slot<C::Output>) {
        let slot = Slot::default();
        let reply = Arc::clone(&slot);
        let id = self.session.submit(command, move |result| {
            let before = reply.lock().unwrap().replace(result);
            assert!(before.is_none(), "answered twice");
        });
        (id, slot)
    }

    pub(crate) fn tick(&self) -> Tick {
        Tick::new(self.now)
    }

    /// Time passes; timers go off when they are due.
    pub(crate) fn advance(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(due) = self.session.poll_timeout().map(Tick::since_start).filter(|&due| due <= end) {
            self.now = self.now.max(due);
            self.session.handle_timeout(self.tick());
            self.drain();
        }
        self.now = end;
    }

    pub(crate) fn upgraded(&mut self, layer: Layer) {
        self.session.handle_upgraded(self.tick(), layer);
        self.drain();
    }

    pub(crate) fn wants_tls(&self) -> bool {
        self.events.iter().any(|event| matches!(event, Event::Upgrade(Layer::Tls)))
    }

    /// The connection was closed by the client; why. Nothing secret was sent.
    pub(crate) fn closed(&self) -> Error {
        let sent = String::from_utf8_lossy(&self.wire);
        assert!(!sent.contains(CANARY), "a credential was sent: {sent}");
        let Some(Event::Closed(error)) = self.events.last() else { panic!("not closed: {:?}", self.events) };
        assert_eq!(self.session.state(), State::Closed);
        error.clone()
    }

    pub(crate) fn closed_as(&self, kind: ErrorKind) {
        let error = self.closed();
        assert_eq!(error.kind(), kind, "{error}");
    }
}

/// Runs a scenario with the bytes whole and cut into pieces of every small size.
pub(crate) fn at_every_cut(scenario: impl Fn(Cut)) {
    scenario(Cut::Whole);
    for size in 1..=9 {
        scenario(Cut::Bytes(size));
    }
}
