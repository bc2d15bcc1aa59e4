//! What can be done about a connection without waiting: bytes between socket, layers and session.
//!
//! Apart from the loop that decides who waits (`driver.rs`): here is one owner at a time and no lock. RFC 9051 §2.1; protocol.md M29, M32,
//! T049, T112.
//!
//! Invariants: the session hears what has come before it hears what time it is, so that a program that slept does not time out answers that
//! were there all along; nothing is read that the session does not want; what a server said before it broke off is heard first.

use std::fmt;
use std::io;
use std::sync::{Arc, Weak};
use std::time::Duration;

use imapkit_session::{
    CommandId, Epoch, Error, ErrorKind, Event, Layer, Login, MailboxView, Opened, Session, State, Tick, TraceLine,
};
use imapkit_transport::{ServerId, TlsConfig};

use crate::events::Listeners;
use crate::failure;
use crate::layers::{Layers, PIECE};
use crate::pipe::Pipe;
use crate::plan::{self, Binding};
use crate::poll::Ready;
use crate::socket::Socket;

/// After so long between two calls nothing is known about the socket any more.
const STALE: Duration = Duration::from_millis(500);
/// How often such a connection is read before it is used: its last words, and the end behind them.
const LAST_WORDS: usize = 4;

/// Takes the lines of the trace. Called while the connection is locked: it must not wait, nor use the connection.
pub(crate) type Tracer = Arc<dyn Fn(&TraceLine) + Send + Sync>;

#[allow(clippy::struct_excessive_bools, reason = "independent facts, each named where it is set")]
pub(crate) struct Engine {
    pub(crate) session: Session,
    pub(crate) layers: Layers,
    tls: Option<(TlsConfig, ServerId)>,
    binding: Binding,
    tracer: Option<Tracer>,
    write_timeout: Duration,
    /// Reading may give something.
    pub(crate) readable: bool,
    /// The session left something unread.
    undigested: bool,
    /// The input has ended, and why; the session hears of it when it has read everything before.
    #[allow(clippy::option_option, reason = "it has not ended; it has ended; it has ended and this is why")]
    ending: Option<Option<Error>>,
    /// Writing has failed. Reading goes on: the server may have said why.
    deaf: Option<Error>,
    /// Octets have been waiting for the socket since then.
    stuck: Option<Tick>,
    shut: bool,
    /// When this was last called.
    seen: Tick,
    /// A thread is in poll(2), and so many wait for their turn.
    pub(crate) polling: bool,
    pub(crate) followers: usize,
    /// Commands whose callers supply the content of literals.
    uploaders: Vec<CommandId>,
    pipes: Vec<Weak<Pipe>>,
    pub(crate) listeners: Listeners,
    /// What an opening has come to, until somebody takes it: ready, or refused with the connection open for another login.
    opened: Option<Result<Opened, Error>>,
}

/// What an engine is made of.
pub(crate) struct Parts {
    pub(crate) session: Session,
    pub(crate) layers: Layers,
    pub(crate) tls: Option<(TlsConfig, ServerId)>,
    pub(crate) binding: Binding,
    pub(crate) tracer: Option<Tracer>,
    pub(crate) write_timeout: Duration,
}

impl Engine {
    pub(crate) fn new(parts: Parts, now: Tick) -> Self {
        let Parts { session, layers, tls, binding, tracer, write_timeout } = parts;
        Self {
            session,
            layers,
            tls,
            binding,
            tracer,
            write_timeout,
            readable: true,
            undigested: false,
            ending: None,
            deaf: None,
            stuck: None,
            shut: false,
            seen: now,
            polling: false,
            followers: 0,
            uploaders: Vec::new(),
            pipes: Vec::new(),
            listeners: Listeners::default(),
            opened: None,
        }
    }

    /// TLS may be asked for later.
    pub(crate) fn prepare_tls(&mut self, config: TlsConfig, server: ServerId) {
        self.tls = Some((config, server));
    }

    /// Where the channel binding will be.
    pub(crate) fn binding(&self) -> Binding {
        Arc::clone(&self.binding)
    }

    /// Begins or ends to trace.
    pub(crate) fn set_tracer(&mut self, tracer: Option<Tracer>) {
        self.session.set_trace(tracer.is_some());
        self.tracer = tracer;
    }

    /// Moves what can be moved without waiting; false when there was nothing to do.
    pub(crate) fn step(&mut self, socket: &Socket, now: Tick) -> bool {
        if self.seen.until(now) > STALE {
            self.readable = true;
        }
        self.seen = now;
        let mut worked = self.flush(socket, now);
        worked |= self.read(socket, now);
        if !worked {
            worked = self.check_time(now);
        }
        worked |= self.flush(socket, now);
        self.tell();
        worked
    }

    /// Lets the session hear what has come since the last call before something is asked of it: nothing is sent on a connection that has
    /// ended in the meantime.
    pub(crate) fn catch_up(&mut self, socket: &Socket, now: Tick) {
        if self.seen.until(now) > STALE {
            let _ = (0..LAST_WORDS).all(|_| self.step(socket, now));
        }
    }

