//! What is still to be sent, in order, and what sending has to wait for.
//!
//! RFC 9051 §4.3 (literals), §7.6 (continuation); RFC 7888 (non-synchronizing literals). A command is bytes, waits for `+`, and uploads from
//! the caller. Nothing overtakes: while the head waits, everything behind it waits (M10, M27).
//!
//! ```text
//! [A1 SELECT…] [A2 APPEND … {99}] (await +) (upload 99) [CRLF] [A3 …]
//! ```

use alloc::collections::VecDeque;

use bytes::{Buf, Bytes, BytesMut};
use imapkit_wire::{Encoded, Step};

use crate::queue::CommandId;

/// One thing to do before the next.
#[derive(Debug)]
enum Item {
    Bytes(CommandId, Bytes),
    Await(CommandId),
    Upload(CommandId, u64),
}

impl Item {
    fn id(&self) -> CommandId {
        match self {
            Self::Bytes(id, _) | Self::Await(id) | Self::Upload(id, _) => *id,
        }
    }
}

/// A literal whose content the caller has to supply; see [`crate::Session::poll_upload`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Which command's.
    pub id: CommandId,
    /// Octets still to come.
    pub remaining: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Outbox {
    items: VecDeque<Item>,
}

impl Outbox {
    /// Queues a whole command.
    pub(crate) fn push(&mut self, id: CommandId, encoded: Encoded) {
        let Encoded { bytes, steps } = encoded;
        let mut bytes = Bytes::from(bytes);
        let mut taken = 0_usize;
        for step in steps {
            match step {
                Step::Bytes(end) => {
                    let piece = bytes.split_to(end.saturating_sub(taken).min(bytes.len()));
                    taken = end;
                    self.items.push_back(Item::Bytes(id, piece));
                }
                Step::AwaitContinue => self.items.push_back(Item::Await(id)),
                Step::Upload { len, .. } => self.items.push_back(Item::Upload(id, len)),
            }
        }
    }

    /// Queues one line of an exchange that has the connection to itself (AUTHENTICATE, DONE).
    pub(crate) fn push_line(&mut self, id: CommandId, line: &[u8]) {
        let mut bytes = BytesMut::with_capacity(line.len().saturating_add(2));
        bytes.extend_from_slice(line);
        bytes.extend_from_slice(b"\r\n");
        self.items.push_back(Item::Bytes(id, bytes.freeze()));
    }

    /// Moves what may be sent now to `out`; the number of octets.
    pub(crate) fn transmit(&mut self, out: &mut BytesMut) -> usize {
        let before = out.len();
        while let Some(head) = self.items.front_mut() {
            match head {
                Item::Bytes(_, bytes) => out.extend_from_slice(bytes),
                Item::Upload(_, 0) => {}
                Item::Await(_) | Item::Upload(..) => break,
            }
            self.items.pop_front();
        }
        out.len().saturating_sub(before)
    }

    /// The server said `+`. Which command waited for it; `None` when nothing does.
    pub(crate) fn proceed(&mut self) -> Option<CommandId> {
        let Some(&Item::Await(id)) = self.items.front() else { return None };
        self.items.pop_front();
        Some(id)
    }

    /// The upload the head waits for.
    pub(crate) fn upload(&self) -> Option<Upload> {
        match self.items.front() {
            Some(&Item::Upload(id, remaining)) if remaining > 0 => Some(Upload { id, remaining }),
            _ => None,
        }
    }

    /// Content for that upload, which must be at the head. `Err` when it is not, or when there is too much of it.
    pub(crate) fn push_upload(&mut self, id: CommandId, data: Bytes) -> Result<(), ()> {
        let len = u64::try_from(data.remaining()).unwrap_or(u64::MAX);
        match self.items.front_mut() {
            Some(Item::Upload(owner, remaining)) if *owner == id && len <= *remaining => {
                *remaining = remaining.saturating_sub(len);
            }
            _ => return Err(()),
        }
        self.items.push_front(Item::Bytes(id, data));
        Ok(())
    }

    /// Part of this command is still unsent.
    pub(crate) fn is_sending(&self, id: CommandId) -> bool {
        self.items.iter().any(|item| item.id() == id)
    }

    /// The head waits for `+` on behalf of this command: nothing of what follows has been promised to the server (M27).
    pub(crate) fn is_awaiting(&self, id: CommandId) -> bool {
        matches!(self.items.front(), Some(Item::Await(owner)) if *owner == id)
    }

    /// Something waits for a `+` or for the caller's upload, so no other command may start.
    pub(crate) fn is_blocked(&self) -> bool {
        self.items
            .iter()
            .any(|item| matches!(item, Item::Await(_)) || matches!(item, Item::Upload(_, left) if *left > 0))
    }

    /// Forgets what is left of a refused command.
    pub(crate) fn drop_command(&mut self, id: CommandId) {
        self.items.retain(|item| item.id() != id);
    }

    pub(crate) fn clear(&mut self) {
        self.items.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn append() -> Encoded {
        Encoded {
            bytes: b"A1 APPEND x {3}\r\n\r\n".to_vec(),
            steps: vec![Step::Bytes(17), Step::AwaitContinue, Step::Upload { len: 3, sync: true }, Step::Bytes(19)],
        }
    }

    #[test]
    fn nothing_overtakes_a_literal() {
        let (one, two) = (CommandId::new(1), CommandId::new(2));
        let mut outbox = Outbox::default();
        outbox.push(one, append());
        outbox.push(two, Encoded { bytes: b"A2 NOOP\r\n".to_vec(), steps: vec![Step::Bytes(9)] });
        let mut out = BytesMut::new();
        outbox.transmit(&mut out);
        assert_eq!(&out[..], b"A1 APPEND x {3}\r\n");
        assert!(outbox.upload().is_none() && outbox.is_awaiting(one));
        assert!(outbox.proceed() == Some(one) && outbox.proceed().is_none());
        assert_eq!(outbox.upload(), Some(Upload { id: one, remaining: 3 }));
        assert!(outbox.push_upload(one, Bytes::from_static(b"abcd")).is_err(), "more than was announced");
        outbox.push_upload(one, Bytes::from_static(b"ab")).unwrap();
        outbox.transmit(&mut out);
        outbox.push_upload(one, Bytes::from_static(b"c")).unwrap();
        outbox.transmit(&mut out);
        assert_eq!(&out[..], b"A1 APPEND x {3}\r\nabc\r\nA2 NOOP\r\n");
    }

    #[test]
    fn t102_a_refused_literal_is_not_sent() {
        let one = CommandId::new(1);
        let mut outbox = Outbox::default();
        outbox.push(one, append());
        let mut out = BytesMut::new();
        outbox.transmit(&mut out);
        outbox.drop_command(one);
        assert!(!outbox.is_sending(one) && !outbox.is_blocked());
        assert_eq!(outbox.transmit(&mut out), 0);
    }
}
