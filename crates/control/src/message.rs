//! Which messages are meant, and what is done to many of them at once: copied, moved, marked.
//!
//! Separate from reading them (`read.rs`). Wherever one number is taken, a set is taken too: `7`, `"1:5,9"`, `"3:*"`. Plain names mean sequence
//! numbers, `…_uid` UIDs. RFC 9051 §6.4.6 (STORE), §6.4.7 (COPY), §6.4.8 (MOVE).
//!
//! Invariants: a number above the count of messages is refused before anything is sent; a move loses nothing, whatever fails.

use std::ops::RangeInclusive;

use imapkit_blocking::session::commands::StoreHow;
use imapkit_blocking::types::{
    Capability, Flag, Flags, Invalid, Items, Mailbox, NumSet, Number, SeqNum, SeqSet, Uid, UidSet,
};
use imapkit_blocking::{Error, Selected};

use crate::code::ErrorCode;
use crate::constants::MessageFlags;
use crate::control::{Control, Inner, Result};
use crate::error::ControlError;

/// One message or several: a number, a range, a list of numbers, or the text of a set (`1:5,9`, `3:*`). With an empty list there is nothing
/// to do, which is no error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Messages {
    /// One.
    One(u32),
    /// Those of a list.
    List(Vec<u32>),
    /// As IMAP writes it.
    Text(String),
}

impl From<u32> for Messages {
    fn from(number: u32) -> Self {
        Self::One(number)
    }
}