    /// What to wait for.
    pub(crate) fn interest(&self) -> Ready {
        let open = self.session.error().is_none();
        Ready {
            read: open && self.ending.is_none() && self.wants_input(),
            write: open && self.deaf.is_none() && !self.layers.unsent().is_empty(),
        }
    }

    /// When to look at the clock again.
    pub(crate) fn due(&self) -> Option<Tick> {
        let stuck = self.stuck.map(|since| since.after(self.write_timeout));
        self.session.poll_timeout().into_iter().chain(stuck).min()
    }

    fn wants_input(&self) -> bool {
        self.session.wants_input() || self.layers.is_handshaking()
    }

    /// The session has stopped reading because a reader is behind.
    fn is_paused(&self) -> bool {
        !self.wants_input() && self.session.error().is_none()
    }

    fn read(&mut self, socket: &Socket, now: Tick) -> bool {
        if self.is_paused() {
            self.unblock();
        }
        if self.session.error().is_some() || !self.wants_input() {
            return false;
        }
        if std::mem::take(&mut self.undigested) {
            self.digest(now);
            return true;
        }
        if !self.readable || self.ending.is_some() {
            return false;
        }
        let space = self.layers.space();
        let room = space.len();
        match socket.read(space) {
            Ok(0) => {
                let cut_short = self.layers.end().err();
                self.end(now, cut_short);
            }
            Ok(count) => {
                self.readable = count == room || socket.hides_input();
                self.layers.filled(count);
                self.digest(now);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.readable = false;
                return false;
            }
            Err(error) => self.end(now, Some(failure::io("reading from the server", error))),
        }
        true
    }

    /// Brings what has been read to the session.
    fn digest(&mut self, now: Tick) {
        loop {
            let decoded = self.layers.decode();
            if decoded.as_ref().is_ok_and(|decoded| decoded.handshake_finished) {
                self.handshake_finished(now);
            }
            // Also after an error: what came before it is genuine.
            self.session.handle_input(now, &mut self.layers.plain_in);
            self.upgrade(now);
            match decoded {
                Ok(decoded) if decoded.closed => return self.end(now, None),
                Ok(_) => {}
                Err(error) => return self.end(now, Some(error)),
            }
            if !self.wants_input() {
                self.undigested = self.session.error().is_none();
                return;
            }
            if !self.layers.has_undecoded() {
                return self.end_if_due(now);
            }
        }
    }

    fn handshake_finished(&mut self, now: Tick) {
        let binding = self.layers.facts().and_then(|facts| plan::channel_binding(facts, self.layers.exporter()));
        if let Some(binding) = binding {
            let _ = self.binding.set(binding);
        }
        self.session.handle_upgraded(now, Layer::Tls);
    }

    fn upgrade(&mut self, now: Tick) {
        if self.layers.is_handshaking() {
            return;
        }
        let started = match (self.session.upgrade_wanted(), &self.tls) {
            (None, _) => return,
            (Some(Layer::Tls), Some((config, server))) => self.layers.start_tls(config, server),
            (Some(Layer::Tls), None) => Err(Error::new(ErrorKind::Misuse, "there is no TLS configuration")),
            (Some(Layer::Deflate), _) => {
                let started = self.layers.start_deflate();
                if started.is_ok() {
                    self.session.handle_upgraded(now, Layer::Deflate);
                }
                started
            }
        };
        if let Err(error) = started {
            self.session.handle_eof(now, Some(error));
        }
    }

    /// Nothing more will come.
    fn end(&mut self, now: Tick, why: Option<Error>) {
        self.readable = false;
        self.ending.get_or_insert(why);
        self.end_if_due(now);
    }

    fn end_if_due(&mut self, now: Tick) {
        if self.ending.is_none() || self.is_paused() {
            return;
        }
        let why = self.ending.take().flatten();
        // Many servers are rude after LOGOUT (T049).
        let why = if self.session.state() >= State::Logout { None } else { why };
        self.session.handle_eof(now, why.or_else(|| self.deaf.take()));
    }

    /// Ends the connection for a reason of our own.
    pub(crate) fn fail(&mut self, now: Tick, why: Error) {
        self.session.handle_eof(now, Some(why));
    }

    fn check_time(&mut self, now: Tick) -> bool {
        if self.stuck.is_some_and(|since| since.after(self.write_timeout) <= now) {
            let text = format!("the server has taken no octet for {:?}", self.write_timeout);
            self.fail(now, Error::new(ErrorKind::Timeout, text));
            return true;
        }
        let due = self.session.poll_timeout().is_some_and(|due| due <= now);
        if due {
            self.session.handle_timeout(now);
        }
        due
    }

    /// Sends what can be sent; true when the socket has taken something.
    pub(crate) fn flush(&mut self, socket: &Socket, now: Tick) -> bool {
        let mut worked = false;
        loop {
            self.session.poll_transmit(now, &mut self.layers.plain_out);
            self.refuse_orphans();
            if let Err(error) = self.layers.encode() {
                self.session.handle_eof(now, Some(error));
            }
            if self.session.error().is_some() {
                return self.shut(socket) || worked;
            }
            if self.layers.unsent().is_empty() || self.deaf.is_some() {
                self.stuck = None;
                return worked;
            }
            match socket.write(self.layers.unsent()) {
                Ok(count) if count > 0 => {
                    self.layers.sent(count);
                    self.stuck = None;
                    worked = true;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.stuck.get_or_insert(now);
                    return worked;
                }
                outcome => {
                    let error = outcome.err().unwrap_or_else(|| io::ErrorKind::WriteZero.into());
                    self.deaf = Some(failure::io("writing to the server", error));
                    self.readable = true;
                    return true;
                }
            }
        }
    }

