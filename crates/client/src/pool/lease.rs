//! A connection of a pool while somebody uses it.
//!
//! Separate because giving back is what happens when it is dropped: in step and open it rests, otherwise it is closed. No RFC; protocol.md
//! M30, T106.

use std::ops::Deref;

use imapkit_session::Error;
use imapkit_session::types::Mailbox;

use crate::client::Client;
use crate::pool::Permit;
use crate::selected::Selected;

/// A connection lent by a [`crate::Pool`]; dropping it gives it back.
///
/// It is a [`Client`]: clones of that may outlive the lease, but what they do then gets in the way of the next user. A [`crate::Watch`] that
/// outlives it keeps the connection from being used again.
#[derive(Debug)]
pub struct Lease {
    client: Client,
    mailbox: Option<Selected>,
    poisoned: bool,
    permit: Permit,
}

impl Lease {
    pub(super) fn new(permit: Permit, client: Client, mailbox: Option<Selected>) -> Self {
        Self { client, mailbox, poisoned: false, permit }
    }

    /// The mailbox that is selected.
    pub fn mailbox(&self) -> Option<&Selected> {
        self.mailbox.as_ref()
    }

    /// Selects a mailbox, unless it is selected already; the pool remembers it.
    ///
    /// # Errors
    /// As [`Client::select`].
    pub async fn open<M>(&mut self, name: M) -> Result<&Selected, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        self.open_named(name.try_into()?).await
    }

    pub(super) async fn open_named(&mut self, name: Mailbox) -> Result<&Selected, Error> {
        let before = self.mailbox.take().filter(|selected| *selected.mailbox() == name);
        let selected = match before {
            Some(selected) if selected.exists().await.is_ok() => selected,
            _ => self.client.select(name).await?,
        };
        Ok(self.mailbox.insert(selected))
    }

    /// Does not let the pool use it again.
    pub fn poison(&mut self) {
        self.poisoned = true;
    }
}

impl Deref for Lease {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let inner = &self.permit.inner;
        if self.poisoned || !self.client.is_open() {
            inner.leave(&self.client);
        } else {
            inner.rest(self.client.clone(), self.mailbox.take());
        }
    }
}
