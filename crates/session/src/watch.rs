//! Watching the selected mailbox while nothing else is to be done; and all the session's clocks.
//!
//! RFC 2177, RFC 9051 §6.3.13 (IDLE), §5.4 (autologout). protocol.md M15, M17, M32, M33, T103, T104. IDLE is not a command of the
//! application: it is what the session does between commands when it is asked to watch, so that a new command ends it, runs, and it begins
//! again. Without IDLE the same events come by NOOP.
//!
//! ```text
//! Off --quiet for idle_linger--> Starting --"+"--> Idling --command waits, or idle_refresh--> Ending --tagged--> Off
//! ```

use alloc::format;
use core::time::Duration;

use crate::command::Effect;
use crate::commands::{Idle as IdleCommand, Noop};
use crate::config::{Tick, Timers};
use crate::error::{Error, ErrorKind};
use crate::queue::CommandId;
use crate::session::Session;
use crate::state::State;
use imapkit_types::Capability;

/// An IDLE that the server ends by itself before that was none.
const HASTY: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Idle {
    #[default]
    Off,
    /// Sent; the server has not said `+` yet, so DONE has to wait (M15).
    Starting(CommandId),
    Idling(CommandId, Tick),
    /// DONE is sent; the answer is due.
    Ending(Tick),
}

/// What the application wants, and how far IDLE is.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    pub(crate) wanted: bool,
    /// Nothing has been going on since then.
    pub(crate) quiet_since: Tick,
    /// The command last sent for nobody; there is one at a time.
    pub(crate) own: Option<CommandId>,
    idle: Idle,
    /// IDLE was refused: poll instead.
    refused: bool,
    /// So many in a row ended as soon as they had begun: each waits twice as long as the one before, up to the pause between two polls.
    hasty: u32,
}

impl Session {
    /// Moves IDLE on, as far as that goes without waiting.
    pub(crate) fn watch_step(&mut self) {
        let busy = !self.queue.waiting.is_empty();
        match self.watch.idle {
            Idle::Idling(id, since) => {
                let stale = since.after(self.timers.idle_refresh) <= self.now;
                if busy || stale || !self.watch.wanted {
                    self.outbox.push_line(id, b"DONE");
                    self.trace.sent("DONE");
                    self.watch.idle = Idle::Ending(self.now.after(self.timers.idle_done));
                    self.moved = true;
                }
            }
            Idle::Off if busy || !self.queue.in_flight.is_empty() => self.watch.quiet_since = self.now,
            Idle::Off => {
                let due = self.watch_due();
                if due.is_some_and(|due| due <= self.now) {
                    self.watch_begin();
                }
            }
            Idle::Starting(_) | Idle::Ending(_) => {}
        }
    }

    /// When IDLE begins, or NOOP is sent, if nothing else happens: to watch, or to keep the connection.
    fn watch_due(&self) -> Option<Tick> {
        if !self.queue.is_empty() || self.watch.idle != Idle::Off {
            return None;
        }
        let wait = match self.state {
            State::Selected if self.watch.wanted && self.can_idle() => {
                let Timers { idle_linger, poll, .. } = self.timers;
                Some(
                    idle_linger
                        .saturating_mul(1 << self.watch.hasty.saturating_sub(1).min(20))
                        .min(poll.max(idle_linger)),
                )
            }
            State::Selected if self.watch.wanted => Some(self.timers.poll),
            State::Authenticated | State::Selected => self.timers.keep_alive,
            _ => None,
        };
        wait.map(|wait| self.watch.quiet_since.after(wait))
    }

    fn can_idle(&self) -> bool {
        !self.watch.refused && self.capabilities.has(&Capability::Idle)
    }

    fn watch_begin(&mut self) {
        self.watch.quiet_since = self.now;
        if self.watch.wanted && self.state == State::Selected && self.can_idle() {
            let id = self.submit_quietly(IdleCommand);
            self.watch.idle = Idle::Starting(id);
        } else {
            self.submit_quietly(Noop);
        }
    }

