//! The session: connecting, logging in, raw commands, waiting, the end.
//!
//! Separate from what is done in mailboxes. Each function takes the control first, does one thing, and returns 0 or a code. What it
//! says above its name is what imapkit.h says.

use imapkit_control::Options;

use crate::prelude::*;

/// Connects, secures the connection and logs in, under one deadline. Arguments that are not given are taken from the properties: NULL for
/// texts and options, -1 for the port and the seconds. Options are a pointer so that 0, a standard connection, can be given.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_connect(
    control: *mut Handle,
    remote_host: *const c_char,
    remote_port: i32,
    user_name: *const c_char,
    password: *const c_char,
    timeout: i32,
    options: *const u32,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let (host, user, password) = unsafe {
            (
                optional_text(remote_host, "remote_host")?,
                optional_text(user_name, "user_name")?,
                optional_text(password, "password")?,
            )
        };
        // SAFETY: as above: NULL, or options that can be read.
        let options = unsafe { options.as_ref() }.map(|bits| Options::from_value(*bits));
        let (port, timeout) = (argument::optional_port(remote_port)?, argument::optional_seconds(timeout)?);
        Ok(control.connect(host, port, user, password, timeout, options)?)
    })
}

/// Connects as imapkit_control_connect does, with options as they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_connect_ex(
    control: *mut Handle,
    remote_host: *const c_char,
    remote_port: i32,
    user_name: *const c_char,
    password: *const c_char,
    timeout: i32,
    options: u32,
) -> i32 {
    // SAFETY: the same promise; the options are ours.
    unsafe {
        imapkit_control_connect(control, remote_host, remote_port, user_name, password, timeout, &raw const options)
    }
}

/// Logs in on a connection that was made without a user. NULL and -1 for what is to be taken from the properties.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_login(
    control: *mut Handle,
    user_name: *const c_char,
    password: *const c_char,
    auth_type: i32,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let (user, password) =
            unsafe { (optional_text(user_name, "user_name")?, optional_text(password, "password")?) };
        Ok(control.login(user, password, argument::optional_auth_type(auth_type)?)?)
    })
}

/// Ends the call in progress and monitoring. May be called from any thread and from callbacks; does not wait.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_cancel(control: *mut Handle) -> i32 {
    with(control, |control| {
        control.cancel();
        Ok(())
    })
}

/// Sends a command in the caller's words; parameters may be NULL. Then read result_code and result_string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_command(
    control: *mut Handle,
    name: *const c_char,
    parameters: *const c_char,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let (name, parameters) = unsafe { (text(name, "name")?, optional_text(parameters, "parameters")?) };
        Ok(control.command(name, parameters)?)
    })
}

/// Says goodbye and closes the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_disconnect(control: *mut Handle) -> i32 {
    with(control, |control| Ok(control.disconnect()?))
}

/// Leaves the mailbox without an expunge, closes an open message, forgets errors.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_reset(control: *mut Handle) -> i32 {
    with(control, |control| Ok(control.reset()?))
}

/// Begins the life of the object. Nothing has to be called first; kept for callers' habits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_initialize(control: *mut Handle) -> i32 {
    with(control, |control| Ok(control.initialize()?))
}

/// Ends the life of the object: disconnects, forgets callbacks, sets every property to its default. The handle stays.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_uninitialize(control: *mut Handle) -> i32 {
    with(control, |control| Ok(control.uninitialize()?))
}

/// Waits for changes of the selected mailbox. `option` is IMAPKIT_IDLE_…, `timeout` in seconds, -1 or 0 for no end but cancel. What sort of
/// change it was, and of which message, go to `update` and `number`, either of which may be NULL; `update` is IMAPKIT_UPDATE_UNKNOWN and
/// `number` 0 when the time is over, or with IMAPKIT_IDLE_NO_WAIT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_idle(
    control: *mut Handle,
    option: u32,
    timeout: i32,
    update: *mut u32,
    number: *mut u32,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let (update, number) = unsafe { (Out::optional(update), Out::optional(number)) };
        let seen = control.idle(argument::idle_option(option)?, argument::optional_seconds(timeout)?)?;
        update.put(seen.map_or(0, |seen| seen.kind.value()));
        number.put(seen.map_or(0, |seen| seen.number));
        Ok(())
    })
}
