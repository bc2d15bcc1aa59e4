//! SEARCH and UID SEARCH: which messages match. RFC 9051 §6.4.4, RFC 4731 (ESEARCH); RFC 5182, 6203, 7162, 9394.
//!
//! The type of the answer chooses between the two: [`Search::uid`] finds [`Uid`]s, [`Search::seq`] sequence numbers. With no return options
//! it is the plain SEARCH every server knows; `RETURN ()` is never sent. Servers answer either form with either response, several times or
//! not at all, and forget the `UID` marker: all of that is understood (H90, H91).
//!
//! An answer is ours whatever its TAG says: a command does not know its own tag, and two searches never run at once. A second tag among the
//! answers is somebody else's.

use alloc::boxed::Box;
use alloc::format;

use imapkit_types::{Capability, Code, Esearch, Key, ModSeq, NumSet, Number, ReturnOptions, SeqNum, Uid};
use imapkit_wire::{Encoder, Untagged};

use super::Bounded;
use crate::capabilities::CapabilityBook;
use crate::command::{Claims, Command, Completion, Gather, Needs, Offer, Rules};
use crate::error::{Error, ErrorKind};
use crate::state::Epoch;

/// Ranges of numbers in one answer.
const MAX_FOUND: usize = 16_000_000;

/// Asks which messages match.
#[derive(Clone, Debug)]
pub struct Search<N> {
    key: Key,
    returns: ReturnOptions,
    epoch: Option<Epoch>,
    by_uid: bool,
    number: core::marker::PhantomData<N>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<N: Number> {
    /// All numbers found. `None`: not asked for ([`Search::returning`] without ALL), asked for and not told by a server that found some, or
    /// told in a way that could not be read.
    pub all: Option<NumSet<N>>,
    /// The lowest number found.
    pub min: Option<N>,
    /// The highest number found.
    pub max: Option<N>,
    /// How many were found; `None` if the answer does not tell.
    pub count: Option<u64>,
    /// The highest MODSEQ of the messages found, when the search was about MODSEQ (RFC 7162).
    pub mod_seq: Option<ModSeq>,
    /// The answer as sent, when it was an ESEARCH: windows (PARTIAL) and return data this library does not know.
    pub esearch: Option<Box<Esearch>>,
}

/// Collects the numbers.
#[derive(Debug)]
pub struct SearchGather<N> {
    command: Search<N>,
    /// The server has searched the messages from this UID on.
    lowest: Option<Uid>,
    ranges: Bounded<(u32, u32)>,
    /// A plain SEARCH response came.
    plain: bool,
    /// A response, or the numbers in it, could not be read.
    unread: bool,
    mod_seq: Option<ModSeq>,
    esearch: Option<Box<Esearch>>,
}

impl Search<Uid> {
    /// Finds UIDs.
    pub fn uid(key: Key) -> Self {
        Self::new(key, true)
    }
}

impl Search<SeqNum> {
    /// Finds sequence numbers.
    pub fn seq(key: Key) -> Self {
        Self::new(key, false)
    }
}

impl<N> Search<N> {
    fn new(key: Key, by_uid: bool) -> Self {
        Self { key, returns: ReturnOptions::new(), epoch: None, by_uid, number: core::marker::PhantomData }
    }

    /// What to return instead of all numbers; needs ESEARCH. Empty options are the plain search.
    #[must_use]
    pub fn returning(mut self, returns: ReturnOptions) -> Self {
        self.returns = returns;
        self
    }

    /// Only while this selection lasts.
    #[must_use]
    pub fn in_epoch(mut self, epoch: Epoch) -> Self {
        self.epoch = Some(epoch);
        self
    }

    /// The same question with an answer in ranges instead of single numbers (`RETURN (ALL)`), for a plain search on a server that offers
    /// ESEARCH.
    pub fn extended(&self, capabilities: &CapabilityBook) -> Option<Self>
    where
        Self: Clone,
    {
        let fits = self.returns.is_empty() && capabilities.has(&Capability::Esearch);
        fits.then(|| self.clone().returning(ReturnOptions::new().all()))
    }

    /// Whether the answer to [`Search::extended`] is to be doubted and the plain question asked: servers offer ESEARCH and refuse it
    /// (Arcor, mailo.com), or find all messages and name none (Strato). `exists` is how many messages the mailbox has.
    pub fn doubts(&self, answer: &Result<Found<N>, Error>, exists: u32) -> bool
    where
        N: Number,
    {
        match answer {
            Ok(found) => match &found.all {
                Some(all) => all.is_empty() && exists > 0 && matches!(self.key, Key::All),
                None => true,
            },
            Err(error) => {
                let about_the_key = matches!(error.code(), Some(Code::BadCharset(_)));
                matches!(error.kind(), ErrorKind::No | ErrorKind::Bad) && error.connection_alive() && !about_the_key
            }
        }
    }
}

impl<N: Number> Command for Search<N> {
    type Output = Found<N>;
    type Gather = SearchGather<N>;

    fn name(&self) -> &'static str {
        if self.by_uid { "UID SEARCH" } else { "SEARCH" }
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb(self.name());
        if !self.returns.is_empty() {
            out.verb(" RETURN ").return_options(self.returns);
        }
        // US-ASCII is never named, since servers refuse the word.
        if self.key.needs_utf8() && out.mode().names_charset {
            out.verb(" CHARSET UTF-8");
        }
        out.sp().search_key(&self.key);
    }

