//! The object: one session with its properties, and the rules every call follows.
//!
//! Separate from what the calls do (one file for each group of them). Handles of the library are cheap to clone, so a call takes what it needs
//! out of the locks and works without them: properties can be read, and the call cancelled, from any thread meanwhile.
//!
//! ```text
//!   call ─▶ busy? in a callback? ─▶ is the connection still there? ─▶ the work ─▶ events heard, reply noted ─▶ error? on_timeout, on_cancel,
//!              └─ IN_PROGRESS           └─ on_disconnect, NOT_CONNECTED                                         on_disconnect, on_error
//! ```
//!
//! Invariants: one call at a time; no lock is held while anything waits or a callback runs; a panic becomes an internal error; a connection
//! that is lost is let go at once, and `on_disconnect` tells so once.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use imapkit_blocking::transport::CertificateError;
use imapkit_blocking::{Answer, Canceller, Client, ErrorKind, Selected};

use crate::code::ErrorCode;
use crate::constants::State;
use crate::error::ControlError;
use crate::events::Events;
use crate::live::{Live, Selection};
use crate::settings::Settings;
use crate::stream::OpenMessage;
use crate::trace::Trace;
use crate::transfer::Figures;
use crate::worker::Worker;

/// What a method of the control comes to.
pub type Result<T, E = ControlError> = std::result::Result<T, E>;

/// An IMAP session with properties, methods and events. See the [crate](crate) for how they are used.
///
/// Every method takes `&self`, so a control can be shared by threads; one call runs at a time, and a second one fails with
/// [`ErrorCode::InProgress`]. Dropping it closes the connection and waits for its worker thread.
pub struct Control {
    pub(crate) inner: Arc<Inner>,
    worker: Worker,
}

/// What the calls, the worker and the cancellers of one control share.
pub(crate) struct Inner {
    settings: Mutex<Settings>,
    pub(crate) events: Events,
    pub(crate) figures: Figures,
    pub(crate) trace: Arc<Trace>,
    live: Mutex<Option<Live>>,
    open: Mutex<Option<OpenMessage>>,
    status: Mutex<Status>,
    /// Whether a call is under way, and whether it has been cancelled: one value, so that a call that is seen can be cancelled.
    course: AtomicU8,
    /// What the call under way does; 0 when there is none.
    phase: AtomicU32,
    canceller: Mutex<Option<Canceller>>,
}

/// Bits of [`Inner::course`].
const BUSY: u8 = 1;
const CANCELLED: u8 = 2;

/// How the last calls ended.
pub(crate) struct Status {
    pub(crate) error: Option<ControlError>,
    /// What the server answered last; put into words when somebody asks.
    pub(crate) reply: Option<Answer>,
    /// Replies heard on this connection.
    replies: u64,
    /// The certificate that was refused last.
    pub(crate) refused: Option<Box<CertificateError>>,
}

/// Cancels the calls of a control; outlives it without harm. For callbacks, which cannot hold the control itself.
#[derive(Clone)]
pub struct CancelHandle(std::sync::Weak<Inner>);

impl CancelHandle {
    /// As [`Control::cancel`].
    pub fn cancel(&self) {
        if let Some(inner) = self.0.upgrade() {
            inner.cancel();
        }
    }
}

impl fmt::Debug for CancelHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CancelHandle")
    }
}

impl Control {
    /// A control that is not connected, with the default of every property.
    pub fn new() -> Self {
        Self { inner: Arc::new(Inner::new()), worker: Worker::default() }
    }

    /// Ends the call in progress and monitoring, from any thread, also from a callback. The call fails with [`ErrorCode::Cancelled`]; the
    /// connection goes on, unless a message was being sent, which cannot be taken back otherwise, or more than 16 MiB of one were still to
    /// come. Without a call in progress nothing happens. Does not wait.
    pub fn cancel(&self) {
        self.inner.cancel();
    }

    /// What cancels this control from elsewhere.
    pub fn cancel_handle(&self) -> CancelHandle {
        CancelHandle(Arc::downgrade(&self.inner))
    }

