//! The end of a connection, whoever wanted it: every command is answered, and what may have been done is told apart from what was not (M31).
//! No RFC of its own.

use alloc::format;

use bytes::Bytes;
use imapkit_wire::{StatusKind, StatusLine};

use crate::command::{Completion, Effect};
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::opening::Fed;
use crate::queue::fail_waiting;
use crate::session::Session;
use crate::state::State;

impl Session {
    /// Ends the connection: every command fails, and the last event says why.
    pub(crate) fn close(&mut self, error: Error) {
        if self.closed.is_some() {
            return;
        }
        self.closed = Some(error.clone());
        self.state = State::Closed;
        self.view = None;
        self.paused = None;
        let mut refused = None;
        let (in_flight, waiting) = self.queue.drain();
        for entry in in_flight {
            if entry.rules.effect == Effect::Logout {
                // Many servers just close; that is what was asked for.
                let _ = entry.running.end(Ok(Completion { status: closed_ok(), epoch: self.epoch }));
                continue;
            }
            let error = match entry.failed {
                Some(failed) => failed,
                // A server acts on whole commands: one that was not sent to its end has changed nothing.
                None if entry.rules.writes && !self.outbox.is_sending(entry.id) => {
                    unknown(&error, entry.name).tagged(entry.tag)
                }
                None => error.in_command(entry.name),
            };
            if let Some(Fed::Login(Err(login))) = entry.running.end(Err(error)) {
                // A server that explains why it refuses a token and then just closes has told why the connection is over.
                refused = Some(login).filter(|login| login.token_refusal().is_some());
            }
        }
        let error = refused.unwrap_or(error);
        self.closed = Some(error.clone());
        for queued in waiting {
            let error = error.in_command(queued.command.name());
            let _ = fail_waiting(queued.command, error);
        }
        self.outbox.clear();
        let _ = self.poll_slow_step();
        self.redaction.clear();
        self.events.push(Event::Closed(error));
    }
}

fn closed_ok() -> StatusLine {
    StatusLine { kind: StatusKind::Ok, code: None, text: Bytes::new() }
}

/// The connection ended while a command that changes something was in flight: nobody knows whether the server did it (M31).
fn unknown(error: &Error, name: &'static str) -> Error {
    let text = format!("it is not known whether the server did it: {error}");
    Error::with_source(ErrorKind::Unknown, text, error.clone()).in_command(name)
}
