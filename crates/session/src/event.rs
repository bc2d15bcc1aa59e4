//! What the session tells without having been asked.
//!
//! A server may send data at any time (RFC 9051 §2.2.2, §5.2). What no command claims becomes an event; nothing is dropped silently: when
//! the caller does not keep up, [`Event::Missed`] says how much is gone and that the mailbox has to be looked at again.

use alloc::boxed::Box;
use alloc::collections::VecDeque;

use bytes::Bytes;
use imapkit_types::{Code, Fetch, Namespaces, SeqNum, ServerId, Uid, UidSet, UidValidity};
use imapkit_wire::Untagged;

use crate::error::{Error, Reply};

/// What the session tells.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The caller must now put this layer under the byte stream, then call [`crate::Session::handle_upgraded`].
    Upgrade(Layer),
    /// Opening is done: logged in, or as far as it goes without a login.
    Ready(Box<Opened>),
    /// A change of the selected mailbox.
    Mailbox(MailboxEvent),
    /// `[ALERT]`: text the server wants people to see, made safe to show. Only from protected links (T030).
    Alert(Box<str>),
    /// The server is closing the connection.
    Bye(Reply),
    /// `* NO` or `* BAD` that belongs to no command (H40), or `* OK` with a code that changes nothing here.
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
    /// The server broke the rules of sequence numbers; look at the mailbox again (M03, M04).
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
}

impl EventQueue {
    pub(crate) fn new(max: usize) -> Self {
        Self { waiting: VecDeque::new(), max: max.max(16), missed: 0 }
    }

    pub(crate) fn push(&mut self, event: Event) {
        // A flood of EXISTS is one fact (T088); so is a repeated alert (T033).
        match (self.waiting.back_mut(), &event) {
            (Some(Event::Mailbox(MailboxEvent::Exists(last))), Event::Mailbox(MailboxEvent::Exists(now))) => {
                *last = *now;
                return;
            }
            (Some(Event::Alert(last)), Event::Alert(now)) if last == now => return,
            _ => {}
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

    pub(crate) fn pop(&mut self) -> Option<Event> {
        if self.missed > 0 {
            return Some(Event::Missed(core::mem::take(&mut self.missed)));
        }
        self.waiting.pop_front()
    }
}

impl Event {
    fn may_be_dropped(&self) -> bool {
        !matches!(self, Self::Upgrade(_) | Self::Ready(_) | Self::Bye(_) | Self::Closed(_))
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
    fn repeated_exists_and_alerts_are_one_event() {
        let mut queue = EventQueue::new(16);
        for n in 0..100 {
            queue.push(Event::Mailbox(MailboxEvent::Exists(n)));
        }
        for _ in 0..100 {
            queue.push(Event::Alert("full".into()));
        }
        assert!(matches!(queue.pop(), Some(Event::Mailbox(MailboxEvent::Exists(99)))));
        assert!(matches!(queue.pop(), Some(Event::Alert(_))));
        assert!(queue.pop().is_none());
    }
}
