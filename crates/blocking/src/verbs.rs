//! One line of sugar for each command that needs no selected mailbox. The tokio client lists the same names.
//!
//! Separate from the client so that the two lists can be compared (`cargo xtask tidy`). Options that are not here are on the command itself:
//! `client.run(List::new("*").returning(…))`. RFC 9051 §6.1–6.3.
//!
//! All of them wait for the answer on the calling thread; errors as [`Client::run`].

use std::time::Duration;

use bytes::Bytes;
use imapkit_session::commands::{
    AppendUid, AskCapability, Check, Create, Delete, Enable, GetQuota, GetQuotaRoot, Id, List, Logout, Lsub,
    MailboxQuota, Namespace, Noop, Raw, RawAnswer, Rename, Select, Status, Subscribe, Unsubscribe,
};
use imapkit_session::types::{self, Capability, ListEntry, Mailbox, Namespaces, Quota, ServerId, StatusItems};
use imapkit_session::{CapabilityBook, Error, ErrorKind};

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
    pub fn noop(&self) -> Result<(), Error> {
        self.run(Noop)
    }

    /// Says goodbye (LOGOUT) once the commands before it are answered, and closes the connection. A server that just closes, or does not
    /// answer within 10 s or the time given for calls, is as good.
    pub fn logout(&self) -> Result<(), Error> {
        let gone = self.submit(Logout).wait_timeout(goodbye(self.timeout));
        self.close();
        match gone {
            Err(over) if over.kind() == ErrorKind::Timeout => Ok(()),
            gone => gone,
        }
    }

    /// Says who the program is, asks what the server is.
    pub fn id<N: Into<String>, V: Into<String>>(
        &self,
        fields: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Option<ServerId>, Error> {
        let fields = fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        self.run(Id::new(fields))
    }

    /// Switches extensions on; gives those that are on.
    pub fn enable(&self, capabilities: impl IntoIterator<Item = Capability>) -> Result<Vec<Capability>, Error> {
        self.run(Enable::new(capabilities))
    }

    /// Asks the server again what it offers.
    pub fn capability(&self) -> Result<CapabilityBook, Error> {
        self.run(AskCapability)?;
        Ok(self.capabilities())
    }

    /// Asks where the mailboxes are.
    pub fn namespace(&self) -> Result<Namespaces, Error> {
        self.run(Namespace)
    }

    /// The mailboxes that match `pattern` below `reference`, which may be empty.
    pub fn list<M>(&self, reference: M, pattern: &str) -> Result<Vec<ListEntry>, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        let reference = mailbox(reference)?;
        let all = List::new(pattern);
        self.run(if reference.name().is_empty() { all } else { all.below(reference) })
    }

    /// The mailboxes subscribed to that match `pattern` below `reference`, which may be empty.
    pub fn lsub<M>(&self, reference: M, pattern: &str) -> Result<Vec<ListEntry>, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        let reference = mailbox(reference)?;
        let all = Lsub::new(pattern);
        self.run(if reference.name().is_empty() { all } else { all.below(reference) })
    }

    /// Counts of a mailbox that need not be selected.
    pub fn status<M>(&self, name: M, items: StatusItems) -> Result<types::Status, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        self.run(Status::new(mailbox(name)?, items))
    }

    /// Opens a mailbox; handles of the one before are stale.
    pub fn select<M>(&self, name: M) -> Result<Selected, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        let name = mailbox(name)?;
        let info = self.run(Select::new(name.clone()))?;
        Ok(Selected::new(self.clone(), name, info))
    }

    /// Opens a mailbox and asks for MODSEQs (CONDSTORE).
    pub fn select_condstore<M>(&self, name: M) -> Result<Selected, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        let name = mailbox(name)?;
        let info = self.run(Select::new(name.clone()).condstore())?;
        Ok(Selected::new(self.clone(), name, info))
    }

    /// Opens a mailbox read-only; handles of the one before are stale.
    pub fn examine<M>(&self, name: M) -> Result<Selected, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        let name = mailbox(name)?;
        let info = self.run(Select::examine(name.clone()))?;
        Ok(Selected::new(self.clone(), name, info))
    }

    /// Makes a mailbox.
    pub fn create<M>(&self, name: M) -> Result<(), Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        self.run(Create::new(mailbox(name)?))
    }

    /// Removes a mailbox and all that is in it.
    pub fn delete<M>(&self, name: M) -> Result<(), Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        self.run(Delete::new(mailbox(name)?))
    }

    /// Gives a mailbox another name.
    pub fn rename<M, N>(&self, from: M, to: N) -> Result<(), Error>
    where
        M: TryInto<Mailbox>,
        N: TryInto<Mailbox>,
        Error: From<M::Error> + From<N::Error>,
    {
        self.run(Rename::new(mailbox(from)?, mailbox(to)?))
    }

    /// Puts a mailbox on the list of those subscribed to.
    pub fn subscribe<M>(&self, name: M) -> Result<(), Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        self.run(Subscribe::new(mailbox(name)?))
    }

    /// Takes a mailbox off that list.
    pub fn unsubscribe<M>(&self, name: M) -> Result<(), Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        self.run(Unsubscribe::new(mailbox(name)?))
    }

    /// Has the server write the selected mailbox to disk, whatever that means to it.
    pub fn check(&self) -> Result<(), Error> {
        self.run(Check::new())
    }

    /// Puts a message into a mailbox: octets in memory ([`Bytes`]) or from a reader, see [`NewMessage`]. Gives its UID if the server tells.
    ///
    /// The message is read while it is sent, and no faster than the server takes it. Cancelling in the middle of it closes the connection:
    /// there is no other way to take back a message that was announced.
    pub fn append<'a, M>(&self, name: M, message: impl Into<NewMessage<'a>>) -> Result<Option<AppendUid>, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        upload::append(self, mailbox(name)?, vec![message.into()])
    }

    /// Puts several messages into a mailbox, all or none where the server can do that (MULTIAPPEND), otherwise one by one. Gives the UIDs
    /// the server told, one [`AppendUid`] for each command.
    pub fn append_all<'a, M>(
        &self,
        name: M,
        messages: impl IntoIterator<Item = NewMessage<'a>>,
    ) -> Result<Vec<AppendUid>, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        upload::append_all(self, &mailbox(name)?, messages.into_iter().collect())
    }

    /// Asks which limits count for a mailbox, and how much of them is used (QUOTA).
    pub fn quota_root<M>(&self, name: M) -> Result<MailboxQuota, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        self.run(GetQuotaRoot::new(mailbox(name)?))
    }

    /// Asks how much of a limit is used, by the name of its root (QUOTA).
    pub fn quota(&self, root: &str) -> Result<Quota, Error> {
        self.run(GetQuota::new(root))
    }

    /// Sends a line as a person typed it, quotes and all, and gives everything the server says in answer. It runs alone.
    pub fn raw(&self, line: &str) -> Result<RawAnswer, Error> {
        self.run(Raw::parse(line)?)
    }
}

/// Octets are a message without flags and date.
impl From<Bytes> for NewMessage<'_> {
    fn from(octets: Bytes) -> Self {
        Self::new(octets)
    }
}

/// How long to wait for the answer to LOGOUT.
fn goodbye(timeout: Option<Duration>) -> Duration {
    timeout.map_or(LOGOUT_TIMEOUT, |timeout| timeout.min(LOGOUT_TIMEOUT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t049_a_goodbye_takes_no_longer_than_other_calls_may() {
        for (timeout, expected) in [(None, 10), (Some(2), 2), (Some(60), 10)] {
            assert_eq!(goodbye(timeout.map(Duration::from_secs)), Duration::from_secs(expected));
        }
    }
}
