//! Writes search keys.
//!
//! Separate because it is the one argument that is a tree. RFC 9051 §6.4.4 and the extensions named at [`Key`].
//!
//! More parentheses than the grammar asks for: servers misread OR and NOT that stand bare in larger groups (protocol.md §2, commands we
//! must not emit). What holds several keys is parenthesised unless it is the whole search. Each key is spelled as its RFC spells it:
//! ids and filter names are atoms, text is a string, and beyond ASCII a literal where UTF-8 is not spoken.
//!
//! Invariant: no recursion, whatever the depth of the tree.

use super::Encoder;
use crate::utf7;
use alloc::vec::Vec;
use imapkit_types::{Date, Invalid, Key, ReturnOptions, SearchText};

/// Where a key stands, which decides about its parentheses.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// The whole search.
    Alone,
    /// Next to others that must match too.
    Beside,
    /// The operand of OR, NOT or FUZZY.
    Operand,
}

/// What remains to be written.
enum Pending<'a> {
    Key(&'a Key, Place),
    Text(&'static [u8]),
}

impl Encoder {
    /// `(MIN COUNT)`: what a search is to return.
    pub fn return_options(&mut self, options: ReturnOptions) -> &mut Self {
        if options.is_empty() {
            return self.fail(Invalid::new("search options", "are an empty list"));
        }
        self.open().display(options).close()
    }

    /// A search. Texts beyond ASCII need the charset named in the command, or UTF-8 mode: see [`Key::needs_utf8`].
    pub fn search_key(&mut self, key: &Key) -> &mut Self {
        let mut pending = alloc::vec![Pending::Key(key, Place::Alone)];
        while let Some(next) = pending.pop() {
            match next {
                Pending::Text(text) => _ = self.put(text),
                Pending::Key(key, place) => self.one_key(key, place, &mut pending),
            }
        }
        self
    }

    /// Writes how `key` begins and leaves the rest of it in `pending`, last things first.
    fn one_key<'a>(&mut self, key: &'a Key, place: Place, pending: &mut Vec<Pending<'a>>) {
        let parenthesised = match key {
            Key::And(keys) => keys.len() > 1 && place != Place::Alone,
            Key::Or(..) => place != Place::Alone,
            Key::Not(_) | Key::Fuzzy(_) => place == Place::Operand,
            _ => false,
        };
        if parenthesised {
            self.open();
            pending.push(Pending::Text(b")"));
        }
        match key {
            Key::And(keys) => match &keys[..] {
                [] => _ = self.put(b"ALL"),
                [only] => pending.push(Pending::Key(only, place)),
                [first, others @ ..] => {
                    for other in others.iter().rev() {
                        pending.extend([Pending::Key(other, Place::Beside), Pending::Text(b" ")]);
                    }
                    pending.push(Pending::Key(first, Place::Beside));
                }
            },
            Key::Or(a, b) => {
                self.put(b"OR ");
                pending.extend([Pending::Key(b, Place::Operand), Pending::Text(b" "), Pending::Key(a, Place::Operand)]);
            }
            Key::Not(inner) => {
                self.put(b"NOT ");
                pending.push(Pending::Key(inner, Place::Operand));
            }
            Key::Fuzzy(inner) => {
                self.put(b"FUZZY ");
                pending.push(Pending::Key(inner, Place::Operand));
            }
            simple => _ = self.simple_key(simple),
        }
    }

    fn simple_key(&mut self, key: &Key) -> &mut Self {
        match key {
            Key::Bcc(text) => self.text_key(b"BCC ", text),
            Key::Before(date) => self.date_key(b"BEFORE ", *date),
            Key::Body(text) => self.text_key(b"BODY ", text),
            Key::Cc(text) => self.text_key(b"CC ", text),
            Key::EmailId(id) => self.put(b"EMAILID ").atom(id),
            Key::Filter(name) => self.put(b"FILTER ").atom(name),
            Key::From(text) => self.text_key(b"FROM ", text),
            Key::GmLabels(label) => self.put(b"X-GM-LABELS ").label(label),
            Key::GmMsgId(id) => self.number_key(b"X-GM-MSGID ", *id),
            Key::GmRaw(text) => self.text_key(b"X-GM-RAW ", text),
            Key::GmThrId(id) => self.number_key(b"X-GM-THRID ", *id),
            Key::Header { name, value } => self.put(b"HEADER ").astring(name.as_bytes()).sp().text(value),
            Key::Keyword(keyword) => self.put(b"KEYWORD ").flag_name(keyword.as_bytes()),
            Key::Larger(octets) => self.number_key(b"LARGER ", *octets),
            Key::ModSeq(mod_seq) => self.number_key(b"MODSEQ ", mod_seq.get()),
            Key::Older(seconds) => self.interval_key(b"OLDER ", *seconds),
            Key::On(date) => self.date_key(b"ON ", *date),
            Key::SavedBefore(date) => self.date_key(b"SAVEDBEFORE ", *date),
            Key::SavedOn(date) => self.date_key(b"SAVEDON ", *date),
            Key::SavedSince(date) => self.date_key(b"SAVEDSINCE ", *date),
            Key::SentBefore(date) => self.date_key(b"SENTBEFORE ", *date),
            Key::SentOn(date) => self.date_key(b"SENTON ", *date),
            Key::SentSince(date) => self.date_key(b"SENTSINCE ", *date),
            Key::Seq(set) => self.seq_set(set),
            Key::Since(date) => self.date_key(b"SINCE ", *date),
            Key::Smaller(octets) => self.number_key(b"SMALLER ", *octets),
            Key::Subject(text) => self.text_key(b"SUBJECT ", text),
            Key::Text(text) => self.text_key(b"TEXT ", text),
            Key::ThreadId(id) => self.put(b"THREADID ").atom(id),
            Key::To(text) => self.text_key(b"TO ", text),
            Key::Uid(set) => self.put(b"UID ").uid_set(set),
            Key::Unkeyword(keyword) => self.put(b"UNKEYWORD ").flag_name(keyword.as_bytes()),
            Key::Younger(seconds) => self.interval_key(b"YOUNGER ", *seconds),
            word => self.word_key(word),
        }
    }

    /// The keys that are a word and nothing else.
    fn word_key(&mut self, key: &Key) -> &mut Self {
        let word = match key {
            Key::All => &b"ALL"[..],
            Key::Answered => b"ANSWERED",
            Key::Deleted => b"DELETED",
            Key::Draft => b"DRAFT",
            Key::Flagged => b"FLAGGED",
            Key::New => b"NEW",
            Key::Old => b"OLD",
            Key::Recent => b"RECENT",
            Key::SaveDateSupported => b"SAVEDATESUPPORTED",
            Key::Saved => b"$",
            Key::Seen => b"SEEN",
            Key::Unanswered => b"UNANSWERED",
            Key::Undeleted => b"UNDELETED",
            Key::Undraft => b"UNDRAFT",
            Key::Unflagged => b"UNFLAGGED",
            Key::Unseen => b"UNSEEN",
            _ => return self.fail(Invalid::new("search key", "is not known to this encoder")),
        };
        self.put(word)
    }

    /// Gmail spells labels like mailbox names.
    fn label(&mut self, label: &SearchText) -> &mut Self {
        if self.mode().utf8 { self.text(label) } else { self.string(&utf7::encode(label)) }
    }

    fn text_key(&mut self, name: &'static [u8], text: &SearchText) -> &mut Self {
        self.put(name).text(text)
    }

    fn date_key(&mut self, name: &'static [u8], date: Date) -> &mut Self {
        self.put(name).date(&date)
    }

    fn number_key(&mut self, name: &'static [u8], number: u64) -> &mut Self {
        self.put(name).number(number)
    }

    /// RFC 5032 §3: never 0.
    fn interval_key(&mut self, name: &'static [u8], seconds: u32) -> &mut Self {
        match seconds {
            0 => self.fail(Invalid::new("search interval", "is 0 seconds")),
            _ => self.number_key(name, u64::from(seconds)),
        }
    }
}

#[cfg(test)]
mod tests;
