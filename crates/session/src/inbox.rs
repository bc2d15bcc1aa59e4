//! From bytes to whom they concern: reads pieces, decodes them, ends commands, routes data.
//!
//! RFC 9051 §2.2.2, §7; protocol.md 4.2, H30–H34, M11, M27, M30. Order for a piece of data: the tracker sees it first, then the commands in
//! flight, oldest first, and what nobody takes becomes an event.
//!
//! Invariants: one odd line costs that line; a tag we did not use never ends anything; an OK for a command that is not wholly sent ends the
//! connection (CVE-2026-42246); before login only CAPABILITY and status responses are looked at (RFC 9051 §11.3).

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;

use bytes::{Bytes, BytesMut};
use imapkit_types::{Code, Frame};
use imapkit_wire::response::Garbled;
use imapkit_wire::{Encoder, Piece, Response, StatusKind, StatusLine, Tagged, Untagged};

use crate::command::{Completion, Effect, Proceed};
use crate::error::{Error, ErrorKind, Reply, printable};
use crate::event::{Event, MailboxEvent, Warning};
use crate::mechanism::{Slow, SlowStep};
use crate::queue::{CommandId, InFlight, complete};
use crate::session::{BodyOwner, Session};
use crate::state::State;
use crate::stranger::NotImap;

/// Responses before login that are looked at (T025).
const MAX_EARLY_RESPONSES: u32 = 100;
/// Octets before login (T025).
const MAX_EARLY_OCTETS: u64 = 64 << 10;
/// Octets of an odd response that are kept for its warning.
const MAX_WARNED: usize = 512;
/// Octets of a response of an unknown kind that is passed on whole: many of them wait for somebody who listens.
const MAX_UNKNOWN: usize = 64 << 10;

impl Session {
    pub(crate) fn read(&mut self, input: &mut BytesMut) {
        if self.state == State::Greeting && self.looks_like_tls(input) {
            return;
        }
        self.no_bytes_behind_upgrade(input);
        if !input.is_empty() && self.upgrading.is_none() && core::mem::take(&mut self.compressed_behind) {
            self.looks_compressed(input);
        }
        while self.wants_input() {
            let before = input.len();
            let piece = match self.framer.next(input) {
                Ok(piece) => piece,
                Err(error) => {
                    let text = format!("the server's bytes make no sense: {error}");
                    return self.close(Error::with_source(ErrorKind::Protocol, text, error));
                }
            };
            let taken = u64::try_from(before.saturating_sub(input.len())).unwrap_or(u64::MAX);
            if taken > 0 {
                self.progress = self.now;
                self.answered = true;
            }
            let Some(piece) = piece else { return };
            if !self.count_early(taken) {
                return;
            }
            self.piece(piece, taken);
            self.no_bytes_behind_upgrade(input);
        }
    }

    /// A TLS record where a greeting should be: the port speaks implicit TLS (T039, H17).
    fn looks_like_tls(&mut self, input: &BytesMut) -> bool {
        let tls = matches!(input.first_chunk::<2>(), Some([0x14..=0x17, 0x03]));
        if tls {
            let text = "the server speaks TLS on this port: connect with implicit TLS";
            self.close(Error::with_source(ErrorKind::Protocol, text, NotImap { protocol: Some("TLS") }));
        }
        tls
    }

    /// Before login a server has little to say (T025).
    fn count_early(&mut self, octets: u64) -> bool {
        if self.state > State::NotAuthenticated {
            return true;
        }
        let (total, responses) = &mut self.before_login;
        *total = total.saturating_add(octets);
        *responses = responses.saturating_add(1);
        let over = *total > MAX_EARLY_OCTETS || *responses > MAX_EARLY_RESPONSES;
        if over {
            self.close(Error::new(
                ErrorKind::Limit,
                "the server said more before login than the limit before_login allows",
            ));
        }
        !over
    }

    /// Bytes behind the OK of STARTTLS were written by somebody who is not bound by the handshake (T010, T012, T013).
    fn no_bytes_behind_upgrade(&mut self, input: &BytesMut) {
        if self.upgrading == Some(crate::event::Layer::Tls) && !input.is_empty() {
            self.close(Error::new(
                ErrorKind::Unsafe,
                "the server sent more behind its answer to STARTTLS: somebody may be injecting data",
            ));
        }
        if self.upgrading == Some(crate::event::Layer::Deflate) && !input.is_empty() {
            self.compressed_behind = true;
        }
    }

