//! The first front end: the session alone, against the player, in virtual time.
//!
//! No socket, so TLS and DEFLATE are marks in the script that become `handle_upgraded`, and 29 minutes take a microsecond. The server's bytes
//! come as the script writes them or cut to pieces: what the session makes of them may not depend on that (T097).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::BytesMut;
use imapkit_session::commands::{
    Append, AppendMessage, Collected, Compress, Content, Copy, Expunge, Fetch, List, Logout, Move, MovePlan, Noop, Raw,
    Search, Select, Status, Store, StoreHow, UidExpunge,
};
use imapkit_session::types::{Flag, Flags, Mailbox, ReturnOptions, UidSet};
use imapkit_session::{
    Command, Config, Epoch, Error, ErrorKind, Event, Layer, MailboxView, Opening, Security, Session, Tick,
};
use imapkit_testkit::chop;
use imapkit_testkit::script::{Act, Control, Mismatch, Player, Script};

use crate::action::{Action, Connect, Tls};
use crate::outcome::{self, Outcome};

/// How the server's writes reach the session.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    /// As the script says.
    AsWritten,
    /// In pieces of so many bytes.
    Pieces(usize),
    /// In two, at this byte.
    At(usize),
    /// In pieces of random sizes.
    Random(u64),
}

impl Cut {
    /// All ways that matter for a script of so many octets, none of whose writes is longer than `longest`.
    pub(crate) fn all(size: Size) -> Vec<Self> {
        let Size { longest, total } = size;
        let sizes = [1, 2, 3, 7, 64, 1460].into_iter().filter(|&size| size < longest).map(Self::Pieces);
        let splits = if total <= EXHAUSTIVE { 1..longest } else { 1..1 };
        sizes.chain(splits.map(Self::At)).chain((0..6).map(Self::Random)).collect()
    }

    fn pieces(self, bytes: &[u8]) -> Vec<&[u8]> {
        match self {
            Self::Pieces(size) => chop::pieces(bytes, size),
            Self::At(at) if at < bytes.len() => vec![&bytes[..at], &bytes[at..]],
            Self::AsWritten | Self::At(_) => vec![bytes],
            Self::Random(seed) => chop::random(bytes, seed),
        }
    }
}

/// What a server sends in one script, in octets.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Size {
    longest: usize,
    total: usize,
}

/// Scripts up to this size are split at each octet.
const EXHAUSTIVE: usize = 4096;

/// The most a clock is moved on because nobody has anything to say: enough for a watch to begin, too little for a timeout.
const LULL: Duration = Duration::from_secs(1);

/// Where the answer to a command will be.
type Slot = Arc<Mutex<Option<Outcome>>>;

/// How a step will end.
enum Pending {
    /// With an answer.
    Answer(Slot),
    /// Watching has no answer, only events, or the end of the connection.
    Watch,
}

/// A session, and the script it talks to.
struct Link<'a> {
    player: Player<'a>,
    session: Session,
    now: Duration,
    cut: Cut,
    input: BytesMut,
    events: Vec<String>,
    /// Everything the session told, as `Debug` shows it, errors with their causes.
    told: Vec<String>,
    opening: Slot,
    is_open: bool,
    /// TLS is there before the greeting, so its mark in the script asks for nothing.
    implicit_tls: bool,
    upgrade: Option<Layer>,
    /// The mailbox that was last opened.
    epoch: Epoch,
    trace: Vec<String>,
    size: Size,
}

/// Plays `script`; fails with everything that did not go as written.
pub(crate) fn play(script: &Script, cut: Cut) -> Result<Size, String> {
    let connect = script.steps().first().map(|step| Action::read(script, step));
    let Some(Action::Connect(connect)) = connect else {
        return Err("a transcript begins with `do connect`".to_owned());
    };
    let mut link = Link::new(script, &connect, cut);
    link.run(script).map(|()| link.size).map_err(|problem| {
        format!("{problem}\n  the conversation, as the session traced it:\n    {}", link.trace.join("\n    "))
    })
}

impl<'a> Link<'a> {
    fn new(script: &'a Script, connect: &Connect, cut: Cut) -> Self {
        let opening = Opening {
            security: match connect.tls {
                Tls::Trusted => Security::Trusted,
                Tls::Start => Security::StartTls,
                Tls::Implicit => Security::Tls,
            },
            allow_preauth: connect.preauth,
            login: connect.credentials().map(|credentials| Box::new(credentials) as _),
            identify: Some(connect.identity()).filter(|fields| !fields.is_empty()),
            enable: connect.enable.clone(),
            ..Opening::default()
        };
        let config = Config { opening, trace: true, ..Config::default() };
        Self {
            player: Player::new(script),
            session: Session::new(config, 0x0123_4567_89ab_cdef, Tick::default()),
            now: Duration::ZERO,
            cut,
            input: BytesMut::new(),
            events: Vec::new(),
            told: Vec::new(),
            opening: Slot::default(),
            is_open: false,
            implicit_tls: script.is_implicit_tls(),
            upgrade: None,
            epoch: Epoch::default(),
            trace: Vec::new(),
            size: Size::default(),
        }
    }

