//! FETCH and UID FETCH: what is known of messages, and the messages themselves. RFC 9051 §6.4.5, RFC 7162 (CHANGEDSINCE, VANISHED).
//!
//! Rows go to a [`FetchSink`] as they arrive, bodies above the limit in pieces, so that neither a long mailbox nor a long message has to be
//! in memory. A sink that says [`Flow::Full`] stops the reading from the server until it has caught up.
//!
//! Which rows are ours: those of the messages asked for that hold an item asked for. A row with nothing but flags, while bodies were asked
//! for, is news about the mailbox and goes to the events (H86–H88, M02).

use alloc::boxed::Box;
use alloc::vec::Vec;

use bytes::{Bytes, BytesMut};
use imapkit_types::{Capability, Content, FetchItem, Items, ModSeq, SeqNum, SeqSet, Uid, UidSet};
use imapkit_wire::response::BodyStart;
use imapkit_wire::{Encoder, Untagged};

use crate::command::{Claims, Command, Completion, Gather, Needs, Offer, Rules};
use crate::error::{Error, ErrorKind};
use crate::state::Epoch;

/// Which messages: the type of the set chooses between FETCH and UID FETCH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Messages {
    /// By UID.
    Uid(UidSet),
    /// By sequence number.
    Seq(SeqSet),
}

impl From<UidSet> for Messages {
    fn from(set: UidSet) -> Self {
        Self::Uid(set)
    }
}

impl From<SeqSet> for Messages {
    fn from(set: SeqSet) -> Self {
        Self::Seq(set)
    }
}

impl Messages {
    pub(crate) fn encode(&self, out: &mut Encoder) {
        match self {
            Self::Uid(set) => out.uid_set(set),
            Self::Seq(set) => out.seq_set(set),
        };
    }

    pub(crate) fn is_uid(&self) -> bool {
        matches!(self, Self::Uid(_))
    }

    /// Those with UIDs below `lowest`; `None` when there are none, when they are all, or when that cannot be told.
    pub(crate) fn below(&self, lowest: Uid) -> Option<Self> {
        let Self::Uid(set) = self else { return None };
        let rest = set.difference(&UidSet::starting_at(lowest));
        (!rest.is_empty() && rest != *set).then_some(Self::Uid(rest))
    }

    /// None of them has a UID below `lowest`, as far as can be told.
    pub(crate) fn is_done_from(&self, lowest: Uid) -> bool {
        match self {
            Self::Uid(set) => set.difference(&UidSet::starting_at(lowest)).is_empty(),
            Self::Seq(_) => lowest <= Uid::MIN,
        }
    }

    /// True when the row is of one of these messages; `None` when that cannot be told.
    pub(crate) fn holds(&self, row: &imapkit_types::Fetch) -> Option<bool> {
        match self {
            Self::Uid(set) => row.uid.map(|uid| set.contains(uid)),
            Self::Seq(set) => row.seq.map(|seq| set.contains(seq)),
        }
    }

    /// The largest sequence number in it that an expunge can make mean another message: `1:*` is all, whatever goes.
    pub(crate) fn highest_seq(&self) -> Option<SeqNum> {
        match self {
            Self::Seq(set) if *set != SeqSet::all() => set.largest_named(),
            _ => None,
        }
    }

    /// The rules of a command that reads or changes these messages and gets FETCH rows back.
    pub(crate) fn rules(&self, epoch: Option<Epoch>) -> Rules {
        let highest_seq = self.highest_seq();
        let rules = Rules { state: Needs::Selected, claims: Claims::FETCH, highest_seq, epoch, ..Rules::default() };
        match self {
            Self::Uid(set) => Rules { uids: Some(set.clone()), ..rules },
            Self::Seq(_) => Rules { uses_seq: true, holds_expunge: true, ..rules },
        }
    }
}

/// A part of the answer, in the order the server sends it.
#[derive(Clone, Debug)]
pub enum FetchPart {
    /// A row. When bodies of it were streamed it comes after them and says [`Content::Streamed`] where they stood.
    Row(imapkit_types::Fetch),
    /// A large body begins; with it what is known of the row so far.
    BodyStart(Box<BodyStart>),
    /// Octets of that body.
    BodyChunk(Bytes),
    /// That body is complete.
    BodyEnd,
}

