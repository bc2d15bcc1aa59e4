//! How a run ends, as a number that scripts can act on.
//!
//! Separate because the numbers are a contract: they are printed by `imapkit --help` and never change meaning.
//! 64 is `EX_USAGE` of sysexits; the small numbers are ours. No RFC.

use std::process::ExitCode;

/// The exit code of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// What was asked for is done.
    Done = 0,
    /// It failed.
    Failed = 1,
    /// It is done, but items were left out or there is something to know.
    Partial = 2,
    /// The server did not accept who we are.
    Auth = 3,
    /// The network, or a server that is not there.
    Network = 4,
    /// Refused by us: going on would not be safe.
    Guard = 5,
    /// The command line cannot be understood.
    Usage = 64,
}

impl Exit {
    /// The number itself.
    pub(crate) fn number(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}
