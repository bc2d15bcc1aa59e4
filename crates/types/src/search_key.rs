//! What to search for: the tree of search keys (RFC 9051 §6.4.4, RFC 5032, 5182, 5466, 6203, 7162, 8474, 8514, Gmail).
//!
//! Separate from the SEARCH command because SORT, THREAD and multi-mailbox search take the same tree. A key built from text
//! holds a [`SearchText`], which cannot carry a line break or NUL into the command (T069). Walking a tree never recurses.

mod text;

pub use text::SearchText;

use crate::{Capability, Date, Invalid, Keyword, ModSeq, SeqNum, SeqSet, UidSet};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::iter;
use core::ops::Not;

/// A condition on messages. Combine with [`Key::and`], [`Key::or`] and `!`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Key {
    /// `ALL`
    All,
    /// `ANSWERED`
    Answered,
    /// `BCC`: in the Bcc header field.
    Bcc(SearchText),
    /// `BEFORE`: arrived before this day.
    Before(Date),
    /// `BODY`: in the body.
    Body(SearchText),
    /// `CC`: in the Cc header field.
    Cc(SearchText),
    /// `DELETED`
    Deleted,
    /// `DRAFT`
    Draft,
    /// `EMAILID`: the message with this id (RFC 8474).
    EmailId(SearchText),
    /// `FILTER`: matches a filter stored on the server (RFC 5466).
    Filter(SearchText),
    /// `FLAGGED`
    Flagged,
    /// `FROM`: in the From header field.
    From(SearchText),
    /// `FUZZY`: the key, matched loosely (RFC 6203).
    Fuzzy(Box<Self>),
    /// `X-GM-LABELS`: has this Gmail label.
    GmLabels(SearchText),
    /// `X-GM-MSGID`: the message with this Gmail id.
    GmMsgId(u64),
    /// `X-GM-RAW`: a search as typed into Gmail.
    GmRaw(SearchText),
    /// `X-GM-THRID`: in the thread with this Gmail id.
    GmThrId(u64),
    /// `HEADER`: has this header field, containing this text; an empty text means any.
    Header {
        /// The name of the field.
        name: SearchText,
        /// What it contains.
        value: SearchText,
    },
    /// `KEYWORD`: has this keyword.
    Keyword(Keyword),
    /// `LARGER`: has more octets than this.
    Larger(u64),
    /// `MODSEQ`: changed at or after this mod-sequence (RFC 7162).
    ModSeq(ModSeq),
    /// `NEW`: recent and not seen (not in IMAP4rev2).
    New,
    /// `NOT`
    Not(Box<Self>),
    /// `OLD`: not recent (not in IMAP4rev2).
    Old,
    /// `OLDER`: arrived at least so many seconds ago; never 0 (RFC 5032).
    Older(u32),
    /// `ON`: arrived on this day.
    On(Date),
    /// `OR`
    Or(Box<Self>, Box<Self>),
    /// `RECENT` (not in IMAP4rev2)
    Recent,
    /// `SAVEDATESUPPORTED`: the mailbox keeps save dates (RFC 8514).
    SaveDateSupported,
    /// `$`: in the saved result (RFC 5182).
    Saved,
    /// `SAVEDBEFORE`: saved before this day (RFC 8514).
    SavedBefore(Date),
    /// `SAVEDON`: saved on this day.
    SavedOn(Date),
    /// `SAVEDSINCE`: saved on this day or later.
    SavedSince(Date),
    /// `SEEN`
    Seen,
    /// `SENTBEFORE`: has a Date header field before this day.
    SentBefore(Date),
    /// `SENTON`: has this day in the Date header field.
    SentOn(Date),
    /// `SENTSINCE`: has this day or a later one in the Date header field.
    SentSince(Date),
    /// Has one of these sequence numbers.
    Seq(SeqSet),
    /// `SINCE`: arrived on this day or later.
    Since(Date),
    /// `SMALLER`: has fewer octets than this.
    Smaller(u64),
    /// `SUBJECT`: in the Subject header field.
    Subject(SearchText),
    /// `TEXT`: in the header or the body.
    Text(SearchText),
    /// `THREADID`: in the thread with this id (RFC 8474).
    ThreadId(SearchText),
    /// `TO`: in the To header field.
    To(SearchText),
    /// `UID`: has one of these UIDs.
    Uid(UidSet),
    /// `UNANSWERED`
    Unanswered,
    /// `UNDELETED`
    Undeleted,
    /// `UNDRAFT`
    Undraft,
    /// `UNFLAGGED`
    Unflagged,
    /// `UNKEYWORD`: lacks this keyword.
    Unkeyword(Keyword),
    /// `UNSEEN`
    Unseen,
    /// `YOUNGER`: arrived at most so many seconds ago; never 0 (RFC 5032).
    Younger(u32),
    /// All of these; none means [`Key::All`].
    And(Vec<Self>),
}

