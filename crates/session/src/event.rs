//! What the session tells without having been asked.
//!
//! A server may send data at any time (RFC 9051 §2.2.2, §5.2). What no command claims becomes an event; nothing is dropped silently: when
//! the caller does not keep up, [`Event::Missed`] says how much is gone and that the mailbox has to be looked at again.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use core::time::Duration;

use bytes::Bytes;
use imapkit_types::{Code, Fetch, Namespaces, SeqNum, ServerId, Uid, UidSet, UidValidity};
use imapkit_wire::Untagged;

use crate::config::Tick;
use crate::error::{Error, Reply};

/// What the session tells.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The caller must now put this layer under the byte stream, then call [`crate::Session::handle_upgraded`].
    Upgrade(Layer),
    /// Opening is done: logged in, or as far as it goes without a login.
    Ready(Box<Opened>),
    /// The server refused the login, and the connection is open for another ([`crate::Opening::login_again`]).
    LoginRefused(Error),
    /// A change of the selected mailbox.
    Mailbox(MailboxEvent),
    /// `[ALERT]`: text the server wants people to see, made safe to show. Only from protected links (T030). A server that repeats itself
    /// is told of once a minute (T033).
    Alert {
        /// The server's words.
        text: Box<str>,
        /// How often it has said so since this was last told.
        count: u32,
    },
    /// The server is closing the connection.
    Bye(Reply),
    /// `* NO` or `* BAD` that belongs to no command (H40), `* OK` with a code that changes nothing here, or an answer that says
    /// THROTTLED: commands go slower from then on.
    Notice(Reply),
    /// Data nobody asked for.
    Unsolicited(Box<Untagged>),
    /// The server said something odd; what was said is kept.
    Warning(Warning),
    /// The caller did not poll and so many events were dropped: refresh what you know of the mailbox.
    Missed(u64),
    /// The connection is over; every waiting command has failed with this error. The last event.
    Closed(Error),
}

/// A layer to put under the byte stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// TLS, after STARTTLS.
    Tls,
    /// DEFLATE, after COMPRESS.
    Deflate,
}

/// What is known when opening is done.
#[derive(Clone, Debug, Default)]
pub struct Opened {
    /// Logged in: by us or by PREAUTH.
    pub authenticated: bool,
    /// How: the mechanism, `LOGIN` for the command, `PREAUTH`.
    pub mechanism: Option<Box<str>>,
    /// The greeting's text.
    pub greeting: Box<str>,
    /// The server's answer to ID.
    pub server_id: Option<ServerId>,
    /// The server's namespaces.
    pub namespaces: Option<Namespaces>,
    /// How often a line was sent and an answer awaited, since the greeting.
    pub flights: u32,
    /// Both directions are compressed.
    pub compressed: bool,
    /// The kind of server, if it is one that is treated in a way of its own: `Coremail`, `Exchange`, `iCloud`, ….
    pub profile: Option<&'static str>,
}

/// A change of the selected mailbox.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum MailboxEvent {
    /// So many messages now; more than before unless the server breaks the rules (M03).
    Exists(u32),
    /// A message is gone; those behind it have moved up by one.
    Expunged {
        /// Where it was.
        seq: SeqNum,
        /// Which it was, if the session had seen its UID.
        uid: Option<Uid>,
    },
    /// Messages are gone (QRESYNC, UIDONLY).
    Vanished {
        /// They were gone before the mailbox was selected; sequence numbers have not changed.
        earlier: bool,
        /// Which; may name messages that never were.
        uids: UidSet,
    },
    /// What the server told about a message unasked, flags most of the time. The UID is filled in when the session knows it.
    Fetch(Box<Fetch>),
    /// The flags that exist in the mailbox have changed.
    Flags(imapkit_types::Flags),
    /// UIDVALIDITY has changed under us: all handles are stale (M05).
    UidValidity(UidValidity),
    /// The mailbox has become read-only (`true`) or writable.
    ReadOnly(bool),
    /// What was known of sequence numbers does not hold any more: the server broke their rules, or a message vanished whose UID was not known.
    /// Look at the mailbox again (M03, M04, M24).
    Resync,
}

/// Something odd a server said.
#[derive(Clone, Debug)]
pub struct Warning {
    /// What is odd: one lower-case line.
    pub text: Box<str>,
    /// The octets, possibly cut to the first few hundred.
    pub raw: Bytes,
}

/// Events waiting for the caller; bounded.
pub(crate) struct EventQueue {
    waiting: VecDeque<Event>,
    max: usize,
    missed: u64,
    /// The alerts told last, those said last at the end.
    alerts: VecDeque<KnownAlert>,
}

/// An alert that has been told.
struct KnownAlert {
    text: Box<str>,
    told: Tick,
    /// How often it was said since.
    held: u32,
}

