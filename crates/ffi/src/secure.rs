//! Properties of TLS and of certificates.
//!
//! Separate from those of the connection (`connection.rs`). Each function takes the control first, does one thing, and returns 0 or a code. What it
//! says above its name is what imapkit.h says.

use imapkit_control::TlsVersions;

use crate::prelude::*;

/// Before connect: whether TLS is asked for from the beginning. Afterwards: whether there is TLS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_secure(control: *mut Handle, value: *mut bool) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.secure());
        Ok(())
    })
}

/// Before connect: asks for TLS from the beginning. On a live session: STARTTLS, now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_secure(control: *mut Handle, value: bool) -> i32 {
    with(control, |control| Ok(control.set_secure(value)?))
}

/// Whether the connection is protected by TLS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_is_secure(control: *mut Handle, value: *mut bool) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.is_secure());
        Ok(())
    })
}

/// Versions of TLS, IMAPKIT_TLS_…: those permitted before connect, the one in use after it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_secure_protocol(control: *mut Handle, value: *mut u32) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.secure_protocol().value());
        Ok(())
    })
}

/// Sets the versions of TLS that are permitted; IMAPKIT_TLS_DEFAULT for those that are safe today.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_secure_protocol(control: *mut Handle, value: u32) -> i32 {
    with(control, |control| Ok(control.set_secure_protocol(TlsVersions::from_value(value))?))
}

/// The cipher in use.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_secure_cipher(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.secure_cipher())
    })
}

/// The hash in use.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_secure_hash(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.secure_hash())
    })
}

/// The key exchange that was used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_secure_key_exchange(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.secure_key_exchange())
    })
}

/// The length of the cipher's key, in bits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_cipher_strength(control: *mut Handle, value: *mut u32) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.cipher_strength());
        Ok(())
    })
}

/// The length of the hash, in bits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_hash_strength(control: *mut Handle, value: *mut u32) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.hash_strength());
        Ok(())
    })
}

/// What the server's certificate is worth: one of IMAPKIT_CERTIFICATE_…, also where it was accepted all the same.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_certificate_status(control: *mut Handle, value: *mut u32) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.certificate_status().value());
        Ok(())
    })
}

/// When the server's certificate ends to be valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_certificate_expires(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.certificate_expires())
    })
}

/// When the server's certificate began to be valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_certificate_issued(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.certificate_issued())
    })
}

/// Who issued the server's certificate.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_certificate_issuer(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.certificate_issuer())
    })
}

/// Whom the server's certificate names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_certificate_subject(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.certificate_subject())
    })
}

/// The SHA-256 fingerprint of the server's certificate.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_certificate_fingerprint(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.certificate_fingerprint())
    })
}

/// The name of our own certificate in its store.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_certificate_name(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.certificate_name())
    })
}

/// Sets the name of our own certificate in its store.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_certificate_name(control: *mut Handle, value: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let value = unsafe { text(value, "certificate_name") }?;
        control.set_certificate_name(value);
        Ok(())
    })
}

/// The password of the store of our own certificate.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_certificate_password(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.certificate_password())
    })
}

/// Sets the password of the store of our own certificate.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_certificate_password(control: *mut Handle, value: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let value = unsafe { text(value, "certificate_password") }?;
        control.set_certificate_password(value);
        Ok(())
    })
}

/// The file with our own certificate and its key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_certificate_store(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.certificate_store().to_string_lossy())
    })
}

/// Sets the file with our own certificate and its key: PEM or PKCS#12.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_certificate_store(control: *mut Handle, value: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let value = unsafe { text(value, "certificate_store") }?;
        control.set_certificate_store(value);
        Ok(())
    })
}

/// The file of authorities that are trusted besides the system's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_certificate_authorities(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.certificate_authorities().to_string_lossy())
    })
}

/// Sets a PEM file of authorities to be trusted besides the system's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_certificate_authorities(
    control: *mut Handle,
    value: *const c_char,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let value = unsafe { text(value, "certificate_authorities") }?;
        control.set_certificate_authorities(value);
        Ok(())
    })
}
