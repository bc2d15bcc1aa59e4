//! Handles: what C holds in place of a control.
//!
//! Separate because safety rests on it. A handle looks like a pointer and is a number that was given once and never again; the controls
//! themselves stand in a table. So a handle that is NULL, was freed, or was never given is found out by looking it up, and a control that is
//! freed by one thread while another uses it lives until that call is over; who frees it waits for that.
//!
//! Invariants: no lock is held while a call runs; no callback is called once free has returned.

use std::cell::Cell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use imapkit_control::{Control, ErrorCode};

use crate::outcome::{Failure, value};

/// An IMAP session with properties, methods and events. Made by imapkit_control_new, ended by imapkit_control_free.
pub struct Handle {
    _opaque: [u8; 0],
}

/// A control in the table, held by every call on it.
struct Entry {
    control: Control,
    /// Who frees it hears that this is dropped, which is after the control.
    freed: OnceLock<SyncSender<()>>,
}

static CONTROLS: RwLock<Option<HashMap<usize, Arc<Entry>>>> = RwLock::new(None);
/// Steps of 16, so that a handle looks like what malloc gives; 0 is NULL.
static NEXT: AtomicUsize = AtomicUsize::new(16);
/// How often a call is told again that its control is to be freed.
const AGAIN: Duration = Duration::from_millis(20);

thread_local! {
    /// Callbacks that are running on this thread.
    static INSIDE: Cell<u32> = const { Cell::new(0) };
}

/// Notes that a callback runs, until it is dropped.
pub(crate) struct Inside;

impl Inside {
    pub(crate) fn new() -> Self {
        INSIDE.with(|depth| depth.set(depth.get().saturating_add(1)));
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.with(|depth| depth.set(depth.get().saturating_sub(1)));
    }
}

/// Makes a control that is not connected, with the default of every property. NULL when there is no memory.
#[unsafe(no_mangle)]
pub extern "C" fn imapkit_control_new() -> *mut Handle {
    let made = catch_unwind(|| {
        let id = NEXT.fetch_add(16, Ordering::Relaxed);
        let mut controls = CONTROLS.write().unwrap_or_else(PoisonError::into_inner);
        controls
            .get_or_insert_default()
            .insert(id, Arc::new(Entry { control: Control::new(), freed: OnceLock::new() }));
        ptr::without_provenance_mut(id)
    });
    made.unwrap_or(ptr::null_mut())
}

/// Ends a control: cancels the call in progress, closes the connection and frees what the control holds. The handle is of no use afterwards;
/// every function answers it with IMAPKIT_E_INVALID_ARGUMENT, this one as well. A call that another thread is making on it, and its callbacks,
/// end first: this function waits for them, so do not hold a lock that a callback waits for. From inside a callback:
/// IMAPKIT_E_IN_PROGRESS, and nothing happens.
#[unsafe(no_mangle)]
pub extern "C" fn imapkit_control_free(control: *mut Handle) -> i32 {
    if INSIDE.with(Cell::get) > 0 {
        return value(ErrorCode::InProgress);
    }
    let ended = catch_unwind(|| {
        let mut controls = CONTROLS.write().unwrap_or_else(PoisonError::into_inner);
        let found = controls.as_mut().and_then(|controls| controls.remove(&control.addr()));
        drop(controls);
        found.map(end)
    });
    match ended {
        Ok(Some(())) => 0,
        Ok(None) => value(ErrorCode::InvalidArgument),
        Err(_) => value(ErrorCode::InternalError),
    }
}

/// Ends the calls on a control that nobody finds any more, and waits until it is gone.
fn end(entry: Arc<Entry>) {
    let (sender, gone) = sync_channel(0);
    let _ = entry.freed.set(sender);
    let calls = Arc::downgrade(&entry);
    entry.control.cancel();
    drop(entry);
    // A call that had found the control but not begun would not have noticed: it is told again.
    while gone.recv_timeout(AGAIN) == Err(RecvTimeoutError::Timeout) {
        if let Some(entry) = calls.upgrade() {
            entry.control.cancel();
        }
    }
}