    /// The connection is over: a proper end, as far as that goes without waiting. True the first time.
    fn shut(&mut self, socket: &Socket) -> bool {
        if std::mem::replace(&mut self.shut, true) {
            return false;
        }
        self.stuck = None;
        self.layers.close();
        while let Ok(count) = socket.write(self.layers.unsent()) {
            self.layers.sent(count);
            if count == 0 || self.layers.unsent().is_empty() {
                break;
            }
        }
        socket.shutdown();
        true
    }

    /// Passes on what the session has to say, if somebody listens. Otherwise it stays where it is, bounded there.
    pub(crate) fn tell(&mut self) {
        if let Some(tracer) = &self.tracer {
            while let Some(line) = self.session.poll_trace() {
                tracer(&line);
            }
        }
        if !self.listeners.is_empty() {
            self.tell_all();
        }
    }

    /// Passes on what the session has to say, to be kept if nobody listens.
    pub(crate) fn tell_all(&mut self) {
        let epoch = self.epoch();
        while let Some(event) = self.poll_event() {
            self.listeners.hear(epoch, event);
        }
        if self.listeners.settle(epoch, self.session.error()) {
            self.session.watch(false);
        }
    }

    /// What happened, oldest first. Layers are our own business.
    pub(crate) fn poll_event(&mut self) -> Option<Event> {
        loop {
            match self.session.poll_event() {
                Some(Event::Upgrade(_)) => {}
                Some(Event::Ready(opened)) => {
                    self.opened = Some(Ok(Opened::clone(&opened)));
                    return Some(Event::Ready(opened));
                }
                Some(Event::LoginRefused(error)) => {
                    self.opened = Some(Err(error.clone()));
                    return Some(Event::LoginRefused(error));
                }
                other => return other,
            }
        }
    }

    /// What the opening, or the login, has come to, once it has.
    pub(crate) fn outcome(&mut self) -> Option<Result<Opened, Error>> {
        self.tell_all();
        let opened = self.opened.take();
        opened.or_else(|| self.session.error().cloned().map(Err))
    }

    /// Logs in once more after a refusal, unless the server has closed the connection since.
    pub(crate) fn login_again(&mut self, login: Option<Box<dyn Login>>) -> Result<(), Error> {
        match (self.session.error(), login) {
            (Some(_), _) => Err(Error::new(ErrorKind::Closed, "the server closed the connection behind its refusal")),
            (None, Some(login)) => self.session.login(login),
            (None, None) => Ok(()),
        }
    }

    /// Which mailbox is selected.
    pub(crate) fn epoch(&self) -> Option<Epoch> {
        self.session.mailbox().map(MailboxView::epoch)
    }

    /// The literal this command is to be given content for, once there is room for it.
    pub(crate) fn upload_wanted(&self, id: CommandId) -> Option<usize> {
        let upload = self.session.poll_upload().filter(|upload| upload.id == id)?;
        let room = self.layers.unsent().len() < PIECE;
        room.then(|| usize::try_from(upload.remaining).unwrap_or(usize::MAX).min(PIECE))
    }

    /// Somebody supplies the literals of this command.
    pub(crate) fn add_uploader(&mut self, id: CommandId) {
        self.uploaders.push(id);
    }

    pub(crate) fn remove_uploader(&mut self, id: CommandId) {
        self.uploaders.retain(|uploader| *uploader != id);
    }

    /// A literal was announced, and its supplier has gone: there is no way back (M29).
    fn refuse_orphans(&mut self) {
        if let Some(upload) = self.session.poll_upload().filter(|upload| !self.uploaders.contains(&upload.id)) {
            let gone = Error::new(ErrorKind::Cancelled, "its caller gave it up in the middle of a literal");
            self.session.fail_upload(upload.id, &gone);
        }
    }

    /// Rows and bodies will be put into this pipe.
    pub(crate) fn add_pipe(&mut self, pipe: &Arc<Pipe>) {
        self.pipes.retain(|other| other.strong_count() > 0);
        self.pipes.push(Arc::downgrade(pipe));
    }

    /// Some pipe was full. If it is this very thread that should empty it but waits for something else, it never will: that stream fails,
    /// so that what is waited for can come. A reader on another thread is waited for.
    fn unblock(&mut self) {
        let me = std::thread::current().id();
        let mut full = false;
        for pipe in self.pipes.iter().filter_map(Weak::upgrade) {
            full |= pipe.is_full_after_giving_up(me);
        }
        if !full {
            self.session.resume();
        }
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.session.state();
        f.debug_struct("Engine").field("state", &state).field("layers", &self.layers).finish_non_exhaustive()
    }
}
