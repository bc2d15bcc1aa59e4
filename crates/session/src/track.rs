//! Keeps the session's picture of the server up to date: what every response means for state, capabilities and mailbox.
//!
//! RFC 9051 §6.3.2 (SELECT), §7.2–7.5; RFC 7162 §3.2.11 (CLOSED). It sees every untagged response before any command does, and tells
//! changes of the mailbox as events, whoever asked. protocol.md M01–M09, M12, M13, M24, T014, T098–T101, T108.
//!
//! Between SELECT and its answer, data may belong to the mailbox before. `[CLOSED]` marks the border; a server that does not send it marks it
//! with the first datum only a selection brings (FLAGS, EXISTS, UIDVALIDITY, …).
//!
//! ```text
//! SELECT sent: [old mailbox] --CLOSED, or first datum of a selection--> [new mailbox] --OK--> selected
//!                                                                                     --NO--> none selected
//! ```

use imapkit_types::{Capabilities, Capability, Code, SeqNum, UidValidity};
use imapkit_wire::{StatusKind, StatusLine, Untagged};

use crate::command::Effect;
use crate::error::{Error, ErrorKind, Reply};
use crate::event::{Event, Layer, MailboxEvent};
use crate::mailbox_view::MailboxView;
use crate::session::Session;
use crate::state::State;

/// A SELECT under way.
#[derive(Debug)]
pub(crate) struct Switch {
    /// What is known of the new mailbox; `None` while data still belongs to the old one.
    new: Option<MailboxView>,
    /// `[CLOSED]` will come, so nothing else marks the border.
    closed_expected: bool,
    read_only: bool,
}

impl Session {
    /// Takes note of an untagged response. False when nobody else should see it.
    pub(crate) fn track(&mut self, data: &mut Untagged) -> bool {
        match data {
            Untagged::Status(status) => return self.track_status(status),
            Untagged::Capability(offered) => self.offered(offered.clone()),
            Untagged::Enabled(enabled) => {
                self.capabilities.enable(enabled);
                self.decoder.set_utf8(self.capabilities.is_utf8());
            }
            Untagged::Exists(exists) => {
                self.cross_border();
                self.exists(*exists);
            }
            Untagged::Flags(flags) => {
                self.cross_border();
                if self.switch.is_none() && self.view.is_some() {
                    self.mailbox_event(MailboxEvent::Flags(flags.clone()));
                }
            }
            Untagged::Recent(_) => self.cross_border(),
            Untagged::Expunge(seq) => self.expunge(*seq),
            Untagged::Vanished { earlier, uids } => self.vanished(*earlier, uids.clone()),
            Untagged::Fetch(row) => return self.number(row),
            Untagged::BodyStart(start) => {
                self.number(&mut start.row);
            }
            _ => {}
        }
        true
    }

    /// The mailbox that data about messages belongs to just now.
    fn current(&mut self) -> Option<&mut MailboxView> {
        match &mut self.switch {
            Some(Switch { new: Some(new), .. }) => Some(new),
            _ => self.view.as_mut(),
        }
    }

    /// A datum that only a selection brings: from here on data belongs to the new mailbox, unless `[CLOSED]` is still to come.
    fn cross_border(&mut self) {
        let old_open = self.view.is_some();
        let epoch = self.epoch.next();
        if let Some(switch) = &mut self.switch {
            if switch.new.is_none() && !(switch.closed_expected && old_open) {
                switch.new = Some(MailboxView::new(epoch));
                self.view = None; // Who watches the old one must not hear of this one (T108).
            }
        }
    }

    fn exists(&mut self, exists: u32) {
        let selecting = self.switch.as_ref().is_some_and(|switch| switch.new.is_some());
        let Some(view) = self.current() else { return };
        let grew = view.set_exists(exists);
        if selecting {
            return;
        }
        self.mailbox_event(MailboxEvent::Exists(exists));
        if !grew {
            self.mailbox_event(MailboxEvent::Resync); // M03
        }
    }

    fn expunge(&mut self, seq: u32) {
        let Some(view) = self.current() else { return };
        match view.expunge(seq) {
            Ok((seq, uid)) => {
                self.mailbox_event(MailboxEvent::Expunged { seq, uid });
                self.renumbered(seq);
            }
            Err(()) => self.mailbox_event(MailboxEvent::Resync), // M04
        }
    }

    fn vanished(&mut self, earlier: bool, uids: imapkit_types::UidSet) {
        let Some(view) = self.current() else { return };
        let numbered = earlier || view.vanish(&uids);
        self.mailbox_event(MailboxEvent::Vanished { earlier, uids });
        if !earlier {
            self.renumbered(SeqNum::MIN); // It is not known of all of them which number they had.
        }
        if !numbered {
            self.mailbox_event(MailboxEvent::Resync); // M24
        }
    }

    /// Gives a row its UID when the map knows it, and the map its UID when the row does (M02, H88). False for rows of no message.
    fn number(&mut self, row: &mut imapkit_types::Fetch) -> bool {
        let Some(seq) = row.seq else { return row.uid.is_some() };
        let Some(view) = self.current() else { return false };
        match row.uid {
            Some(uid) => {
                view.learn(seq, uid);
            }
            None => row.uid = view.uid(seq),
        }
        seq >= SeqNum::MIN
    }

