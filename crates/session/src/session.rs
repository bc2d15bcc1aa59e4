//! The public surface of a session, and nothing else; the work is in the modules beside this one.
//!
//! Prefixes are the contract: `handle_*` brings something in, `poll_*` takes something out, bare verbs are the application's. No RFC of its own.
//!
//! Invariant: every submitted command's reply closure is called exactly once, also when the connection ends.

use alloc::boxed::Box;
use alloc::format;

use bytes::{Bytes, BytesMut};
use imapkit_wire::{Decoder, Framer, Limits, Where};

use crate::capabilities::CapabilityBook;
use crate::command::{Command, Effect};
use crate::config::{Config, Login, Security, Tick, Timers};
use crate::error::{Error, ErrorKind, Reply};
use crate::event::{Event, EventQueue, Layer};
use crate::mailbox_view::MailboxView;
use crate::mechanism::{Slow, SlowStep};
use crate::opening::{Fed, OpeningState};
use crate::outbox::{Outbox, Upload};
use crate::pace::Pace;
use crate::queue::{CommandId, Queue, Queued, Waiting, fail_waiting, submitted};
use crate::redaction::Redaction;
use crate::state::{Epoch, Protection, State};
use crate::trace::{Trace, TraceLine};
use crate::track::Switch;
use crate::watch::Watch;

/// One connection to an IMAP server, from the greeting to the end.
#[allow(clippy::struct_excessive_bools, reason = "independent facts, each named where it is set")]
pub struct Session {
    pub(crate) state: State,
    pub(crate) protection: Protection,
    pub(crate) capabilities: CapabilityBook,
    pub(crate) view: Option<MailboxView>,
    pub(crate) epoch: Epoch,
    pub(crate) switch: Option<Switch>,
    pub(crate) queue: Queue,
    pub(crate) outbox: Outbox,
    pub(crate) events: EventQueue,
    pub(crate) opening: OpeningState,
    pub(crate) watch: Watch,
    pub(crate) trace: Trace,
    pub(crate) pace: Pace,
    pub(crate) framer: Framer,
    pub(crate) decoder: Decoder,
    pub(crate) limits: Limits,
    pub(crate) timers: Timers,
    pub(crate) max_line: usize,
    pub(crate) drain_budget: u64,
    pub(crate) now: Tick,
    /// Last sign of life while something was awaited.
    pub(crate) progress: Tick,
    /// Octets of the input that are part of a response still to be completed.
    pub(crate) left: usize,
    /// Something has moved since the clock was last set: calls that are not told the time can only note that.
    pub(crate) moved: bool,
    /// The server has said something since we last did: what we say next starts a flight.
    pub(crate) answered: bool,
    /// A reader is behind since then.
    pub(crate) paused: Option<Tick>,
    /// The caller has to swap a layer before anything else happens.
    pub(crate) upgrading: Option<Layer>,
    /// Whose streamed body is coming in.
    pub(crate) body: BodyOwner,
    /// Which command took what was read last.
    pub(crate) taker: Option<CommandId>,
    /// The server said BYE; read on until then at most.
    pub(crate) bye: Option<(Error, Tick)>,
    pub(crate) closed: Option<Error>,
    /// The completion that came last, and how many there were.
    pub(crate) last_reply: (u64, Option<Reply>),
    /// The server has told its capabilities since login was sent.
    pub(crate) told_during_login: bool,
    /// Where the reading stands: between responses, in a line, in a literal; for errors.
    pub(crate) place: Where,
    /// Octets and responses before login, which are limited (T025).
    pub(crate) before_login: (u64, u32),
    /// What the server may not say back.
    pub(crate) redaction: Redaction,
    /// Who does slow steps.
    pub(crate) slow: Slow,
    /// There were bytes behind the OK of COMPRESS; what they are when inflated is still to be seen.
    pub(crate) compressed_behind: bool,
}