    /// Bytes behind the OK of COMPRESS are compressed already (M18). A server that sent them as they are is found out by what inflating
    /// makes of them: an error, or something other than the untagged response which is all it can have to say there (T095, ADR 20).
    fn looks_compressed(&mut self, input: &BytesMut) {
        if input.first() != Some(&b'*') {
            self.close(Error::new(
                ErrorKind::Protocol,
                "what the server sent behind its answer to COMPRESS is not compressed",
            ));
        }
    }

    fn piece(&mut self, piece: Piece, octets: u64) {
        self.taker = None;
        match piece {
            Piece::Response(mut raw) => {
                if let Some(clean) = self.redaction.of(raw.frame.as_bytes()) {
                    raw.frame = Frame::new(clean);
                }
                let secret = self.queue.in_flight.iter().any(|entry| entry.rules.effect == Effect::Login);
                self.trace.received(raw.frame.as_bytes(), secret && raw.frame.as_bytes().starts_with(b"+"));
                let response = self.decoder.decode(raw);
                self.warn_of_oddities();
                self.respond(response);
            }
            Piece::Head { frame, literal } => {
                self.trace.received(frame.frame.as_bytes(), false);
                let start = self.decoder.fetch_head(frame, literal);
                self.data(start);
            }
            Piece::Chunk(chunk) => self.chunk(chunk),
            Piece::BodyEnd => self.route_to_owner(Untagged::BodyEnd),
            Piece::Segment { frame, literal } => {
                self.trace.received(frame.frame.as_bytes(), false);
                let next = self.decoder.fetch_segment(frame, literal);
                self.data(next);
            }
            Piece::Oversize { limit, start, len } => {
                let start = self.redaction.of(&start).unwrap_or(start);
                self.warn(format!("a response of {len} octets was skipped: {limit}"), start.clone());
                let response = self.decoder.oversize(limit, start);
                self.respond(response);
            }
        }
        self.warn_of_oddities();
        self.charge(octets);
    }

    /// Before what was read is acted on: nothing is told behind the end.
    fn warn_of_oddities(&mut self) {
        while let Some(warning) = self.decoder.take_warning() {
            self.warn(
                format!("{} ({})", warning.what, warning.hazard),
                Bytes::copy_from_slice(warning.snippet.as_bytes()),
            );
        }
    }

    fn respond(&mut self, response: Response) {
        if self.state == State::Greeting {
            return self.greeting(response);
        }
        match response {
            Response::Untagged(data) => self.data(data),
            Response::Tagged(tagged) => self.tagged(tagged),
            Response::Continue(text) => self.proceed(&text),
            Response::Garbled(garbled) => self.garbled(garbled),
        }
    }

    /// Untagged data: state first, then the commands, then everybody.
    pub(crate) fn data(&mut self, mut data: Untagged) {
        let early = self.state < State::Authenticated;
        if early && !matches!(data, Untagged::Status(_) | Untagged::Capability(_)) {
            return; // RFC 9051 §11.3; T014, T015
        }
        if !self.track(&mut data) {
            return;
        }
        let starts_body = matches!(data, Untagged::BodyStart(_));
        // The row whose bodies were streamed goes where they went.
        let owner = core::mem::replace(&mut self.body, BodyOwner::NoBody);
        if owner != BodyOwner::NoBody {
            if starts_body {
                self.body = owner;
            }
            return self.give(owner, data);
        }
        if self.is_foreign(&data) {
            return self.events.push(Event::Unsolicited(Box::new(data)));
        }
        let unclaimed = match self.queue.route(data) {
            Ok((owner, pause)) => {
                self.taker = Some(owner);
                if starts_body {
                    self.body = BodyOwner::Command(owner);
                }
                return self.pause_if(pause);
            }
            Err(unclaimed) => unclaimed,
        };
        self.unclaimed(unclaimed);
    }

