//! LIST: which mailboxes there are. RFC 9051 §6.3.9, RFC 5258 (options), RFC 5819 (STATUS), RFC 6154 (SPECIAL-USE), XLIST.
//!
//! Options go out only where the server offers them: a command with an option the server does not know fails before it is sent, and the
//! caller asks again without. A STATUS response is added to the entry it belongs to; one that belongs to none is not ours.
//!
//! Invariant: a mailbox is listed once, however often the server names it (H96).

mod pattern;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use imapkit_types::{Attribute, Capability, ListEntry, ListKind, Mailbox, StatusItems};
use imapkit_wire::{Encoder, Untagged};

use super::Bounded;
use crate::command::{Claims, Command, Completion, Gather, Offer, Rules};
use crate::error::Error;

/// Mailboxes of one answer.
const MAX_MAILBOXES: usize = 1_000_000;
/// How many attributes, and how many of what it says of children, a mailbox may have for more to be added by a line that names it again:
/// comparing them has to stay cheap however often that happens.
const MAX_MERGED: usize = 64;

/// Asks which mailboxes match.
#[derive(Clone, Debug, Default)]
pub struct List {
    reference: Option<Mailbox>,
    patterns: Vec<String>,
    select: Vec<ListSelect>,
    returns: Vec<ListReturn>,
    xlist: bool,
}

/// Which mailboxes to list, beyond the pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListSelect {
    /// Those subscribed to, also such as do not exist.
    Subscribed,
    /// Those on other servers too.
    Remote,
    /// Those too whose children match; only with another of these (RFC 5258 §3.1).
    RecursiveMatch,
    /// Those with a special use.
    SpecialUse,
}

/// What to tell about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListReturn {
    /// Whether they are subscribed to.
    Subscribed,
    /// Whether they have children.
    Children,
    /// What they are for.
    SpecialUse,
    /// The answer to STATUS.
    Status(StatusItems),
}

/// Collects the entries.
#[derive(Debug)]
pub struct ListGather {
    kind: ListKind,
    wants_status: bool,
    /// Of the command; none when they go on from a reference.
    patterns: Vec<String>,
    entries: Bounded<ListEntry>,
    places: BTreeMap<Mailbox, usize>,
}

impl List {
    /// Lists the mailboxes that match a pattern, in which `*` stands for anything and `%` for anything within one level. The empty
    /// pattern asks for the delimiter of the hierarchy instead.
    pub fn new(pattern: impl Into<String>) -> Self {
        Self { patterns: alloc::vec![pattern.into()], ..Self::default() }
    }

    /// Lists those that match this pattern too.
    #[must_use]
    pub fn or(mut self, pattern: impl Into<String>) -> Self {
        self.patterns.push(pattern.into());
        self
    }

    /// The patterns go on from this name, as the server understands that.
    #[must_use]
    pub fn below(mut self, reference: Mailbox) -> Self {
        self.reference = Some(reference);
        self
    }

    /// Only those.
    #[must_use]
    pub fn select(mut self, option: ListSelect) -> Self {
        self.select.push(option);
        self
    }

    /// Tells this too.
    #[must_use]
    pub fn returning(mut self, option: ListReturn) -> Self {
        self.returns.push(option);
        self
    }

    /// Asks by XLIST: servers from before SPECIAL-USE tell special uses only then. XLIST knows no options.
    #[must_use]
    pub fn as_xlist(mut self) -> Self {
        self.xlist = true;
        self
    }

    fn wants_status(&self) -> bool {
        self.returns.iter().any(|option| matches!(option, ListReturn::Status(_)))
    }
}

impl Command for List {
    type Output = Vec<ListEntry>;
    type Gather = ListGather;

