//! Commands in the caller's own words.
//!
//! Separate because nothing is known of them: what they change is looked at afterwards.

use imapkit_blocking::session::commands::Raw;

use crate::control::{Control, Inner, Result};
use crate::error::ControlError;

impl Control {
    /// Sends a command with its parameters as a person would type them: words parted by spaces, strings in double quotes. The answer is read to
    /// its end; then `result_code` and `result_string` tell how the server answered. Commands the control has to lead itself are refused: LOGIN,
    /// AUTHENTICATE, STARTTLS, COMPRESS, IDLE, LOGOUT.
    ///
    /// # Errors
    /// [`ErrorCode::CommandFailed`](crate::ErrorCode::CommandFailed) for NO, [`ErrorCode::CommandRefused`](crate::ErrorCode::CommandRefused) for
    /// BAD, [`ErrorCode::InvalidArgument`](crate::ErrorCode::InvalidArgument) for what is not one line of IMAP; then nothing was sent.
    pub fn command(&self, name: &str, parameters: Option<&str>) -> Result<()> {
        self.inner.call("command", |inner| inner.command(name, parameters.unwrap_or_default()))
    }
}

impl Inner {
    fn command(&self, name: &str, parameters: &str) -> Result<()> {
        let client = self.client()?;
        if self.open().is_some() {
            self.session()?;
        }
        if name.trim().is_empty() {
            return Err(ControlError::invalid("a command has a name"));
        }
        let line = format!("{name} {parameters}");
        client.run(Raw::parse(&line)?)?;
        // CREATE, DELETE and the like may have been among them.
        if let Some(live) = &mut *self.live() {
            live.listing = None;
            live.hear();
        }
        Ok(())
    }
}