    /// An untagged status response. False when it concerns nobody else.
    fn track_status(&mut self, status: &StatusLine) -> bool {
        if status.kind == StatusKind::Bye {
            self.said_bye(status);
            return false;
        }
        self.capability_in(status);
        if self.state < State::Authenticated {
            // No code but CAPABILITY changes anything (RFC 9051 §11.3; T022). What is for people is told, if nobody else can have written it (T030).
            match &status.code {
                Some(Code::Alert) => self.alert(status),
                Some(code @ Code::WebAlert(_)) if self.protection.is_confidential() => {
                    self.opening.note_web_alert(code);
                    self.events.push(Event::Notice(Reply::from(status)));
                }
                _ => {}
            }
            return false;
        }
        match &status.code {
            Some(Code::Alert) => {
                self.alert(status);
                return false;
            }
            Some(Code::Closed) => self.closed_code(),
            Some(Code::UidValidity(uid_validity)) => self.uid_validity(*uid_validity),
            Some(
                Code::UidNext(_) | Code::Unseen(_) | Code::PermanentFlags(_) | Code::HighestModSeq(_) | Code::NoModSeq,
            ) => self.cross_border(),
            Some(Code::ReadOnly) => self.read_only(true),
            Some(Code::ReadWrite) => self.read_only(false),
            _ => {}
        }
        true
    }

    /// Capabilities inside a status response count like an untagged CAPABILITY.
    pub(crate) fn capability_in(&mut self, status: &StatusLine) {
        if let Some(Code::Capability(offered)) = &status.code {
            self.offered(offered.clone());
        }
    }

    fn offered(&mut self, offered: Capabilities) {
        self.told_during_login |= self.opening.is_logging_in();
        self.capabilities.offer(offered);
        // A server that offers IMAP4rev2 only speaks it without being asked to.
        self.decoder.set_utf8(self.capabilities.is_utf8());
    }

    fn closed_code(&mut self) {
        let epoch = self.epoch.next();
        if let Some(switch) = &mut self.switch {
            self.view = None;
            switch.new = Some(MailboxView::new(epoch));
        }
    }

    fn uid_validity(&mut self, now: UidValidity) {
        if self.switch.is_some() {
            self.cross_border();
            if let Some(view) = self.current() {
                view.uid_validity = Some(now);
            }
            return;
        }
        let Some(view) = &mut self.view else { return };
        let before = view.uid_validity.replace(now);
        if before.is_some_and(|before| before != now) {
            // All UIDs mean something else now: handles of the old epoch are refused (M05, T099).
            self.epoch = self.epoch.next();
            let exists = view.exists();
            let mut fresh = MailboxView::new(self.epoch);
            fresh.uid_validity = Some(now);
            fresh.set_exists(exists);
            self.view = Some(fresh);
            self.mailbox_event(MailboxEvent::UidValidity(now));
        }
    }

    fn read_only(&mut self, read_only: bool) {
        if self.switch.is_some() {
            return; // the tagged OK tells
        }
        let Some(view) = &mut self.view else { return };
        if view.read_only != read_only {
            view.read_only = read_only;
            self.mailbox_event(MailboxEvent::ReadOnly(read_only));
        }
    }

    /// Codes in a tagged OK that change the state.
    pub(crate) fn track_completion(&mut self, status: &StatusLine) {
        self.alert(status);
        if matches!(status.code, Some(Code::ReadOnly)) {
            if let Some(switch) = &mut self.switch {
                switch.read_only = true;
            }
        }
    }

    /// A command goes out that will change the session.
    pub(crate) fn begin_effect(&mut self, effect: Effect) {
        if let Effect::Select { read_only } = effect {
            let closed_expected = self.capabilities.is_enabled(&Capability::Qresync) || self.capabilities.is_rev2();
            self.switch = Some(Switch { new: None, closed_expected, read_only });
        }
        if effect == Effect::Logout {
            self.state = State::Logout;
        }
    }

    /// It has ended, well or not.
    pub(crate) fn end_effect(&mut self, effect: Effect, ok: bool) {
        match effect {
            Effect::Select { .. } => self.end_select(ok),
            Effect::Deselect if ok => {
                self.view = None;
                self.state = State::Authenticated;
            }
            Effect::Login if ok => self.logged_in(),
            Effect::StartTls if ok => self.upgrade(Layer::Tls),
            Effect::Compress if ok => self.upgrade(Layer::Deflate),
            Effect::Logout => self.close(Error::new(ErrorKind::Closed, "logged out")),
            Effect::Idle => self.watch_ended(),
            Effect::None | Effect::Deselect | Effect::Login | Effect::StartTls | Effect::Compress => {}
        }
    }

    fn end_select(&mut self, ok: bool) {
        let switch = self.switch.take();
        self.epoch = self.epoch.next();
        if ok {
            let (new, read_only) = switch.map_or((None, false), |switch| (switch.new, switch.read_only));
            let mut view = new.unwrap_or_default();
            view.epoch = self.epoch;
            view.read_only = read_only;
            self.view = Some(view);
            self.state = State::Selected;
        } else {
            // A failed SELECT leaves no mailbox selected (RFC 9051 §6.3.2; T100).
            self.view = None;
            self.state = State::Authenticated;
        }
    }

    fn logged_in(&mut self) {
        self.state = State::Authenticated;
        self.framer.set_limits(self.limits.clone());
        self.decoder.set_limits(self.limits.clone());
        self.opening_logged_in(self.told_during_login);
    }

    fn upgrade(&mut self, layer: Layer) {
        self.upgrading = Some(layer);
        self.events.push(Event::Upgrade(layer));
    }
}
