//! The names of FETCH items. RFC 9051 §9 `msg-att` and the extensions of fetch.rs.
//!
//! Separate because it is the one place where items are told apart, and because it is done for each item of each row: a name of up to 16
//! octets is compared as one number, whatever its case.

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

/// Clears the bit that tells `a` from `A`. It makes `.` and digits into controls, which names cannot hold, so nothing collides.
const FOLD: u128 = u128::from_ne_bytes([0xdf; 16]);

macro_rules! names {
    ($($CONSTANT:ident $text:literal $Name:ident;)+) => {
        $(const $CONSTANT: u128 = constant($text);)+

        impl Name {
            /// The item of this name, in any case.
            #[inline]
            pub(super) fn of(name: &[u8]) -> Self {
                match key(name) {
                    $($CONSTANT => Self::$Name,)+
                    _ => Self::Other,
                }
            }
        }

        #[cfg(test)]
        const ALL: &[(&[u8], Name)] = &[$(($text, Name::$Name)),+];
    };
}

names! {
    FLAGS b"FLAGS" Flags;
    UID b"UID" Uid;
    SIZE b"RFC822.SIZE" Size;
    MOD_SEQ b"MODSEQ" ModSeq;
    INTERNAL_DATE b"INTERNALDATE" InternalDate;
    ENVELOPE b"ENVELOPE" Envelope;
    BODY_STRUCTURE b"BODYSTRUCTURE" BodyStructure;
    BODY b"BODY" Body;
    BINARY b"BINARY" Binary;
    BINARY_SIZE b"BINARY.SIZE" BinarySize;
    RFC822 b"RFC822" Rfc822;
    HEADER b"RFC822.HEADER" Rfc822Header;
    TEXT b"RFC822.TEXT" Rfc822Text;
    EMAIL_ID b"EMAILID" EmailId;
    THREAD_ID b"THREADID" ThreadId;
    OBJECT_ID b"OBJECTID" ObjectId;
    SAVE_DATE b"SAVEDATE" SaveDate;
    PREVIEW b"PREVIEW" Preview;
    SNIPPET b"SNIPPET" Preview;
    GM_MSG_ID b"X-GM-MSGID" GmMsgId;
    GM_THREAD_ID b"X-GM-THRID" GmThreadId;
    GM_LABELS b"X-GM-LABELS" GmLabels;
}

/// A name as a number, 0 for names that are too long to be known.
#[inline]
fn key(name: &[u8]) -> u128 {
    let mut octets = [0; 16];
    let Some(place) = octets.get_mut(..name.len()) else {
        return 0;
    };
    place.copy_from_slice(name);
    u128::from_ne_bytes(octets) & FOLD
}

#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "in a constant: checked by the compiler")]
const fn constant(name: &[u8]) -> u128 {
    let mut octets = [0; 16];
    let mut n = 0;
    while n < name.len() {
        octets[n] = name[n];
        n += 1;
    }
    u128::from_ne_bytes(octets) & FOLD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_found_in_any_case_and_no_other() {
        for (text, name) in ALL {
            assert_eq!(Name::of(text), *name);
            assert_eq!(Name::of(&text.to_ascii_lowercase()), *name);
            assert_eq!(Name::of(&text[1..]), Name::Other);
            assert_eq!(Name::of(&[text, &b"X"[..]].concat()), Name::Other);
        }
        for other in [&b""[..], b"XAOL.SPAM.REASON", b"X-A-VERY-LONG-NAME-OF-AN-ITEM", b"RFC822.PEEK"] {
            assert_eq!(Name::of(other), Name::Other);
        }
    }
}