    /// What belongs to no command becomes an event, if the tracker has not told it already.
    fn unclaimed(&mut self, data: Untagged) {
        match data {
            Untagged::BodyStart(_) => self.body = BodyOwner::Nobody,
            Untagged::Fetch(row) => self.mailbox_event(MailboxEvent::Fetch(Box::new(row))),
            Untagged::Status(status) => self.unclaimed_status(&status),
            // The tracker has told about these.
            Untagged::Exists(_)
            | Untagged::Recent(_)
            | Untagged::Expunge(_)
            | Untagged::Vanished { .. }
            | Untagged::Flags(_)
            | Untagged::Capability(_)
            | Untagged::Enabled(_)
            | Untagged::BodyChunk(_)
            | Untagged::BodyEnd => {}
            Untagged::Unknown(unknown) if unknown.frame.as_bytes().len() > MAX_UNKNOWN => {
                let raw = Bytes::copy_from_slice(unknown.frame.as_bytes().get(..MAX_WARNED).unwrap_or_default());
                let text = format!(
                    "a response that is none of IMAP's is longer than the limit max_unknown, {MAX_UNKNOWN} octets"
                );
                self.warn(text, raw);
            }
            other => self.events.push(Event::Unsolicited(Box::new(other))),
        }
    }

    /// A search result that names a command which is not in flight: nobody's answer (H91).
    fn is_foreign(&self, data: &Untagged) -> bool {
        let Untagged::Esearch(result) = data else { return false };
        let named = result.tag.as_deref();
        named.is_some_and(|tag| self.queue.in_flight.iter().all(|entry| entry.tag.as_str() != tag))
    }

    fn unclaimed_status(&mut self, status: &StatusLine) {
        let plain_ok = status.kind == StatusKind::Ok && status.code.is_none();
        if self.state >= State::Authenticated && !plain_ok {
            self.events.push(Event::Notice(Reply::from(status)));
        }
    }