/// The control of a handle.
fn find(control: *const Handle) -> Option<Arc<Entry>> {
    let controls = CONTROLS.read().unwrap_or_else(PoisonError::into_inner);
    controls.as_ref()?.get(&control.addr()).cloned()
}

/// Does the work of a function with the control of its handle.
pub(crate) fn with(control: *const Handle, work: impl FnOnce(&Control) -> Result<(), Failure>) -> i32 {
    let Some(entry) = find(control) else { return value(ErrorCode::InvalidArgument) };
    let outcome = catch_unwind(AssertUnwindSafe(|| match work(&entry.control) {
        Ok(()) => 0,
        Err(failure) => failure.note(&entry.control),
    }));
    // The last reference may go here, and with it the connection: a panic there is not the caller's either.
    let gone = catch_unwind(AssertUnwindSafe(|| drop(entry)));
    match (outcome, gone) {
        (Ok(code), Ok(())) => code,
        _ => value(ErrorCode::InternalError),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_that_names_no_control_is_an_error_and_no_crash() {
        let invalid = value(ErrorCode::InvalidArgument);
        let made_up = ptr::without_provenance_mut(0xdead_beef);
        assert_eq!(imapkit_control_free(ptr::null_mut()), invalid);
        assert_eq!(imapkit_control_free(made_up), invalid);
        assert_eq!(with(made_up, |_| Ok(())), invalid);
        let control = imapkit_control_new();
        assert!(!control.is_null());
        assert_eq!(with(control, |_| Ok(())), 0);
        assert_eq!(imapkit_control_free(control), 0);
        assert_eq!((imapkit_control_free(control), with(control, |_| Ok(()))), (invalid, invalid), "freed twice");
    }

    #[test]
    fn a_panic_becomes_a_code_and_the_control_goes_on() {
        let control = imapkit_control_new();
        assert_eq!(with(control, |_| panic!("on purpose")), value(ErrorCode::InternalError));
        assert_eq!(with(control, |_| Ok(())), 0);
        assert_eq!(imapkit_control_free(control), 0);
    }

    #[test]
    fn a_control_freed_by_another_thread_lives_until_the_call_is_over_and_free_waits_for_that() {
        let handle = imapkit_control_new().addr();
        let mut freeing = None;
        let code = with(ptr::without_provenance(handle), |control| {
            let freed =
                freeing.insert(std::thread::spawn(move || imapkit_control_free(ptr::without_provenance_mut(handle))));
            while find(ptr::without_provenance(handle)).is_some() {
                std::thread::yield_now();
            }
            assert_eq!(control.timeout(), 20, "still there");
            assert!(!freed.is_finished(), "the call runs");
            Ok(())
        });
        assert_eq!(code, 0);
        assert_eq!(freeing.expect("it was begun").join().expect("no panic"), 0);
    }

    #[test]
    fn nothing_calls_back_when_free_has_returned() {
        let handle = imapkit_control_new().addr();
        let freed = Arc::new(AtomicUsize::new(0));
        let (begun, begins) = sync_channel(1);
        let call = {
            let freed = Arc::clone(&freed);
            std::thread::spawn(move || {
                with(ptr::without_provenance(handle), |control| {
                    let late = Arc::clone(&freed);
                    control.on_error(move |_, _| {
                        assert_eq!(late.load(Ordering::SeqCst), 0, "called back late");
                        0
                    });
                    begun.send(()).expect("somebody waits");
                    while find(ptr::without_provenance(handle)).is_some() {
                        std::thread::yield_now();
                    }
                    Ok(control.disconnect()?)
                })
            })
        };
        begins.recv().expect("the call begins");
        assert_eq!(imapkit_control_free(ptr::without_provenance_mut(handle)), 0);
        freed.store(1, Ordering::SeqCst);
        assert_eq!(call.join().expect("no panic"), value(ErrorCode::NotConnected));
    }

    #[test]
    fn nothing_is_freed_from_inside_a_callback() {
        let control = imapkit_control_new();
        let inside = Inside::new();
        assert_eq!(imapkit_control_free(control), value(ErrorCode::InProgress));
        drop(inside);
        assert_eq!(imapkit_control_free(control), 0);
    }
}