/// Whose streamed body is coming in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyOwner {
    /// No body is under way.
    NoBody,
    /// This command's.
    Command(CommandId),
    /// Nobody asked for it: it is thrown away.
    Nobody,
}

impl Session {
    /// A session that awaits the greeting. `nonce` must be 64 fresh random bits: tags are made of it.
    pub fn new(config: Config, nonce: u64, now: Tick) -> Self {
        let protection = match config.opening.security {
            Security::Tls => Protection::Tls,
            Security::Trusted => Protection::Trusted,
            Security::StartTls | Security::DangerClear => Protection::Clear,
        };
        let early = Limits::before_login();
        Self {
            state: State::Greeting,
            protection,
            capabilities: CapabilityBook::new(config.disabled),
            view: None,
            epoch: Epoch::default(),
            switch: None,
            queue: Queue::new(nonce),
            outbox: Outbox::default(),
            events: EventQueue::new(config.max_events),
            opening: OpeningState::new(config.opening),
            watch: Watch::default(),
            trace: Trace::new(config.trace),
            pace: Pace::default(),
            framer: Framer::new(early.clone()),
            decoder: Decoder::new(early),
            limits: config.limits,
            timers: config.timers,
            max_line: config.max_line,
            drain_budget: config.drain_budget,
            now,
            progress: now,
            left: 0,
            moved: false,
            answered: false,
            paused: None,
            upgrading: None,
            body: BodyOwner::NoBody,
            taker: None,
            bye: None,
            closed: None,
            last_reply: (0, None),
            told_during_login: false,
            place: Where::BetweenResponses,
            before_login: (0, 0),
            redaction: Redaction::default(),
            slow: if config.slow_steps { Slow::Elsewhere(None) } else { Slow::Here },
            compressed_behind: false,
        }
    }

    /// Queues a command; `reply` is called once, with its result. The reply must not block.
    ///
    /// A command that cannot be sent as things stand (wrong state, missing capability, stale mailbox, an argument that breaks a rule) fails
    /// when its turn comes, before a byte of it is sent.
    pub fn submit<C: Command>(
        &mut self,
        command: C,
        reply: impl FnOnce(Result<C::Output, Error>) + Send + 'static,
    ) -> CommandId {
        self.enqueue(submitted(command, move |result| {
            reply(result);
            None
        }))
    }

    /// Queues a command for the moment somebody is logged in: it leaves in one flight with the opening's last questions, which saves a round
    /// trip over waiting for [`Event::Ready`] (C55). If the opening stops before login, or somebody is logged in already, it is as
    /// [`Session::submit`]; if it fails, the command fails with it.
    pub fn submit_when_ready<C: Command>(
        &mut self,
        command: C,
        reply: impl FnOnce(Result<C::Output, Error>) + Send + 'static,
    ) -> CommandId {
        if self.closed.is_some() || self.opening.is_past_login() {
            return self.submit(command, reply);
        }
        let id = self.queue.next_id();
        let command = submitted(command, move |result| {
            reply(result);
            None
        });
        self.queue.early.push(Queued { id, rules: command.rules(), command });
        id
    }

    /// The opening has asked its last questions: what was submitted for this moment joins the queue.
    pub(crate) fn release_early(&mut self) {
        let early = core::mem::take(&mut self.queue.early);
        self.queue.waiting.extend(early);
        self.pump();
    }

    /// Queues a command of the session's own; what its reply returns is fed to the opening.
    pub(crate) fn submit_own<C: Command>(
        &mut self,
        command: C,
        reply: impl FnOnce(Result<C::Output, Error>) -> Fed + Send + 'static,
    ) -> CommandId {
        self.enqueue(submitted(command, move |result| Some(reply(result))))
    }

    fn enqueue(&mut self, command: Box<dyn Waiting>) -> CommandId {
        let id = self.queue.next_id();
        match &self.closed {
            Some(error) => {
                let error = error.clone();
                let _ = fail_waiting(command, error);
            }
            None => self.queue.waiting.push_back(Queued { id, rules: command.rules(), command }),
        }
        self.pump();
        id
    }

