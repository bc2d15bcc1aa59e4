//! Results: errors, replies, traces, transfer figures.
//!
//! Separate because they are about the calls that were made. Each function takes the control first, does one thing, and returns 0 or a code. What it
//! says above its name is what imapkit.h says.

use std::ffi::CString;
use std::ptr;
use std::sync::OnceLock;

use imapkit_control::{ErrorCode, TraceFlags};

use crate::outcome::value;
use crate::prelude::*;

/// The code of the last error; 0 if there was none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_last_error(control: *mut Handle, value: *mut i32) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.last_error().cast_signed());
        Ok(())
    })
}

/// Sets the last error; 0 clears it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_last_error(control: *mut Handle, value: i32) -> i32 {
    with(control, |control| Ok(control.set_last_error(value.cast_unsigned())?))
}

/// What the last error was, in words, and what to do where that is known.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_last_error_string(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.last_error_string())
    })
}

/// How the server answered the last command: one of IMAPKIT_RESULT_….
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_result_code(control: *mut Handle, value: *mut u32) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.result_code().value());
        Ok(())
    })
}

/// What the server said last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_result_string(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.result_string())
    })
}

/// Whether a trace is written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_trace(control: *mut Handle, value: *mut bool) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.trace());
        Ok(())
    })
}

/// Starts or ends the trace.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_trace(control: *mut Handle, value: bool) -> i32 {
    with(control, |control| Ok(control.set_trace(value)?))
}

/// The file the trace goes to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_trace_file(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.trace_file().to_string_lossy())
    })
}

/// Sets the file the trace goes to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_trace_file(control: *mut Handle, value: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let value = unsafe { text(value, "trace_file") }?;
        Ok(control.set_trace_file(value)?)
    })
}

/// What the trace tells: IMAPKIT_TRACE_….
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_trace_flags(control: *mut Handle, value: *mut u32) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.trace_flags().value());
        Ok(())
    })
}

/// Sets what the trace tells. Secrets are replaced, whatever is set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_trace_flags(control: *mut Handle, value: u32) -> i32 {
    with(control, |control| Ok(control.set_trace_flags(TraceFlags::from_value(value))?))
}

/// Whether failed calls raise, in languages that can. C cannot.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_throw_error(control: *mut Handle, value: *mut bool) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.throw_error());
        Ok(())
    })
}

/// Sets whether failed calls raise, in languages that can.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_throw_error(control: *mut Handle, value: bool) -> i32 {
    with(control, |control| {
        control.set_throw_error(value);
        Ok(())
    })
}

/// Bytes of the last transfer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_transfer_bytes(control: *mut Handle, value: *mut u64) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.transfer_bytes());
        Ok(())
    })
}

/// Bytes a second of the last transfer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_transfer_rate(control: *mut Handle, value: *mut u64) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.transfer_rate());
        Ok(())
    })
}

/// Whole seconds the last transfer has taken, so far.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_transfer_time(control: *mut Handle, value: *mut u64) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.transfer_time());
        Ok(())
    })
}

/// The version of the library, which is the property `version` of every control: `0.1.0`. The text stays; it is not to be freed.
#[unsafe(no_mangle)]
pub extern "C" fn imapkit_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// What a code means: one lower-case line. The text stays; it is not to be freed. NULL for numbers that are no code.
#[unsafe(no_mangle)]
pub extern "C" fn imapkit_error_meaning(code: i32) -> *const c_char {
    static MEANINGS: OnceLock<Vec<(i32, CString)>> = OnceLock::new();
    let meanings = MEANINGS.get_or_init(|| {
        let codes = ErrorCode::ALL.iter();
        codes.filter_map(|code| Some((value(*code), CString::new(code.meaning()).ok()?))).collect()
    });
    meanings.iter().find(|(known, _)| *known == code).map_or(ptr::null(), |(_, text)| text.as_ptr())
}
