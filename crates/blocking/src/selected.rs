//! The handle of a selected mailbox: what is done to the messages in it.
//!
//! Separate from the client because it carries the epoch of its selection: when another mailbox is selected, or the UIDs have changed, its
//! commands fail with `Stale` and are not sent (M05, T099). Plain names mean UIDs, `_seq` sequence numbers. RFC 9051 §6.4.
//!
//! Invariants: a set that does not fit a line is sent in pieces, one after another, and the answers are joined (M26); an empty set asks
//! nothing of the server; nothing but [`Selected::expunge`] removes messages that were not named.

use std::time::Duration;

use imapkit_session::commands::{
    Close, Copy, Expunge, Expunged, Found, MailboxInfo, Messages, Move, MovePlan, Search, Store, StoreHow, Stored,
    UidExpunge, Unselect,
};
use imapkit_session::types::{
    CopyUid, Flag, Flags, Items, Key, Mailbox, ModSeq, NumSet, Number, ReturnOptions, SeqSet, Uid, UidSet,
};
use imapkit_session::{Epoch, Error, ErrorKind, join_copies};

use crate::client::Client;
use crate::events::{Watch, stale};
use crate::fetch_iter::FetchRequest;

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

    /// The same mailbox, each call on it limited to so much time; see [`Client::with_timeout`].
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self { client: self.client.with_timeout(timeout), ..self.clone() }
    }

    /// How many messages there are, as far as the server has told.
    ///
    /// # Errors
    /// `Stale` when another mailbox is selected or the UIDs have changed.
    pub fn exists(&self) -> Result<u32, Error> {
        let engine = self.client.driver.lock();
        let view = engine.session.mailbox().filter(|view| view.epoch() == self.epoch());
        view.map(imapkit_session::MailboxView::exists).ok_or_else(stale)
    }

    fn epoch(&self) -> Epoch {
        self.info.epoch
    }

    /// Asks for items of messages.
    pub fn fetch(&self, uids: &UidSet, items: Items) -> FetchRequest {
        self.request(uids, items)
    }

    /// Asks for items of messages by their sequence numbers, and for their UIDs.
    pub fn fetch_seq(&self, seqs: &SeqSet, items: Items) -> FetchRequest {
        self.request(seqs, items.uid())
    }

    fn request<N: Number>(&self, set: &NumSet<N>, items: Items) -> FetchRequest
    where
        Messages: From<NumSet<N>>,
    {
        let Client { driver, timeout, .. } = &self.client;
        FetchRequest::new(driver, *timeout, self.epoch(), self.pieces(set).into(), items)
    }

    /// Changes of the mailbox, which the server is asked to tell while they are waited for (IDLE or NOOP).
    ///
    /// # Errors
    /// `Stale` when another mailbox is selected or the UIDs have changed; why the connection is over.
    pub fn watch(&self) -> Result<Watch, Error> {
        Watch::new(&self.client.driver, self.epoch())
    }

    /// Which messages match.
    pub fn search(&self, key: Key) -> Result<UidSet, Error> {
        self.search_all(Search::uid(key))
    }

    /// Which messages match, by sequence number.
    pub fn search_seq(&self, key: Key) -> Result<SeqSet, Error> {
        self.search_all(Search::seq(key))
    }

    /// Asks for ranges where the server knows how, and plainly where it does not or its answer cannot be.
    fn search_all<N: Number>(&self, search: Search<N>) -> Result<NumSet<N>, Error> {
        let search = search.in_epoch(self.epoch());
        if let Some(extended) = search.extended(&self.client.capabilities()) {
            let answer = self.client.run(extended);
            if !search.doubts(&answer, self.exists()?) {
                return answer?.into_all();
            }
        }
        self.client.run(search)?.into_all()
    }

    /// What is asked for about the messages that match; needs ESEARCH.
    pub fn search_return(&self, key: Key, returns: ReturnOptions) -> Result<Found<Uid>, Error> {
        self.client.run(Search::uid(key).returning(returns).in_epoch(self.epoch()))
    }

    /// Changes flags and tells what they are afterwards.
    pub fn store(&self, uids: &UidSet, how: StoreHow, flags: impl Into<Flags>) -> Result<Stored, Error> {
        let flags = flags.into();
        self.store_each(uids, |messages| Store::new(messages, how, flags.clone()))
    }

    /// Changes flags by sequence number and tells what they are afterwards.
    pub fn store_seq(&self, seqs: &SeqSet, how: StoreHow, flags: impl Into<Flags>) -> Result<Stored, Error> {
        let flags = flags.into();
        self.store_each(seqs, |messages| Store::new(messages, how, flags.clone()))
    }

    /// Changes flags of those messages only that have not changed since (CONDSTORE); the answer says which have.
    pub fn store_unchanged_since(
        &self,
        uids: &UidSet,
        how: StoreHow,
        flags: impl Into<Flags>,
        mod_seq: ModSeq,
    ) -> Result<Stored, Error> {
        let flags = flags.into();
        self.store_each(uids, |messages| Store::new(messages, how, flags.clone()).unchanged_since(mod_seq))
    }

    /// Sets flags.
    pub fn add_flags(&self, uids: &UidSet, flags: impl Into<Flags>) -> Result<(), Error> {
        self.store_silent(uids, StoreHow::Add, &flags.into())
    }

    /// Takes flags away.
    pub fn remove_flags(&self, uids: &UidSet, flags: impl Into<Flags>) -> Result<(), Error> {
        self.store_silent(uids, StoreHow::Remove, &flags.into())
    }

    /// Sets these flags and no others.
    pub fn set_flags(&self, uids: &UidSet, flags: impl Into<Flags>) -> Result<(), Error> {
        self.store_silent(uids, StoreHow::Replace, &flags.into())
    }

    fn store_silent(&self, uids: &UidSet, how: StoreHow, flags: &Flags) -> Result<(), Error> {
        self.store_each(uids, |messages| Store::new(messages, how, flags.clone()).silent()).map(drop)
    }

    fn store_each<N: Number>(&self, set: &NumSet<N>, make: impl Fn(Messages) -> Store) -> Result<Stored, Error>
    where
        Messages: From<NumSet<N>>,
    {
        let mut whole = Stored::default();
        for messages in self.pieces(set) {
            whole.join(self.client.run(make(messages).in_epoch(self.epoch()))?);
        }
        Ok(whole)
    }

    /// Copies messages. Says which copy is which, if the server does. When the set goes out in several commands and one fails, those
    /// before it are done.
    pub fn copy<M>(&self, uids: &UidSet, to: M) -> Result<Option<CopyUid>, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        self.copy_each(uids, &to.try_into()?)
    }

    /// Copies messages by sequence number.
    pub fn copy_seq<M>(&self, seqs: &SeqSet, to: M) -> Result<Option<CopyUid>, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        self.copy_each(seqs, &to.try_into()?)
    }

    fn copy_each<N: Number>(&self, set: &NumSet<N>, to: &Mailbox) -> Result<Option<CopyUid>, Error>
    where
        Messages: From<NumSet<N>>,
    {
        let mut whole = None;
        for messages in self.pieces(set) {
            join_copies(&mut whole, self.client.run(Copy::new(messages, to.clone()).in_epoch(self.epoch()))?);
        }
        Ok(whole)
    }

    /// Moves messages. Where the server has no MOVE they are copied, marked and removed one by one (UIDPLUS); each step has to succeed
    /// before the next, so a failure leaves messages in both mailboxes at worst, never in none.
    ///
    /// # Errors
    /// `Unsupported` where the server has neither: then nothing can be removed but everything that is marked.
    pub fn move_<M>(&self, uids: &UidSet, to: M) -> Result<Option<CopyUid>, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        let to = to.try_into()?;
        let plan = MovePlan::of(self.client.driver.lock().session.capabilities());
        let mut whole = None;
        for messages in self.pieces(uids) {
            join_copies(&mut whole, self.move_piece(plan, messages, to.clone())?);
        }
        Ok(whole)
    }

    fn move_piece(&self, plan: MovePlan, messages: Messages, to: Mailbox) -> Result<Option<CopyUid>, Error> {
        let (epoch, client) = (self.epoch(), &self.client);
        match (plan, &messages) {
            (MovePlan::Move, _) => client.run(Move::new(messages, to).in_epoch(epoch)),
            (MovePlan::CopyThenUidExpunge, Messages::Uid(uids)) => {
                let copied = client.run(Copy::new(messages.clone(), to).in_epoch(epoch))?;
                let mark = Store::new(messages.clone(), StoreHow::Add, Flag::Deleted).silent();
                client.run(mark.in_epoch(epoch))?;
                client.run(UidExpunge::new(uids.clone()).in_epoch(epoch))?;
                Ok(copied)
            }
            _ => Err(Error::new(ErrorKind::Unsupported, "the server offers neither MOVE nor UIDPLUS")),
        }
    }

    /// Moves messages by sequence number; needs MOVE. A set too long for one line is refused: the numbers change from piece to piece.
    pub fn move_seq<M>(&self, seqs: &SeqSet, to: M) -> Result<Option<CopyUid>, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        if seqs.is_empty() {
            return Ok(None);
        }
        self.client.run(Move::new(seqs.clone(), to.try_into()?).in_epoch(self.epoch()))
    }

    /// Removes all messages marked as deleted, also those that another program has marked.
    pub fn expunge(&self) -> Result<Expunged, Error> {
        self.client.run(Expunge::new().in_epoch(self.epoch()))
    }

    /// Removes those of `uids` that are marked as deleted; needs UIDPLUS.
    pub fn uid_expunge(&self, uids: &UidSet) -> Result<Expunged, Error> {
        let mut whole = Expunged::default();
        for messages in self.pieces(uids) {
            if let Messages::Uid(uids) = messages {
                whole.join(self.client.run(UidExpunge::new(uids).in_epoch(self.epoch()))?);
            }
        }
        Ok(whole)
    }

    /// Closes the mailbox and removes the messages marked as deleted in it, silently.
    pub fn close(self) -> Result<(), Error> {
        self.client.run(Close::new().in_epoch(self.epoch()))
    }

    /// Closes the mailbox and removes nothing; needs UNSELECT.
    pub fn unselect(self) -> Result<(), Error> {
        self.client.run(Unselect::new().in_epoch(self.epoch()))
    }

    /// A set cut so that each piece fits a command.
    fn pieces<N: Number>(&self, set: &NumSet<N>) -> Vec<Messages>
    where
        Messages: From<NumSet<N>>,
    {
        let bounds = self.client.driver.lock().session.bounds();
        bounds.pieces(set).collect()
    }
}
