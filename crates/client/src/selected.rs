//! The handle of a selected mailbox: what is done to the messages in it.
//!
//! Separate from the client because it carries the epoch of its selection: when another mailbox is selected, or the UIDs have changed, its
//! commands fail with `Stale` and are not sent (M05, T099). Plain names mean UIDs, `_seq` sequence numbers. RFC 9051 §6.4.
//!
//! Invariants: a set that does not fit a line is sent in pieces, one after another, and the answers are joined (M26); an empty set asks
//! nothing of the server; nothing but [`Selected::expunge`] removes messages that were not named.

use std::collections::VecDeque;

use imapkit_session::commands::{
    Close, Copy, Expunge, Expunged, Found, MailboxInfo, Messages, Move, MovePlan, Search, Store, StoreHow, Stored,
    UidExpunge, Unselect,
};
use imapkit_session::types::{
    CopyUid, Flag, Flags, Items, Key, Mailbox, ModSeq, NumSet, Number, ReturnOptions, SeqSet, Uid, UidSet,
};
use imapkit_session::{Epoch, Error, ErrorKind};

use crate::client::{Bounds, Client};
use crate::events::{Watch, stale};
use crate::fetch_stream::FetchRequest;

/// A mailbox that is selected, until another one is. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Selected {
    client: Client,
    mailbox: Mailbox,
    info: MailboxInfo,
}

impl Selected {
    pub(crate) fn new(client: Client, mailbox: Mailbox, info: MailboxInfo) -> Self {
        Self { client, mailbox, info }
    }

    /// Its name.
    pub fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// What the server told when it was selected.
    pub fn info(&self) -> &MailboxInfo {
        &self.info
    }

    /// The connection it is selected on.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// How many messages there are now, as far as the server has told.
    ///
    /// # Errors
    /// `Stale` when it is not selected any more.
    pub async fn exists(&self) -> Result<u32, Error> {
        let epoch = self.epoch();
        let look = self.client.link.ask(move |engine| match engine.session.mailbox() {
            Some(mailbox) if mailbox.epoch() == epoch => Ok(mailbox.exists()),
            _ => Err(stale()),
        });
        look.await
    }

    fn epoch(&self) -> Epoch {
        self.info.epoch
    }

    /// Asks for items of messages.
    pub fn fetch(&self, uids: &UidSet, items: Items) -> FetchRequest {
        FetchRequest::new(self.client.link.clone(), self.epoch(), pieces(uids, self.client.bounds), items)
    }

    /// Asks for items of messages by their sequence numbers, and for their UIDs.
    pub fn fetch_seq(&self, seqs: &SeqSet, items: Items) -> FetchRequest {
        FetchRequest::new(self.client.link.clone(), self.epoch(), pieces(seqs, self.client.bounds), items.uid())
    }

    /// Changes of the mailbox as they happen, while the server is asked to tell them (IDLE or NOOP).
    pub fn watch(&self) -> Watch {
        Watch::new(&self.client.link, self.epoch())
    }

    /// Which messages match.
    pub async fn search(&self, key: Key) -> Result<UidSet, Error> {
        self.search_all(Search::uid(key)).await
    }

    /// Which messages match, by sequence number.
    pub async fn search_seq(&self, key: Key) -> Result<SeqSet, Error> {
        self.search_all(Search::seq(key)).await
    }

    /// Asks for ranges where the server knows how, and plainly where it does not or its answer cannot be.
    async fn search_all<N: Number>(&self, search: Search<N>) -> Result<NumSet<N>, Error> {
        let search = search.in_epoch(self.epoch());
        if let Some(extended) = search.extended(&self.client.capabilities().await?) {
            let answer = self.client.run(extended).await;
            if !search.doubts(&answer, self.exists().await?) {
                return answer?.into_all();
            }
        }
        self.client.run(search).await?.into_all()
    }

    /// What is asked for about the messages that match; needs ESEARCH.
    pub async fn search_return(&self, key: Key, returns: ReturnOptions) -> Result<Found<Uid>, Error> {
        self.client.run(Search::uid(key).returning(returns).in_epoch(self.epoch())).await
    }