impl From<&str> for Messages {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Messages {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&[u32]> for Messages {
    fn from(numbers: &[u32]) -> Self {
        Self::List(numbers.to_vec())
    }
}

impl From<Vec<u32>> for Messages {
    fn from(numbers: Vec<u32>) -> Self {
        Self::List(numbers)
    }
}

impl From<&Vec<u32>> for Messages {
    fn from(numbers: &Vec<u32>) -> Self {
        Self::List(numbers.clone())
    }
}

impl From<RangeInclusive<u32>> for Messages {
    fn from(range: RangeInclusive<u32>) -> Self {
        Self::Text(format!("{}:{}", range.start(), range.end()))
    }
}

/// Messages of the selected mailbox, checked.
#[derive(Clone, Debug)]
pub(crate) enum Which {
    Seq(SeqSet),
    Uid(UidSet),
}

/// How messages are numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Seq,
    Uid,
}

impl Which {
    pub(crate) fn new(messages: &Messages, by: By, selected: &Selected) -> Result<Self> {
        match by {
            By::Seq => {
                let set = set::<SeqNum>(messages)?;
                if set.is_empty() {
                    return Ok(Self::Seq(set));
                }
                let exists = selected.exists().map_err(ControlError::from)?;
                // `6:*` of five messages would be the fifth (RFC 9051 §9).
                if let Some(above) = set.largest_named().filter(|last| last.get() > exists) {
                    return Err(no_message(&above.to_string(), exists));
                }
                if exists == 0 {
                    return Err(no_message("any", 0));
                }
                Ok(Self::Seq(set))
            }
            By::Uid => Ok(Self::Uid(set::<Uid>(messages)?)),
        }
    }
}

/// An empty list is an empty set, of which nothing is asked.
fn set<N: Number>(messages: &Messages) -> Result<NumSet<N>> {
    let one = |number: u32| {
        N::from_u32(number).ok_or_else(|| ControlError::new(ErrorCode::MessageNotFound, "messages are counted from 1"))
    };
    let set: NumSet<N> = match messages {
        Messages::One(number) => std::iter::once(one(*number)?).collect(),
        Messages::List(numbers) => numbers.iter().map(|number| one(*number)).collect::<Result<_>>()?,
        Messages::Text(text) => text.trim().parse().map_err(|error: Invalid| {
            ControlError::invalid(format!("`{}` names no messages: {error}", text.escape_debug()))
        })?,
    };
    Ok(set)
}

/// There is no such message.
pub(crate) fn no_message(which: &str, exists: u32) -> ControlError {
    let text = format!("there is no message {which}: the mailbox has {exists}");
    ControlError::new(ErrorCode::MessageNotFound, text)
}

/// Each of these takes sequence numbers, and has a twin that takes UIDs.
macro_rules! twins {
    ($($(#[$doc:meta])* $name:ident, $twin:ident ($($argument:ident: $Type:ty),*) -> $Output:ty { $work:expr })+) => {
        impl Control {
            $(
                $(#[$doc])*
                pub fn $name(&self, messages: impl Into<Messages>, $($argument: $Type),*) -> Result<$Output> {
                    let messages = messages.into();
                    self.inner.call(stringify!($name), |inner| $work(inner, &messages, By::Seq, $($argument),*))
                }

                #[doc = concat!("[`Control::", stringify!($name), "`] by UID.")]
                pub fn $twin(&self, messages: impl Into<Messages>, $($argument: $Type),*) -> Result<$Output> {
                    let messages = messages.into();
                    self.inner.call(stringify!($twin), |inner| $work(inner, &messages, By::Uid, $($argument),*))
                }
            )+
        }
    };
}

twins! {
    /// Copies messages to another mailbox.
    ///
    /// # Errors
    /// [`ErrorCode::MessageNotFound`], [`ErrorCode::MailboxNotFound`], [`ErrorCode::QuotaExceeded`].
    copy_message, copy_message_uid(mailbox: &str) -> () { Inner::copy }

    /// Moves messages to another mailbox. Where the server cannot move they are copied, marked and removed, in this order.
    ///
    /// # Errors
    /// As [`Control::copy_message`], [`ErrorCode::MailboxReadOnly`], and [`ErrorCode::NotSupportedByServer`] where the server has neither MOVE
    /// nor UIDPLUS: then nothing can be removed but everything that is marked.
    move_message, move_message_uid(mailbox: &str) -> () { Inner::move_ }

    /// Marks messages as deleted. They go when the mailbox is expunged, or left with an expunge.
    ///
    /// # Errors
    /// [`ErrorCode::MessageNotFound`], [`ErrorCode::MailboxReadOnly`].
    delete_message, delete_message_uid() -> () { Inner::delete }

    /// Takes the mark away that [`Control::delete_message`] set.
    ///
    /// # Errors
    /// [`ErrorCode::MessageNotFound`], [`ErrorCode::MailboxReadOnly`].
    undelete_message, undelete_message_uid() -> () { Inner::undelete }

    /// Sets the flags of messages to these, and takes the others of [`MessageFlags`] away. Keywords, which have no bit, stay.
    ///
    /// # Errors
    /// [`ErrorCode::MessageNotFound`], [`ErrorCode::MailboxReadOnly`]; [`ErrorCode::InvalidArgument`] for unknown bits and for `Recent`.
    set_flags, set_flags_uid(flags: MessageFlags) -> () { Inner::set_flags }

    /// The flags of one message.
    ///
    /// # Errors
    /// [`ErrorCode::MessageNotFound`].
    get_flags, get_flags_uid() -> MessageFlags { Inner::flags }
}

impl Inner {
    fn copy(&self, messages: &Messages, by: By, mailbox: &str) -> Result<()> {
        let (selected, to) = (self.selected()?, Mailbox::new(mailbox)?);
        let copied = match Which::new(messages, by, &selected)? {
            Which::Seq(seqs) => selected.copy_seq(&seqs, &to),
            Which::Uid(uids) => selected.copy(&uids, &to),
        };
        copied.map(drop).map_err(|error| self.judge_missing(error, &to))
    }

    fn move_(&self, messages: &Messages, by: By, mailbox: &str) -> Result<()> {
        let (selected, to) = (self.writable()?, Mailbox::new(mailbox)?);
        let moved = match Which::new(messages, by, &selected)? {
            Which::Seq(seqs) if selected.client().capabilities().has(&Capability::Move) => {
                selected.move_seq(&seqs, &to)
            }
            // Numbers change while messages are removed; UIDs do not.
            Which::Seq(seqs) => uids(&selected, &seqs).and_then(|uids| selected.move_(&uids, &to)),
            Which::Uid(uids) => selected.move_(&uids, &to),
        };
        moved.map(drop).map_err(|error| self.judge_missing(error, &to))
    }

    fn delete(&self, messages: &Messages, by: By) -> Result<()> {
        self.store(messages, by, StoreHow::Add, &Flag::Deleted.into())
    }

    fn undelete(&self, messages: &Messages, by: By) -> Result<()> {
        self.store(messages, by, StoreHow::Remove, &Flag::Deleted.into())
    }

    pub(crate) fn set_flags(&self, messages: &Messages, by: By, flags: MessageFlags) -> Result<()> {
        if flags.unknown() != 0 || flags.contains(MessageFlags::Recent) {
            return Err(ControlError::invalid(format!(
                "{flags:?} cannot be set: Recent and unknown bits are not ours"
            )));
        }
        let (mut add, mut remove) = (Flags::new(), Flags::new());
        for (bit, flag) in FLAGS {
            if flags.contains(*bit) {
                add.insert(flag.clone())
            } else {
                remove.insert(flag.clone())
            };
        }
        if !add.is_empty() {
            self.store(messages, by, StoreHow::Add, &add)?;
        }
        if !remove.is_empty() {
            self.store(messages, by, StoreHow::Remove, &remove)?;
        }
        Ok(())
    }

    fn store(&self, messages: &Messages, by: By, how: StoreHow, flags: &Flags) -> Result<()> {
        let selected = self.writable()?;
        match Which::new(messages, by, &selected)? {
            Which::Seq(seqs) => selected.store_seq(&seqs, how, flags.clone())?,
            Which::Uid(uids) => selected.store(&uids, how, flags.clone())?,
        };
        Ok(())
    }

    pub(crate) fn flags(&self, messages: &Messages, by: By) -> Result<MessageFlags> {
        let row = self.row(messages, by, Items::new().flags())?;
        Ok(bits(row.flags()?))
    }
}

/// The UIDs of messages.
fn uids(selected: &Selected, seqs: &SeqSet) -> Result<UidSet, Error> {
    selected.fetch_seq(seqs, Items::new()).into_iter().map(|message| Ok(message?.uid())).collect()
}

/// The flags that have a bit and can be set.
const FLAGS: &[(MessageFlags, Flag)] = &[
    (MessageFlags::Answered, Flag::Answered),
    (MessageFlags::Draft, Flag::Draft),
    (MessageFlags::Urgent, Flag::Flagged),
    (MessageFlags::Seen, Flag::Seen),
    (MessageFlags::Deleted, Flag::Deleted),
];

/// Flags as bits.
pub(crate) fn bits(flags: &Flags) -> MessageFlags {
    let known = FLAGS.iter().filter(|(_, flag)| flags.contains(flag)).map(|(bit, _)| *bit);
    let known = known.fold(MessageFlags::None, |all, bit| all | bit);
    if flags.recent() { known | MessageFlags::Recent } else { known }
}

/// Bits as flags, for a message that is created.
pub(crate) fn flags_of(bits: MessageFlags) -> Result<Flags> {
    if bits.unknown() != 0 || bits.contains(MessageFlags::Recent) {
        return Err(ControlError::invalid(format!("{bits:?} cannot be set: Recent and unknown bits are not ours")));
    }
    Ok(FLAGS.iter().filter(|(bit, _)| bits.contains(*bit)).map(|(_, flag)| flag.clone()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_ranges_lists_and_texts_name_messages() {
        let written = |messages: Messages| set::<SeqNum>(&messages).map(|set| set.to_string());
        assert_eq!(written(7.into()).unwrap(), "7");
        assert_eq!(written((2..=5).into()).unwrap(), "2:5");
        assert_eq!(written(vec![1, 2, 3, 9].into()).unwrap(), "1:3,9");
        assert_eq!(written(" 1:5,9 ".into()).unwrap(), "1:5,9");
        assert_eq!(written("3:*".into()).unwrap(), "3:*");
        for (wrong, code) in [
            (Messages::One(0), ErrorCode::MessageNotFound),
            (Messages::List(vec![1, 0]), ErrorCode::MessageNotFound),
            ("".into(), ErrorCode::InvalidArgument),
            ("1;2".into(), ErrorCode::InvalidArgument),
            ("0".into(), ErrorCode::InvalidArgument),
            ("1\r\nA9 LOGOUT".into(), ErrorCode::InvalidArgument),
        ] {
            assert_eq!(written(wrong.clone()).unwrap_err().code(), code, "{wrong:?}");
        }
    }

    #[test]
    fn flags_are_bits_and_bits_are_flags() {
        let all = !MessageFlags::Recent & MessageFlags::ALL;
        assert_eq!(bits(&flags_of(all).unwrap()), all);
        assert!(flags_of(MessageFlags::Recent).is_err() && flags_of(MessageFlags::from_value(16)).is_err());
    }
}
