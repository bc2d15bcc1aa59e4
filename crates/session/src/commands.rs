//! The commands, one file a verb: what is written, when it may go, what comes back.
//!
//! RFC 9051 §6 and the extensions named in each file. A verb this library lacks is a [`crate::Command`] of yours, or [`Raw`].

mod append;
mod authenticate;
mod capability;
mod enable;
mod fetch;
mod id;
mod idle;
mod login;
mod logout;
mod namespace;
mod noop;
mod select;
mod starttls;

pub use append::{Append, AppendMessage, AppendUid, Content};
pub use authenticate::Authenticate;
pub use capability::AskCapability;
pub use enable::Enable;
pub use fetch::{Collected, Fetch, FetchPart, FetchSink, Flow, Messages};
pub use id::Id;
pub use idle::Idle;
pub use login::Login;
pub use logout::Logout;
pub use namespace::Namespace;
pub use noop::Noop;
pub use select::{MailboxInfo, Select};
pub use starttls::StartTls;

/// Encodes a command as the session would, with the tag `A1`; for tests of the bytes.
#[cfg(test)]
pub(crate) fn encoded(
    command: &impl crate::Command,
    mode: imapkit_wire::Mode,
) -> Result<alloc::string::String, imapkit_types::Invalid> {
    let mut encoder = imapkit_wire::Encoder::new(mode);
    encoder.tag(imapkit_types::Tag::new("A1")?).sp();
    command.encode(&mut encoder);
    Ok(alloc::string::String::from_utf8_lossy(&encoder.finish()?.bytes).into_owned())
}