/// Whether a sink can take more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Yes.
    Ready,
    /// It has taken this, but is full: stop reading until [`crate::Session::resume`].
    Full,
}

/// Where the answer goes.
pub trait FetchSink: Send + 'static {
    /// Takes a part of the answer. A sink nobody reads any more takes it too and forgets it.
    fn push(&mut self, part: FetchPart) -> Flow;

    /// There will be no more: the command failed, or its reader stalled.
    fn fail(&mut self, _error: &Error) {}
}

/// Asks for items of messages.
#[derive(Clone, Debug)]
pub struct Fetch<S> {
    messages: Messages,
    items: Items,
    changed_since: Option<ModSeq>,
    vanished: bool,
    epoch: Option<Epoch>,
    sink: S,
}

/// Passes rows on.
#[derive(Debug)]
pub struct FetchGather<S> {
    messages: Messages,
    items: Items,
    changed_since: Option<ModSeq>,
    vanished: bool,
    sink: S,
}

impl<S: FetchSink> Fetch<S> {
    /// Asks for `items` of `messages`; the answer goes to `sink`.
    pub fn new(messages: impl Into<Messages>, items: Items, sink: S) -> Self {
        Self { messages: messages.into(), items, changed_since: None, vanished: false, epoch: None, sink }
    }

    /// Only messages changed after `mod_seq`; needs CONDSTORE. With `vanished` (and QRESYNC, by UID) the server also tells which are gone.
    #[must_use]
    pub fn changed_since(mut self, mod_seq: ModSeq, vanished: bool) -> Self {
        self.changed_since = Some(mod_seq);
        self.vanished = vanished;
        self
    }

    /// Only while this selection lasts.
    #[must_use]
    pub fn in_epoch(mut self, epoch: Epoch) -> Self {
        self.epoch = Some(epoch);
        self
    }
}

impl<S: FetchSink> Command for Fetch<S> {
    type Output = S;
    type Gather = FetchGather<S>;

    fn name(&self) -> &'static str {
        name(&self.messages)
    }

    fn encode(&self, out: &mut Encoder) {
        write(out, &self.messages, &self.items, self.changed_since, self.vanished);
    }

    fn rules(&self) -> Rules {
        let mut capabilities = Vec::new();
        if self.vanished {
            capabilities.push(Capability::Qresync);
        } else if self.changed_since.is_some() {
            capabilities.push(Capability::CondStore);
        }
        capabilities.extend(self.items.iter().filter_map(needed));
        Rules { capabilities, ..self.messages.rules(self.epoch) }
    }

    fn gather(self) -> FetchGather<S> {
        let Self { messages, items, changed_since, vanished, epoch: _, sink } = self;
        FetchGather { messages, items, changed_since, vanished, sink }
    }
}

fn name(messages: &Messages) -> &'static str {
    if messages.is_uid() { "UID FETCH" } else { "FETCH" }
}

fn write(out: &mut Encoder, messages: &Messages, items: &Items, changed_since: Option<ModSeq>, vanished: bool) {
    out.verb(name(messages)).sp();
    messages.encode(out);
    out.sp().fetch_items(items, messages.is_uid());
    if let Some(mod_seq) = changed_since {
        out.verb(" (CHANGEDSINCE ").number(mod_seq.get());
        if vanished {
            out.verb(" VANISHED");
        }
        out.close();
    }
}

/// The capability an item needs.
fn needed(item: &FetchItem) -> Option<Capability> {
    Some(match item {
        FetchItem::ModSeq => Capability::CondStore,
        FetchItem::EmailId | FetchItem::ThreadId => Capability::ObjectId,
        FetchItem::SaveDate => Capability::SaveDate,
        FetchItem::Preview { .. } => Capability::Preview,
        FetchItem::Binary { .. } | FetchItem::BinarySize(_) => Capability::Binary,
        FetchItem::GmMsgId | FetchItem::GmThreadId | FetchItem::GmLabels => Capability::GmExt1,
        _ => return None,
    })
}

impl<S: FetchSink> FetchGather<S> {
    fn is_ours(&self, row: &imapkit_types::Fetch) -> bool {
        match self.messages.holds(row) {
            Some(ours) => ours && (self.answers(row) || self.changed_since.is_some()),
            // No UID in the answer to a UID FETCH (H88): ours if nobody would send it unasked.
            None => row.more.is_some(),
        }
    }

