//! One line of sugar for each command that needs no selected mailbox. The blocking client lists the same names.
//!
//! Separate from the client so that the two lists can be compared (`cargo xtask tidy`). Options that are not here are on the command itself:
//! `client.run(List::new("*").returning(…))`. RFC 9051 §6.1–6.3.
//!
//! All of them: the answer to give up by dropping the future, see [`Reply`](crate::Reply); errors as [`Client::run`].

use std::time::Duration;

use bytes::Bytes;
use imapkit_session::commands::{
    AppendUid, AskCapability, Check, Create, Delete, Enable, GetQuota, GetQuotaRoot, Id, List, Logout, Lsub,
    MailboxQuota, Namespace, Noop, Raw, RawAnswer, Rename, Select, Status, Subscribe, Unsubscribe,
};
use imapkit_session::types::{self, Capability, ListEntry, Mailbox, Namespaces, Quota, ServerId, StatusItems};
use imapkit_session::{CapabilityBook, Error};

use crate::client::Client;
use crate::selected::Selected;
use crate::upload::{self, NewMessage};

/// How long a server may take to answer LOGOUT.
const LOGOUT_TIMEOUT: Duration = Duration::from_secs(10);

/// Anything that names a mailbox.
fn mailbox<M>(name: M) -> Result<Mailbox, Error>
where
    M: TryInto<Mailbox>,
    Error: From<M::Error>,
{
    Ok(name.try_into()?)
}

impl Client {
    /// Asks for nothing, but what has happened in the selected mailbox is told by events.
    pub async fn noop(&self) -> Result<(), Error> {
        self.run(Noop).await
    }

    /// Says goodbye (LOGOUT) once the commands before it are answered, and closes the connection. A server that just closes, or does not
    /// answer within 10 s, is as good.
    pub async fn logout(&self) -> Result<(), Error> {
        let answer = tokio::time::timeout(LOGOUT_TIMEOUT, self.submit(Logout)).await;
        answer.unwrap_or_else(|_| {
            self.close();
            Ok(())
        })
    }

    /// Says who the program is, asks what the server is.
    pub async fn id<N: Into<String>, V: Into<String>>(
        &self,
        fields: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Option<ServerId>, Error> {
        let fields = fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        self.run(Id::new(fields)).await
    }

    /// Switches extensions on; gives those that are on.
    pub async fn enable(&self, capabilities: impl IntoIterator<Item = Capability>) -> Result<Vec<Capability>, Error> {
        self.run(Enable::new(capabilities)).await
    }

    /// Asks the server again what it offers.
    pub async fn capability(&self) -> Result<CapabilityBook, Error> {
        self.run(AskCapability).await?;
        self.capabilities().await
    }

    /// Asks where the mailboxes are.
    pub async fn namespace(&self) -> Result<Namespaces, Error> {
        self.run(Namespace).await
    }

    /// The mailboxes that match `pattern` below `reference`, which may be empty.
    pub async fn list<M>(&self, reference: M, pattern: &str) -> Result<Vec<ListEntry>, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        let reference = mailbox(reference)?;
        let all = List::new(pattern);
        self.run(if reference.name().is_empty() { all } else { all.below(reference) }).await
    }