    /// Begins the life of the object. Nothing has to be called first; this is kept for callers' habits, and clears the last error.
    pub fn initialize(&self) -> Result<()> {
        self.inner.call("initialize", |inner| {
            inner.status().error = None;
            Ok(())
        })
    }

    /// Ends the life of the object: disconnects, forgets all callbacks, and sets every property to its default. It can be used again.
    pub fn uninitialize(&self) -> Result<()> {
        self.inner.call("uninitialize", |inner| {
            inner.say_goodbye();
            inner.events.clear();
            *inner.settings() = Settings::default();
            inner.trace.set(false, None, crate::constants::TraceFlags::Info)
        })
    }

    pub(crate) fn events(&self) -> &Events {
        &self.inner.events
    }

    /// Runs work on the worker thread.
    pub(crate) fn on_worker(&self, work: impl FnOnce() + Send + 'static) -> Result<()> {
        self.worker.run(work)
    }
}

impl Default for Control {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.inner.cancel();
        self.inner.let_go();
        self.worker.stop();
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("state", &self.inner.state()).finish_non_exhaustive()
    }
}

/// A call under way; dropping it lets the next one begin.
pub(crate) struct Busy(Arc<Inner>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.phase.store(0, Ordering::SeqCst);
        self.0.course.fetch_and(!BUSY, Ordering::SeqCst);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What was being changed when a thread panicked is plain data, complete at every step.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inner {
    fn new() -> Self {
        Self {
            settings: Mutex::default(),
            events: Events::default(),
            figures: Figures::default(),
            trace: Arc::default(),
            live: Mutex::new(None),
            open: Mutex::new(None),
            status: Mutex::new(Status { error: None, reply: None, replies: 0, refused: None }),
            course: AtomicU8::new(0),
            phase: AtomicU32::new(0),
            canceller: Mutex::new(None),
        }
    }

    pub(crate) fn settings(&self) -> MutexGuard<'_, Settings> {
        lock(&self.settings)
    }

    pub(crate) fn status(&self) -> MutexGuard<'_, Status> {
        lock(&self.status)
    }

    pub(crate) fn live(&self) -> MutexGuard<'_, Option<Live>> {
        lock(&self.live)
    }

    pub(crate) fn open(&self) -> MutexGuard<'_, Option<OpenMessage>> {
        lock(&self.open)
    }

    /// The time each call may take.
    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_secs(self.settings().timeout.into())
    }

    /// What can cancel the call under way.
    pub(crate) fn set_canceller(&self, canceller: Canceller) -> Result<()> {
        canceller.begin();
        *lock(&self.canceller) = Some(canceller);
        // It may have been wanted before there was anything to cancel it by.
        self.check_cancelled()
    }

    pub(crate) fn cancel(&self) {
        // Both under the lock: one call is cancelled, and not the next one too.
        let canceller = lock(&self.canceller);
        self.course.fetch_or(CANCELLED, Ordering::SeqCst);
        if let Some(canceller) = &*canceller {
            canceller.cancel();
        }
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.course.load(Ordering::SeqCst) & CANCELLED != 0
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.course.load(Ordering::SeqCst) & BUSY != 0
    }

    pub(crate) fn enter(&self, state: State) {
        self.phase.store(state.value(), Ordering::SeqCst);
    }

    pub(crate) fn state(&self) -> State {
        let phase = self.phase.load(Ordering::SeqCst);
        if let Some(state) = State::from_value(phase).filter(|state| *state != State::Disconnected) {
            return state;
        }
        match &*self.live() {
            None => State::Disconnected,
            Some(live) if live.client.error().is_some() => State::Disconnected,
            Some(live) if live.is_monitored() => State::Monitoring,
            Some(live) if live.is_authenticated() => State::Idle,
            Some(_) => State::Connected,
        }
    }

    /// A call begins, unless there is one.
    pub(crate) fn begin(self: &Arc<Self>, name: &str) -> Result<Busy> {
        if self.events.is_inside() {
            return Err(self.in_progress(format!("{name} was called from inside a callback, which may only cancel")));
        }
        let idle = |course: u8| (course & BUSY == 0).then_some(BUSY);
        if self.course.fetch_update(Ordering::SeqCst, Ordering::SeqCst, idle).is_err() {
            return Err(self.in_progress(format!("{name}: another call is in progress")));
        }
        let busy = Busy(Arc::clone(self));
        if let Some(canceller) = &*lock(&self.canceller) {
            // What came before this is in `course`, where it is looked for behind this.
            canceller.begin();
        }
        Ok(busy)
    }

    /// Told without events: it is not the operation under way that fails.
    fn in_progress(&self, text: String) -> ControlError {
        let error = ControlError::new(ErrorCode::InProgress, text);
        self.status().error = Some(error.clone());
        error
    }

    /// One call, from beginning to end.
    pub(crate) fn call<T>(self: &Arc<Self>, name: &'static str, work: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        let busy = self.begin(name)?;
        self.go_on(name, busy, work)
    }

    /// The rest of a call that has begun.
    pub(crate) fn go_on<T>(&self, name: &'static str, busy: Busy, work: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        let outcome = self.attempt(name, work);
        if let Err(error) = &outcome {
            self.tell(error);
        }
        drop(busy);
        outcome
    }

    /// The work, and what follows it however it ended.
    pub(crate) fn attempt<T>(&self, name: &'static str, work: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        let outcome = catch_unwind(AssertUnwindSafe(|| work(self))).unwrap_or_else(|panic| {
            Err(ControlError::new(ErrorCode::InternalError, format!("{name} panicked: {}", words(&*panic))))
        });
        // Events about the end are told in the state the work has left.
        self.phase.store(0, Ordering::SeqCst);
        self.hear();
        self.keep_reply();
        self.trace.call(name, outcome.as_ref().err());
        outcome
    }

    /// An error becomes the last one.
    pub(crate) fn keep_error(&self, error: &ControlError) {
        let mut status = self.status();
        if let Some(certificate) = error.certificate() {
            status.refused = Some(Box::new(certificate.clone()));
        }
        status.error = Some(error.clone());
    }

    /// An error becomes the last one and is told by the events it is a case for.
    pub(crate) fn tell(&self, error: &ControlError) {
        self.keep_error(error);
        self.announce(error);
    }

    /// Tells an error by the events it is a case for.
    pub(crate) fn announce(&self, error: &ControlError) {
        if self.events.is_inside() {
            // A property that a callback set wrongly is told to the callback.
            return;
        }
        self.check_connection();
        // What these return is not looked at: the call has failed already.
        match error.ended_by() {
            Some(ErrorKind::Cancelled) => drop(self.events.cancel()),
            Some(ErrorKind::Timeout) => drop(self.events.timeout()),
            _ => {}
        }
        drop(self.events.error(error));
    }

    /// Lets a connection go that is over, and tells so once.
    pub(crate) fn check_connection(&self) -> bool {
        let mut live = self.live();
        let Some(over) = live.as_ref().and_then(|live| live.client.error()) else { return live.is_some() };
        let gone = live.take();
        drop(live);
        *self.open() = None;
        drop(gone);
        self.trace.warning(&format!("the connection is over: {over}"));
        drop(self.events.disconnect());
        false
    }

    /// Closes the connection without a word.
    pub(crate) fn let_go(&self) {
        let gone = self.live().take();
        *self.open() = None;
        if let Some(live) = gone {
            live.client.close();
        }
    }

    /// Counts what the server has told unasked.
    fn hear(&self) {
        if let Some(live) = &mut *self.live() {
            live.hear();
        }
    }

    /// Notes how the server answered last, and tells it if that is new: at the end, or before commands that find out more.
    pub(crate) fn keep_reply(&self) {
        let Some((count, reply)) = self.live().as_ref().map(|live| live.client.last_reply()) else { return };
        let mut status = self.status();
        if status.replies == count {
            return;
        }
        status.replies = count;
        if !self.events.wants_commands() {
            status.reply = reply;
            return;
        }
        status.reply.clone_from(&reply);
        drop(status);
        if let Some((result, text)) = reply.as_ref().map(crate::reply::described) {
            drop(self.events.command(result, &text));
        }
    }

    /// Notes a reply that came before there was a connection to ask for it.
    pub(crate) fn note_refusal(&self, reply: &Answer) {
        self.status().reply = Some(reply.clone());
        let (result, text) = crate::reply::described(reply);
        drop(self.events.command(result, &text));
    }

    /// Lets go of a connection that is closed because we do not want it, which is no event.
    pub(crate) fn part(&self, client: &Client, why: &ControlError) {
        if !client.is_open() && !why.is_loss() {
            self.keep_reply();
            self.let_go();
        }
    }

    /// Says goodbye, if there is a connection.
    pub(crate) fn say_goodbye(&self) {
        self.enter(State::Closing);
        let Some(live) = self.live().take() else { return };
        *self.open() = None;
        // A server that is rude at the end is gone all the same (T049).
        let _ = live.client.with_timeout(self.timeout()).logout();
    }

    /// The replies since are none of the caller's business.
    pub(crate) fn skip_replies(&self) {
        if let Some(live) = &*self.live() {
            let (count, _) = live.client.last_reply();
            self.status().replies = count;
        }
    }

    /// A new connection: its replies are counted from the beginning.
    pub(crate) fn take_over(&self, live: Live) {
        self.status().replies = 0;
        *self.live() = Some(live);
    }

    /// Which connection there is.
    pub(crate) fn connection(&self) -> Option<u64> {
        self.live().as_ref().map(|live| live.number)
    }

    /// The connection.
    pub(crate) fn client(&self) -> Result<Client> {
        self.check_cancelled()?;
        if let Some(live) = &*self.live() {
            live.client.catch_up();
        }
        if !self.check_connection() {
            return Err(ControlError::new(ErrorCode::NotConnected, "there is no connection; call connect first"));
        }
        let timeout = self.timeout();
        let live = self.live();
        let live = live.as_ref().ok_or_else(|| ControlError::new(ErrorCode::NotConnected, "there is no connection"))?;
        if self.phase.load(Ordering::SeqCst) == 0 {
            // Whoever wants the connection sends something, unless it says what else it does.
            self.enter(State::Sending);
        }
        Ok(live.client.with_timeout(timeout))
    }

    /// The connection of somebody who is logged in, with no message open on it.
    pub(crate) fn session(&self) -> Result<Client> {
        let client = self.client()?;
        if client.state() < imapkit_blocking::State::Authenticated {
            return Err(ControlError::new(ErrorCode::NotAuthenticated, "nobody is logged in; call login first"));
        }
        if self.open().is_some() {
            let text = "a message is open: call close_message first";
            return Err(ControlError::new(ErrorCode::InProgress, text));
        }
        Ok(client)
    }

    /// The selected mailbox.
    pub(crate) fn selected(&self) -> Result<Selected> {
        self.session()?;
        let timeout = self.timeout();
        self.with_selection(|selection| selection.selected.with_timeout(timeout))
    }

    /// The selected mailbox, to be changed.
    pub(crate) fn writable(&self) -> Result<Selected> {
        let selected = self.selected()?;
        if selected.info().read_only {
            let text = format!("{} is open read-only; call select_mailbox", selected.mailbox());
            return Err(ControlError::new(ErrorCode::MailboxReadOnly, text));
        }
        Ok(selected)
    }

    /// Looks at what is known of the selected mailbox, without I/O.
    pub(crate) fn with_selection<T>(&self, look: impl FnOnce(&mut Selection) -> T) -> Result<T> {
        let mut live = self.live();
        let live = live.as_mut().ok_or_else(|| ControlError::new(ErrorCode::NotConnected, "there is no connection"))?;
        live.hear();
        match &mut live.selection {
            Some(selection) => Ok(look(selection)),
            None => Err(ControlError::new(ErrorCode::NoMailboxSelected, "no mailbox is selected; call select_mailbox")),
        }
    }
}

/// What a panic said.
fn words(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no reason given")
}
