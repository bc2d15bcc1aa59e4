//! How the last calls ended, what was transferred, and the trace file.
//!
//! Separate because these can be read at any time, also while a call is in progress, and never fail.

use std::path::{Path, PathBuf};

use crate::constants::{ResultCode, TraceFlags};
use crate::control::{Control, Result};
use crate::error::ControlError;
use crate::reply::described;

impl Control {
    /// The number of the last error; 0 when there was none since it was cleared. Calls that succeed do not clear it.
    pub fn last_error(&self) -> u32 {
        self.inner.status().error.as_ref().map_or(0, ControlError::value)
    }

    /// Clears the last error, with 0, or sets it.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`](crate::ErrorCode::InvalidArgument) for a number that is none of [`ErrorCode`](crate::ErrorCode)'s.
    pub fn set_last_error(&self, value: u32) -> Result<()> {
        let error = match (value, crate::ErrorCode::from_value(value)) {
            (0, _) => None,
            (_, Some(code)) => Some(ControlError::new(code, code.meaning())),
            (_, None) => {
                return self
                    .property("last_error", |_| Err(ControlError::invalid(format!("{value:#x} is no error code"))));
            }
        };
        self.inner.status().error = error;
        Ok(())
    }

    /// Makes an error the last one, as if a call had failed with it: for faces in other languages, which find out by themselves that an
    /// argument is no text or that there is no memory. Tells no event.
    pub fn note(&self, code: crate::ErrorCode, text: &str) -> ControlError {
        let error = ControlError::new(code, text);
        self.inner.status().error = Some(error.clone());
        error
    }

    /// What happened: the text of the last error; empty when there was none.
    pub fn last_error_string(&self) -> String {
        self.inner.status().error.as_ref().map(|error| error.text().to_owned()).unwrap_or_default()
    }

    /// The last error with all that is known of it.
    pub fn last_error_details(&self) -> Option<ControlError> {
        self.inner.status().error.clone()
    }

    /// How the server answered last.
    pub fn result_code(&self) -> ResultCode {
        self.inner.status().reply.as_ref().map_or(ResultCode::Unknown, |reply| described(reply).0)
    }

    /// What the server answered last, in its own words: `OK [READ-WRITE] SELECT completed`.
    pub fn result_string(&self) -> String {
        self.inner.status().reply.as_ref().map(|reply| described(reply).1).unwrap_or_default()
    }

    /// Whether a language binding is to raise an exception when a method fails. Kept here for the bindings; in Rust every method returns a
    /// [`Result`] anyway. False unless set.
    pub fn throw_error(&self) -> bool {
        self.inner.settings().throw_error
    }

    /// Sets [`Control::throw_error`].
    pub fn set_throw_error(&self, on: bool) {
        self.inner.settings().throw_error = on;
    }

    /// Bytes of the last message that was received or sent, so far.
    pub fn transfer_bytes(&self) -> u64 {
        self.inner.figures.bytes()
    }

    /// Bytes a second of the last transfer, so far.
    pub fn transfer_rate(&self) -> u64 {
        self.inner.figures.rate()
    }

    /// Whole seconds the last transfer has taken, so far.
    pub fn transfer_time(&self) -> u64 {
        self.inner.figures.time().as_secs()
    }

    /// Whether a trace is written; false unless set.
    pub fn trace(&self) -> bool {
        self.inner.settings().trace
    }

    /// Begins or ends to write a trace to `trace_file`, at once. Without a file it begins when one is named.
    ///
    /// # Errors
    /// [`ErrorCode::FileError`](crate::ErrorCode::FileError); then nothing is traced.
    pub fn set_trace(&self, on: bool) -> Result<()> {
        self.inner.settings().trace = on;
        self.apply_trace()
    }

    /// The file a trace is written to; empty unless set.
    pub fn trace_file(&self) -> PathBuf {
        self.inner.settings().trace_file.clone()
    }

    /// Sets the file a trace is written to; lines are added behind what is there. A file that is made can be read by its owner only.
    ///
    /// # Errors
    /// [`ErrorCode::FileError`](crate::ErrorCode::FileError), when tracing is on; then nothing is traced.
    pub fn set_trace_file(&self, path: impl AsRef<Path>) -> Result<()> {
        path.as_ref().clone_into(&mut self.inner.settings().trace_file);
        self.apply_trace()
    }

    /// What the trace tells; [`TraceFlags::Info`] unless set.
    pub fn trace_flags(&self) -> TraceFlags {
        self.inner.settings().trace_flags
    }

    /// Sets [`Control::trace_flags`], at once.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`](crate::ErrorCode::InvalidArgument) for unknown bits.
    pub fn set_trace_flags(&self, flags: TraceFlags) -> Result<()> {
        self.property("trace_flags", |settings| settings.set_trace_flags(flags))?;
        self.apply_trace()
    }

    fn apply_trace(&self) -> Result<()> {
        let (on, path, flags) = {
            let settings = self.inner.settings();
            (settings.trace, settings.trace_file.clone(), settings.trace_flags)
        };
        let applied = self.inner.trace.set(on, Some(&path), flags);
        if let Err(error) = &applied {
            self.inner.settings().trace = false;
            self.inner.tell(error);
        }
        if let Some(live) = &*self.inner.live() {
            if self.inner.trace.wants_lines() {
                let trace = std::sync::Arc::clone(&self.inner.trace);
                live.client.trace(move |line| trace.line(line));
            } else {
                live.client.end_trace();
            }
        }
        applied
    }
}
