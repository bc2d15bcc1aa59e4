//! Message flags and keywords.
//!
//! A flags table of 100,000 messages must not allocate per row: the flags of RFC 9051 §2.3.2 and the registered keywords
//! (RFC 3503, 5550, 5788, 8457, 9979) are bits of one `u64`; the rest is a shared list that the decoder interns, so that
//! rows with the same unusual keywords share one allocation.
//!
//! Invariants: comparison ignores ASCII case; a keyword we do not know is kept as the server spelled it; a keyword made by
//! the caller is an atom, so it cannot smuggle anything into a command (T070).

use crate::Invalid;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};

/// Names whose presence is one bit. The first seven are system flags; order is part of nothing but this file.
const KNOWN: [&str; 41] = [
    "\\Seen",
    "\\Answered",
    "\\Flagged",
    "\\Deleted",
    "\\Draft",
    "\\Recent",
    "\\*",
    "$Forwarded",
    "$MDNSent",
    "$Junk",
    "$NotJunk",
    "$Phishing",
    "$Important",
    "$SubmitPending",
    "$Submitted",
    "$Label1",
    "$Label2",
    "$Label3",
    "$Label4",
    "$Label5",
    "$MailFlagBit0",
    "$MailFlagBit1",
    "$MailFlagBit2",
    "$notify",
    "$muted",
    "$followed",
    "$memo",
    "$hasmemo",
    "$hasattachment",
    "$hasnoattachment",
    "$autosent",
    "$unsubscribed",
    "$canunsubscribe",
    "$imported",
    "$istrusted",
    "$maskedemail",
    "$new",
    "NonJunk",
    "Junk",
    "NotJunk",
    "Forwarded",
];
const SYSTEM: usize = 7;

/// One flag of a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Flag {
    /// `\Seen`: the message has been read.
    Seen,
    /// `\Answered`: it has been replied to.
    Answered,
    /// `\Flagged`: marked for attention.
    Flagged,
    /// `\Deleted`: marked for the next EXPUNGE.
    Deleted,
    /// `\Draft`: not finished.
    Draft,
    /// `\Recent`: first seen by this session. Removed by IMAP4rev2; unreliable, and cannot be stored.
    Recent,
    /// `\*`: only in PERMANENTFLAGS, new keywords may be created.
    Any,
    /// A keyword, or a system flag this library does not know (its name then starts with a backslash).
    Keyword(Keyword),
}

impl Flag {
    /// The flag as IMAP writes it.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Seen => b"\\Seen",
            Self::Answered => b"\\Answered",
            Self::Flagged => b"\\Flagged",
            Self::Deleted => b"\\Deleted",
            Self::Draft => b"\\Draft",
            Self::Recent => b"\\Recent",
            Self::Any => b"\\*",
            Self::Keyword(keyword) => keyword.as_bytes(),
        }
    }

    /// Reads what a user typed: `\Seen` or `seen` for a system flag, anything else is a keyword.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let name = text.strip_prefix('\\').unwrap_or(text);
        for flag in [Self::Seen, Self::Answered, Self::Flagged, Self::Deleted, Self::Draft, Self::Recent] {
            if flag.as_bytes().get(1..).is_some_and(|known| known.eq_ignore_ascii_case(name.as_bytes())) {
                return Ok(flag);
            }
        }
        Ok(Self::Keyword(Keyword::new(text)?))
    }

    fn system(bit: usize) -> Option<Self> {
        [Self::Seen, Self::Answered, Self::Flagged, Self::Deleted, Self::Draft, Self::Recent, Self::Any]
            .get(bit)
            .cloned()
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.as_bytes()))
    }
}

/// A keyword: a flag that users and programs define.
#[derive(Clone)]
pub struct Keyword(Repr);

#[derive(Clone)]
enum Repr {
    Known(u8),
    Other(Arc<[u8]>),
}

impl Keyword {
    /// A keyword to store or to search for.
    ///
    /// # Errors
    /// Unless it is a non-empty atom of printable ASCII (RFC 9051 §9 `flag-keyword`): the place where injection would start.
    pub fn new(name: &str) -> Result<Self, Invalid> {
        if name.is_empty() {
            return Err(Invalid::new("keyword", "is empty"));
        }
        let bad = |octet: u8| !(0x21..=0x7e).contains(&octet) || b"(){%*\"\\]".contains(&octet);
        match name.bytes().position(bad) {
            Some(at) => Err(Invalid::new("keyword", "holds a character that flags cannot have").at(at)),
            None => Ok(Self::from_server(name.as_bytes())),
        }
    }

    /// A keyword as a server sent it: any octets but those that end a token.
    pub fn from_server(name: &[u8]) -> Self {
        match known(name) {
            Some(bit) if bit >= SYSTEM => Self(Repr::Known(u8::try_from(bit).unwrap_or_default())),
            _ => Self(Repr::Other(Arc::from(name))),
        }
    }

