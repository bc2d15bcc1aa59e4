//! What goes out next: the first command that waits, as soon as state, capabilities, what is in flight and the server's pace permit it.
//!
//! A command that can never go out fails at once, with the reason. No RFC of its own; the rules between commands are in `hazard.rs`.

use alloc::collections::VecDeque;
use alloc::format;

use imapkit_types::SeqNum;
use imapkit_wire::Encoder;

use crate::command::{Effect, Needs, Rules};
use crate::error::{Error, ErrorKind};
use crate::hazard;
use crate::mailbox_view::MailboxView;
use crate::queue::{InFlight, Queued, fail_waiting};
use crate::session::Session;
use crate::state::State;

/// Commands sent and not answered. Exchange answers BAD to bursts of about fifty (server-quirks 6.2); others queue them anyway.
const MAX_IN_FLIGHT: usize = 20;

impl Session {
    /// Sends what may be sent.
    pub(crate) fn pump(&mut self) {
        while self.closed.is_none() && self.upgrading.is_none() {
            self.watch_step();
            let Some(next) = self.queue.waiting.front() else { return };
            if let Some((bye, _)) = self.bye.as_ref().filter(|_| next.rules.effect != Effect::Logout) {
                let bye = bye.clone();
                // Nothing more is answered; what is in flight may be, so that is waited for.
                if self.queue.in_flight.is_empty() {
                    self.close(bye);
                } else {
                    self.fail_front(&bye);
                }
                continue;
            }
            if let Some(error) = self.obstacle(&next.rules) {
                self.fail_front(&error);
                continue;
            }
            let mut running = self.queue.in_flight.iter().map(|entry| &entry.rules);
            let most = if self.pace.is_slow() { 1 } else { MAX_IN_FLIGHT };
            let full = self.queue.in_flight.len() >= most || self.is_held(&next.rules);
            // With no mailbox open there is nothing that a SELECT could be mistaken for.
            let opens = self.view.is_none() && matches!(next.rules.effect, Effect::Select { .. });
            let may =
                if opens { running.all(hazard::concerns_no_mailbox) } else { hazard::may_send(&next.rules, running) };
            if full || self.outbox.is_blocked() || !may {
                return;
            }
            self.start_front();
        }
    }

    /// Why a command cannot be sent in the state the session is in, whatever is in flight.
    fn obstacle(&self, rules: &Rules) -> Option<Error> {
        let settled = self.queue.in_flight.iter().all(|entry| entry.rules.effect == Effect::None);
        if rules.epoch.is_some_and(|epoch| self.view.as_ref().map(MailboxView::epoch) != Some(epoch)) && settled {
            return Some(Error::new(
                ErrorKind::Stale,
                "the mailbox is not selected any more, or its UIDs have changed",
            ));
        }
        let fits = match rules.state {
            Needs::Any => true,
            Needs::NotAuthenticated => self.state <= State::NotAuthenticated,
            Needs::Authenticated => matches!(self.state, State::Authenticated | State::Selected),
            Needs::Unselected => self.state == State::Authenticated,
            Needs::Selected | Needs::ReadWrite => self.state == State::Selected,
        };
        if !fits && settled {
            let text = match rules.state {
                Needs::Selected | Needs::ReadWrite => "no mailbox is selected",
                Needs::NotAuthenticated => "only possible before login",
                Needs::Unselected if self.state == State::Selected => "only possible before a mailbox is selected",
                _ => "not logged in",
            };
            return Some(Error::new(ErrorKind::Misuse, text));
        }
        if rules.uses_seq && settled && self.capabilities.is_enabled(&imapkit_types::Capability::UidOnly) {
            let text = "sequence numbers cannot be used after ENABLE UIDONLY";
            return Some(Error::new(ErrorKind::Unsupported, text)); // RFC 9586, T107
        }
        if rules.state == Needs::ReadWrite && settled && self.view.as_ref().is_some_and(MailboxView::is_read_only) {
            return Some(Error::new(ErrorKind::Misuse, "the mailbox is selected read-only"));
        }
        let missing = rules.capabilities.iter().find(|capability| !self.capabilities.has(capability))?;
        settled.then(|| Error::new(ErrorKind::Unsupported, format!("the server does not offer {}", missing.as_str())))
    }

    /// The server has asked for less, and it is too early for the next command.
    fn is_held(&self, rules: &Rules) -> bool {
        self.pace.held_until(self.now).is_some() && !matches!(rules.effect, Effect::Logout | Effect::Idle)
    }

    fn fail_front(&mut self, error: &Error) {
        if let Some(queued) = self.queue.waiting.pop_front() {
            let error = error.in_command(queued.command.name());
            let fed = fail_waiting(queued.command, error);
            self.feed(fed);
        }
    }

    /// A message is gone, and those from this number on have other numbers: commands that wait and name them would reach the wrong ones,
    /// as with an EXPUNGE between the DONE of IDLE and its OK (M01, M02).
    pub(crate) fn renumbered(&mut self, from: SeqNum) {
        let reached = |rules: &Rules| rules.highest_seq.is_some_and(|highest| highest >= from);
        let Some(epoch) = self.view.as_ref().map(MailboxView::epoch) else { return };
        if !self.queue.waiting.iter().any(|queued| reached(&queued.rules)) {
            return;
        }
        let elsewhere = |rules: &Rules| matches!(rules.effect, Effect::Select { .. } | Effect::Deselect);
        let mut opens = self.queue.in_flight.iter().any(|entry| elsewhere(&entry.rules));
        let mut kept = VecDeque::new();
        for queued in core::mem::take(&mut self.queue.waiting) {
            opens |= elsewhere(&queued.rules);
            let here = queued.rules.epoch.map_or(!opens, |of| of == epoch);
            if !(here && reached(&queued.rules)) {
                kept.push_back(queued);
                continue;
            }
            let text = "a message was expunged before this was sent, and its numbers mean other messages now";
            let error = Error::new(ErrorKind::Stale, text).in_command(queued.command.name());
            let fed = fail_waiting(queued.command, error);
            self.feed(fed);
        }
        kept.append(&mut self.queue.waiting);
        self.queue.waiting = kept;
    }

    fn start_front(&mut self) {
        let Some(Queued { id, rules, command }) = self.queue.waiting.pop_front() else { return };
        let name = command.name();
        let encoded = self.queue.next_tag().and_then(|tag| {
            let mut encoder = Encoder::new(self.capabilities.mode(self.max_line));
            encoder.tag(tag).sp();
            command.encode(&mut encoder);
            Ok((tag, encoder.finish()?))
        });
        let (tag, encoded) = match encoded {
            Ok(done) => done,
            Err(error) => {
                let fed = fail_waiting(command, error.in_command(name));
                return self.feed(fed);
            }
        };
        self.trace.command(&tag, name, rules.secret, &encoded);
        self.outbox.push(id, encoded);
        self.moved |= self.queue.in_flight.is_empty();
        self.begin_effect(rules.effect);
        let running = command.start();
        let entry = InFlight { id, tag, name, rules, running, abandoned: None, continued: false, failed: None };
        self.queue.in_flight.push(entry);
    }
}