    fn name(&self) -> &'static str {
        if self.xlist { "XLIST" } else { "LIST" }
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb(self.name()).sp();
        if !self.select.is_empty() {
            out.list(&self.select, |out, option| out.verb(option.word())).sp();
        }
        match &self.reference {
            Some(reference) => out.mailbox(reference),
            None => out.string(b""),
        };
        out.sp();
        match &self.patterns[..] {
            [pattern] => out.list_pattern(pattern),
            patterns => out.list(patterns, |out, pattern| out.list_pattern(pattern)),
        };
        if !self.returns.is_empty() {
            out.verb(" RETURN ").list(&self.returns, |out, option| option.encode(out));
        }
    }

    fn rules(&self) -> Rules {
        let mut capabilities = Vec::new();
        if self.xlist {
            capabilities.push(Capability::Xlist);
        }
        if self.patterns.len() > 1 {
            capabilities.push(Capability::ListExtended);
        }
        let options = self.select.iter().map(|option| option.capability());
        capabilities.extend(options.chain(self.returns.iter().map(|option| option.capability())));
        let status = if self.wants_status() { Claims::STATUS } else { Claims::NONE };
        Rules { capabilities, claims: Claims::LIST.and(status), ..Rules::default() }
    }

    fn gather(self) -> ListGather {
        let kind = if self.xlist { ListKind::Xlist } else { ListKind::List };
        let wants_status = self.wants_status();
        // What a reference means is the server's business.
        let patterns = if self.reference.is_none() { self.patterns } else { Vec::new() };
        ListGather::new(kind, wants_status).matching(patterns)
    }
}

impl ListSelect {
    fn word(self) -> &'static str {
        match self {
            Self::Subscribed => "SUBSCRIBED",
            Self::Remote => "REMOTE",
            Self::RecursiveMatch => "RECURSIVEMATCH",
            Self::SpecialUse => "SPECIAL-USE",
        }
    }

    fn capability(self) -> Capability {
        match self {
            Self::Subscribed | Self::Remote | Self::RecursiveMatch => Capability::ListExtended,
            Self::SpecialUse => Capability::SpecialUse,
        }
    }
}

impl ListReturn {
    fn encode(self, out: &mut Encoder) -> &mut Encoder {
        match self {
            Self::Subscribed => out.verb("SUBSCRIBED"),
            Self::Children => out.verb("CHILDREN"),
            Self::SpecialUse => out.verb("SPECIAL-USE"),
            Self::Status(items) => out.verb("STATUS ").status_items(items),
        }
    }

    fn capability(self) -> Capability {
        match self {
            Self::Subscribed | Self::Children => Capability::ListExtended,
            Self::SpecialUse => Capability::SpecialUse,
            Self::Status(_) => Capability::ListStatus,
        }
    }
}

impl ListGather {
    pub(super) fn new(kind: ListKind, wants_status: bool) -> Self {
        let entries = Bounded::new("max_mailboxes", MAX_MAILBOXES);
        Self { kind, wants_status, patterns: Vec::new(), entries, places: BTreeMap::new() }
    }

    /// Takes entries that match one of these only.
    pub(super) fn matching(mut self, patterns: Vec<String>) -> Self {
        self.patterns = patterns;
        self
    }

    fn is_ours(&self, entry: &ListEntry) -> bool {
        // Some answer LIST to XLIST (cyon.ch).
        let fits = entry.kind == self.kind || (self.kind == ListKind::Xlist && entry.kind == ListKind::List);
        fits && self.matches(entry)
    }

    fn matches(&self, entry: &ListEntry) -> bool {
        let ListEntry { mailbox, delimiter, .. } = entry;
        // The empty pattern asks for the delimiter; names that are no text cannot be compared.
        let free = self.patterns.is_empty() || mailbox.raw().is_some();
        // RFC 9051 §6.3.9.7: a server that knows the mailbox by another name says which one was asked for.
        let names = [Some(mailbox), entry.old_name.as_ref()].into_iter().flatten();
        let mut spellings = names.flat_map(|mailbox| {
            let name = mailbox.name();
            [name, delimiter.and_then(|delimiter| name.strip_suffix(delimiter)).unwrap_or(name)]
        });
        free || spellings.any(|name| self.patterns.iter().any(|pattern| fits(pattern, name, *delimiter)))
    }

    fn add(&mut self, entry: ListEntry) {
        if let Some(known) = self.known(&entry.mailbox) {
            // It was gone when the server said so unasked, and is there again.
            if !entry.has(&Attribute::NonExistent) {
                known.attributes.retain(|attribute| *attribute != Attribute::NonExistent);
            }
            add_new(&mut known.attributes, entry.attributes);
            add_new(&mut known.child_info, entry.child_info);
            return;
        }
        let name = entry.mailbox.clone();
        if let Some(place) = self.entries.push(entry) {
            self.places.insert(name, place);
        }
    }

    fn known(&mut self, name: &Mailbox) -> Option<&mut ListEntry> {
        self.entries.get_mut(*self.places.get(name)?)
    }
}

