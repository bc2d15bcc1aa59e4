//! Pointers that callers pass: looked at here and nowhere else.
//!
//! Separate so that what has to be trusted is in one place: a text is NULL or ends in a zero byte, and stays as it is during the call; a result
//! pointer is NULL or may be written to. Everything else is checked.

use std::ffi::{CStr, c_char};
use std::slice;

use imapkit_control::{AuthType, IdleOption};

use crate::outcome::Failure;

/// A text that has to be given.
///
/// # Safety
/// `pointer` is NULL or points to bytes that end in a zero byte and do not change during `'a`.
pub(crate) unsafe fn text<'a>(pointer: *const c_char, name: &str) -> Result<&'a str, Failure> {
    // SAFETY: as promised by the caller.
    unsafe { optional_text(pointer, name) }?.ok_or_else(|| Failure::argument(name, "is NULL"))
}

/// A text that may be left out: NULL.
///
/// # Safety
/// As for [`text`].
pub(crate) unsafe fn optional_text<'a>(pointer: *const c_char, name: &str) -> Result<Option<&'a str>, Failure> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL, so it points to bytes that end in a zero byte.
    let bytes = unsafe { CStr::from_ptr(pointer) };
    bytes.to_str().map(Some).map_err(|error| Failure::argument(name, &format!("is not UTF-8: {error}")))
}

/// Bytes of a length; NULL only if there are none.
///
/// # Safety
/// `pointer` is NULL or points to `length` bytes that do not change during `'a`.
pub(crate) unsafe fn bytes<'a>(pointer: *const u8, length: usize, name: &str) -> Result<&'a [u8], Failure> {
    match (pointer.is_null(), length) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(Failure::argument(name, "is NULL")),
        // SAFETY: not NULL, so there are so many bytes.
        (false, _) => Ok(unsafe { slice::from_raw_parts(pointer, length) }),
    }
}

/// Room for bytes; NULL only if there is none.
///
/// # Safety
/// `pointer` is NULL or points to `size` bytes that nobody else uses during `'a`.
pub(crate) unsafe fn buffer<'a>(pointer: *mut u8, size: usize, name: &str) -> Result<&'a mut [u8], Failure> {
    match (pointer.is_null(), size) {
        (_, 0) => Ok(&mut []),
        (true, _) => Err(Failure::argument(name, "is NULL")),
        (false, _) => {
            // SAFETY: not NULL, so there are so many bytes; C may have left them unset, which Rust may not read.
            unsafe { pointer.write_bytes(0, size) };
            // SAFETY: as above, and set.
            Ok(unsafe { slice::from_raw_parts_mut(pointer, size) })
        }
    }
}

/// Where a result goes.
pub(crate) struct Out<T>(*mut T);

impl<T> Out<T> {
    /// A result that has to go somewhere.
    ///
    /// # Safety
    /// `pointer` is NULL or may be written to for as long as this is used.
    pub(crate) unsafe fn new(pointer: *mut T, name: &str) -> Result<Self, Failure> {
        if pointer.is_null() {
            Err(Failure::argument(name, "is NULL: the result has nowhere to go"))
        } else {
            Ok(Self(pointer))
        }
    }

    /// A result that may be left out: NULL.
    ///
    /// # Safety
    /// As for [`Out::new`].
    pub(crate) unsafe fn optional(pointer: *mut T) -> Self {
        Self(pointer)
    }

    /// Hands the result over.
    pub(crate) fn put(&self, value: T) {
        if !self.0.is_null() {
            // SAFETY: not NULL, so it may be written to; what was there before is no value of Rust's and is not dropped.
            unsafe { self.0.write(value) };
        }
    }
}

/// A port: -1 means not given.
pub(crate) fn optional_port(port: i32) -> Result<Option<u16>, Failure> {
    match port {
        -1 => Ok(None),
        port => u16::try_from(port)
            .map(Some)
            .map_err(|_| Failure::argument("the port", "is none: 0 to 65535, or -1 for not given")),
    }
}

/// Seconds: -1 means not given.
pub(crate) fn optional_seconds(seconds: i32) -> Result<Option<u32>, Failure> {
    match seconds {
        -1 => Ok(None),
        seconds => u32::try_from(seconds)
            .map(Some)
            .map_err(|_| Failure::argument("the timeout", "is negative; -1 means not given")),
    }
}

/// A way to log in: -1 means not given.
pub(crate) fn optional_auth_type(value: i32) -> Result<Option<AuthType>, Failure> {
    match value {
        -1 => Ok(None),
        value => auth_type(u32::try_from(value).unwrap_or(u32::MAX)).map(Some),
    }
}

/// A way to log in.
pub(crate) fn auth_type(value: u32) -> Result<AuthType, Failure> {
    AuthType::from_value(value).ok_or_else(|| Failure::Argument(format!("{value} is no way to log in")))
}

/// How to wait.
pub(crate) fn idle_option(value: u32) -> Result<IdleOption, Failure> {
    IdleOption::from_value(value).ok_or_else(|| Failure::Argument(format!("{value} is no option of idle")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr;

    #[test]
    fn what_is_null_or_no_utf_8_is_refused_by_name() {
        let said = |outcome: Result<&str, Failure>| match outcome {
            Err(Failure::Argument(text)) => text,
            _ => panic!("refused"),
        };
        // SAFETY: NULL, and a text that ends in a zero byte.
        let (null, latin) = unsafe { (text(ptr::null(), "mailbox"), text(c"K\xf6ln".as_ptr(), "mailbox")) };
        assert_eq!(said(null), "mailbox is NULL");
        assert!(said(latin).starts_with("mailbox is not UTF-8: "));
        // SAFETY: as above.
        assert!(unsafe { optional_text(ptr::null(), "x") }.is_ok_and(|text| text.is_none()));
        // SAFETY: NULL.
        assert!(unsafe { bytes(ptr::null(), 0, "data") }.is_ok_and(<[u8]>::is_empty));
        // SAFETY: NULL.
        assert!(unsafe { bytes(ptr::null(), 5, "data") }.is_err());
        // SAFETY: NULL.
        assert!(unsafe { Out::<u32>::new(ptr::null_mut(), "count") }.is_err());
    }

    #[test]
    fn minus_one_is_not_given_and_other_negative_numbers_are_mistakes() {
        assert!(matches!(optional_port(-1), Ok(None)) && matches!(optional_port(993), Ok(Some(993))));
        assert!(optional_port(-2).is_err() && optional_port(65536).is_err());
        assert!(matches!(optional_seconds(0), Ok(Some(0))) && optional_seconds(-5).is_err());
        assert!(matches!(optional_auth_type(-1), Ok(None)) && optional_auth_type(77).is_err());
        assert!(idle_option(2).is_err());
    }
}
