//! Handles: what C holds in place of a control.
//!
//! Separate because safety rests on it. A handle looks like a pointer and is a number that was given once and never again; the controls
//! themselves stand in a table. So a handle that is NULL, was freed, or was never given is found out by looking it up, and a control that is
//! freed by one thread while another uses it lives until that call is over.
//!
//! Invariant: no lock is held while a call runs.

use std::cell::Cell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use imapkit_control::{Control, ErrorCode};

use crate::outcome::{Failure, value};

/// An IMAP session with properties, methods and events. Made by imapkit_control_new, ended by imapkit_control_free.
pub struct Handle {
    _opaque: [u8; 0],
}

static CONTROLS: RwLock<Option<HashMap<usize, Arc<Control>>>> = RwLock::new(None);
/// Steps of 16, so that a handle looks like what malloc gives; 0 is NULL.
static NEXT: AtomicUsize = AtomicUsize::new(16);

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
        controls.get_or_insert_default().insert(id, Arc::new(Control::new()));
        ptr::without_provenance_mut(id)
    });
    made.unwrap_or(ptr::null_mut())
}

/// Ends a control: cancels the call in progress, closes the connection and frees what the control holds. The handle is of no use afterwards;
/// every function answers it with IMAPKIT_E_INVALID_ARGUMENT, this one as well. A call that another thread is making on it ends first.
/// From inside a callback: IMAPKIT_E_IN_PROGRESS, and nothing happens.
#[unsafe(no_mangle)]
pub extern "C" fn imapkit_control_free(control: *mut Handle) -> i32 {
    if INSIDE.with(Cell::get) > 0 {
        return value(ErrorCode::InProgress);
    }
    let ended = catch_unwind(|| {
        let mut controls = CONTROLS.write().unwrap_or_else(PoisonError::into_inner);
        let found = controls.as_mut().and_then(|controls| controls.remove(&control.addr()));
        drop(controls);
        found.map(|control| control.cancel())
    });
    match ended {
        Ok(Some(())) => 0,
        Ok(None) => value(ErrorCode::InvalidArgument),
        Err(_) => value(ErrorCode::InternalError),
    }
}

/// The control of a handle.
pub(crate) fn find(control: *const Handle) -> Option<Arc<Control>> {
    let controls = CONTROLS.read().unwrap_or_else(PoisonError::into_inner);
    controls.as_ref()?.get(&control.addr()).cloned()
}

/// Does the work of a function with the control of its handle.
pub(crate) fn with(control: *const Handle, work: impl FnOnce(&Control) -> Result<(), Failure>) -> i32 {
    let Some(control) = find(control) else { return value(ErrorCode::InvalidArgument) };
    let outcome = catch_unwind(AssertUnwindSafe(|| match work(&control) {
        Ok(()) => 0,
        Err(failure) => failure.note(&control),
    }));
    // The last reference may go here, and with it the connection: a panic there is not the caller's either.
    let gone = catch_unwind(AssertUnwindSafe(|| drop(control)));
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
    fn a_control_freed_by_another_thread_lives_until_the_call_is_over() {
        let handle = imapkit_control_new().addr();
        let code = with(ptr::without_provenance(handle), |control| {
            let freed = std::thread::spawn(move || imapkit_control_free(ptr::without_provenance_mut(handle)));
            assert_eq!(freed.join().expect("no panic"), 0);
            assert_eq!(control.timeout(), 20, "still there");
            Ok(())
        });
        assert_eq!(code, 0);
        assert!(find(ptr::without_provenance(handle)).is_none());
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