    /// The octets.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Known(bit) => KNOWN.get(usize::from(*bit)).map_or(b"", |name| name.as_bytes()),
            Repr::Other(name) => name,
        }
    }

    /// For display: octets that are not UTF-8 are replaced.
    pub fn name(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.as_bytes())
    }
}

impl PartialEq for Keyword {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes().eq_ignore_ascii_case(other.as_bytes())
    }
}
impl Eq for Keyword {}
impl Hash for Keyword {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for octet in self.as_bytes() {
            octet.to_ascii_lowercase().hash(state);
        }
    }
}
impl PartialOrd for Keyword {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Keyword {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        let lower = |k: &Self| k.as_bytes().iter().map(u8::to_ascii_lowercase).collect::<Vec<_>>();
        lower(self).cmp(&lower(other))
    }
}
impl fmt::Debug for Keyword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.name(), f)
    }
}
impl fmt::Display for Keyword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// A set of flags. 24 bytes; copying one with only well-known flags allocates nothing.
#[derive(Clone, Default)]
pub struct Flags {
    bits: u64,
    /// Never empty when present.
    other: Option<Arc<[Keyword]>>,
}

impl Flags {
    /// No flags.
    pub const fn new() -> Self {
        Self { bits: 0, other: None }
    }

    /// The bit of a well-known flag or keyword, by its name in any case. For decoders.
    #[inline]
    pub fn known_bit(name: &[u8]) -> Option<u64> {
        u32::try_from(known(name)?).ok().and_then(|bit| 1_u64.checked_shl(bit))
    }

    /// Puts together what a decoder collected: bits from [`Flags::known_bit`], and the (shared) rest.
    pub fn from_parts(bits: u64, other: Option<Arc<[Keyword]>>) -> Self {
        Self { bits, other: other.filter(|list| !list.is_empty()) }
    }

    fn has_bit(&self, bit: usize) -> bool {
        u32::try_from(bit).ok().and_then(|bit| 1_u64.checked_shl(bit)).is_some_and(|mask| self.bits & mask != 0)
    }

    /// `\Seen` is set.
    pub fn seen(&self) -> bool {
        self.has_bit(0)
    }
    /// `\Answered` is set.
    pub fn answered(&self) -> bool {
        self.has_bit(1)
    }
    /// `\Flagged` is set.
    pub fn flagged(&self) -> bool {
        self.has_bit(2)
    }
    /// `\Deleted` is set.
    pub fn deleted(&self) -> bool {
        self.has_bit(3)
    }
    /// `\Draft` is set.
    pub fn draft(&self) -> bool {
        self.has_bit(4)
    }
    /// `\Recent` is set.
    pub fn recent(&self) -> bool {
        self.has_bit(5)
    }
    /// `\*` is in the list: the client may create keywords (RFC 9051 §7.1 PERMANENTFLAGS).
    pub fn any(&self) -> bool {
        self.has_bit(6)
    }

    /// True when the set holds `flag`; ASCII case does not matter.
    pub fn contains(&self, flag: &Flag) -> bool {
        self.contains_name(flag.as_bytes())
    }

    /// Like [`Flags::contains`], by name: `b"\\Seen"`, `b"$Forwarded"`.
    pub fn contains_name(&self, name: &[u8]) -> bool {
        match known(name) {
            Some(bit) => self.has_bit(bit),
            None => self.others().iter().any(|keyword| keyword.as_bytes().eq_ignore_ascii_case(name)),
        }
    }

    fn others(&self) -> &[Keyword] {
        self.other.as_deref().unwrap_or_default()
    }

    /// Adds a flag; true when it was not there.
    pub fn insert(&mut self, flag: Flag) -> bool {
        if self.contains(&flag) {
            return false;
        }
        match (Self::known_bit(flag.as_bytes()), flag) {
            (Some(bit), _) => self.bits |= bit,
            (None, Flag::Keyword(keyword)) => {
                self.other = Some(self.others().iter().cloned().chain([keyword]).collect());
            }
            (None, _) => {}
        }
        true
    }

    /// Removes a flag; true when it was there.
    pub fn remove(&mut self, flag: &Flag) -> bool {
        if !self.contains(flag) {
            return false;
        }
        let name = flag.as_bytes();
        if let Some(bit) = Self::known_bit(name) {
            self.bits &= !bit;
        } else {
            let rest = self.others().iter().filter(|k| !k.as_bytes().eq_ignore_ascii_case(name)).cloned().collect();
            *self = Self::from_parts(self.bits, Some(rest));
        }
        true
    }

