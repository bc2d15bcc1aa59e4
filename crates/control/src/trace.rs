//! The trace file: what was called, how it ended, and what was said on the wire.
//!
//! Separate because the lines come from two sides: the control's calls and, for [`TraceFlags::Bytes`], the session, which replaces secrets
//! before anybody sees them. Every line has the time since tracing began.
//!
//! Invariants: nobody but the owner can read a file made here; a file that cannot be written ends tracing and not the session.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use imapkit_blocking::TraceLine;

use crate::constants::TraceFlags;
use crate::error::ControlError;

#[derive(Default)]
pub(crate) struct Trace(Mutex<Option<Open>>);

struct Open {
    file: File,
    flags: TraceFlags,
    began: Instant,
}

impl Trace {
    /// Writes to this file from now on, behind what is there; or nowhere, also when it cannot be opened.
    pub(crate) fn set(&self, on: bool, path: Option<&Path>, flags: TraceFlags) -> Result<(), ControlError> {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *current = None;
        let Some(path) = path.filter(|path| on && !path.as_os_str().is_empty()) else { return Ok(()) };
        let file = open(path).map_err(|error| ControlError::file(path, "opening the trace file", &error))?;
        *current = Some(Open { file, flags, began: Instant::now() });
        Ok(())
    }

    /// Lines of the wire are wanted.
    pub(crate) fn wants_lines(&self) -> bool {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.as_ref().is_some_and(|open| open.flags.contains(TraceFlags::Bytes))
    }

    /// A call has ended.
    pub(crate) fn call(&self, name: &str, error: Option<&ControlError>) {
        match error {
            Some(error) => self.write(true, &format!("! {name}: {} {error}", error.code())),
            None => self.write(false, &format!("= {name}: done")),
        }
    }

    pub(crate) fn warning(&self, text: &str) {
        let errors_only =
            |open: &Open| open.flags.contains(TraceFlags::Error) && !open.flags.contains(TraceFlags::Warning);
        self.write_if(|open| !errors_only(open), &format!("? {text}"));
    }

    /// A line of the wire.
    pub(crate) fn line(&self, line: &TraceLine) {
        let sign = if line.sent { '>' } else { '<' };
        self.write_if(|open| open.flags.contains(TraceFlags::Bytes), &format!("{sign} {}", line.text));
    }

    fn write(&self, failed: bool, line: &str) {
        let quiet = TraceFlags::Error | TraceFlags::Warning;
        self.write_if(|open| failed || (open.flags & quiet).is_empty(), line);
    }

    fn write_if(&self, wanted: impl FnOnce(&Open) -> bool, line: &str) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(to) = open.as_mut().filter(|open| wanted(open)) else { return };
        let since = to.began.elapsed();
        let mut text = format!("{:>8}.{:03} ", since.as_secs(), since.subsec_millis());
        let _ = writeln!(text, "{}", line.replace(['\r', '\n'], " "));
        if to.file.write_all(text.as_bytes()).is_err() {
            *open = None;
        }
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::ErrorCode;

    fn written(flags: TraceFlags) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trace");
        let trace = Trace::default();
        trace.set(true, Some(&path), flags).unwrap();
        trace.call("connect", None);
        trace.call("login", Some(&ControlError::new(ErrorCode::LoginRejected, "no\r\nsuch user")));
        trace.warning("clear text");
        trace.line(&TraceLine { sent: true, text: "A1 NOOP".into() });
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().flat_map(|line| [&line[13..], "\n"]).collect()
    }

    #[test]
    fn flags_say_what_is_written() {
        let failed = "! login: LOGIN_REJECTED (0x80041006) no  such user\n";
        assert_eq!(written(TraceFlags::Error), failed);
        assert_eq!(written(TraceFlags::Warning), format!("{failed}? clear text\n"));
        assert_eq!(written(TraceFlags::Info), format!("= connect: done\n{failed}? clear text\n"));
        assert_eq!(written(TraceFlags::Bytes), format!("= connect: done\n{failed}? clear text\n> A1 NOOP\n"));
    }

    #[test]
    fn a_file_that_cannot_be_opened_is_an_error_and_the_end_of_the_trace() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trace");
        let trace = Trace::default();
        trace.set(true, Some(&path), TraceFlags::Bytes).unwrap();
        let error = trace.set(true, Some(Path::new("/nowhere/at/all")), TraceFlags::Info).unwrap_err();
        assert_eq!(error.code(), ErrorCode::FileError);
        assert!(!trace.wants_lines());
        trace.call("still works", None);
        assert_eq!(std::fs::read_to_string(path).unwrap(), "", "nothing goes to the old file");
        assert!(trace.set(true, None, TraceFlags::Info).is_ok(), "a file may be named later");
    }
}