    /// Changes flags and tells what they are afterwards.
    pub async fn store(&self, uids: &UidSet, how: StoreHow, flags: impl Into<Flags>) -> Result<Stored, Error> {
        let flags = flags.into();
        self.store_each(uids, |messages| Store::new(messages, how, flags.clone())).await
    }

    /// Changes flags by sequence number and tells what they are afterwards. A set too long for one line is refused: from one command to the
    /// next the numbers may change.
    pub async fn store_seq(&self, seqs: &SeqSet, how: StoreHow, flags: impl Into<Flags>) -> Result<Stored, Error> {
        if seqs.is_empty() {
            return Ok(Stored::default());
        }
        self.client.run(Store::new(seqs.clone(), how, flags).in_epoch(self.epoch())).await
    }

    /// Changes flags of those messages only that have not changed since (CONDSTORE); the answer says which have.
    pub async fn store_unchanged_since(
        &self,
        uids: &UidSet,
        how: StoreHow,
        flags: impl Into<Flags>,
        mod_seq: ModSeq,
    ) -> Result<Stored, Error> {
        let flags = flags.into();
        self.store_each(uids, |messages| Store::new(messages, how, flags.clone()).unchanged_since(mod_seq)).await
    }

    /// Sets flags.
    pub async fn add_flags(&self, uids: &UidSet, flags: impl Into<Flags>) -> Result<(), Error> {
        self.store_silent(uids, StoreHow::Add, flags.into()).await
    }

    /// Takes flags away.
    pub async fn remove_flags(&self, uids: &UidSet, flags: impl Into<Flags>) -> Result<(), Error> {
        self.store_silent(uids, StoreHow::Remove, flags.into()).await
    }

    /// Sets these flags and no others.
    pub async fn set_flags(&self, uids: &UidSet, flags: impl Into<Flags>) -> Result<(), Error> {
        self.store_silent(uids, StoreHow::Replace, flags.into()).await
    }

    async fn store_silent(&self, uids: &UidSet, how: StoreHow, flags: Flags) -> Result<(), Error> {
        self.store_each(uids, |messages| Store::new(messages, how, flags.clone()).silent()).await.map(drop)
    }

    async fn store_each(&self, uids: &UidSet, make: impl Fn(Messages) -> Store) -> Result<Stored, Error> {
        let mut whole = Stored::default();
        for messages in pieces(uids, self.client.bounds) {
            let stored = self.client.run(make(messages).in_epoch(self.epoch())).await?;
            whole.rows.extend(stored.rows);
            whole.modified = match (whole.modified, stored.modified) {
                (Some(one), Some(other)) => Some(union(one, other)),
                (one, other) => one.or(other),
            };
        }
        Ok(whole)
    }

