//! The only loop: readiness, bytes, timers. What it moves, others understand.
//!
//! ```text
//!  jobs --> Engine(Session) --poll_transmit--> Stack --> out --> socket
//!  events <--'        ^-------- input <------- Stack <-- wire <-- socket          (no layer: straight into input)
//! ```
//!
//! Separate from the engine so that no verb knows of sockets. It never waits for a reader: when one is behind, the session stops wanting
//! input, and so does the loop. RFC 9051 §2.1; protocol.md M29, M32, C30, T104, T112.
//!
//! Invariants: a waker is registered with everything that can make progress before it sleeps; it yields after [`TURNS`] turns, so that those
//! who take what it brings get to run; what waits to be sent is bounded by [`OUT`]; every wait ends (the session's timers, and a limit on
//! how long the peer may take no octet).

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use imapkit_sasl::ChannelBinding;
use imapkit_session::{CommandId, Error, ErrorKind, Event, Layer, SlowStep, State, Tick};
use imapkit_transport::{DeflateConfig, ServerId, Stack, TlsConfig};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;
use tokio::time::{Instant, Sleep};

use crate::client::closed_by_caller;
use crate::engine::Engine;
use crate::failure;
use crate::link::Job;

/// Readings and writings before the loop lets others run.
const TURNS: usize = 2;
/// The smallest and the largest read.
const READ: (usize, usize) = (16 << 10, 128 << 10);
/// Plaintext that the layers may put into the session's input at a time.
const PLAIN: usize = 64 << 10;
/// Octets waiting for the socket beyond which no more are asked for.
const OUT: usize = 256 << 10;
/// How long the last octets may take on their way out.
const PARTING: Duration = Duration::from_secs(2);

/// Anything that carries octets both ways.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// What ties a login to the TLS connection; empty until TLS is in place.
pub(crate) type Binding = Arc<OnceLock<ChannelBinding>>;

/// Runs one connection: a future that ends with it. [`crate::connect`] spawns it; with [`crate::connect_with`] that is yours to do.
///
/// While it is not polled nothing happens on the connection, timers included. It ends with why the connection is over, which after a logout,
/// or when all handles are gone, is no failure. Dropping it closes the socket and fails every waiting command.
#[must_use = "nothing happens on the connection until the driver is polled"]
pub struct Driver {
    engine: Engine,
    jobs: UnboundedReceiver<Job>,
    wire: Box<dyn Wire>,
    stack: Stack,
    tls: Option<(TlsConfig, ServerId)>,
    binding: Binding,
    buffers: Buffers,
    /// The session has not looked at all of `buffers.input`, or the stack at all of `buffers.received`.
    unread: bool,
    flushed: bool,
    /// A step of the login that takes long, on a thread for such work: others share this one (T057).
    slow_step: Option<JoinHandle<SlowStep>>,
    /// Octets have been waiting for the socket since then.
    stuck: Option<Instant>,
    /// The content of this command's literal has been missing since then.
    starved: Option<(CommandId, Instant)>,
    timeouts: Timeouts,
    start: Instant,
    timer: Timer,
    parting: Option<Instant>,
}

/// Octets on their way.
struct Buffers {
    /// From the socket, not decrypted.
    received: BytesMut,
    /// For the session.
    input: BytesMut,
    /// From the session, not encrypted.
    output: BytesMut,
    /// For the socket.
    out: BytesMut,
    /// How much to read at a time.
    read: usize,
}

/// Moving a timer for each response costs more than one that is early now and then: it is only ever moved forward.
struct Timer {
    sleep: Pin<Box<Sleep>>,
    armed: bool,
}

/// Waits that are not the session's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    /// How long the socket may take no octet.
    pub(crate) write: Duration,
    /// How long a caller may leave the server waiting for the content it has announced.
    pub(crate) upload: Duration,
}

/// What a driver is made of.
pub(crate) struct Parts {
    pub(crate) engine: Engine,
    pub(crate) jobs: UnboundedReceiver<Job>,
    pub(crate) wire: Box<dyn Wire>,
    pub(crate) tls: Option<(TlsConfig, ServerId)>,
    pub(crate) binding: Binding,
    pub(crate) start: Instant,
    pub(crate) timeouts: Timeouts,
}

