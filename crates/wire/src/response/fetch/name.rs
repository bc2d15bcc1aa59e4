//! The names of FETCH items. RFC 9051 §9 `msg-att` and the extensions of fetch.rs.
//!
//! Separate because it is the one place where items are told apart, and because that is done for each item of each row.

use crate::cursor::Cursor;
use crate::hazard;

/// An item this library knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Flags,
    Uid,
    Size,
    ModSeq,
    InternalDate,
    Envelope,
    BodyStructure,
    /// `BODY`, with a section or without.
    Body,
    Binary,
    BinarySize,
    Rfc822,
    Rfc822Header,
    Rfc822Text,
    EmailId,
    ThreadId,
    ObjectId,
    SaveDate,
    /// `PREVIEW`, `SNIPPET`.
    Preview,
    GmMsgId,
    GmThreadId,
    GmLabels,
    Other,
}

impl Name {
    /// Passes the name of an item, in any case.
    #[inline]
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Self {
        // Five of six names in a mailbox are one of these, in capitals: no need to look for their end.
        const OFTEN: [(&[u8], Name); 8] = [
            (b"UID ", Name::Uid),
            (b"FLAGS ", Name::Flags),
            (b"MODSEQ ", Name::ModSeq),
            (b"INTERNALDATE ", Name::InternalDate),
            (b"RFC822.SIZE ", Name::Size),
            (b"ENVELOPE ", Name::Envelope),
            (b"BODYSTRUCTURE ", Name::BodyStructure),
            (b"BODY[", Name::Body),
        ];
        let rest = cursor.rest();
        for (name, found) in OFTEN {
            if rest.starts_with(name) {
                cursor.advance(name.len().wrapping_sub(1));
                return found;
            }
        }
        Self::read_any(cursor)
    }

    fn read_any(cursor: &mut Cursor<'_>) -> Self {
        let start = cursor.pos();
        let mut found = Self::of(cursor.name());
        if cursor.eat(b',') {
            // Proton Bridge: (UID, 7 …).
            cursor.note(hazard::SPACING);
        } else if cursor.peek() == Some(b'"') && cursor.pos() == start {
            let quoted = cursor.quoted().ok();
            found = quoted.and_then(|name| cursor.frame().raw(name)).map_or(Self::Other, Self::of);
            if found == Self::Other {
                // A string that names no item we know is no name.
                cursor.set_pos(start);
            } else {
                cursor.note(hazard::STRING_OR_ATOM);
            }
        }
        found
    }

    pub(super) fn of(name: &[u8]) -> Self {
        Self::in_capitals(name).unwrap_or_else(|| Self::in_any_case(name))
    }

    fn in_capitals(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"FLAGS" => Self::Flags,
            b"UID" => Self::Uid,
            b"RFC822.SIZE" => Self::Size,
            b"MODSEQ" => Self::ModSeq,
            b"INTERNALDATE" => Self::InternalDate,
            b"ENVELOPE" => Self::Envelope,
            b"BODYSTRUCTURE" => Self::BodyStructure,
            b"BODY" => Self::Body,
            b"BINARY" => Self::Binary,
            b"BINARY.SIZE" => Self::BinarySize,
            b"RFC822" => Self::Rfc822,
            b"RFC822.HEADER" => Self::Rfc822Header,
            b"RFC822.TEXT" => Self::Rfc822Text,
            b"EMAILID" => Self::EmailId,
            b"THREADID" => Self::ThreadId,
            b"OBJECTID" => Self::ObjectId,
            b"SAVEDATE" => Self::SaveDate,
            b"PREVIEW" | b"SNIPPET" => Self::Preview,
            b"X-GM-MSGID" => Self::GmMsgId,
            b"X-GM-THRID" => Self::GmThreadId,
            b"X-GM-LABELS" => Self::GmLabels,
            _ => return None,
        })
    }

    #[cold]
    fn in_any_case(name: &[u8]) -> Self {
        let mut capitals = [0; LONGEST];
        let Some(capitals) = capitals.get_mut(..name.len()) else {
            return Self::Other;
        };
        capitals.copy_from_slice(name);
        capitals.make_ascii_uppercase();
        Self::in_capitals(capitals).unwrap_or(Self::Other)
    }
}

/// Octets of the longest name.
const LONGEST: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case_and_whole() {
        let names = [
            "FLAGS UID RFC822.SIZE MODSEQ INTERNALDATE ENVELOPE BODYSTRUCTURE BODY BINARY BINARY.SIZE RFC822 RFC822.HEADER RFC822.TEXT",
            "EMAILID THREADID OBJECTID SAVEDATE PREVIEW SNIPPET X-GM-MSGID X-GM-THRID X-GM-LABELS",
        ];
        for name in names.iter().flat_map(|line| line.split(' ')) {
            let found = Name::of(name.as_bytes());
            assert_ne!(found, Name::Other, "{name}");
            assert_eq!(Name::of(name.to_ascii_lowercase().as_bytes()), found);
            assert_eq!(Name::of([name, "X"].concat().as_bytes()), Name::Other);
        }
        for other in ["", "XAOL.SPAM.REASON", "X-A-VERY-LONG-NAME-OF-AN-ITEM", "RFC822.PEEK"] {
            assert_eq!(Name::of(other.as_bytes()), Name::Other);
        }
    }
}