    fn chunk(&mut self, chunk: Bytes) {
        self.trace.body(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        self.route_to_owner(Untagged::BodyChunk(chunk));
    }

    fn route_to_owner(&mut self, data: Untagged) {
        self.give(self.body, data);
    }

    /// Hands data to the one command it belongs to; when that is nobody any more, it is thrown away.
    fn give(&mut self, owner: BodyOwner, data: Untagged) {
        let BodyOwner::Command(id) = owner else { return };
        self.taker = Some(id);
        let Some(entry) = self.queue.find(id) else { return };
        let pause = matches!(entry.running.offer(data), crate::command::Offer::Pause);
        self.pause_if(pause);
    }

    fn pause_if(&mut self, pause: bool) {
        if pause {
            self.paused.get_or_insert(self.now);
        }
    }

    fn tagged(&mut self, tagged: Tagged) {
        let Tagged { tag, status } = tagged;
        let Some(at) = self.queue.by_tag(&tag) else {
            let text = format!("answer to a command that was not sent: {}", tag.as_str());
            if self.state < State::Authenticated {
                return self.close(Error::new(ErrorKind::Unsafe, text)); // T011, T019
            }
            return self.warn(text, status.text);
        };
        let id = match self.queue.in_flight.get(at) {
            Some(entry) => entry.id,
            None => return,
        };
        if self.outbox.is_sending(id) {
            if status.kind == StatusKind::Ok {
                let text = "the server said OK to a command that was not sent yet: somebody may be injecting data";
                return self.close(Error::new(ErrorKind::Unsafe, text));
            }
            if self.outbox.is_awaiting(id) {
                self.outbox.drop_command(id); // T102: the literal was refused, so it is not sent
            }
        }
        if self.watch.own != Some(id) {
            self.last_reply = (self.last_reply.0.saturating_add(1), Some(Reply::from(&status)));
        }
        self.capability_in(&status);
        if status.kind == StatusKind::Bye {
            // H31: as if it were untagged. The command ends with the connection, and with what was said.
            return self.said_bye(&status);
        }
        let entry = self.queue.in_flight.remove(at);
        if self.pace.answered(self.now, &status) && status.kind == StatusKind::Ok {
            self.events.push(Event::Notice(Reply::from(&status)));
        }
        match status.kind {
            StatusKind::Ok => self.finish(entry, status),
            _ => self.refuse(entry, &status),
        }
    }

    fn finish(&mut self, entry: InFlight, status: StatusLine) {
        self.track_completion(&status);
        let Some(entry) = self.go_on(entry, &status) else { return };
        let effect = entry.rules.effect;
        // A login only counts once its mechanism has verified the server (T054, T055): the opening hears of it first.
        if effect != Effect::Login {
            self.end_effect(effect, true);
        }
        let fed = complete(entry, Completion { status, epoch: self.epoch });
        self.feed(fed);
    }

    /// A server that handles so many messages at a time has left some over: asks for those under another tag, and what comes is added to
    /// what is there (RFC 9738, T107). Gives the entry back when nothing is left over.
    fn go_on(&mut self, mut entry: InFlight, status: &StatusLine) -> Option<InFlight> {
        let Some(Code::MessageLimit { uid: Some(lowest), limit }) = status.code else { return Some(entry) };
        if entry.failed.is_some() || entry.abandoned.is_some() {
            return Some(entry);
        }
        let Ok(tag) = self.queue.next_tag() else { return Some(entry) };
        let mut encoder = Encoder::new(self.capabilities.mode(self.max_line));
        encoder.tag(tag).sp();
        if !entry.running.go_on(lowest, &mut encoder) {
            if !entry.running.is_done_from(lowest) {
                let text = format!(
                    "the server has handled the messages from UID {lowest} on only: its MESSAGELIMIT is {limit}"
                );
                entry.failed = Some(Error::new(ErrorKind::Limit, text).in_command(entry.name));
            }
            return Some(entry);
        }
        match encoder.finish() {
            Ok(encoded) => {
                self.trace.command(&tag, entry.name, entry.rules.secret, &encoded);
                self.outbox.push(entry.id, encoded);
                entry.tag = tag;
                self.queue.in_flight.push(entry);
                None
            }
            Err(invalid) => {
                entry.failed = Some(Error::from(invalid).in_command(entry.name));
                Some(entry)
            }
        }
    }

    fn refuse(&mut self, mut entry: InFlight, status: &StatusLine) {
        for data in entry.running.leftovers() {
            self.unclaimed(data);
        }
        let error = match entry.failed {
            Some(error) => error,
            None => Error::refused(entry.name, status),
        };
        self.alert(status);
        self.end_effect(entry.rules.effect, false);
        let fed = entry.running.end(Err(error));
        self.feed(fed);
    }

    fn proceed(&mut self, text: &[u8]) {
        if let Some(id) = self.outbox.proceed() {
            if let Some(entry) = self.queue.find(id) {
                entry.continued = true;
            }
            return;
        }
        let waiting = self.queue.in_flight.iter_mut().find(|entry| entry.rules.exclusive);
        match waiting {
            // Cancelled, and yet it asks on: there is nothing more to say (T063).
            Some(InFlight { failed: Some(error), name, .. }) => {
                let error = error.in_command(name);
                self.close(error);
            }
            Some(entry) => {
                let (id, answer) = (entry.id, entry.running.proceed(text));
                self.answer(id, answer);
            }
            None => self.answer(CommandId::new(0), Proceed::Unexpected),
        }
    }

    /// A command in flight has a literal that the server has asked for.
    fn has_continued(&self) -> bool {
        self.queue.in_flight.iter().any(|entry| entry.continued)
    }

    /// What a command says to a `+`.
    fn answer(&mut self, id: CommandId, answer: Proceed) {
        match answer {
            // Exchange says it again behind a literal (quirk 7).
            Proceed::Unexpected if self.state >= State::Authenticated && self.has_continued() => {
                self.warn("the server asked once more for a literal it has".into(), Bytes::from_static(b"+"));
            }
            Proceed::Unexpected => {
                let text = "the server asked for more although nothing was to be sent"; // H33, T004
                self.close(Error::new(ErrorKind::Protocol, text));
            }
            Proceed::Noted => self.watch_started(),
            Proceed::Slow(step) => {
                let step = step.of(id);
                match &mut self.slow {
                    Slow::Elsewhere(waiting) => *waiting = Some(step),
                    Slow::Here => self.slow_step_done(step.run()),
                }
            }
            Proceed::Response(response) => {
                self.trace.sent("***");
                self.redaction.hide_message(&response);
                let mut encoder = Encoder::new(self.capabilities.mode(self.max_line));
                encoder.base64_line(&response);
                match encoder.finish() {
                    Ok(line) => self.outbox.push(id, line),
                    Err(invalid) => self.close(Error::from(invalid)),
                }
            }
            Proceed::Abort(error) => {
                self.trace.sent("*");
                self.outbox.push_line(id, b"*");
                if let Some(entry) = self.queue.find(id) {
                    entry.failed = Some(error);
                }
            }
        }
    }

    pub(crate) fn slow_step_done(&mut self, step: SlowStep) {
        let id = step.id;
        let Some(entry) = self.queue.find(id).filter(|entry| entry.failed.is_none()) else { return };
        let answer = entry.running.resume(step);
        self.answer(id, answer);
    }

    /// A line that could not be read. If it starts with a tag of ours, that command is over all the same.
    fn garbled(&mut self, garbled: Garbled) {
        let text = format!("a response could not be read: {}", garbled.error);
        self.warn(text.clone(), Bytes::copy_from_slice(garbled.frame.as_bytes()));
        let Some(at) = garbled.tag.and_then(|tag| self.queue.by_tag(&tag)) else {
            return self.queue.unread(garbled.frame.as_bytes());
        };
        let Some(id) = self.queue.in_flight.get(at).map(|entry| entry.id) else { return };
        if self.outbox.is_sending(id) && !self.outbox.is_awaiting(id) {
            // What the server takes the rest of it for, nobody knows (H30, M29).
            let text = format!("{text}, and the command it answers was not sent yet");
            return self.close(Error::with_source(ErrorKind::Protocol, text, garbled.error));
        }
        self.outbox.drop_command(id);
        let entry = self.queue.in_flight.remove(at);
        self.end_effect(entry.rules.effect, false);
        let error = Error::with_source(ErrorKind::Protocol, text, garbled.error).in_command(entry.name);
        let fed = entry.running.end(Err(error));
        self.feed(fed);
    }

    pub(crate) fn said_bye(&mut self, status: &StatusLine) {
        let reply = Reply::from(status);
        let leaving = self.queue.in_flight.iter().any(|entry| entry.rules.effect == Effect::Logout);
        if leaving || self.bye.is_some() {
            return; // the BYE of our own LOGOUT, or the endless one of Yandex (quirk 5)
        }
        self.events.push(Event::Bye(reply));
        let error = Error::refused("session", status);
        if !self.opening.is_past_login() && !self.opening.is_logging_in() {
            return self.close(error); // What the opening asks is of no use any more: TLS least of all.
        }
        let until = self.now.after(self.timers.after_bye);
        self.state = State::Logout;
        self.bye = Some((error, until));
    }

    /// `[ALERT]` is for people, but only when nobody else can have written it (T030).
    pub(crate) fn alert(&mut self, status: &StatusLine) {
        if matches!(status.code, Some(Code::Alert)) && self.protection.is_confidential() {
            self.events.alert(self.now, printable(&status.text).into_boxed_str());
        }
    }

    pub(crate) fn warn(&mut self, text: String, raw: Bytes) {
        let raw = if raw.len() > MAX_WARNED {
            Bytes::copy_from_slice(raw.get(..MAX_WARNED).unwrap_or_default())
        } else {
            raw
        };
        self.events.push(Event::Warning(Warning { text: text.into_boxed_str(), raw }));
    }

    pub(crate) fn mailbox_event(&mut self, event: MailboxEvent) {
        self.events.push(Event::Mailbox(event));
    }

    /// What is read for commands their callers have given up counts against the drain budget (M30); not what another command took.
    fn charge(&mut self, octets: u64) {
        let budget = self.drain_budget;
        let taker = self.taker;
        let mut over = None;
        for entry in self.queue.in_flight.iter_mut().filter(|entry| taker.is_none_or(|id| id == entry.id)) {
            if let Some(drained) = &mut entry.abandoned {
                *drained = drained.saturating_add(octets);
                if *drained > budget {
                    over = Some(entry.name);
                }
            }
        }
        if let Some(name) = over {
            let text = "given up by its caller, and what was still to come exceeded drain_budget";
            // Those who hear of it have given nothing up.
            self.close(Error::new(ErrorKind::Closed, text).in_command(name));
        }
    }
}
