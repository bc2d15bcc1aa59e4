//! Events: what the control tells while it works, by callbacks the program registers.
//!
//! Separate because the rules are the same for all of them. A callback runs on the thread that runs the operation, or on the control's worker
//! thread. It may call [`Control::cancel`](crate::Control::cancel), read properties that need no server, and register callbacks; any other
//! call of the same control returns [`ErrorCode::InProgress`]. It returns 0 to go on; another number ends the operation where that is
//! possible, with that number if it is one of [`ErrorCode`]'s and with [`ErrorCode::Cancelled`] otherwise.
//!
//! Invariants: no lock of the control is held while a callback runs; one that panics ends the operation with an internal error and does the
//! session no harm; one that blocks makes its operation wait and nothing else.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::code::ErrorCode;
use crate::constants::{ResultCode, UpdateType};
use crate::control::Control;
use crate::error::ControlError;

/// Where one callback is kept. It can be replaced while it runs.
struct Slot<F: ?Sized>(Mutex<Option<Arc<Mutex<Box<F>>>>>);

impl<F: ?Sized> Default for Slot<F> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<F: ?Sized> Slot<F> {
    fn set(&self, callback: Option<Box<F>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            callback.map(|callback| Arc::new(Mutex::new(callback)));
    }

    fn is_set(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn call(&self, owner: Owner, name: &'static str, call: impl FnOnce(&mut F) -> i32) -> Result<(), ControlError> {
        let slot = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(callback) = slot else { return Ok(()) };
        let mut callback = callback.lock().unwrap_or_else(PoisonError::into_inner);
        let _inside = Inside::enter(owner);
        match catch_unwind(AssertUnwindSafe(|| call(&mut callback))) {
            Ok(0) => Ok(()),
            Ok(other) => Err(stopped(name, other)),
            Err(_) => Err(ControlError::new(ErrorCode::InternalError, format!("the callback {name} panicked"))),
        }
    }
}

/// The callback's wish to end the operation.
fn stopped(name: &str, value: i32) -> ControlError {
    let code = ErrorCode::from_value(u32::from_ne_bytes(value.to_ne_bytes())).unwrap_or(ErrorCode::Cancelled);
    ControlError::new(code, format!("ended by {name}, which returned {value}"))
}

/// Which control it is.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Owner(usize);

impl Default for Owner {
    fn default() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

thread_local! {
    /// The controls whose callbacks this thread runs.
    static INSIDE: RefCell<Vec<Owner>> = const { RefCell::new(Vec::new()) };
}

struct Inside;

impl Inside {
    fn enter(owner: Owner) -> Self {
        INSIDE.with_borrow_mut(|inside| inside.push(owner));
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.with_borrow_mut(Vec::pop);
    }
}

type Plain = dyn FnMut() -> i32 + Send;
type Told = dyn FnMut(u32, &str) -> i32 + Send;
type Progress = dyn FnMut(u32, u64, u64, u32) -> i32 + Send;
type Updated = dyn FnMut(UpdateType, u32) -> i32 + Send;
type Answered = dyn FnMut(ResultCode, &str) -> i32 + Send;

/// The callbacks of one control.
#[derive(Default)]
pub(crate) struct Events {
    owner: Owner,
    cancel: Slot<Plain>,
    connect: Slot<Plain>,
    disconnect: Slot<Plain>,
    timeout: Slot<Plain>,
    read: Slot<Plain>,
    write: Slot<Plain>,
    error: Slot<Told>,
    progress: Slot<Progress>,
    update: Slot<Updated>,
    command: Slot<Answered>,
    security_warning: Slot<Told>,
}

impl Events {
    pub(crate) fn cancel(&self) -> Result<(), ControlError> {
        self.cancel.call(self.owner, "on_cancel", |callback| callback())
    }

    pub(crate) fn connect(&self) -> Result<(), ControlError> {
        self.connect.call(self.owner, "on_connect", |callback| callback())
    }

    pub(crate) fn disconnect(&self) -> Result<(), ControlError> {
        self.disconnect.call(self.owner, "on_disconnect", |callback| callback())
    }

    pub(crate) fn timeout(&self) -> Result<(), ControlError> {
        self.timeout.call(self.owner, "on_timeout", |callback| callback())
    }

    pub(crate) fn read(&self) -> Result<(), ControlError> {
        self.read.call(self.owner, "on_read", |callback| callback())
    }

    pub(crate) fn write(&self) -> Result<(), ControlError> {
        self.write.call(self.owner, "on_write", |callback| callback())
    }

    pub(crate) fn error(&self, error: &ControlError) -> Result<(), ControlError> {
        self.error.call(self.owner, "on_error", |callback| callback(error.value(), error.text()))
    }

    pub(crate) fn wants_progress(&self) -> bool {
        self.progress.is_set()
    }

    pub(crate) fn progress(&self, number: u32, size: u64, copied: u64, percent: u32) -> Result<(), ControlError> {
        self.progress.call(self.owner, "on_progress", |callback| callback(number, size, copied, percent))
    }

    pub(crate) fn update(&self, kind: UpdateType, number: u32) -> Result<(), ControlError> {
        self.update.call(self.owner, "on_update", |callback| callback(kind, number))
    }

    pub(crate) fn wants_commands(&self) -> bool {
        self.command.is_set()
    }