    /// The caller does not want the answer any more. A command that was not sent is taken back; one that was is answered by the server all
    /// the same, and its data is read and thrown away, up to the drain budget (M29, M30).
    pub fn cancel(&mut self, id: CommandId) {
        if let Some(queued) = self.queue.take_unsent(id) {
            let _ = fail_waiting(queued.command, Error::new(ErrorKind::Cancelled, "cancelled before it was sent"));
        } else if let Some(entry) = self.queue.find(id) {
            entry.abandoned.get_or_insert(0);
        }
        self.resume();
        self.pump();
    }

    /// A reader that was behind has caught up: go on reading.
    pub fn resume(&mut self) {
        self.moved |= self.paused.take().is_some();
    }

    /// Bytes from the server, after TLS and inflate. Takes whole responses out of `input` and leaves the rest, also while
    /// [`Session::wants_input`] is false.
    pub fn handle_input(&mut self, now: Tick, input: &mut BytesMut) {
        self.set_now(now);
        // Octets are a sign of life also while the response they belong to is not complete (M32).
        if input.len() > self.left {
            self.progress = now;
        }
        self.read(input);
        self.left = input.len();
        self.place = self.framer.position(input);
        // Who never pauses is not waited for any longer than others (T112).
        self.check_timers();
        self.pump();
    }

    /// The server closed the connection, or it broke: `why` tells. All commands fail.
    pub fn handle_eof(&mut self, now: Tick, why: Option<Error>) {
        self.set_now(now);
        if self.closed.is_some() {
            return;
        }
        let error = match (self.bye.take(), why) {
            (Some((bye, _)), _) => bye,
            (None, Some(why)) => why,
            (None, None) => Error::new(ErrorKind::Closed, format!("the server closed the connection {}", self.place)),
        };
        self.close(error);
    }

    /// Time has passed. Call it when [`Session::poll_timeout`] is due.
    pub fn handle_timeout(&mut self, now: Tick) {
        self.set_now(now);
        self.check_timers();
        self.pump();
    }

    /// The layer asked for by [`Event::Upgrade`] is in place: for TLS, the handshake is done and the certificate accepted.
    pub fn handle_upgraded(&mut self, now: Tick, layer: Layer) {
        self.set_now(now);
        if self.upgrading != Some(layer) {
            return;
        }
        self.upgrading = None;
        self.progress = now;
        match layer {
            Layer::Tls => {
                self.protection = Protection::Tls;
                self.capabilities.forget();
                self.opening_upgraded();
            }
            Layer::Deflate => self.opening_compressed(),
        }
        self.pump();
    }

    /// A step that [`Session::poll_slow_step`] gave has been done. It is dropped when the login has ended meanwhile.
    pub fn handle_slow_step(&mut self, now: Tick, step: SlowStep) {
        self.set_now(now);
        self.slow_step_done(step);
        self.pump();
    }

    /// Content of a literal that [`Session::poll_upload`] asked for.
    ///
    /// # Errors
    /// When that command does not wait for content, or not for so much.
    pub fn push_upload(&mut self, id: CommandId, data: Bytes) -> Result<(), Error> {
        self.moved = true;
        let pushed = self.outbox.push_upload(id, data);
        pushed.map_err(|()| Error::new(ErrorKind::Misuse, "more octets than the literal was announced with"))
    }

    /// The content of a literal cannot be supplied. Once its size is announced there is no way back: the connection closes (M29).
    pub fn fail_upload(&mut self, id: CommandId, error: &Error) {
        if self.outbox.is_sending(id) {
            self.close(error.with_kind(ErrorKind::Cancelled));
        }
    }

    /// The literal whose content is to be sent next, if the outbox waits for one.
    pub fn poll_upload(&self) -> Option<Upload> {
        self.outbox.upload()
    }