    /// System flags first, then keywords; no order beyond that is promised.
    pub fn iter(&self) -> impl Iterator<Item = Flag> + '_ {
        let known = (0..KNOWN.len()).filter(|&bit| self.has_bit(bit)).filter_map(|bit| {
            Flag::system(bit).or_else(|| u8::try_from(bit).ok().map(|bit| Flag::Keyword(Keyword(Repr::Known(bit)))))
        });
        known.chain(self.others().iter().cloned().map(Flag::Keyword))
    }

    /// Number of flags.
    pub fn len(&self) -> usize {
        usize::try_from(self.bits.count_ones()).unwrap_or_default().saturating_add(self.others().len())
    }

    /// True when no flag is set.
    pub fn is_empty(&self) -> bool {
        self.bits == 0 && self.other.is_none()
    }
}

impl PartialEq for Flags {
    fn eq(&self, other: &Self) -> bool {
        let contained = |k: &Keyword| other.others().contains(k);
        self.bits == other.bits && self.others().len() == other.others().len() && self.others().iter().all(contained)
    }
}
impl Eq for Flags {}

impl FromIterator<Flag> for Flags {
    fn from_iter<I: IntoIterator<Item = Flag>>(flags: I) -> Self {
        let mut set = Self::new();
        set.extend(flags);
        set
    }
}
impl Extend<Flag> for Flags {
    fn extend<I: IntoIterator<Item = Flag>>(&mut self, flags: I) {
        for flag in flags {
            self.insert(flag);
        }
    }
}
impl<const N: usize> From<[Flag; N]> for Flags {
    fn from(flags: [Flag; N]) -> Self {
        flags.into_iter().collect()
    }
}
impl From<Flag> for Flags {
    fn from(flag: Flag) -> Self {
        Self::from([flag])
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl fmt::Display for Flags {
    /// As IMAP writes a flag list: `(\Seen $Forwarded)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (n, flag) in self.iter().enumerate() {
            write!(f, "{}{flag}", if n == 0 { "" } else { " " })?;
        }
        f.write_str(")")
    }
}

/// Index in [`KNOWN`] of a name in any case.
#[inline]
fn known(name: &[u8]) -> Option<usize> {
    // The five flags nearly every row consists of, told apart by one octet.
    if let [b'\\', second, ..] = name {
        let guess = match second.to_ascii_lowercase() {
            b's' => 0,
            b'a' => 1,
            b'f' => 2,
            b'd' if name.len() == 8 => 3,
            b'd' => 4,
            b'r' => 5,
            b'*' => 6,
            _ => return None,
        };
        return KNOWN.get(guess).filter(|k| k.as_bytes().eq_ignore_ascii_case(name)).map(|_| guess);
    }
    KNOWN.iter().position(|k| k.len() == name.len() && k.as_bytes().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn every_known_name_is_found_in_any_case() {
        for (bit, name) in KNOWN.iter().enumerate() {
            assert_eq!(known(name.as_bytes()), Some(bit), "{name}");
            assert_eq!(
                known(name.to_ascii_uppercase().as_bytes()).map(|b| KNOWN[b].to_ascii_lowercase()),
                Some(name.to_ascii_lowercase())
            );
        }
        assert_eq!(known(b"\\SeenX"), None);
        assert_eq!(known(b"\\Flux"), None);
    }

    #[test]
    fn a_set_holds_system_flags_keywords_and_unknown_ones() {
        let mut flags = Flags::from([Flag::Seen, Flag::parse("$forwarded").unwrap(), Flag::parse("todo").unwrap()]);
        assert!(flags.seen() && !flags.deleted());
        assert!(flags.contains_name(b"TODO") && flags.contains_name(b"$Forwarded"));
        assert!(!flags.insert(Flag::parse("ToDo").unwrap()), "case does not make another flag");
        assert_eq!(flags.to_string(), "(\\Seen $Forwarded todo)");
        assert_eq!(flags.len(), 3);
        assert!(flags.remove(&Flag::parse("todo").unwrap()) && flags.other.is_none());
        assert_eq!(flags, Flags::from([Flag::parse("$FORWARDED").unwrap(), Flag::Seen]));
    }

    #[test]
    fn an_unknown_system_flag_is_kept() {
        let odd = Flags::from_parts(0, Some(Arc::from([Keyword::from_server(b"\\Foo")])));
        assert!(odd.contains_name(b"\\foo"));
        assert_eq!(odd.to_string(), "(\\Foo)");
    }

    #[test]
    fn t070_a_keyword_cannot_smuggle() {
        for bad in ["", "a b", "Foo) \r\nA9 EXPUNGE", "\\Seen)", "a\"", "a{3}", "ü", "a\0", "a]"] {
            assert!(Keyword::new(bad).is_err(), "{bad:?}");
        }
        assert_eq!(Flag::parse("\\SEEN").unwrap(), Flag::Seen);
        assert_eq!(Flag::parse("seen").unwrap(), Flag::Seen);
    }

    #[test]
    fn a_set_is_small() {
        assert!(size_of::<Flags>() <= 24);
    }
}
