//! What LIST says about a mailbox (RFC 9051 §7.3.1, RFC 3348, RFC 5258, RFC 6154, RFC 8457, RFC 9979, XLIST).
//!
//! Separate because the list grows with every registry update. Words compare without case and unknown ones are kept.

token_enum! {
    /// A mailbox attribute, with its backslash.
    pub enum Attribute {
        /// `\Noinferiors`: no child can exist.
        NoInferiors = "\\Noinferiors",
        /// `\Noselect`: cannot be selected.
        NoSelect = "\\Noselect",
        /// `\Marked`: the server thinks there is something new.
        Marked = "\\Marked",
        /// `\Unmarked`: nothing new since it was last selected.
        Unmarked = "\\Unmarked",
        /// `\HasChildren`
        HasChildren = "\\HasChildren",
        /// `\HasNoChildren`
        HasNoChildren = "\\HasNoChildren",
        /// `\NonExistent`: a name only; implies `\Noselect`.
        NonExistent = "\\NonExistent",
        /// `\Subscribed`
        Subscribed = "\\Subscribed",
        /// `\Remote`: lives on another server.
        Remote = "\\Remote",
        /// `\All`: every message of the account.
        All = "\\All",
        /// `\Archive`
        Archive = "\\Archive",
        /// `\Drafts`
        Drafts = "\\Drafts",
        /// `\Flagged`: every message marked important by the user.
        Flagged = "\\Flagged",
        /// `\Junk`
        Junk = "\\Junk",
        /// `\Sent`
        Sent = "\\Sent",
        /// `\Trash`
        Trash = "\\Trash",
        /// `\Important`: messages deemed important to the user (RFC 8457).
        Important = "\\Important",
        /// `\Memos` (RFC 9979)
        Memos = "\\Memos",
        /// `\Snoozed` (RFC 9979)
        Snoozed = "\\Snoozed",
        /// `\Scheduled` (RFC 9979)
        Scheduled = "\\Scheduled",
        /// `\Inbox`, XLIST only.
        Inbox = "\\Inbox",
        /// `\Spam`, XLIST only; means `\Junk`.
        Spam = "\\Spam",
        /// `\Starred`, XLIST only; means `\Flagged`.
        Starred = "\\Starred",
        /// `\AllMail`, XLIST only; means `\All`.
        AllMail = "\\AllMail",
        /// `\Templates`, seen in XLIST replies.
        Templates = "\\Templates",
    }
}

/// What a mailbox is for (RFC 6154, RFC 8457, RFC 9979).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SpecialUse {
    /// Every message of the account.
    All,
    /// Archived messages.
    Archive,
    /// Messages being written.
    Drafts,
    /// Every message with the flag `\Flagged`.
    Flagged,
    /// Unwanted mail.
    Junk,
    /// Copies of what was sent.
    Sent,
    /// What is to be deleted.
    Trash,
    /// What is deemed important to the user.
    Important,
    /// Notes.
    Memos,
    /// Messages put off until later.
    Snoozed,
    /// Messages to be sent later.
    Scheduled,
}

impl SpecialUse {
    /// The attribute that names this use, for example in `CREATE … (USE (\Sent))`.
    pub fn attribute(self) -> Attribute {
        match self {
            Self::All => Attribute::All,
            Self::Archive => Attribute::Archive,
            Self::Drafts => Attribute::Drafts,
            Self::Flagged => Attribute::Flagged,
            Self::Junk => Attribute::Junk,
            Self::Sent => Attribute::Sent,
            Self::Trash => Attribute::Trash,
            Self::Important => Attribute::Important,
            Self::Memos => Attribute::Memos,
            Self::Snoozed => Attribute::Snoozed,
            Self::Scheduled => Attribute::Scheduled,
        }
    }
}

impl Attribute {
    /// The special use this attribute names, XLIST's words included.
    pub fn special_use(&self) -> Option<SpecialUse> {
        Some(match self {
            Self::All | Self::AllMail => SpecialUse::All,
            Self::Archive => SpecialUse::Archive,
            Self::Drafts => SpecialUse::Drafts,
            Self::Flagged | Self::Starred => SpecialUse::Flagged,
            Self::Junk | Self::Spam => SpecialUse::Junk,
            Self::Sent => SpecialUse::Sent,
            Self::Trash => SpecialUse::Trash,
            Self::Important => SpecialUse::Important,
            Self::Memos => SpecialUse::Memos,
            Self::Snoozed => SpecialUse::Snoozed,
            Self::Scheduled => SpecialUse::Scheduled,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_without_case_and_keeps_the_unknown() {
        assert_eq!(Attribute::parse("\\HASNOCHILDREN"), Attribute::HasNoChildren);
        assert_eq!(Attribute::parse("\\noselect").as_str(), "\\Noselect");
        assert_eq!(Attribute::parse("\\XyzZy").as_str(), "\\XyzZy");
        assert_eq!(Attribute::parse("Sent"), Attribute::Other("Sent".into()));
    }

    #[test]
    fn special_use_knows_the_words_of_xlist() {
        for (word, wanted) in [
            ("\\Spam", SpecialUse::Junk),
            ("\\Starred", SpecialUse::Flagged),
            ("\\AllMail", SpecialUse::All),
            ("\\sent", SpecialUse::Sent),
        ] {
            assert_eq!(Attribute::parse(word).special_use(), Some(wanted));
        }
        assert_eq!(Attribute::Subscribed.special_use(), None);
        assert_eq!(SpecialUse::Junk.attribute().special_use(), Some(SpecialUse::Junk));
    }
}