    /// A step of the login that takes long, if [`Config::slow_steps`] is set: to be done elsewhere and brought back.
    pub fn poll_slow_step(&mut self) -> Option<SlowStep> {
        match &mut self.slow {
            Slow::Here => None,
            Slow::Elsewhere(step) => step.take(),
        }
    }

    /// Appends to `out` what is to be sent now; the number of octets. To be called after every other call, since it also tells the session the
    /// time at which what was submitted, resumed or uploaded since then began.
    pub fn poll_transmit(&mut self, now: Tick, out: &mut BytesMut) -> usize {
        let sent = self.outbox.transmit(out);
        self.moved |= sent > 0;
        self.set_now(now);
        if sent > 0 && core::mem::take(&mut self.answered) {
            self.opening.count_flight();
        }
        sent
    }

    /// What happened, oldest first.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop()
    }

    /// A line of the trace, if tracing is on.
    pub fn poll_trace(&mut self) -> Option<TraceLine> {
        self.trace.poll()
    }

    /// When to call [`Session::handle_timeout`] at the latest.
    pub fn poll_timeout(&self) -> Option<Tick> {
        self.next_timeout()
    }

    /// False while a reader is behind, while a layer is being swapped, and after the end.
    pub fn wants_input(&self) -> bool {
        self.paused.is_none() && self.upgrading.is_none() && self.closed.is_none()
    }

    /// Watch the selected mailbox for changes whenever nothing else is to be done: by IDLE, or by NOOP where there is no IDLE.
    pub fn watch(&mut self, on: bool) {
        self.watch.wanted = on;
        self.watch.quiet_since = self.now;
        self.pump();
    }

    /// Logs in after an opening that stopped before it, or whose login was refused ([`Event::LoginRefused`]). The result comes as
    /// [`Event::Ready`] or [`Event::Closed`].
    ///
    /// # Errors
    /// When somebody is logged in already, or the greeting is not there yet.
    pub fn login(&mut self, login: Box<dyn Login>) -> Result<(), Error> {
        if self.state != State::NotAuthenticated {
            return Err(Error::new(ErrorKind::Misuse, "only possible before login"));
        }
        self.opening_login(login);
        self.pump();
        Ok(())
    }

    /// Where the connection stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// What protects the connection now.
    pub fn protection(&self) -> Protection {
        self.protection
    }

    /// What the server offers and what is switched on.
    pub fn capabilities(&self) -> &CapabilityBook {
        &self.capabilities
    }

    /// The selected mailbox.
    pub fn mailbox(&self) -> Option<&MailboxView> {
        self.view.as_ref()
    }

    /// The layer [`Event::Upgrade`] asked for, until [`Session::handle_upgraded`]: for callers that leave events where they are.
    pub fn upgrade_wanted(&self) -> Option<Layer> {
        self.upgrading
    }

    /// Why the connection is over, once it is.
    pub fn error(&self) -> Option<&Error> {
        self.closed.as_ref()
    }

    /// What the server answered to the command that ended last, and how many it has answered so far: for those who show the server's words
    /// also when all is well. The IDLE and NOOP the session sends by itself are none of them.
    pub fn last_reply(&self) -> (u64, Option<&Reply>) {
        (self.last_reply.0, self.last_reply.1.as_ref())
    }

    /// Begins or ends recording lines for [`Session::poll_trace`]. Lines recorded so far stay.
    pub fn set_trace(&mut self, on: bool) {
        self.trace.set(on);
    }

    /// True when no command waits or runs, IDLE aside.
    pub fn is_quiet(&self) -> bool {
        self.queue.waiting.is_empty() && self.queue.in_flight.iter().all(|entry| entry.rules.effect == Effect::Idle)
    }

    fn set_now(&mut self, now: Tick) {
        self.now = now;
        if core::mem::take(&mut self.moved) {
            self.progress = now;
        }
    }
}