    fn rules(&self) -> Rules {
        let mut capabilities = self.key.capabilities();
        capabilities.extend(needed(self.returns));
        Rules {
            state: Needs::Selected,
            capabilities,
            claims: Claims::SEARCH,
            uses_seq: !self.by_uid || self.key.uses_seq(),
            highest_seq: self.key.highest_seq(),
            holds_expunge: !self.by_uid,
            epoch: self.epoch,
            ..Rules::default()
        }
    }

    fn gather(self) -> SearchGather<N> {
        SearchGather {
            command: self,
            lowest: None,
            ranges: Bounded::new("max_found", MAX_FOUND),
            plain: false,
            unread: false,
            mod_seq: None,
            esearch: None,
        }
    }
}

/// The capabilities return options need.
fn needed(returns: ReturnOptions) -> impl Iterator<Item = Capability> {
    [
        (!returns.is_empty(), Capability::Esearch),
        (returns.has_save(), Capability::SearchRes),
        (returns.has_relevancy(), Capability::SearchFuzzy),
        (returns.partial_range().is_some(), Capability::Partial),
    ]
    .into_iter()
    .filter_map(|(needed, capability)| needed.then_some(capability))
}

impl<N: Number> SearchGather<N> {
    fn is_ours(&self, answer: &Esearch) -> bool {
        // Searches over several mailboxes and updates of live results belong to other commands (RFC 7377, RFC 5267).
        let other = answer.mailbox.is_some() || !answer.add_to.is_empty() || !answer.remove_from.is_empty();
        !other && self.esearch.as_ref().is_none_or(|first| first.tag == answer.tag)
    }

    fn add(&mut self, answer: Box<Esearch>) {
        for &range in answer.all.iter().flatten() {
            self.ranges.push(range);
        }
        // Kept raw, so it made no sense.
        self.unread |= answer.all.is_none() && answer.other.iter().any(|(name, _)| name.eq_ignore_ascii_case("ALL"));
        self.mod_seq = answer.mod_seq.or(self.mod_seq);
        self.esearch.get_or_insert(answer);
    }

    /// Whether all numbers are known: they were asked for, and no count belies the answer. IMAP4rev2 servers exist that count thousands
    /// and name none.
    fn is_complete(&self) -> bool {
        let asked = self.command.returns.is_empty() || self.command.returns.has_all();
        let belied = |answer: &Esearch| answer.all.is_none() && (answer.count > Some(0) || answer.max.is_some());
        !self.unread && (self.plain || (asked && !self.esearch.as_deref().is_some_and(belied)))
    }
}

impl<N: Number> Gather for SearchGather<N> {
    type Output = Found<N>;

    fn offer(&mut self, response: Untagged) -> Offer {
        match response {
            Untagged::Search(numbers, mod_seq) => {
                self.plain = true;
                self.mod_seq = mod_seq.or(self.mod_seq);
                for range in runs(&numbers) {
                    self.ranges.push(range);
                }
            }
            Untagged::Esearch(answer) if self.is_ours(&answer) => self.add(answer),
            other => return Offer::NotMine(other),
        }
        Offer::Taken
    }

    fn unread(&mut self) {
        self.unread = true;
    }

    fn go_on(&mut self, lowest: Uid, out: &mut Encoder) -> bool {
        let returns = self.command.returns;
        let joins = self.command.by_uid && (returns.is_empty() || returns == ReturnOptions::new().all());
        let moves = self.lowest.is_none_or(|before| lowest < before);
        let Some(below) = Uid::new(lowest.get().saturating_sub(1)).filter(|_| joins && moves && self.is_complete())
        else {
            return false;
        };
        self.lowest = Some(lowest);
        self.esearch = None;
        let rest = Key::Uid(NumSet::from_range(Uid::MIN, below));
        Search { key: self.command.key.clone().and(rest), ..self.command.clone() }.encode(out);
        true
    }

    fn finish(self, ok: Completion) -> Result<Found<N>, Error> {
        if let Some(Code::MessageLimit { limit, uid: Some(lowest) }) = ok.status.code {
            if lowest > Uid::MIN {
                let text = format!(
                    "the server has searched the messages from UID {lowest} on only: its MESSAGELIMIT is {limit}"
                );
                return Err(Error::new(ErrorKind::Limit, text).in_command("SEARCH"));
            }
        }
        let complete = self.is_complete();
        let all = NumSet::from_sorted_ranges(self.ranges.finish()?);
        let all = complete.then_some(all);
        let told = self.esearch.as_deref();
        let known = all.as_ref();
        Ok(Found {
            min: told.and_then(|told| N::from_u32(told.min?)).or_else(|| known?.first()),
            max: told.and_then(|told| N::from_u32(told.max?)).or_else(|| known?.last_number()),
            count: told.and_then(|told| told.count).or_else(|| known.map(NumSet::len)),
            all,
            mod_seq: self.mod_seq,
            esearch: self.esearch,
        })
    }
}

/// Numbers as ranges, neighbours joined: what servers send ascends nearly always.
fn runs(numbers: &[u32]) -> impl Iterator<Item = (u32, u32)> + '_ {
    numbers.chunk_by(|a, b| a.checked_add(1) == Some(*b)).filter_map(|run| Some((*run.first()?, *run.last()?)))
}

#[cfg(test)]
mod tests;