macro_rules! from_text {
    ($($(#[$doc:meta])* $name:ident = $Variant:ident,)+) => {
        $($(#[$doc])* pub fn $name(text: &str) -> Result<Self, Invalid> { SearchText::new(text).map(Self::$Variant) })+
    };
}

/// Keys from text. All fail if the text contains a line break or NUL.
impl Key {
    from_text! {
        /// In the Bcc header field.
        bcc = Bcc,
        /// In the body.
        body = Body,
        /// In the Cc header field.
        cc = Cc,
        /// The message with this id (RFC 8474).
        email_id = EmailId,
        /// Matches a filter stored on the server (RFC 5466).
        filter = Filter,
        /// In the From header field.
        from = From,
        /// Has this Gmail label.
        gm_labels = GmLabels,
        /// A search as typed into Gmail.
        gm_raw = GmRaw,
        /// In the Subject header field.
        subject = Subject,
        /// In the header or the body.
        text = Text,
        /// In the thread with this id (RFC 8474).
        thread_id = ThreadId,
        /// In the To header field.
        to = To,
    }

    /// Has this header field, containing this text; an empty text means any.
    pub fn header(name: &str, value: &str) -> Result<Self, Invalid> {
        let colon_or_worse = |byte: u8| !byte.is_ascii_graphic() || byte == b':';
        if name.is_empty() {
            return Err(Invalid::new("header field name", "is empty"));
        }
        if let Some(at) = name.bytes().position(colon_or_worse) {
            return Err(
                Invalid::new("header field name", "contains something other than printable ASCII, or a colon").at(at)
            );
        }
        Ok(Self::Header { name: SearchText::new(name)?, value: SearchText::new(value)? })
    }
}

impl Key {
    /// Both conditions.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, key) | (key, Self::All) => key,
            (Self::And(mut keys), Self::And(more)) => {
                keys.extend(more);
                Self::And(keys)
            }
            (Self::And(mut keys), key) => {
                keys.push(key);
                Self::And(keys)
            }
            (key, Self::And(keys)) => Self::And(iter::once(key).chain(keys).collect()),
            (a, b) => Self::And([a, b].into()),
        }
    }

    /// Either condition. For many, [`Key::any_of`] makes a tree that servers parse with less depth.
    pub fn or(self, other: Self) -> Self {
        Self::Or(Box::new(self), Box::new(other))
    }

    /// All of the conditions; none means [`Key::All`].
    pub fn all_of(keys: impl IntoIterator<Item = Self>) -> Self {
        keys.into_iter().fold(Self::All, Self::and)
    }

    /// At least one of the conditions, as a balanced tree of ORs: IMAP's OR takes two, and servers limit the depth. `None`
    /// if there is no condition.
    pub fn any_of(keys: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut level: Vec<Self> = keys.into_iter().collect();
        while level.len() > 1 {
            let mut keys = level.into_iter();
            let pair = |keys: &mut alloc::vec::IntoIter<Self>| {
                let first = keys.next()?;
                Some(match keys.next() {
                    Some(second) => first.or(second),
                    None => first,
                })
            };
            level = iter::from_fn(|| pair(&mut keys)).collect();
        }
        level.pop()
    }

    /// This key and all keys inside it, in reading order.
    pub fn walk(&self) -> impl Iterator<Item = &Self> {
        let mut pending = alloc::vec![self];
        iter::from_fn(move || {
            let key = pending.pop()?;
            match key {
                Self::Not(inner) | Self::Fuzzy(inner) => pending.push(inner),
                Self::Or(a, b) => pending.extend([&**b, a]),
                Self::And(keys) => pending.extend(keys.iter().rev()),
                _ => {}
            }
            Some(key)
        })
    }

    /// Whether any text in it goes beyond ASCII, so that the search needs a charset or UTF-8 mode.
    pub fn needs_utf8(&self) -> bool {
        self.walk().any(|key| match key {
            Self::Header { name, value } => !name.is_ascii() || !value.is_ascii(),
            key => key.own_text().is_some_and(|text| !text.is_ascii()),
        })
    }

    /// Whether sequence numbers occur in it: such a search must not be sent while an EXPUNGE may be on its way.
    pub fn uses_seq(&self) -> bool {
        self.walk().any(|key| matches!(key, Self::Seq(_)))
    }

    /// The largest sequence number in it that an expunge can make mean another message: `1:*` is all, whatever goes.
    pub fn highest_seq(&self) -> Option<SeqNum> {
        let named = self.walk().filter_map(|key| match key {
            Self::Seq(set) if *set != SeqSet::all() => set.largest_named(),
            _ => None,
        });
        named.max()
    }

    /// The capabilities the server must offer for this search, each once. IMAP4rev2 includes some of them.
    pub fn capabilities(&self) -> Vec<Capability> {
        let mut needed: Vec<Capability> = self.walk().filter_map(Self::own_capability).collect();
        needed.sort_unstable();
        needed.dedup();
        needed
    }

    fn own_capability(&self) -> Option<Capability> {
        Some(match self {
            Self::Older(_) | Self::Younger(_) => Capability::Within,
            Self::ModSeq(_) => Capability::CondStore,
            Self::Fuzzy(_) => Capability::SearchFuzzy,
            Self::Filter(_) => Capability::Filters,
            Self::Saved => Capability::SearchRes,
            Self::SavedBefore(_) | Self::SavedOn(_) | Self::SavedSince(_) | Self::SaveDateSupported => {
                Capability::SaveDate
            }
            Self::EmailId(_) | Self::ThreadId(_) => Capability::ObjectId,
            Self::GmLabels(_) | Self::GmMsgId(_) | Self::GmRaw(_) | Self::GmThrId(_) => Capability::GmExt1,
            _ => return None,
        })
    }

    /// The text of a key that has one.
    fn own_text(&self) -> Option<&SearchText> {
        match self {
            Self::Bcc(text)
            | Self::Body(text)
            | Self::Cc(text)
            | Self::EmailId(text)
            | Self::Filter(text)
            | Self::From(text)
            | Self::GmLabels(text)
            | Self::GmRaw(text)
            | Self::Subject(text)
            | Self::Text(text)
            | Self::ThreadId(text)
            | Self::To(text) => Some(text),
            _ => None,
        }
    }
}

impl Not for Key {
    type Output = Self;

    /// The opposite; two negations cancel out.
    fn not(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            key => Self::Not(Box::new(key)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combines_without_nesting() {
        let key = Key::Unseen.and(Key::Flagged).and(Key::All).and(!Key::Draft);
        assert_eq!(key, Key::And([Key::Unseen, Key::Flagged, Key::Not(Box::new(Key::Draft))].into()));
        assert_eq!(!!Key::Seen, Key::Seen);
        assert_eq!(Key::all_of([]), Key::All);
        assert_eq!(Key::all_of([Key::Seen]), Key::Seen);
        assert_eq!(Key::Seen.and(Key::Old.and(Key::New)), Key::all_of([Key::Seen, Key::Old, Key::New]));
    }

    #[test]
    fn any_of_is_balanced() {
        fn depth(key: &Key) -> u32 {
            if let Key::Or(a, b) = key { 1 + depth(a).max(depth(b)) } else { 0 }
        }
        let many = Key::any_of((0..100_000).map(Key::Larger)).unwrap();
        assert_eq!(depth(&many), 17);
        let leaves = many.walk().filter_map(|key| if let Key::Larger(n) = key { Some(*n) } else { None });
        assert!(leaves.eq(0..100_000));
        assert_eq!(Key::any_of([]), None);
        assert_eq!(Key::any_of([Key::Seen]), Some(Key::Seen));
    }

    #[test]
    fn t069_text_cannot_inject() {
        for bad in ["x\r\nA9 LOGOUT", "{5+}\r\nhello", "a\0b"] {
            assert!(Key::subject(bad).is_err() && Key::header("Subject", bad).is_err(), "{bad:?}");
        }
        for bad in ["", "Sub ject", "Subject:", "Sübject", "X\r\n"] {
            assert!(Key::header(bad, "x").is_err(), "{bad:?}");
        }
        assert!(Key::text("\"quotes\" and {5+} are only text").is_ok());
    }

    #[test]
    fn says_what_it_needs() {
        let key = Key::Older(60).or(!Key::subject("Grüße").unwrap()).and(Key::Younger(5)).and(Key::Saved);
        assert!(key.needs_utf8() && !key.uses_seq());
        assert_eq!(key.capabilities(), [Capability::SearchRes, Capability::Within]);
        assert!(Key::header("Subject", "ä").unwrap().needs_utf8());
        let numbers = Key::Fuzzy(Box::new(Key::Seq(SeqSet::all()))).and(Key::Uid(UidSet::last()));
        assert!(numbers.uses_seq() && !numbers.needs_utf8());
        let highest = |set: &str| Key::Seen.or(Key::Seq(set.parse().unwrap())).highest_seq().map(SeqNum::get);
        assert_eq!([highest("2,5:*"), highest("7,2:3"), highest("1:*"), highest("*")], [Some(5), Some(7), None, None]);
        assert_eq!(numbers.capabilities(), [Capability::SearchFuzzy]);
    }
}