    pub(crate) fn command(&self, result: ResultCode, text: &str) -> Result<(), ControlError> {
        self.command.call(self.owner, "on_command", |callback| callback(result, text))
    }

    pub(crate) fn security_warning(&self, code: ErrorCode, text: &str) -> Result<(), ControlError> {
        self.security_warning.call(self.owner, "on_security_warning", |callback| callback(code.value(), text))
    }

    /// This thread runs a callback of this control.
    pub(crate) fn is_inside(&self) -> bool {
        INSIDE.with_borrow(|inside| inside.contains(&self.owner))
    }

    /// Lets go of all callbacks.
    pub(crate) fn clear(&self) {
        for slot in [&self.cancel, &self.connect, &self.disconnect, &self.timeout, &self.read, &self.write] {
            slot.set(None);
        }
        self.error.set(None);
        self.progress.set(None);
        self.update.set(None);
        self.command.set(None);
        self.security_warning.set(None);
    }
}

/// Registering callbacks. Each replaces the one before; what a callback returns is told in [the crate's rules](crate#events).
impl Control {
    /// Called when a call, or monitoring, was ended by [`Control::cancel`]. What it returns is not looked at.
    pub fn on_cancel(&self, callback: impl FnMut() -> i32 + Send + 'static) {
        self.events().cancel.set(Some(Box::new(callback)));
    }

    /// Called when a connection is there and the user, if one is named, is logged in. Another number than 0 closes it again.
    pub fn on_connect(&self, callback: impl FnMut() -> i32 + Send + 'static) {
        self.events().connect.set(Some(Box::new(callback)));
    }

    /// Called once when the server has closed the connection, or it was lost; not on [`Control::disconnect`]. What it returns is not looked at.
    pub fn on_disconnect(&self, callback: impl FnMut() -> i32 + Send + 'static) {
        self.events().disconnect.set(Some(Box::new(callback)));
    }

    /// Called with the number and the text of every error, after the more special events. What it returns is not looked at.
    pub fn on_error(&self, callback: impl FnMut(u32, &str) -> i32 + Send + 'static) {
        self.events().error.set(Some(Box::new(callback)));
    }

    /// Called while a message is received or sent: its number (0 for one that is created), its size, the octets copied so far, and how much of
    /// the whole that is in percent, 0 at the beginning and 100 at the end. Never with the same percentage twice.
    pub fn on_progress(&self, callback: impl FnMut(u32, u64, u64, u32) -> i32 + Send + 'static) {
        self.events().progress.set(Some(Box::new(callback)));
    }

    /// Called when a piece of a message was received.
    pub fn on_read(&self, callback: impl FnMut() -> i32 + Send + 'static) {
        self.events().read.set(Some(Box::new(callback)));
    }

    /// Called when a call took longer than it may, and when the time given to [`Control::idle`] is over. What it returns is not looked at.
    pub fn on_timeout(&self, callback: impl FnMut() -> i32 + Send + 'static) {
        self.events().timeout.set(Some(Box::new(callback)));
    }

    /// Called for every change of the mailbox while [`Control::idle`] watches it: what sort of change, and the number of the message. Another
    /// number than 0 ends watching.
    pub fn on_update(&self, callback: impl FnMut(UpdateType, u32) -> i32 + Send + 'static) {
        self.events().update.set(Some(Box::new(callback)));
    }

    /// Called when a piece of a message is about to be sent.
    pub fn on_write(&self, callback: impl FnMut() -> i32 + Send + 'static) {
        self.events().write.set(Some(Box::new(callback)));
    }

    /// Called when the server has answered the last command of a call: how, and in which words. What it returns is not looked at.
    pub fn on_command(&self, callback: impl FnMut(ResultCode, &str) -> i32 + Send + 'static) {
        self.events().command.set(Some(Box::new(callback)));
    }

    /// Called before a password or token goes over a connection that others can read, and when a certificate is accepted that is not valid:
    /// the number of the error it would be, and what is wrong. Another number than 0 ends the call before anything is sent.
    pub fn on_security_warning(&self, callback: impl FnMut(u32, &str) -> i32 + Send + 'static) {
        self.events().security_warning.set(Some(Box::new(callback)));
    }

    /// Forgets all callbacks.
    pub fn clear_events(&self) {
        self.events().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_callback_returns_is_what_ends_the_call() {
        assert_eq!(stopped("on_x", 1).code(), ErrorCode::Cancelled);
        assert_eq!(
            stopped("on_x", i32::from_ne_bytes(ErrorCode::LoginRejected.value().to_ne_bytes())).code(),
            ErrorCode::LoginRejected
        );
    }

    #[test]
    fn a_callback_may_replace_itself_and_may_panic() {
        let events = Arc::new(Events::default());
        let inner = Arc::clone(&events);
        events.read.set(Some(Box::new(move || {
            inner.read.set(Some(Box::new(|| panic!("on purpose"))));
            0
        })));
        assert!(events.read().is_ok());
        assert_eq!(events.read().unwrap_err().code(), ErrorCode::InternalError);
        assert_eq!(events.read().unwrap_err().code(), ErrorCode::InternalError, "it is still there");
        assert!(!events.is_inside());
        assert!(events.write().is_ok(), "nobody listens");
    }
}