    /// The row holds something that was asked for (or something that was asked for and could not be read).
    fn answers(&self, row: &imapkit_types::Fetch) -> bool {
        let more = row.more.as_deref();
        let nothing = row.flags.is_none() && row.size.is_none() && row.internal_date.is_none() && more.is_none();
        let only_uid = self.items.iter().all(|item| matches!(item, FetchItem::Uid));
        nothing
            // Cyrus adds FLAGS that have changed to whatever it is asked.
            || (only_uid && row.uid.is_some())
            || more.is_some_and(|more| !more.damage.is_empty())
            || self.items.iter().any(|item| match item {
                FetchItem::Flags => row.flags.is_some(),
                FetchItem::Size => row.size.is_some(),
                FetchItem::InternalDate => row.internal_date.is_some(),
                FetchItem::ModSeq => row.mod_seq.is_some(),
                FetchItem::Uid => false,
                _ => more.is_some(),
            })
    }

    fn push(&mut self, part: FetchPart) -> Offer {
        match self.sink.push(part) {
            Flow::Ready => Offer::Taken,
            Flow::Full => Offer::Pause,
        }
    }
}

impl<S: FetchSink> Gather for FetchGather<S> {
    type Output = S;

    fn offer(&mut self, response: Untagged) -> Offer {
        match response {
            Untagged::Fetch(row) if self.is_ours(&row) => self.push(FetchPart::Row(row)),
            Untagged::BodyStart(start) if self.messages.holds(&start.row) != Some(false) => {
                self.push(FetchPart::BodyStart(start))
            }
            // The session routes these to whoever took the start.
            Untagged::BodyChunk(chunk) => self.push(FetchPart::BodyChunk(chunk)),
            Untagged::BodyEnd => self.push(FetchPart::BodyEnd),
            other => Offer::NotMine(other),
        }
    }

    fn go_on(&mut self, lowest: Uid, out: &mut Encoder) -> bool {
        let Some(rest) = self.messages.below(lowest) else { return false };
        write(out, &rest, &self.items, self.changed_since, self.vanished);
        self.messages = rest;
        true
    }

    fn is_done_from(&self, lowest: Uid) -> bool {
        self.messages.is_done_from(lowest)
    }

    fn finish(self, _: Completion) -> Result<S, Error> {
        Ok(self.sink)
    }

    fn fail(&mut self, error: Error) -> Error {
        self.sink.fail(&error);
        error
    }
}

/// A sink that keeps all rows, bodies included. For answers known to be small: it fails beyond `max_octets` of streamed bodies.
#[derive(Debug)]
pub struct Collected {
    rows: Vec<imapkit_types::Fetch>,
    bodies: Vec<Bytes>,
    current: BytesMut,
    left: usize,
    overflow: bool,
}

impl Collected {
    /// Keeps up to this many octets of streamed bodies.
    pub fn new(max_octets: usize) -> Self {
        Self { rows: Vec::new(), bodies: Vec::new(), current: BytesMut::new(), left: max_octets, overflow: false }
    }

    /// The rows, in the order the server sent them.
    ///
    /// # Errors
    /// When the bodies were larger than the limit.
    pub fn into_rows(self) -> Result<Vec<imapkit_types::Fetch>, Error> {
        if self.overflow {
            return Err(Error::new(
                ErrorKind::Limit,
                "the messages are larger than the limit fetch_all_octets: read them as a stream",
            ));
        }
        Ok(self.rows)
    }
}

impl FetchSink for Collected {
    fn push(&mut self, part: FetchPart) -> Flow {
        match part {
            FetchPart::BodyStart(_) => self.current.clear(),
            FetchPart::BodyChunk(chunk) if chunk.len() <= self.left => {
                self.left = self.left.saturating_sub(chunk.len());
                self.current.extend_from_slice(&chunk);
            }
            FetchPart::BodyChunk(_) => self.overflow = true,
            FetchPart::BodyEnd => self.bodies.push(self.current.split().freeze()),
            FetchPart::Row(mut row) => {
                let mut bodies = core::mem::take(&mut self.bodies).into_iter();
                if let Some(more) = &mut row.more {
                    for body in &mut more.bodies {
                        if matches!(body.content, Content::Streamed(_)) {
                            body.content = bodies.next().map_or(Content::Nil, Content::Inline);
                        }
                    }
                }
                self.rows.push(row);
            }
        }
        Flow::Ready
    }
}

