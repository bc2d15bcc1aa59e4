//! SEARCH and UID SEARCH: every key of RFC 3501 §6.4.4, and OLDER and YOUNGER of RFC 5032.
//!
//! Keys are prepared once per command (sets sorted, texts folded to lower case), then asked of one message at a time,
//! with a pause after each so that a search through large messages does not hold up other clients. Texts are compared
//! decoded: encoded words, transfer encodings and charsets are undone by `mail-parser`.

mod text;

use std::borrow::Cow;

use imap_types::{
    core::{AString, Charset, Vec1},
    datetime::{DateTime, NaiveDate},
    flag::Flag,
    response::{Code, Data},
    search::SearchKey,
};

use self::text::Texts;
use super::{Reply, Session};
use crate::{
    config::Capability,
    link::{End, Link},
    numbers::Numbers,
    outbox::Outcome,
    store,
    view::{Entry, View, nonzero, seq},
};

impl Session {
    pub(super) async fn search(
        &mut self,
        link: &mut Link,
        charset: Option<&Charset<'_>>,
        criteria: Vec1<SearchKey<'static>>,
        uid: bool,
    ) -> Result<Reply, End> {
        let key = match self.prepare(charset, criteria) {
            Ok(key) => key,
            Err(outcome) => return Ok(Err(outcome)),
        };
        let view = match self.selected() {
            Ok(view) => view,
            Err(outcome) => return Ok(Err(outcome)),
        };
        let now = store::now();
        let mut found = Vec::new();
        for at in 0..view.len() {
            let Some(entry) = current(view, at) else { continue };
            let message = Subject { at, entry: &entry, now: &now, texts: Texts::new(&entry.stored.mime) };
            if message.matches(&key) {
                found.push(if uid { nonzero(entry.uid) } else { seq(at) });
            }
            tokio::task::yield_now().await;
        }
        link.out.data(Data::Search(found, None));
        Ok(Ok(Outcome::ok("SEARCH completed")))
    }

    fn prepare(&mut self, charset: Option<&Charset<'_>>, criteria: Vec1<SearchKey<'static>>) -> Result<Key, Outcome> {
        let within = self.shared.offers(Capability::Within);
        let view = self.selected()?;
        let known = ["US-ASCII", "UTF-8"];
        let is_known = |charset: &Charset<'_>| known.iter().any(|name| name.eq_ignore_ascii_case(charset.as_ref()));
        if !charset.is_none_or(is_known) {
            let allowed = known.iter().filter_map(|name| Charset::try_from(*name).ok()).collect();
            return Err(Outcome::no("Unknown charset").with(Code::BadCharset { allowed }));
        }
        let keys = criteria.into_iter().map(|key| Key::new(key, view, within)).collect::<Result<_, _>>()?;
        Ok(Key::All(keys))
    }
}

/// An entry with the flags it has now.
fn current(view: &View, at: usize) -> Option<Entry> {
    let mut entry = view.entry(at)?.clone();
    if let Some(stored) = view.mailbox.read(|contents| contents.messages.get(&entry.uid).cloned()) {
        entry.stored = stored;
    }
    Some(entry)
}

/// A search key ready to be asked.
enum Key {
    /// All of these; true of every message if empty.
    All(Vec<Self>),
    Either(Box<(Self, Self)>),
    Not(Box<Self>),
    Flag(Flag<'static>),
    Recent,
    Positions(Numbers),
    Uids(Numbers),
    Larger(u32),
    Smaller(u32),
    Internal(Compare, NaiveDate),
    Sent(Compare, NaiveDate),
    YoungerThan(u32),
    /// A header field and the text within it; the empty text asks only for the field.
    Header(Vec<u8>, String),
    Body(String),
    Text(String),
}

#[derive(Clone, Copy)]
enum Compare {
    Before,
    On,
    Since,
}

impl Compare {
    fn holds(self, date: chrono::NaiveDate, than: &NaiveDate) -> bool {
        match self {
            Self::Before => date < *than.as_ref(),
            Self::On => date == *than.as_ref(),
            Self::Since => date >= *than.as_ref(),
        }
    }
}

fn fold(text: &AString<'_>) -> Result<String, Outcome> {
    let text = std::str::from_utf8(text.as_ref()).map_err(|_| Outcome::bad("Text is not UTF-8"))?;
    Ok(text.to_lowercase())
}

impl Key {
    fn not(key: Self) -> Self {
        Self::Not(Box::new(key))
    }

    fn header(name: &str, text: &AString<'_>) -> Result<Self, Outcome> {
        Ok(Self::Header(name.as_bytes().to_vec(), fold(text)?))
    }

