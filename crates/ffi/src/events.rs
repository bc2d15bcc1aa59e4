//! Callbacks.
//!
//! Separate because here we call the caller. Each function takes the control first, does one thing, and returns 0 or a code. What it
//! says above its name is what imapkit.h says.

use std::ffi::CString;
use std::ptr;

use crate::handle::Inside;
use crate::prelude::*;

/// A callback without arguments of its own. `context` is what was registered with it. Every callback returns 0 to go on; another number ends
/// the call, where that makes sense: one of IMAPKIT_E_… becomes its result, and any other number IMAPKIT_E_CANCELLED.
#[allow(non_camel_case_types, reason = "spelled as C has it")]
pub type imapkit_callback = Option<unsafe extern "C" fn(control: *mut Handle, context: *mut c_void) -> i32>;

/// A callback with a number and a text, which is there only during the call.
#[allow(non_camel_case_types, reason = "spelled as C has it")]
pub type imapkit_text_callback = Option<
    unsafe extern "C" fn(control: *mut Handle, context: *mut c_void, code: i32, description: *const c_char) -> i32,
>;

/// A callback with the progress of a transfer: the number of the message, 0 for one that is created; its size and what was copied of it, in
/// bytes; and in percent.
#[allow(non_camel_case_types, reason = "spelled as C has it")]
pub type imapkit_progress_callback = Option<
    unsafe extern "C" fn(
        control: *mut Handle,
        context: *mut c_void,
        message_number: u32,
        size: u64,
        copied: u64,
        percent: u32,
    ) -> i32,
>;

/// A callback with a change of the mailbox: IMAPKIT_UPDATE_…, and the number of the message.
#[allow(non_camel_case_types, reason = "spelled as C has it")]
pub type imapkit_update_callback =
    Option<unsafe extern "C" fn(control: *mut Handle, context: *mut c_void, update: u32, message_number: u32) -> i32>;

/// What a callback is called with: the caller's own.
#[derive(Clone, Copy)]
struct Owner {
    control: usize,
    context: usize,
}

impl Owner {
    fn new(control: *mut Handle, context: *mut c_void) -> Self {
        // The context only goes back to where it came from.
        Self { control: control.addr(), context: context.expose_provenance() }
    }

    fn control(self) -> *mut Handle {
        ptr::without_provenance_mut(self.control)
    }

    fn context(self) -> *mut c_void {
        ptr::with_exposed_provenance_mut(self.context)
    }
}

/// A text for C; where it holds a zero byte, what stands before it.
fn c_text(text: &str) -> CString {
    let until = text.find('\0').unwrap_or(text.len());
    text.get(..until).and_then(|text| CString::new(text).ok()).unwrap_or_default()
}

/// Registers what is called when a call was ended by imapkit_control_cancel. NULL takes it away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_on_cancel(
    control: *mut Handle,
    callback: imapkit_callback,
    context: *mut c_void,
) -> i32 {
    let owner = Owner::new(control, context);
    with(control, |control| {
        control.on_cancel(move || {
            let Some(callback) = callback else { return 0 };
            let _inside = Inside::new();
            // SAFETY: the caller's function, with the caller's context.
            unsafe { callback(owner.control(), owner.context()) }
        });
        Ok(())
    })
}

/// Registers what is called when a connection is there and the user, if one is named, is logged in; another number
/// than 0 closes it again. NULL takes it away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_on_connect(
    control: *mut Handle,
    callback: imapkit_callback,
    context: *mut c_void,
) -> i32 {
    let owner = Owner::new(control, context);
    with(control, |control| {
        control.on_connect(move || {
            let Some(callback) = callback else { return 0 };
            let _inside = Inside::new();
            // SAFETY: the caller's function, with the caller's context.
            unsafe { callback(owner.control(), owner.context()) }
        });
        Ok(())
    })
}

/// Registers what is called once when the server has closed the connection, or it was lost. NULL takes it away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_on_disconnect(
    control: *mut Handle,
    callback: imapkit_callback,
    context: *mut c_void,
) -> i32 {
    let owner = Owner::new(control, context);
    with(control, |control| {
        control.on_disconnect(move || {
            let Some(callback) = callback else { return 0 };
            let _inside = Inside::new();
            // SAFETY: the caller's function, with the caller's context.
            unsafe { callback(owner.control(), owner.context()) }
        });
        Ok(())
    })
}

/// Registers what is called when a piece of a message was received. NULL takes it away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_on_read(
    control: *mut Handle,
    callback: imapkit_callback,
    context: *mut c_void,
) -> i32 {
    let owner = Owner::new(control, context);
    with(control, |control| {
        control.on_read(move || {
            let Some(callback) = callback else { return 0 };
            let _inside = Inside::new();
            // SAFETY: the caller's function, with the caller's context.
            unsafe { callback(owner.control(), owner.context()) }
        });
        Ok(())
    })
}