    fn submit_quietly<C: crate::Command>(&mut self, command: C) -> CommandId {
        let id = self.queue.next_id();
        let command = crate::queue::submitted(command, |_| None);
        let rules = command.rules();
        self.queue.waiting.push_back(crate::queue::Queued { id, rules, command });
        self.watch.own = Some(id);
        id
    }

    /// The server said `+`: from now on it tells changes.
    pub(crate) fn watch_started(&mut self) {
        if let Idle::Starting(id) = self.watch.idle {
            self.watch.idle = Idle::Idling(id, self.now);
        }
    }

    /// The tagged answer: after our DONE, or because the server ended it by itself. One that never began was refused.
    pub(crate) fn watch_ended(&mut self) {
        match self.watch.idle {
            Idle::Starting(_) => self.watch.refused = true,
            Idle::Idling(_, since) if self.now < since.after(HASTY) => {
                self.watch.hasty = self.watch.hasty.saturating_add(1);
            }
            _ => self.watch.hasty = 0,
        }
        self.watch.idle = Idle::Off;
        self.watch.quiet_since = self.now;
    }

    /// Something is awaited from the server, so silence means something.
    fn awaits_server(&self) -> bool {
        let idling = matches!(self.watch.idle, Idle::Idling(..));
        let in_flight = !self.queue.in_flight.is_empty() && !idling;
        let uploading = self.outbox.upload().is_some();
        (in_flight && !uploading) || (self.state == State::Greeting)
    }

    pub(crate) fn next_timeout(&self) -> Option<Tick> {
        if self.closed.is_some() {
            return None;
        }
        let silence = if self.state == State::Greeting { self.timers.greeting } else { self.timers.progress };
        let due = [
            self.bye.as_ref().map(|(_, until)| *until),
            (self.awaits_server() && self.paused.is_none()).then(|| self.progress.after(silence)),
            self.paused.map(|since| since.after(self.timers.stall)),
            match self.watch.idle {
                Idle::Idling(_, since) => Some(since.after(self.timers.idle_refresh)),
                Idle::Ending(until) => Some(until),
                Idle::Off | Idle::Starting(_) => None,
            },
            self.watch_due(),
            self.pace.held_until(self.now).filter(|_| !self.queue.waiting.is_empty()),
        ];
        due.into_iter().flatten().min()
    }

    pub(crate) fn check_timers(&mut self) {
        let now = self.now;
        if let Some((error, until)) = self.bye.take() {
            if until <= now {
                return self.close(error);
            }
            self.bye = Some((error, until));
        }
        if matches!(self.watch.idle, Idle::Ending(until) if until <= now) {
            let text = format!(
                "the server did not end IDLE within {:?} of DONE: the connection is dead",
                self.timers.idle_done
            );
            return self.close(Error::new(ErrorKind::Timeout, text));
        }
        if self.paused.is_some_and(|since| since.after(self.timers.stall) <= now) {
            return self.give_up_stalled();
        }
        let silence = if self.state == State::Greeting { self.timers.greeting } else { self.timers.progress };
        if self.awaits_server() && self.paused.is_none() && self.progress.after(silence) <= now {
            let what = match self.queue.in_flight.first() {
                Some(entry) => format!("no answer to {}", entry.name),
                None => alloc::string::String::from("no greeting"),
            };
            self.close(Error::new(ErrorKind::Timeout, format!("{what} within {silence:?} ({})", self.place)));
        }
    }

    /// A reader has left its stream full for too long: that stream fails, the connection goes on (architecture.md 4b).
    fn give_up_stalled(&mut self) {
        if let Some(entry) = self.queue.in_flight.iter_mut().find(|entry| entry.rules.effect == Effect::None) {
            let text = format!("nothing was read from this stream for {:?}", self.timers.stall);
            entry.running.stall(Error::new(ErrorKind::Stalled, text));
            entry.abandoned.get_or_insert(0);
        }
        self.resume();
    }
}