/// Adds what is not there yet, up to [`MAX_MERGED`].
fn add_new<T: PartialEq>(known: &mut Vec<T>, more: impl IntoIterator<Item = T>) {
    for one in more {
        if known.len() >= MAX_MERGED {
            return;
        }
        if !known.contains(&one) {
            known.push(one);
        }
    }
}

fn fits(pattern: &str, name: &str, delimiter: Option<char>) -> bool {
    pattern.is_empty() || pattern::matches(pattern, name, delimiter)
}

impl Gather for ListGather {
    type Output = Vec<ListEntry>;

    fn offer(&mut self, response: Untagged) -> Offer {
        match response {
            Untagged::List(entry) if self.is_ours(&entry) => self.add(*entry),
            Untagged::MailboxStatus(name, status) if self.wants_status => match self.known(&name) {
                Some(entry) => entry.status = Some(*status),
                None => return Offer::NotMine(Untagged::MailboxStatus(name, status)),
            },
            other => return Offer::NotMine(other),
        }
        Offer::Taken
    }

    fn finish(self, _: Completion) -> Result<Self::Output, Error> {
        self.entries.finish()
    }
}

/// One line of an answer, for tests.
#[cfg(test)]
pub(super) fn entry(kind: ListKind, name: &str, attributes: &[&str]) -> Untagged {
    let mut entry = ListEntry::new(kind, name.parse().unwrap());
    entry.attributes = attributes.iter().map(|word| Attribute::parse(word)).collect();
    Untagged::List(alloc::boxed::Box::new(entry))
}

#[cfg(test)]
mod tests {
    use super::super::{done, encoded};
    use super::*;
    use alloc::boxed::Box;
    use imapkit_types::Status;
    use imapkit_wire::Mode;

    #[track_caller]
    fn check(list: &List, expected: &str) {
        assert_eq!(encoded(list, Mode::default()).unwrap().trim_end(), expected);
    }