/// Registers what is called when a piece of a message is about to be sent. NULL takes it away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_on_write(
    control: *mut Handle,
    callback: imapkit_callback,
    context: *mut c_void,
) -> i32 {
    let owner = Owner::new(control, context);
    with(control, |control| {
        control.on_write(move || {
            let Some(callback) = callback else { return 0 };
            let _inside = Inside::new();
            // SAFETY: the caller's function, with the caller's context.
            unsafe { callback(owner.control(), owner.context()) }
        });
        Ok(())
    })
}

/// Registers what is called when a call took longer than it may. NULL takes it away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_on_timeout(
    control: *mut Handle,
    callback: imapkit_callback,
    context: *mut c_void,
) -> i32 {
    let owner = Owner::new(control, context);
    with(control, |control| {
        control.on_timeout(move || {
            let Some(callback) = callback else { return 0 };
            let _inside = Inside::new();
            // SAFETY: the caller's function, with the caller's context.
            unsafe { callback(owner.control(), owner.context()) }
        });
        Ok(())
    })
}

/// Registers what is called for every error, with its code and what it was. NULL takes it away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_on_error(
    control: *mut Handle,
    callback: imapkit_text_callback,
    context: *mut c_void,
) -> i32 {
    let owner = Owner::new(control, context);
    with(control, |control| {
        control.on_error(move |code, description| {
            let Some(callback) = callback else { return 0 };
            let (description, _inside) = (c_text(description), Inside::new());
            // SAFETY: the caller's function, with the caller's context; the text is there until it returns.
            unsafe { callback(owner.control(), owner.context(), code.cast_signed(), description.as_ptr()) }
        });
        Ok(())
    })
}

/// Registers what is called before a secret goes over a connection that others can read, and when a certificate is
/// accepted that is not valid; another number than 0 ends the call before anything is sent. NULL takes it away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_on_security_warning(
    control: *mut Handle,
    callback: imapkit_text_callback,
    context: *mut c_void,
) -> i32 {
    let owner = Owner::new(control, context);
    with(control, |control| {
        control.on_security_warning(move |code, description| {
            let Some(callback) = callback else { return 0 };
            let (description, _inside) = (c_text(description), Inside::new());
            // SAFETY: the caller's function, with the caller's context; the text is there until it returns.
            unsafe { callback(owner.control(), owner.context(), code.cast_signed(), description.as_ptr()) }
        });
        Ok(())
    })
}

/// Registers what is called when the server has answered: how (IMAPKIT_RESULT_…), and in which words. NULL takes it
/// away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_on_command(
    control: *mut Handle,
    callback: imapkit_text_callback,
    context: *mut c_void,
) -> i32 {
    let owner = Owner::new(control, context);
    with(control, |control| {
        control.on_command(move |code, description| {
            let Some(callback) = callback else { return 0 };
            let (description, _inside) = (c_text(description), Inside::new());
            // SAFETY: the caller's function, with the caller's context; the text is there until it returns.
            unsafe { callback(owner.control(), owner.context(), code.value().cast_signed(), description.as_ptr()) }
        });
        Ok(())
    })
}

/// Registers what is called while a message is received or sent. NULL takes it away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_on_progress(
    control: *mut Handle,
    callback: imapkit_progress_callback,
    context: *mut c_void,
) -> i32 {
    let owner = Owner::new(control, context);
    with(control, |control| {
        control.on_progress(move |number, size, copied, percent| {
            let Some(callback) = callback else { return 0 };
            let _inside = Inside::new();
            // SAFETY: the caller's function, with the caller's context.
            unsafe { callback(owner.control(), owner.context(), number, size, copied, percent) }
        });
        Ok(())
    })
}

/// Registers what is called for every change of the mailbox while imapkit_control_idle watches it. NULL takes it away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_on_update(
    control: *mut Handle,
    callback: imapkit_update_callback,
    context: *mut c_void,
) -> i32 {
    let owner = Owner::new(control, context);
    with(control, |control| {
        control.on_update(move |update, number| {
            let Some(callback) = callback else { return 0 };
            let _inside = Inside::new();
            // SAFETY: the caller's function, with the caller's context.
            unsafe { callback(owner.control(), owner.context(), update.value(), number) }
        });
        Ok(())
    })
}

/// Takes all callbacks away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_clear_events(control: *mut Handle) -> i32 {
    with(control, |control| {
        control.clear_events();
        Ok(())
    })
}
