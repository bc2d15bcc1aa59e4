//! How a function ends: 0, or a code. Separate so that no other file turns errors into numbers.
//!
//! Every failure also becomes the control's last error, with its text.

use imapkit_control::{Control, ControlError, ErrorCode};

/// Why a function failed.
pub(crate) enum Failure {
    /// An argument cannot be used as it is: which, and why. Nothing was done.
    Argument(String),
    /// There was no memory for the result.
    Memory,
    /// The call failed, and the control has noted it.
    Call(ControlError),
}

impl From<ControlError> for Failure {
    fn from(error: ControlError) -> Self {
        Self::Call(error)
    }
}

impl Failure {
    pub(crate) fn argument(name: &str, what: &str) -> Self {
        Self::Argument(format!("{name} {what}"))
    }

    /// The code; the control remembers what it has not noted itself.
    pub(crate) fn note(self, control: &Control) -> i32 {
        let error = match self {
            Self::Call(error) => error,
            Self::Argument(text) => control.note(ErrorCode::InvalidArgument, &text),
            Self::Memory => control.note(ErrorCode::OutOfMemory, "there is no memory for the result"),
        };
        value(error.code())
    }
}

/// The number as C has it: the same bits.
pub(crate) fn value(code: ErrorCode) -> i32 {
    code.value().cast_signed()
}
