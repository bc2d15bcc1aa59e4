//! Properties of the connection.
//!
//! Separate from those of TLS (`secure.rs`). Each function takes the control first, does one thing, and returns 0 or a code. What it
//! says above its name is what imapkit.h says.

use imapkit_control::Options;

use crate::prelude::*;

/// How to log in: one of IMAPKIT_AUTH_….
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_auth_type(control: *mut Handle, value: *mut u32) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.auth_type().value());
        Ok(())
    })
}

/// Sets how to log in.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_auth_type(control: *mut Handle, value: u32) -> i32 {
    with(control, |control| {
        control.set_auth_type(argument::auth_type(value)?);
        Ok(())
    })
}

/// Whether assigning one of host_name and host_address resolves the other.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_auto_resolve(control: *mut Handle, value: *mut bool) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.auto_resolve());
        Ok(())
    })
}

/// Sets whether assigning one of host_name and host_address resolves the other.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_auto_resolve(control: *mut Handle, value: bool) -> i32 {
    with(control, |control| {
        control.set_auto_resolve(value);
        Ok(())
    })
}

/// The OAuth 2.0 access token; empty when auth_type is no OAuth method.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_bearer_token(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.bearer_token())
    })
}

/// Sets the access token, and auth_type to IMAPKIT_AUTH_XOAUTH2 unless it is an OAuth method already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_bearer_token(control: *mut Handle, value: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let value = unsafe { text(value, "bearer_token") }?;
        control.set_bearer_token(value);
        Ok(())
    })
}

/// Whether calls return when they are done.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_blocking(control: *mut Handle, value: *mut bool) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.blocking());
        Ok(())
    })
}

/// Sets whether calls return when they are done. If not, connect only begins, and on_connect or on_error tells the
/// end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_blocking(control: *mut Handle, value: bool) -> i32 {
    with(control, |control| {
        control.set_blocking(value);
        Ok(())
    })
}

/// The address to connect to; empty if none was set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_host_address(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.host_address())
    })
}

/// Sets the address to connect to. It is dialled in place of host_name; certificates are checked against host_name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_host_address(control: *mut Handle, value: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let value = unsafe { text(value, "host_address") }?;
        Ok(control.set_host_address(value)?)
    })
}

/// The name of the server.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_host_name(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.host_name())
    })
}

/// Sets the name of the server.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_host_name(control: *mut Handle, value: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let value = unsafe { text(value, "host_name") }?;
        Ok(control.set_host_name(value)?)
    })
}

/// Whether a call is in progress.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_is_blocked(control: *mut Handle, value: *mut bool) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.is_blocked());
        Ok(())
    })
}

/// Whether there is a connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_is_connected(control: *mut Handle, value: *mut bool) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.is_connected());
        Ok(())
    })
}

/// Whether a read would return at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_is_readable(control: *mut Handle, value: *mut bool) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.is_readable());
        Ok(())
    })
}

/// Whether a write would return at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_is_writable(control: *mut Handle, value: *mut bool) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.is_writable());
        Ok(())
    })
}

/// Our own address on the connection; empty without one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_local_address(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.local_address())
    })
}

/// The name of this machine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_local_name(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.local_name())
    })
}

/// The options that connect uses when it is given none: IMAPKIT_OPTION_… combined by or.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_options(control: *mut Handle, value: *mut u32) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.options().value());
        Ok(())
    })
}

/// Sets the options that connect uses when it is given none. Unknown bits are refused by name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_options(control: *mut Handle, value: u32) -> i32 {
    with(control, |control| Ok(control.set_options(Options::from_value(value))?))
}

/// The password; the token while auth_type is an OAuth method.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_password(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.password())
    })
}

/// Sets the password.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_password(control: *mut Handle, value: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let value = unsafe { text(value, "password") }?;
        control.set_password(value);
        Ok(())
    })
}

/// The URL of the proxy as it was set, with its password if it has one; empty if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_proxy(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.proxy())
    })
}

/// Sets the proxy by URL: socks5, socks5h, socks4a, http, https, command: or unix:. An empty text takes it away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_proxy(control: *mut Handle, value: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let value = unsafe { text(value, "proxy") }?;
        Ok(control.set_proxy(value)?)
    })
}

/// The port; 0 for the default of the service.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_remote_port(control: *mut Handle, value: *mut u16) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.remote_port());
        Ok(())
    })
}

/// Sets the port; 0 for the default of the service.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_remote_port(control: *mut Handle, value: u16) -> i32 {
    with(control, |control| {
        control.set_remote_port(value);
        Ok(())
    })
}

/// The name of the service: imap or imaps.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_remote_service(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.remote_service())
    })
}

/// Sets the port by the name of a service, or by a number in a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_remote_service(control: *mut Handle, value: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let value = unsafe { text(value, "remote_service") }?;
        Ok(control.set_remote_service(value)?)
    })
}

/// What the control is doing: one of IMAPKIT_STATE_….
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_state(control: *mut Handle, value: *mut u32) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.state().value());
        Ok(())
    })
}

/// Seconds each call may take.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_timeout(control: *mut Handle, value: *mut u32) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.timeout());
        Ok(())
    })
}

/// Sets the seconds each call may take; 20 at first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_timeout(control: *mut Handle, value: u32) -> i32 {
    with(control, |control| Ok(control.set_timeout(value)?))
}

/// The user.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_user_name(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.user_name())
    })
}

/// Sets the user.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_user_name(control: *mut Handle, value: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let value = unsafe { text(value, "user_name") }?;
        control.set_user_name(value);
        Ok(())
    })
}