    #[test]
    fn bytes() {
        check(&List::new("*"), r#"A1 LIST "" *"#);
        check(&List::new(""), r#"A1 LIST "" """#);
        check(&List::new("%").below("Räume/".parse().unwrap()), "A1 LIST R&AOQ-ume/ %");
        check(&List::new("INBOX").or("a b%"), r#"A1 LIST "" (INBOX "a b%")"#);
        check(&List::new("*").as_xlist(), r#"A1 XLIST "" *"#);
        let extended = List::new("*").select(ListSelect::Subscribed).select(ListSelect::RecursiveMatch);
        check(&extended, r#"A1 LIST (SUBSCRIBED RECURSIVEMATCH) "" *"#);
        let status = ListReturn::Status(StatusItems::new().messages().unseen());
        let all = List::new("*").returning(ListReturn::SpecialUse).returning(ListReturn::Children).returning(status);
        check(&all, r#"A1 LIST "" * RETURN (SPECIAL-USE CHILDREN STATUS (MESSAGES UNSEEN))"#);
    }

    #[test]
    fn t068_a_pattern_cannot_smuggle() {
        for list in [List::new("x\r\nA9 DELETE INBOX"), List::new("*").or("\0")] {
            assert!(encoded(&list, Mode::default()).is_err());
        }
        let none = List::new("*").returning(ListReturn::Status(StatusItems::new()));
        assert!(encoded(&none, Mode::default()).is_err(), "an empty list of items is refused");
    }

    #[test]
    fn options_need_their_capability() {
        assert_eq!(List::new("*").rules().capabilities, []);
        let list = List::new("*").select(ListSelect::SpecialUse).returning(ListReturn::Subscribed);
        assert_eq!(list.rules().capabilities, [Capability::SpecialUse, Capability::ListExtended]);
        assert_eq!(List::new("a").or("b").rules().capabilities, [Capability::ListExtended]);
        let status = List::new("*").returning(ListReturn::Status(StatusItems::new().size()));
        assert_eq!(status.rules().capabilities, [Capability::ListStatus]);
        assert!(
            status.rules().claims.overlap(Claims::STATUS) && !List::new("*").rules().claims.overlap(Claims::STATUS)
        );
    }

    fn status(name: &str, messages: u32) -> Untagged {
        let mut status = Status::default();
        status.messages = Some(messages);
        Untagged::MailboxStatus(name.parse().unwrap(), Box::new(status))
    }

    #[test]
    fn h096_a_mailbox_is_listed_once() {
        let mut gather = List::new("*").gather();
        for line in [
            entry(ListKind::List, "Inbox", &["\\HasChildren"]),
            entry(ListKind::List, "Sent", &["\\Sent"]),
            entry(ListKind::List, "INBOX", &["\\HasChildren", "\\Marked"]),
            entry(ListKind::List, "sent", &[]),
        ] {
            assert!(matches!(gather.offer(line), Offer::Taken));
        }
        let entries = gather.finish(done()).unwrap();
        let names: Vec<_> = entries.iter().map(|entry| entry.mailbox.name()).collect();
        assert_eq!(names, ["Inbox", "Sent", "sent"]);
        assert_eq!(entries[0].attributes, [Attribute::HasChildren, Attribute::Marked]);
    }

    #[test]
    fn what_is_told_unasked_in_between_is_no_answer() {
        let line = |name: &str| {
            let mut entry = ListEntry::new(ListKind::List, name.parse().unwrap());
            entry.delimiter = Some('/');
            Untagged::List(Box::new(entry))
        };
        let mut gather = List::new("a*").or("%/b").gather();
        for other in ["b", "x/y/b", "ba"] {
            assert!(matches!(gather.offer(line(other)), Offer::NotMine(_)), "{other}");
        }
        for ours in ["a", "x/b", "A/"] {
            assert!(matches!(gather.offer(line(ours)), Offer::Taken), "{ours}");
        }
        let mut renamed = ListEntry::new(ListKind::List, "Normalized".parse().unwrap());
        renamed.old_name = Some("NonNormalized".parse().unwrap());
        let mut gather = List::new("NonNormalized").gather();
        assert!(matches!(gather.offer(Untagged::List(Box::new(renamed))), Offer::Taken), "RFC 9051 §6.3.9.7");
        let mut below = List::new("%").below("Räume".parse().unwrap()).gather();
        assert!(matches!(below.offer(line("Räume/1")), Offer::Taken), "the server knows why");
    }

    #[test]
    fn what_was_gone_and_is_there_again_is_there() {
        let mut gather = List::new("*").gather();
        gather.offer(entry(ListKind::List, "a", &["\\NonExistent"]));
        gather.offer(entry(ListKind::List, "a", &["\\HasNoChildren"]));
        assert!(gather.finish(done()).unwrap()[0].is_selectable());
    }

    #[test]
    fn a_name_that_is_repeated_grows_only_so_far() {
        let mut gather = List::new("*").gather();
        for n in 0..1000 {
            let mut again = ListEntry::new(ListKind::List, "a".parse().unwrap());
            again.attributes.push(Attribute::parse(&alloc::format!("\\X{n}")));
            again.child_info.push("SUBSCRIBED".into());
            gather.offer(Untagged::List(Box::new(again)));
        }
        let listed = gather.finish(done()).unwrap();
        assert_eq!((listed[0].attributes.len(), listed[0].child_info.len()), (MAX_MERGED, 1));
    }

    #[test]
    fn status_goes_to_its_entry_or_to_somebody_else() {
        let mut gather = List::new("*").returning(ListReturn::Status(StatusItems::new().messages())).gather();
        assert!(matches!(gather.offer(status("INBOX", 7)), Offer::NotMine(_)), "not listed yet");
        gather.offer(entry(ListKind::List, "INBOX", &[]));
        assert!(matches!(gather.offer(status("inbox", 8)), Offer::Taken));
        assert!(matches!(gather.offer(status("Other", 9)), Offer::NotMine(Untagged::MailboxStatus(..))));
        assert_eq!(gather.finish(done()).unwrap()[0].status.as_ref().unwrap().messages, Some(8));
        let mut plain = List::new("*").gather();
        plain.offer(entry(ListKind::List, "INBOX", &[]));
        assert!(matches!(plain.offer(status("INBOX", 8)), Offer::NotMine(_)), "STATUS was not asked for");
    }

    #[test]
    fn only_its_own_kind_of_line() {
        assert!(matches!(List::new("*").gather().offer(entry(ListKind::Lsub, "a", &[])), Offer::NotMine(_)));
        let mut xlist = List::new("*").as_xlist().gather();
        for kind in [ListKind::Xlist, ListKind::List] {
            assert!(matches!(xlist.offer(entry(kind, "a", &["\\Spam"])), Offer::Taken));
        }
    }
}