    /// Copies messages. Says which copy is which, if the server does. When the set goes out in several commands and one fails, those
    /// before it are done.
    pub async fn copy<M>(&self, uids: &UidSet, to: M) -> Result<Option<CopyUid>, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        let to = to.try_into()?;
        let mut whole = Joined::default();
        for messages in pieces(uids, self.client.bounds) {
            whole.add(self.client.run(Copy::new(messages, to.clone()).in_epoch(self.epoch())).await?);
        }
        Ok(whole.0)
    }

    /// Copies messages by sequence number. A set too long for one line is refused: from one command to the next the numbers may change.
    pub async fn copy_seq<M>(&self, seqs: &SeqSet, to: M) -> Result<Option<CopyUid>, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        if seqs.is_empty() {
            return Ok(None);
        }
        self.client.run(Copy::new(seqs.clone(), to.try_into()?).in_epoch(self.epoch())).await
    }

    /// Moves messages. Where the server has no MOVE they are copied, marked and removed one by one (UIDPLUS); each step has to succeed
    /// before the next, so a failure leaves messages in both mailboxes at worst, never in none.
    ///
    /// # Errors
    /// `Unsupported` where the server has neither: then nothing can be removed but everything that is marked.
    pub async fn move_<M>(&self, uids: &UidSet, to: M) -> Result<Option<CopyUid>, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        let to = to.try_into()?;
        let plan = self.client.link.ask(|engine| Ok(MovePlan::of(engine.session.capabilities()))).await?;
        let mut whole = Joined::default();
        for messages in pieces(uids, self.client.bounds) {
            whole.add(self.move_piece(plan, messages, to.clone()).await?);
        }
        Ok(whole.0)
    }

    async fn move_piece(&self, plan: MovePlan, messages: Messages, to: Mailbox) -> Result<Option<CopyUid>, Error> {
        let (epoch, client) = (self.epoch(), &self.client);
        match (plan, &messages) {
            (MovePlan::Move, _) => client.run(Move::new(messages, to).in_epoch(epoch)).await,
            (MovePlan::CopyThenUidExpunge, Messages::Uid(uids)) => {
                let copied = client.run(Copy::new(messages.clone(), to).in_epoch(epoch)).await?;
                let mark = Store::new(messages.clone(), StoreHow::Add, Flag::Deleted).silent();
                client.run(mark.in_epoch(epoch)).await?;
                client.run(UidExpunge::new(uids.clone()).in_epoch(epoch)).await?;
                Ok(copied)
            }
            _ => Err(Error::new(ErrorKind::Unsupported, "the server offers neither MOVE nor UIDPLUS")),
        }
    }

    /// Moves messages by sequence number; needs MOVE. A set too long for one line is refused: from one command to the next the
    /// numbers change.
    pub async fn move_seq<M>(&self, seqs: &SeqSet, to: M) -> Result<Option<CopyUid>, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        if seqs.is_empty() {
            return Ok(None);
        }
        self.client.run(Move::new(seqs.clone(), to.try_into()?).in_epoch(self.epoch())).await
    }

    /// Removes all messages marked as deleted, also those that another program has marked.
    pub async fn expunge(&self) -> Result<Expunged, Error> {
        self.client.run(Expunge::new().in_epoch(self.epoch())).await
    }

    /// Removes those of `uids` that are marked as deleted; needs UIDPLUS.
    pub async fn uid_expunge(&self, uids: &UidSet) -> Result<Expunged, Error> {
        let mut whole = Expunged::default();
        for messages in pieces(uids, self.client.bounds) {
            let Messages::Uid(uids) = messages else { continue };
            let expunged = self.client.run(UidExpunge::new(uids).in_epoch(self.epoch())).await?;
            whole.seqs.extend(expunged.seqs);
            whole.uids = whole.uids.union(&expunged.uids);
            whole.highest_mod_seq = expunged.highest_mod_seq.or(whole.highest_mod_seq);
        }
        Ok(whole)
    }

    /// Closes the mailbox and removes the messages marked as deleted in it, silently.
    pub async fn close(self) -> Result<(), Error> {
        self.client.run(Close::new().in_epoch(self.epoch())).await
    }

    /// Closes the mailbox and removes nothing; needs UNSELECT.
    pub async fn unselect(self) -> Result<(), Error> {
        self.client.run(Unselect::new().in_epoch(self.epoch())).await
    }
}

/// A set cut so that each piece fits a line, with room for the rest of the command.
fn pieces<N: Number>(set: &NumSet<N>, bounds: Bounds) -> VecDeque<Messages>
where
    Messages: From<NumSet<N>>,
{
    set.split_to_fit(bounds.line / 2, bounds.messages).map(Messages::from).collect()
}

fn union(one: Messages, other: Messages) -> Messages {
    match (one, other) {
        (Messages::Uid(one), Messages::Uid(other)) => Messages::Uid(one.union(&other)),
        (Messages::Seq(one), Messages::Seq(other)) => Messages::Seq(one.union(&other)),
        (one, _) => one,
    }
}

/// The answers of several copies as one.
#[derive(Default)]
struct Joined(Option<CopyUid>);

impl Joined {
    fn add(&mut self, copied: Option<CopyUid>) {
        match (&mut self.0, copied) {
            (Some(whole), Some(piece)) if whole.uid_validity == piece.uid_validity => {
                whole.source.extend(piece.source);
                whole.destination.extend(piece.destination);
            }
            (whole, Some(piece)) => *whole = Some(piece),
            (_, None) => {}
        }
    }
}