    fn run(&mut self, script: &Script) -> Result<(), String> {
        let text = |mismatch: Mismatch| mismatch.to_string();
        let mut problems = Vec::new();
        for flight in script.flights() {
            let mut pending = Vec::new();
            for step in flight {
                pending.push(self.start(Action::read(script, step)).map_err(text)?);
            }
            self.settle().map_err(text)?;
            for (step, pending) in flight.iter().zip(pending) {
                match self.outcome(&pending) {
                    Some(outcome) => problems.extend(outcome::judge(step, &outcome, &self.events)),
                    None => problems.push(format!("line {}: do {} was not answered", step.line, step.verb)),
                }
                if matches!(step.verb.as_str(), "select" | "examine") {
                    self.epoch = self.session.mailbox().map_or(self.epoch, MailboxView::epoch);
                }
            }
        }
        problems.extend(self.player.finish().err().map(text));
        problems.extend(outcome::leaks(script, &self.told));
        problems.extend(outcome::leaks(script, &self.trace));
        if problems.is_empty() { Ok(()) } else { Err(problems.join("\n  ")) }
    }

    fn outcome(&self, pending: &Pending) -> Option<Outcome> {
        match pending {
            Pending::Answer(slot) => slot.lock().expect("no reply panics").take(),
            Pending::Watch => Some(self.session.error().map_or_else(|| Ok(vec![]), |error| Err(error.clone()))),
        }
    }

    fn start(&mut self, action: Action) -> Result<Pending, Mismatch> {
        self.session.watch(matches!(action, Action::Idle));
        let epoch = self.epoch;
        Ok(Pending::Answer(match action {
            Action::Connect(_) => Arc::clone(&self.opening),
            Action::Idle => return Ok(Pending::Watch),
            Action::Select { mailbox, read_only } => {
                let select = if read_only { Select::examine(mailbox) } else { Select::new(mailbox) };
                self.submit(select, |info| Ok(outcome::selected(&info)))
            }
            Action::Fetch { uids, items } => {
                let fetch = Fetch::new(uids, items, Collected::new(outcome::LARGEST)).in_epoch(epoch);
                self.submit(fetch, |rows| Ok(outcome::fetched(&rows.into_rows()?)))
            }
            Action::Search(key) => {
                let plain = Search::uid(key).in_epoch(epoch);
                let search = plain.extended(self.session.capabilities()).unwrap_or(plain);
                self.submit(search, |found| Ok(outcome::found(&found.all.unwrap_or_default())))
            }
            Action::Esearch(key) => {
                let search = Search::uid(key).returning(ReturnOptions::new().all()).in_epoch(epoch);
                self.submit(search, |found| Ok(outcome::found(&found.all.unwrap_or_default())))
            }
            Action::Store { uids, how, flags } => {
                self.submit(Store::new(uids, how, flags).in_epoch(epoch), |_| Ok(vec![]))
            }
            Action::Copy { uids, mailbox } => {
                self.submit(Copy::new(uids, mailbox).in_epoch(epoch), |uids| Ok(outcome::copied(uids.as_ref())))
            }
            Action::Move { uids, mailbox } => self.move_(uids, mailbox)?,
            Action::Expunge(None) => self.submit(Expunge::new().in_epoch(epoch), |_| Ok(vec![])),
            Action::Expunge(Some(uids)) => self.submit(UidExpunge::new(uids).in_epoch(epoch), |_| Ok(vec![])),
            Action::Append { mailbox, message } => {
                let message = AppendMessage { flags: Flags::new(), date: None, content: Content::Inline(message) };
                self.submit(Append::new(mailbox, vec![message]), |uid| Ok(outcome::appended(uid.as_ref())))
            }
            Action::List { reference, pattern } => {
                let list = List::new(pattern);
                let list = if reference.name().is_empty() { list } else { list.below(reference) };
                self.submit(list, |entries| Ok(outcome::listed(&entries)))
            }
            Action::Status { mailbox, items } => {
                self.submit(Status::new(mailbox, items), |status| Ok(outcome::status(&status)))
            }
            Action::Raw(line) => {
                let raw = Raw::parse(&line).unwrap_or_else(|error| panic!("{line}: {error}"));
                self.submit(raw, |_| Ok(vec![]))
            }
            Action::Noop => self.submit(Noop, |()| Ok(vec![])),
            Action::Compress => self.submit(Compress, |()| Ok(vec![])),
            Action::Logout => self.submit(Logout, |()| Ok(vec![])),
        }))
    }

    fn submit<C: Command>(&mut self, command: C, lines: impl FnOnce(C::Output) -> Outcome + Send + 'static) -> Slot {
        let slot = Slot::default();
        let answer = Arc::clone(&slot);
        self.session.submit(command, move |result| {
            let before = answer.lock().expect("no reply panics").replace(result.and_then(lines));
            assert!(before.is_none(), "a command was answered twice");
        });
        slot
    }