#[cfg(test)]
mod tests {
    use super::super::encoded;
    use super::*;
    use imapkit_types::{Flags, SeqNum, Uid};
    use imapkit_wire::Mode;

    fn uids(set: &str) -> UidSet {
        set.parse().unwrap()
    }

    #[test]
    fn bytes() {
        let fetch = Fetch::new(uids("1:3,9"), Items::new().flags().body_peek(), Collected::new(0));
        assert_eq!(encoded(&fetch, Mode::default()).unwrap(), "A1 UID FETCH 1:3,9 (UID FLAGS BODY.PEEK[])\r\n");
        let since = fetch.changed_since(ModSeq::new(7), true);
        assert!(encoded(&since, Mode::default()).unwrap().ends_with(" (CHANGEDSINCE 7 VANISHED)\r\n"));
        let by_seq = Fetch::new("2:*".parse::<SeqSet>().unwrap(), Items::new().size(), Collected::new(0));
        assert_eq!(encoded(&by_seq, Mode::default()).unwrap(), "A1 FETCH 2:* (RFC822.SIZE)\r\n");
    }

    #[test]
    fn h086_news_about_flags_is_not_an_answer_to_a_fetch_of_bodies() {
        let mut gather = Fetch::new(uids("5"), Items::new().body_peek(), Collected::new(0)).gather();
        let news = imapkit_types::Fetch {
            seq: SeqNum::new(1),
            uid: Uid::new(5),
            flags: Some(Flags::new()),
            ..Default::default()
        };
        assert!(matches!(gather.offer(Untagged::Fetch(news.clone())), Offer::NotMine(_)));
        let mut flags = Fetch::new(uids("5"), Items::new().flags(), Collected::new(0)).gather();
        assert!(matches!(flags.offer(Untagged::Fetch(news.clone())), Offer::Taken));
        let other = imapkit_types::Fetch { uid: Uid::new(6), ..news };
        assert!(matches!(flags.offer(Untagged::Fetch(other)), Offer::NotMine(_)));
    }

    #[test]
    fn h086_a_row_with_more_than_the_uid_answers_a_fetch_of_uids() {
        let row = imapkit_types::Fetch {
            seq: SeqNum::new(2),
            uid: Uid::new(2),
            flags: Some(Flags::new()),
            ..Default::default()
        };
        for items in [Items::new(), Items::new().uid()] {
            let mut by_uid = Fetch::new(uids("1:9"), items, Collected::new(0)).gather();
            assert!(matches!(by_uid.offer(Untagged::Fetch(row.clone())), Offer::Taken));
        }
        let mut by_seq = Fetch::new("1:9".parse::<SeqSet>().unwrap(), Items::new().uid(), Collected::new(0)).gather();
        assert!(matches!(by_seq.offer(Untagged::Fetch(row.clone())), Offer::Taken));
        let news = imapkit_types::Fetch { uid: None, ..row };
        assert!(matches!(by_seq.offer(Untagged::Fetch(news)), Offer::NotMine(_)));
    }

    #[test]
    fn streamed_bodies_are_put_back_where_they_stood() {
        use imapkit_types::{Body, BodySection, Section};
        let mut sink = Collected::new(10);
        sink.push(FetchPart::BodyChunk(Bytes::from_static(b"abc")));
        sink.push(FetchPart::BodyChunk(Bytes::from_static(b"def")));
        sink.push(FetchPart::BodyEnd);
        let mut row = imapkit_types::Fetch::default();
        row.more_mut().bodies = alloc::vec![Body {
            section: BodySection::Body(Section::whole()),
            origin: None,
            content: Content::Streamed(6)
        }];
        sink.push(FetchPart::Row(row));
        sink.push(FetchPart::BodyChunk(Bytes::from_static(b"too long")));
        assert!(sink.overflow);
        sink.overflow = false;
        assert_eq!(&sink.into_rows().unwrap()[0].bodies()[0].bytes().unwrap()[..], b"abcdef");
    }
}
