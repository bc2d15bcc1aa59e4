//! The flags of a message: five system flags and any keywords.
//!
//! `\Recent` is not here: it belongs to a session, not to a message. Keywords compare without regard to case and keep
//! the spelling they were first given. RFC 3501 §2.3.2.

use imap_types::flag::{Flag, FlagFetch, FlagPerm, StoreType};

/// The longest keyword this server stores, in bytes.
pub(crate) const MAX_KEYWORD: usize = 128;
/// The most keywords one message may carry.
pub(crate) const MAX_KEYWORDS: usize = 64;

/// A set of flags, in the order in which they were added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flags(Vec<Flag<'static>>);

fn same(a: &Flag<'_>, b: &Flag<'_>) -> bool {
    match (a, b) {
        (Flag::Keyword(a), Flag::Keyword(b)) => a.as_ref().eq_ignore_ascii_case(b.as_ref()),
        _ => a == b,
    }
}

impl Flags {
    /// Collects flags, each once.
    pub(crate) fn new(flags: impl IntoIterator<Item = Flag<'static>>) -> Self {
        let mut set = Self::default();
        set.apply(StoreType::Add, &flags.into_iter().collect::<Vec<_>>());
        set
    }

    pub(crate) fn contains(&self, flag: &Flag<'_>) -> bool {
        self.0.iter().any(|have| same(have, flag))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Flag<'static>> {
        self.0.iter()
    }

    /// Does what STORE says; tells whether anything changed.
    pub(crate) fn apply(&mut self, kind: StoreType, flags: &[Flag<'static>]) -> bool {
        let before = self.0.len();
        match kind {
            StoreType::Replace => {
                let new = Self::new(flags.iter().cloned());
                let changed = new.0.len() != before || !new.0.iter().all(|flag| self.contains(flag));
                if changed {
                    *self = new;
                }
                changed
            }
            StoreType::Add => {
                for flag in flags {
                    if !self.contains(flag) {
                        self.0.push(flag.clone());
                    }
                }
                self.0.len() != before
            }
            StoreType::Remove => {
                self.0.retain(|have| !flags.iter().any(|flag| same(have, flag)));
                self.0.len() != before
            }
        }
    }

    /// As FETCH shows them.
    pub(crate) fn to_fetch(&self, recent: bool) -> Vec<FlagFetch<'static>> {
        let flags = self.0.iter().cloned().map(FlagFetch::Flag);
        flags.chain(recent.then_some(FlagFetch::Recent)).collect()
    }
}

/// Whether a client may set these: no `\Recent`, no unknown system flag, keywords within the limits.
pub(crate) fn settable(flags: &[Flag<'_>]) -> bool {
    flags.len() <= MAX_KEYWORDS
        && flags.iter().all(|flag| match flag {
            Flag::Extension(_) => false,
            Flag::Keyword(keyword) => keyword.as_ref().len() <= MAX_KEYWORD,
            _ => true,
        })
}

/// FLAGS and PERMANENTFLAGS of a mailbox that knows these keywords; new ones are welcome.
pub(crate) fn permanent(keywords: &Flags) -> (Vec<Flag<'static>>, Vec<FlagPerm<'static>>) {
    let system = [Flag::Answered, Flag::Flagged, Flag::Deleted, Flag::Seen, Flag::Draft];
    let all: Vec<_> = system.into_iter().chain(keywords.iter().cloned()).collect();
    let permanent = all.iter().cloned().map(FlagPerm::Flag).chain([FlagPerm::Asterisk]).collect();
    (all, permanent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(names: &str) -> Vec<Flag<'static>> {
        use imap_types::IntoStatic;
        names.split_whitespace().map(|name| Flag::try_from(name).unwrap().into_static()).collect()
    }

    #[test]
    fn store_in_all_three_ways() {
        let mut set = Flags::new(flags("\\Seen $Work $work"));
        assert_eq!(set, Flags(flags("\\Seen $Work")));
        assert!(!set.apply(StoreType::Add, &flags("$WORK \\Seen")));
        assert!(set.apply(StoreType::Add, &flags("\\Flagged")));
        assert!(set.apply(StoreType::Remove, &flags("$wORK \\Deleted")));
        assert!(!set.apply(StoreType::Remove, &flags("\\Deleted")));
        assert!(!set.apply(StoreType::Replace, &flags("\\Flagged \\Seen")));
        assert!(set.apply(StoreType::Replace, &flags("\\Draft")));
        assert_eq!(set, Flags(flags("\\Draft")));
    }

    #[test]
    fn what_may_be_set() {
        assert!(settable(&flags("\\Seen $Label1")));
        assert!(!settable(&flags("\\Recent")));
        assert!(!settable(&flags(&"k".repeat(MAX_KEYWORD + 1))));
    }
}