    /// Prepares a key; `within` tells whether OLDER and YOUNGER are offered.
    fn new(key: SearchKey<'static>, view: &View, within: bool) -> Result<Self, Outcome> {
        if let Some(key) = Self::of_flags(&key) {
            return Ok(key);
        }
        Ok(match key {
            SearchKey::And(keys) => {
                Self::All(keys.into_iter().map(|key| Self::new(key, view, within)).collect::<Result<_, _>>()?)
            }
            SearchKey::Or(a, b) => Self::Either(Box::new((Self::new(*a, view, within)?, Self::new(*b, view, within)?))),
            SearchKey::Not(key) => Self::not(Self::new(*key, view, within)?),
            SearchKey::SequenceSet(set) => {
                view.positions(&set, false).ok_or_else(|| Outcome::bad("No such message"))?;
                Self::Positions(Numbers::new(&set, u32::try_from(view.len()).unwrap_or(u32::MAX)))
            }
            SearchKey::Uid(set) => {
                let last = view.len().checked_sub(1).and_then(|last| view.entry(last));
                Self::Uids(Numbers::new(&set, last.map_or(0, |entry| entry.uid)))
            }
            SearchKey::Larger(size) => Self::Larger(size),
            SearchKey::Smaller(size) => Self::Smaller(size),
            SearchKey::Before(date) => Self::Internal(Compare::Before, date),
            SearchKey::On(date) => Self::Internal(Compare::On, date),
            SearchKey::Since(date) => Self::Internal(Compare::Since, date),
            SearchKey::SentBefore(date) => Self::Sent(Compare::Before, date),
            SearchKey::SentOn(date) => Self::Sent(Compare::On, date),
            SearchKey::SentSince(date) => Self::Sent(Compare::Since, date),
            SearchKey::Older(seconds) if within => Self::not(Self::YoungerThan(seconds.get())),
            SearchKey::Younger(seconds) if within => Self::YoungerThan(seconds.get()),
            SearchKey::Bcc(text) => Self::header("Bcc", &text)?,
            SearchKey::Cc(text) => Self::header("Cc", &text)?,
            SearchKey::From(text) => Self::header("From", &text)?,
            SearchKey::Subject(text) => Self::header("Subject", &text)?,
            SearchKey::To(text) => Self::header("To", &text)?,
            SearchKey::Header(name, text) => Self::Header(name.as_ref().to_vec(), fold(&text)?),
            SearchKey::Body(text) => Self::Body(fold(&text)?),
            SearchKey::Text(text) => Self::Text(fold(&text)?),
            _ => return Err(Outcome::bad("A search key is not offered")),
        })
    }

    /// The keys that ask for nothing but flags.
    fn of_flags(key: &SearchKey<'static>) -> Option<Self> {
        Some(match key {
            SearchKey::All => Self::All(Vec::new()),
            SearchKey::Answered => Self::Flag(Flag::Answered),
            SearchKey::Deleted => Self::Flag(Flag::Deleted),
            SearchKey::Draft => Self::Flag(Flag::Draft),
            SearchKey::Flagged => Self::Flag(Flag::Flagged),
            SearchKey::Seen => Self::Flag(Flag::Seen),
            SearchKey::Keyword(keyword) => Self::Flag(Flag::Keyword(keyword.clone())),
            SearchKey::Unanswered => Self::not(Self::Flag(Flag::Answered)),
            SearchKey::Undeleted => Self::not(Self::Flag(Flag::Deleted)),
            SearchKey::Undraft => Self::not(Self::Flag(Flag::Draft)),
            SearchKey::Unflagged => Self::not(Self::Flag(Flag::Flagged)),
            SearchKey::Unseen => Self::not(Self::Flag(Flag::Seen)),
            SearchKey::Unkeyword(keyword) => Self::not(Self::Flag(Flag::Keyword(keyword.clone()))),
            SearchKey::Recent => Self::Recent,
            SearchKey::Old => Self::not(Self::Recent),
            SearchKey::New => Self::All(vec![Self::Recent, Self::not(Self::Flag(Flag::Seen))]),
            _ => return None,
        })
    }
}

/// A message being asked.
struct Subject<'a> {
    at: usize,
    entry: &'a Entry,
    now: &'a DateTime,
    texts: Texts<'a>,
}

impl Subject<'_> {
    fn matches(&self, key: &Key) -> bool {
        let stored = &self.entry.stored;
        let size = stored.mime.bytes().len();
        let contains = |text: Cow<'_, str>, wanted: &str| text.contains(wanted);
        match key {
            Key::All(keys) => keys.iter().all(|key| self.matches(key)),
            Key::Either(keys) => self.matches(&keys.0) || self.matches(&keys.1),
            Key::Not(key) => !self.matches(key),
            Key::Flag(flag) => stored.flags.contains(flag),
            Key::Recent => self.entry.recent,
            Key::Positions(numbers) => numbers.contains(seq(self.at).get()),
            Key::Uids(numbers) => numbers.contains(self.entry.uid),
            Key::Larger(than) => usize::try_from(*than).is_ok_and(|than| size > than),
            Key::Smaller(than) => usize::try_from(*than).is_ok_and(|than| size < than),
            // Dates are compared as written, without regard to zones (RFC 3501 §6.4.4).
            Key::Internal(compare, date) => compare.holds(stored.date.as_ref().date_naive(), date),
            Key::Sent(compare, date) => self.texts.sent().is_some_and(|sent| compare.holds(sent, date)),
            Key::YoungerThan(seconds) => {
                let age = self.now.as_ref().timestamp() - stored.date.as_ref().timestamp();
                age < i64::from(*seconds)
            }
            Key::Header(name, wanted) => self.texts.header(name, |text| contains(text.into(), wanted)),
            Key::Body(wanted) => contains(self.texts.body().into(), wanted),
            Key::Text(wanted) => {
                contains(self.texts.headers().into(), wanted) || contains(self.texts.body().into(), wanted)
            }
        }
    }
}