impl Driver {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { engine, jobs, wire, tls, binding, start, timeouts } = parts;
        let buffers = Buffers {
            received: BytesMut::new(),
            input: BytesMut::new(),
            output: BytesMut::new(),
            out: BytesMut::new(),
            read: READ.0,
        };
        Self {
            engine,
            jobs,
            wire,
            stack: Stack::new(),
            tls,
            binding,
            buffers,
            unread: false,
            flushed: true,
            slow_step: None,
            stuck: None,
            starved: None,
            timeouts,
            start,
            timer: Timer { sleep: Box::pin(tokio::time::sleep_until(start)), armed: false },
            parting: None,
        }
    }

    /// TLS before the greeting.
    pub(crate) fn start_tls(&mut self) -> Result<(), Error> {
        let Some((config, server)) = &self.tls else {
            return Err(Error::new(ErrorKind::Misuse, "there is no TLS configuration for this connection"));
        };
        self.stack.start_tls(config, server, &self.buffers.input).map_err(failure::transport)?;
        self.stack.pending_transmit(&mut self.buffers.out);
        Ok(())
    }

    pub(crate) fn engine(&mut self) -> &mut Engine {
        &mut self.engine
    }

    pub(crate) fn stack(&self) -> &Stack {
        &self.stack
    }

    /// TLS is to come, and has not begun.
    pub(crate) fn is_to_start_tls(&self) -> bool {
        self.tls.is_some() && self.stack.is_plain()
    }

    fn now(&self) -> Tick {
        Tick::new(self.start.elapsed())
    }

    /// One turn; false when there was nothing to do, and all wakers are registered.
    fn turn(&mut self, cx: &mut Context<'_>) -> bool {
        let worked = self.poll_jobs(cx) | self.poll_read(cx) | self.poll_slow_step(cx);
        self.tell();
        worked | self.poll_write(cx)
    }

    fn poll_jobs(&mut self, cx: &mut Context<'_>) -> bool {
        let mut worked = false;
        loop {
            match self.jobs.poll_recv(cx) {
                Poll::Ready(Some(job)) => {
                    job(&mut self.engine);
                    worked = true;
                }
                Poll::Ready(None) => {
                    self.engine.close(closed_by_caller());
                    break;
                }
                Poll::Pending => break,
            }
        }
        if let Some(why) = self.engine.closing.take().filter(|_| self.engine.session.error().is_none()) {
            self.engine.session.handle_eof(self.now(), Some(why));
            worked = true;
        }
        worked
    }

    fn poll_slow_step(&mut self, cx: &mut Context<'_>) -> bool {
        if let Some(step) = self.engine.session.poll_slow_step() {
            self.slow_step = Some(tokio::task::spawn_blocking(|| step.run()));
        }
        let Some(work) = &mut self.slow_step else { return false };
        let Poll::Ready(done) = Pin::new(work).poll(cx) else { return false };
        self.slow_step = None;
        match done {
            Ok(step) => self.engine.session.handle_slow_step(self.now(), step),
            Err(error) => {
                let error = Error::with_source(ErrorKind::Cancelled, "the step of the login was not finished", error);
                self.end_of_input(Some(error));
            }
        }
        true
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> bool {
        let wanted = self.engine.session.wants_input();
        if !(wanted || self.stack.is_handshaking()) {
            return false;
        }
        if wanted && std::mem::take(&mut self.unread) {
            self.digest();
            return true;
        }
        let buffers = &mut self.buffers;
        let target = if self.stack.is_plain() { &mut buffers.input } else { &mut buffers.received };
        target.reserve(buffers.read);
        let room = target.capacity() - target.len();
        let read = std::pin::pin!(self.wire.read_buf(target)).poll(cx);
        match read {
            Poll::Pending => return false,
            Poll::Ready(Ok(0)) => self.end_of_input(None),
            Poll::Ready(Err(error)) => self.end_of_input(Some(failure::io("reading from the server", error))),
            Poll::Ready(Ok(count)) => {
                buffers.adapt(count, room);
                self.digest();
            }
        }
        true
    }

    /// Brings what has been read to the session.
    fn digest(&mut self) {
        loop {
            let mut more = false;
            if !self.stack.is_plain() {
                let Buffers { received, input, out, .. } = &mut self.buffers;
                let outcome = self.stack.receive(received, input, PLAIN);
                self.stack.pending_transmit(out);
                match outcome {
                    Ok(progress) => {
                        more = progress.more;
                        if progress.handshake_finished {
                            self.bind();
                            self.engine.session.handle_upgraded(self.now(), Layer::Tls);
                        }
                        if progress.closed {
                            self.engine.session.handle_input(self.now(), &mut self.buffers.input);
                            return self.end_of_input(None);
                        }
                    }
                    Err(error) => {
                        // What came before the fault is genuine.
                        self.engine.session.handle_input(self.now(), &mut self.buffers.input);
                        return self.end_of_input(Some(failure::transport(error)));
                    }
                }
            }
            self.engine.session.handle_input(self.now(), &mut self.buffers.input);
            self.tell();
            if !self.engine.session.wants_input() {
                self.unread = true;
                return;
            }
            if !more {
                return;
            }
        }
    }

    /// Tells whoever logs in what ties the login to this TLS connection (RFC 9266, RFC 5929).
    fn bind(&self) {
        let exporter = self.stack.exporter().map(|data| ("tls-exporter", data.to_vec()));
        let end_point = || Some(("tls-server-end-point", self.stack.facts()?.end_point.clone()?));
        if let Some((name, data)) = exporter.or_else(end_point) {
            let _ = self.binding.set(ChannelBinding { name: name.into(), data });
        }
    }

    fn end_of_input(&mut self, why: Option<Error>) {
        let leaving = self.engine.session.state() >= State::Logout;
        let why = why.or_else(|| self.stack.handle_eof().err().filter(|_| !leaving).map(failure::transport));
        self.engine.session.handle_eof(self.now(), why);
    }

    /// Passes on what the session has to say.
    fn tell(&mut self) {
        while let Some(event) = self.engine.session.poll_event() {
            if let Event::Upgrade(layer) = &event {
                self.upgrade(*layer);
            }
            self.engine.tell(event);
        }
        self.engine.tidy();
        self.engine.fate.wake_readers();
        if let Some(tracer) = self.engine.tracer.clone() {
            while let Some(line) = self.engine.session.poll_trace() {
                tracer(&line);
            }
        }
    }

    fn upgrade(&mut self, layer: Layer) {
        let started = match layer {
            Layer::Tls => self.start_tls(),
            Layer::Deflate => {
                // What was read behind the answer is compressed already: it is looked at again.
                self.unread = true;
                let started = self.stack.start_deflate(DeflateConfig::default(), &mut self.buffers.input);
                started.map_err(failure::transport)
            }
        };
        let now = self.now();
        match (started, layer) {
            (Err(error), _) => self.engine.session.handle_eof(now, Some(error)),
            (Ok(()), Layer::Deflate) => self.engine.session.handle_upgraded(now, layer),
            (Ok(()), Layer::Tls) => {}
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> bool {
        let mut worked = false;
        loop {
            self.collect(cx);
            let out = &mut self.buffers.out;
            if out.is_empty() {
                self.stuck = None;
                self.flushed = self.flushed || Pin::new(&mut self.wire).poll_flush(cx).is_ready();
                return worked;
            }
            match Pin::new(&mut self.wire).poll_write(cx, out) {
                Poll::Ready(Ok(count)) if count > 0 => {
                    out.advance(count);
                    self.flushed = false;
                    self.stuck = None;
                    worked = true;
                }
                Poll::Ready(outcome) => {
                    let error = outcome.err().unwrap_or_else(|| io::ErrorKind::WriteZero.into());
                    self.broken(cx, error);
                    return true;
                }
                Poll::Pending => {
                    self.stuck.get_or_insert_with(Instant::now);
                    return worked;
                }
            }
        }
    }

    /// Fills `out`.
    fn collect(&mut self, cx: &mut Context<'_>) {
        let Buffers { output, out, .. } = &mut self.buffers;
        while out.len() < OUT && !self.stack.is_handshaking() {
            self.engine.session.poll_transmit(Tick::new(self.start.elapsed()), output);
            if !output.is_empty() {
                if let Err(error) = self.stack.send(output, out) {
                    let now = Tick::new(self.start.elapsed());
                    self.engine.session.handle_eof(now, Some(failure::transport(error)));
                }
            }
            let Some(upload) = self.engine.session.poll_upload() else {
                self.starved = None;
                return;
            };
            if self.engine.feed(cx).is_pending() {
                self.starved.get_or_insert_with(|| (upload.id, Instant::now()));
                return;
            }
            self.starved = None;
        }
    }

    /// The socket takes no more. What the server said before may tell why, so that is read first.
    fn broken(&mut self, cx: &mut Context<'_>, error: io::Error) {
        self.buffers.out.clear();
        while self.engine.session.wants_input() && self.poll_read(cx) {}
        if self.engine.session.error().is_none() {
            self.end_of_input(Some(failure::io("writing to the server", error)));
        }
    }

    /// When to look at the clock again, if nothing happens before.
    fn due(&self) -> Option<Instant> {
        let session = self.engine.session.poll_timeout().map(|tick| self.start + tick.since_start());
        let stuck = self.stuck.map(|since| since + self.timeouts.write);
        let starved = self.starved.map(|(_, since)| since + self.timeouts.upload);
        session.into_iter().chain(stuck).chain(starved).min()
    }

    fn poll_timer(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(due) = self.due() else { return false };
        if self.timer.poll(due, cx).is_pending() {
            return false;
        }
        let now = Instant::now();
        let Timeouts { write, upload } = self.timeouts;
        if self.stuck.is_some_and(|since| since + write <= now) {
            let text = format!("the server has taken no octet for {write:?}");
            self.end_of_input(Some(Error::new(ErrorKind::Timeout, text)));
        }
        if let Some((id, _)) = self.starved.filter(|(_, since)| *since + upload <= now) {
            let text = format!("the content of a literal was not supplied for {upload:?}");
            self.engine.session.fail_upload(id, &Error::new(ErrorKind::Stalled, text));
        }
        self.engine.session.handle_timeout(self.now());
        true
    }

    /// The connection is over: the last octets and a proper end, as far as that goes without delay.
    fn poll_parting(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let until = *self.parting.get_or_insert_with(|| Instant::now() + PARTING);
        if !self.jobs.is_closed() {
            self.jobs.close();
            while let Ok(job) = self.jobs.try_recv() {
                job(&mut self.engine);
            }
            self.stack.close(&mut self.buffers.out);
        }
        while !self.buffers.out.is_empty() && self.timer.poll(until, cx).is_pending() {
            match ready!(Pin::new(&mut self.wire).poll_write(cx, &self.buffers.out)) {
                Ok(count) if count > 0 => self.buffers.out.advance(count),
                _ => return Poll::Ready(()),
            }
        }
        if self.timer.poll(until, cx).is_ready() {
            return Poll::Ready(());
        }
        Pin::new(&mut self.wire).poll_shutdown(cx).map(drop)
    }
}

impl Timer {
    /// Ready at `due`, or before; ask again then.
    fn poll(&mut self, due: Instant, cx: &mut Context<'_>) -> Poll<()> {
        if !self.armed || due < self.sleep.deadline() {
            self.sleep.as_mut().reset(due);
            self.armed = true;
        }
        let fired = self.sleep.as_mut().poll(cx);
        self.armed = fired.is_pending();
        fired
    }
}

impl Buffers {
    /// A read that was filled asks for a larger one; idle connections stay small.
    fn adapt(&mut self, count: usize, room: usize) {
        if count >= room {
            self.read = (self.read * 2).min(READ.1);
        } else if count < READ.0 / 4 {
            self.read = READ.0;
        }
    }
}

impl Future for Driver {
    type Output = Error;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        for _ in 0..TURNS {
            if let Some(error) = this.engine.session.error().cloned() {
                this.tell();
                ready!(this.poll_parting(cx));
                return Poll::Ready(error);
            }
            if !this.turn(cx) && !this.poll_timer(cx) {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