    /// The mailboxes subscribed to that match `pattern` below `reference`, which may be empty.
    pub async fn lsub<M>(&self, reference: M, pattern: &str) -> Result<Vec<ListEntry>, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        let reference = mailbox(reference)?;
        let all = Lsub::new(pattern);
        self.run(if reference.name().is_empty() { all } else { all.below(reference) }).await
    }

    /// Counts of a mailbox that need not be selected.
    pub async fn status<M>(&self, name: M, items: StatusItems) -> Result<types::Status, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        self.run(Status::new(mailbox(name)?, items)).await
    }

    /// Opens a mailbox; handles of the one before are stale.
    pub async fn select<M>(&self, name: M) -> Result<Selected, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        let name = mailbox(name)?;
        let info = self.run(Select::new(name.clone())).await?;
        Ok(Selected::new(self.clone(), name, info))
    }

    /// Opens a mailbox and asks for MODSEQs (CONDSTORE).
    pub async fn select_condstore<M>(&self, name: M) -> Result<Selected, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        let name = mailbox(name)?;
        let info = self.run(Select::new(name.clone()).condstore()).await?;
        Ok(Selected::new(self.clone(), name, info))
    }

    /// Opens a mailbox read-only; handles of the one before are stale.
    pub async fn examine<M>(&self, name: M) -> Result<Selected, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        let name = mailbox(name)?;
        let info = self.run(Select::examine(name.clone())).await?;
        Ok(Selected::new(self.clone(), name, info))
    }

    /// Makes a mailbox.
    pub async fn create<M>(&self, name: M) -> Result<(), Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        self.run(Create::new(mailbox(name)?)).await
    }

    /// Removes a mailbox and all that is in it.
    pub async fn delete<M>(&self, name: M) -> Result<(), Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        self.run(Delete::new(mailbox(name)?)).await
    }

    /// Gives a mailbox another name.
    pub async fn rename<M, N>(&self, from: M, to: N) -> Result<(), Error>
    where
        M: TryInto<Mailbox>,
        N: TryInto<Mailbox>,
        Error: From<M::Error> + From<N::Error>,
    {
        self.run(Rename::new(mailbox(from)?, mailbox(to)?)).await
    }

    /// Puts a mailbox on the list of those subscribed to.
    pub async fn subscribe<M>(&self, name: M) -> Result<(), Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        self.run(Subscribe::new(mailbox(name)?)).await
    }

    /// Takes a mailbox off that list.
    pub async fn unsubscribe<M>(&self, name: M) -> Result<(), Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        self.run(Unsubscribe::new(mailbox(name)?)).await
    }

    /// Has the server write the selected mailbox to disk, whatever that means to it.
    pub async fn check(&self) -> Result<(), Error> {
        self.run(Check::new()).await
    }

    /// Puts a message into a mailbox: octets in memory ([`Bytes`]) or from a reader, see [`NewMessage`]. Gives its UID if the server tells.
    ///
    /// The message is read while it is sent, and no faster than the server takes it. Dropping the future in the middle of it closes the
    /// connection: there is no other way to take back a message that was announced.
    pub async fn append<'a, M>(&self, name: M, message: impl Into<NewMessage<'a>>) -> Result<Option<AppendUid>, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        upload::append(self, mailbox(name)?, vec![message.into()]).await
    }

    /// Puts several messages into a mailbox, all or none where the server can do that (MULTIAPPEND), otherwise one by one. Gives the UIDs
    /// the server told, one [`AppendUid`] for each command.
    pub async fn append_all<'a, M>(
        &self,
        name: M,
        messages: impl IntoIterator<Item = NewMessage<'a>>,
    ) -> Result<Vec<AppendUid>, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        upload::append_all(self, mailbox(name)?, messages.into_iter().collect()).await
    }

    /// Asks which limits count for a mailbox, and how much of them is used (QUOTA).
    pub async fn quota_root<M>(&self, name: M) -> Result<MailboxQuota, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        self.run(GetQuotaRoot::new(mailbox(name)?)).await
    }

    /// Asks how much of a limit is used, by the name of its root (QUOTA).
    pub async fn quota(&self, root: &str) -> Result<Quota, Error> {
        self.run(GetQuota::new(root)).await
    }

    /// Sends a line as a person typed it, quotes and all, and gives everything the server says in answer. It runs alone.
    pub async fn raw(&self, line: &str) -> Result<RawAnswer, Error> {
        self.run(Raw::parse(line)?).await
    }
}

/// Octets are a message without flags and date.
impl From<Bytes> for NewMessage<'_> {
    fn from(octets: Bytes) -> Self {
        Self::new(octets)
    }
}