    /// Moves by what the server has, one step after the other.
    fn move_(&mut self, uids: UidSet, mailbox: Mailbox) -> Result<Slot, Mismatch> {
        let epoch = self.epoch;
        match MovePlan::of(self.session.capabilities()) {
            MovePlan::CopyThenUidExpunge => {}
            // The command itself says what is missing.
            MovePlan::Move | MovePlan::Impossible => {
                let moved = Move::new(uids, mailbox).in_epoch(epoch);
                return Ok(self.submit(moved, |uids| Ok(outcome::copied(uids.as_ref()))));
            }
        }
        let copied =
            self.submit(Copy::new(uids.clone(), mailbox).in_epoch(epoch), |uids| Ok(outcome::copied(uids.as_ref())));
        self.settle()?;
        let store = Store::new(uids.clone(), StoreHow::Add, Flags::from(Flag::Deleted)).silent().in_epoch(epoch);
        let marked = self.submit(store, |_| Ok(vec![]));
        self.settle()?;
        let expunged = self.submit(UidExpunge::new(uids).in_epoch(epoch), |_| Ok(vec![]));
        self.settle()?;
        let failure =
            [marked, expunged].into_iter().find_map(|slot| slot.lock().expect("no reply panics").take()?.err());
        Ok(failure.map_or(copied, |error| Arc::new(Mutex::new(Some(Err(error))))))
    }

    /// Lets both sides talk until neither has anything to say.
    fn settle(&mut self) -> Result<(), Mismatch> {
        loop {
            self.drain();
            match self.player.next_act()? {
                Act::Send(writes) => writes.iter().for_each(|write| self.deliver(write)),
                Act::Await => match self.due() {
                    Some(due) if due <= self.now + LULL => self.advance(due.saturating_sub(self.now)),
                    _ => return Ok(()),
                },
                Act::Advance(time) => self.advance(time),
                Act::Control(control) => self.perform(control)?,
                Act::Done => return Ok(()),
            }
        }
    }

    fn deliver(&mut self, write: &[u8]) {
        self.size = Size { longest: self.size.longest.max(write.len()), total: self.size.total + write.len() };
        for piece in self.cut.pieces(write) {
            self.input.extend_from_slice(piece);
            self.session.handle_input(Tick::new(self.now), &mut self.input);
            self.drain();
        }
    }

    fn perform(&mut self, control: Control) -> Result<(), Mismatch> {
        let now = Tick::new(self.now);
        match control {
            Control::Tls if std::mem::take(&mut self.implicit_tls) => {}
            Control::Tls => self.upgraded(Layer::Tls)?,
            Control::Deflate => self.upgraded(Layer::Deflate)?,
            Control::Close | Control::Cut => self.session.handle_eof(now, None),
            Control::Reset => self.session.handle_eof(now, Some(Error::new(ErrorKind::Io, "connection reset by peer"))),
            Control::Stall => {
                while let Some(due) = self.due() {
                    self.advance(due.saturating_sub(self.now));
                }
            }
            Control::Eof if self.session.error().is_none() => return Err(self.player.gave_up("the client went on")),
            Control::Eof => {}
            Control::TlsRefused | Control::Accept => return Err(self.player.gave_up("this front end has no socket")),
        }
        Ok(())
    }

    fn upgraded(&mut self, layer: Layer) -> Result<(), Mismatch> {
        if self.upgrade.take() != Some(layer) {
            return Err(self.player.gave_up(&format!("the client did not ask for {layer:?}")));
        }
        self.session.handle_upgraded(Tick::new(self.now), layer);
        Ok(())
    }

    fn due(&self) -> Option<Duration> {
        self.session.poll_timeout().map(Tick::since_start)
    }

    /// Time passes; timers go off when they are due.
    fn advance(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(due) = self.due().filter(|&due| due <= end) {
            self.now = self.now.max(due);
            self.session.handle_timeout(Tick::new(self.now));
            self.drain();
        }
        self.now = end;
    }

    /// Takes out what the session has to say, to the server and to us.
    fn drain(&mut self) {
        let mut out = BytesMut::new();
        while self.session.poll_transmit(Tick::new(self.now), &mut out) > 0 {}
        self.player.feed(&out);
        while let Some(event) = self.session.poll_event() {
            self.events.extend(outcome::event(&event));
            self.told.push(match &event {
                Event::Closed(error) => outcome::all_of(error),
                event => format!("{event:?}"),
            });
            match event {
                Event::Upgrade(layer) => self.upgrade = Some(layer),
                Event::Ready(_) => self.opened(Ok(vec![])),
                Event::Closed(error) => self.opened(Err(error)),
                _ => {}
            }
        }
        while let Some(line) = self.session.poll_trace() {
            self.trace.push(format!("{} {}", if line.sent { 'C' } else { 'S' }, line.text));
        }
    }

    /// The opening is over; only the first time counts.
    fn opened(&mut self, outcome: Outcome) {
        if !std::mem::replace(&mut self.is_open, true) {
            *self.opening.lock().expect("no reply panics") = Some(outcome);
        }
    }
}
