//! What is known of a connection while it lasts: the client, the selected mailbox, and what is not asked for twice.
//!
//! Separate from the control because all of it goes when the connection goes.
//!
//! Invariants: counts follow what the server tells, in its order; a selection whose handle is stale is none.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use imapkit_blocking::transport::Facts;
use imapkit_blocking::types::{BodyStructure, ListEntry, Uid};
use imapkit_blocking::{Client, Event, Events, MailboxEvent, Selected, State};

use crate::constants::Options;

/// One connection.
pub(crate) struct Live {
    /// No two connections of a process have the same.
    pub(crate) number: u64,
    pub(crate) client: Client,
    events: Events,
    /// What TLS agreed on.
    pub(crate) tls: Option<Arc<Facts>>,
    /// The name in the certificate, and the port, for STARTTLS.
    pub(crate) server: (String, u16),
    /// Those given to `connect`, if any were.
    pub(crate) options: Option<Options>,
    pub(crate) selection: Option<Selection>,
    /// What separates levels of the hierarchy, empty where there are none; asked for once.
    pub(crate) delimiter: Option<String>,
    /// The mailboxes, as last listed.
    pub(crate) listing: Option<Arc<[ListEntry]>>,
}

/// The selected mailbox.
pub(crate) struct Selection {
    pub(crate) selected: Selected,
    /// The current message; 0 when there is none.
    pub(crate) current: u32,
    pub(crate) recent: u32,
    /// Messages there were when they were last counted.
    seen: u32,
    /// Messages that have come since the mailbox was selected.
    arrived: u64,
    /// How many there had been when counting of new ones began, and at the end of the last check.
    from: u64,
    checked: u64,
    /// The structure of the message that was looked at last.
    pub(crate) structure: Option<(Uid, BodyStructure)>,
    /// Whether it is being monitored. Of the selection and not of the control: the next one can be monitored before the thread that watched
    /// this one has noticed that it is over.
    pub(crate) monitored: Arc<AtomicBool>,
}

impl Live {
    pub(crate) fn new(client: Client, server: (String, u16), options: Option<Options>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let events = client.events();
        let tls = client.tls().map(Arc::new);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self { number, client, events, tls, server, options, selection: None, delimiter: None, listing: None }
    }

    pub(crate) fn is_authenticated(&self) -> bool {
        self.client.state() >= State::Authenticated
    }

    pub(crate) fn is_monitored(&self) -> bool {
        self.selection.as_ref().is_some_and(|selection| selection.monitored.load(Ordering::SeqCst))
    }

    /// Counts what has come since.
    pub(crate) fn hear(&mut self) {
        while let Some(event) = self.events.poll() {
            let Some(selection) = &mut self.selection else { continue };
            match event {
                Event::Mailbox(change) => selection.note(&change),
                Event::Missed(_) => selection.recount(),
                _ => {}
            }
        }
        // Selected anew by a raw command, or its UIDs have changed.
        if self.selection.as_ref().is_some_and(|selection| selection.selected.exists().is_err()) {
            self.selection = None;
        }
    }

    /// A mailbox was selected, or none is any more.
    pub(crate) fn select(&mut self, selected: Option<Selected>) {
        self.hear();
        self.selection = selected.map(Selection::new);
    }
}

impl Selection {
    fn new(selected: Selected) -> Self {
        let info = selected.info();
        let (seen, recent) = (info.exists, info.recent);
        let monitored = Arc::default();
        Self {
            selected,
            current: seen.min(1),
            recent,
            seen,
            arrived: 0,
            from: 0,
            checked: 0,
            structure: None,
            monitored,
        }
    }

    fn note(&mut self, change: &MailboxEvent) {
        match change {
            MailboxEvent::Exists(now) => self.count(*now),
            MailboxEvent::Expunged { seq, .. } => {
                let gone = seq.get();
                self.seen = self.seen.saturating_sub(1);
                if gone < self.current {
                    self.current -= 1;
                }
                self.current = self.current.min(self.seen);
            }
            MailboxEvent::Vanished { earlier: false, .. } | MailboxEvent::Resync => self.recount(),
            _ => {}
        }
    }

    fn count(&mut self, now: u32) {
        self.arrived = self.arrived.saturating_add(now.saturating_sub(self.seen).into());
        self.seen = now;
        if self.current == 0 {
            self.current = now.min(1);
        }
    }

    fn recount(&mut self) {
        let now = self.selected.exists().unwrap_or(self.seen);
        self.count(now);
        self.current = self.current.min(now);
    }

    /// Messages that have come since the check before the last.
    pub(crate) fn new_messages(&self) -> u32 {
        u32::try_from(self.arrived.saturating_sub(self.from)).unwrap_or(u32::MAX)
    }

    /// A check begins: what was told by the last one is not new any more.
    pub(crate) fn begin_check(&mut self) {
        self.from = self.checked;
    }

    pub(crate) fn end_check(&mut self) {
        self.checked = self.arrived;
    }
}
