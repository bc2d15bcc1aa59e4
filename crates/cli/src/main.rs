//! The imapkit command line: mail over IMAP, for people and scripts.
//!
//! ```text
//! argv --args::low--> typed --args::high--> meant --commands--> exit code
//!        place, query, secrets, config          connect, oauth, vault, message, save, source, output
//! ```
//!
//! Rules that hold everywhere: stdout is data and stderr is for people; nothing that came from a server or a message reaches a terminal
//! uncleaned or becomes a path; no secret is printed; a reader that goes away is no failure; exit codes are a contract ([`exit`]).
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests look at files as they are"))]

mod args;
mod commands;
mod config;
mod connect;
mod discovery;
mod errors;
mod exit;
mod files;
mod interrupt;
mod mailboxes;
mod message;
mod oauth;
mod output;
mod place;
mod progress;
mod query;
mod save;
mod secrets;
mod source;
mod transcript;
mod vault;

use std::process::ExitCode;

use args::high;
use errors::{Outcome, Problem};
use exit::Exit;
use output::Output;

fn main() -> ExitCode {
    let low = match args::read() {
        Ok(low) => low,
        Err(exit) => return exit.into(),
    };
    // Asked now: with more than one thread the system does not tell.
    let zone = time::UtcOffset::current_local_offset().unwrap_or(time::UtcOffset::UTC);
    let mut output = Output::new(high::manner(&low.verb), zone);
    let exit = run(low, &mut output).unwrap_or_else(|problem| {
        output.problem(&problem);
        problem.exit()
    });
    exit.into()
}

fn run(low: args::low::Low, output: &mut Output) -> Outcome {
    let task = high::task(low.verb, output.today()?)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Problem::new(Exit::Failed, "system", format!("cannot start: {error}")))?;
    let exit = runtime.block_on(commands::run(task, output)).unwrap_or_else(|problem| {
        output.problem(&problem);
        problem.exit()
    });
    // What is blocked, in the system's resolver for example, is not waited for (T111); only a token that is being renewed has to be kept.
    oauth::keeper::settle();
    runtime.shutdown_background();
    Ok(exit)
}
