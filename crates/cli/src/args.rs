//! From what was typed to what is meant.
//!
//! [`low`] is the command line as typed, [`high`] what it means: places parsed, queries compiled, guards asked. Everything that can be
//! refused without a network is refused here, with exit code 64 (or 5 for a guard), before anything happens.

pub(crate) mod high;
pub(crate) mod low;
pub(crate) mod terms;
pub(crate) mod way;

use clap::Parser;
use clap::error::ErrorKind;

use crate::exit::Exit;
use low::Low;

/// Reads the command line. `Err` when the run is over already: help, version, or wrong usage, all told by then.
pub(crate) fn read() -> Result<Low, Exit> {
    Low::try_parse_from(terms::spell_out(std::env::args_os())).map_err(|error| {
        // Help goes to stdout, mistakes to stderr; a reader that is gone is no failure.
        let _ = error.print();
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Done,
            _ => Exit::Usage,
        }
    })
}