/// How long the same alert is not told again.
const BETWEEN_ALERTS: Duration = Duration::from_secs(60);
/// Different alerts that are remembered for that.
const KNOWN_ALERTS: usize = 8;

impl EventQueue {
    pub(crate) fn new(max: usize) -> Self {
        Self { waiting: VecDeque::new(), max: max.max(16), missed: 0, alerts: VecDeque::new() }
    }

    pub(crate) fn push(&mut self, event: Event) {
        // A flood of EXISTS is one fact (T088).
        if let (Some(Event::Mailbox(MailboxEvent::Exists(last))), Event::Mailbox(MailboxEvent::Exists(now))) =
            (self.waiting.back_mut(), &event)
        {
            *last = *now;
            return;
        }
        if self.waiting.len() >= self.max {
            let droppable = self.waiting.iter().position(Event::may_be_dropped);
            if let Some(at) = droppable {
                self.waiting.remove(at);
                self.missed = self.missed.saturating_add(1);
            }
        }
        self.waiting.push_back(event);
    }

    /// Tells an alert, unless the same was told within a minute: then it is only counted (T033).
    pub(crate) fn alert(&mut self, now: Tick, text: Box<str>) {
        if let Some(at) = self.alerts.iter().position(|alert| alert.text == text) {
            let Some(mut known) = self.alerts.remove(at) else { return };
            let due = known.told.until(now) >= BETWEEN_ALERTS;
            match self.waiting.back_mut() {
                Some(Event::Alert { text: last, count }) if *last == text => *count = count.saturating_add(1),
                _ if due => {
                    let count = core::mem::take(&mut known.held).saturating_add(1);
                    known.told = now;
                    self.push(Event::Alert { text, count });
                }
                _ => known.held = known.held.saturating_add(1),
            }
            return self.alerts.push_back(known);
        }
        if self.alerts.len() >= KNOWN_ALERTS {
            self.alerts.pop_front();
        }
        self.alerts.push_back(KnownAlert { text: text.clone(), told: now, held: 0 });
        self.push(Event::Alert { text, count: 1 });
    }

    pub(crate) fn pop(&mut self) -> Option<Event> {
        if self.missed > 0 {
            return Some(Event::Missed(core::mem::take(&mut self.missed)));
        }
        self.waiting.pop_front()
    }
}

impl Event {
    fn may_be_dropped(&self) -> bool {
        !matches!(self, Self::Upgrade(_) | Self::Ready(_) | Self::LoginRefused(_) | Self::Bye(_) | Self::Closed(_))
    }

    /// The code of a notice, for callers that look for one.
    pub fn code(&self) -> Option<&Code> {
        match self {
            Self::Notice(reply) | Self::Bye(reply) => reply.code.as_ref(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t088_a_flood_is_bounded_and_said_aloud() {
        let mut queue = EventQueue::new(16);
        for n in 0..100 {
            queue.push(Event::Mailbox(MailboxEvent::ReadOnly(n % 2 == 0)));
        }
        assert!(matches!(queue.pop(), Some(Event::Missed(84))));
        assert_eq!(core::iter::from_fn(|| queue.pop()).count(), 16);
    }

    #[test]
    fn repeated_exists_are_one_event() {
        let mut queue = EventQueue::new(16);
        for n in 0..100 {
            queue.push(Event::Mailbox(MailboxEvent::Exists(n)));
        }
        assert!(matches!(queue.pop(), Some(Event::Mailbox(MailboxEvent::Exists(99)))));
        assert!(queue.pop().is_none());
    }

    #[test]
    fn t033_a_flood_of_one_alert_is_one_event_with_a_count() {
        let at = |seconds| Tick::new(Duration::from_secs(seconds));
        let said = |event: Option<Event>| match event {
            Some(Event::Alert { text, count }) => Some((text, count)),
            Some(other) => panic!("{other:?}"),
            None => None,
        };
        let mut queue = EventQueue::new(16);
        for _ in 0..100_000 {
            queue.alert(at(0), "full".into());
        }
        assert_eq!(said(queue.pop()), Some(("full".into(), 100_000)), "for a caller that has not polled meanwhile");
        for _ in 0..50_000 {
            queue.alert(at(1), "full".into());
            assert_eq!(said(queue.pop()), None, "nor is one that polls all the time bothered");
        }
        queue.alert(at(2), "fuller".into());
        assert_eq!(said(queue.pop()), Some(("fuller".into(), 1)), "another text is news");
        queue.alert(at(60), "full".into());
        assert_eq!(said(queue.pop()), Some(("full".into(), 50_001)), "after a minute it is told again");
        for n in 0..100 {
            queue.alert(at(61), alloc::format!("text {n}").into());
        }
        assert!(queue.alerts.len() <= KNOWN_ALERTS && queue.waiting.len() <= 16, "memory is bounded");
    }
}
