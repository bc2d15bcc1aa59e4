//! APPEND that does not lose its way: when its answer is lost, the message is looked for.
//!
//! Separate because it is the one write that can be checked afterwards: by the UIDs the mailbox will give next, and the message's own marks.
//! What is not found is not sent again: the server may still be at it. RFC 9051 §6.3.12; RFC 4315; protocol.md M31, T104.

use imapkit_session::commands::{AppendUid, Status};
use imapkit_session::recovery::is_lost;
use imapkit_session::types::{Mailbox, StatusItems, Uid, UidSet, UidValidity};
use imapkit_session::{Error, ErrorKind, Fingerprint};

use crate::client::Client;
use crate::steady::Steady;
use crate::upload::NewMessage;

/// What a message is looked for by.
#[derive(Clone, Debug)]
pub struct Sought {
    /// In which mailbox.
    pub mailbox: Mailbox,
    /// Its marks.
    pub marks: Fingerprint,
    /// Below this UID there were other messages before, and whose life of the mailbox it belongs to.
    pub since: Option<(UidValidity, Uid)>,
}

/// What looking for a message has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lookup {
    /// It is there.
    There(UidValidity, Uid),
    /// It is not there now. A server that was slow to store it may still do so: wait some minutes before sending it again.
    NotThere,
    /// That cannot be told: several messages look like it, the server does not say which UID comes next, or the mailbox was made anew.
    Unclear,
}

impl Sought {
    /// Notes how far the mailbox's UIDs are, before a message is put into it.
    ///
    /// # Errors
    /// What the server answered to STATUS.
    pub async fn before(client: &Client, mailbox: Mailbox, message: &NewMessage<'_>) -> Result<Self, Error> {
        let items = StatusItems::new().uid_next().uid_validity();
        let status = client.run(Status::new(mailbox.clone(), items)).await?;
        let since = status.uid_validity.zip(status.uid_next.and_then(Uid::new));
        Ok(Self { mailbox, marks: message.fingerprint(), since })
    }

    /// Looks for it. Opens its mailbox read-only on this connection, so whatever is selected there is not any more.
    ///
    /// # Errors
    /// As [`Client::run`].
    pub async fn look(&self, client: &Client) -> Result<Lookup, Error> {
        let mailbox = client.examine(self.mailbox.clone()).await?;
        let Some(validity) = mailbox.info().uid_validity else { return Ok(Lookup::Unclear) };
        if self.since.is_some_and(|(before, _)| before != validity) {
            return Ok(Lookup::Unclear);
        }
        let first = self.since.map(|(_, first)| first);
        // Searching for a header is what servers do least reliably, so where the new messages are known they are looked at.
        let candidates = match first {
            Some(first) => UidSet::starting_at(first),
            None => match self.marks.key() {
                Ok(key) => mailbox.search(key).await?,
                Err(_) => return Ok(Lookup::Unclear),
            },
        };
        if mailbox.info().exists == 0 || candidates.is_empty() {
            return Ok(Lookup::NotThere);
        }
        let rows = mailbox.fetch(&candidates, Fingerprint::items()).collect(0).await?;
        let alike: Vec<Uid> =
            rows.iter().filter(|row| self.marks.is_of(row.row(), first)).map(crate::message::Message::uid).collect();
        Ok(match (&alike[..], first) {
            ([], Some(_)) => Lookup::NotThere,
            ([uid], Some(_)) => Lookup::There(validity, *uid),
            _ => Lookup::Unclear,
        })
    }
}

impl Steady {
    /// Puts a message into a mailbox. When the answer is lost the message is looked for on another connection, and its UID given if it is
    /// there and no other looks like it.
    ///
    /// A message in memory is sent again when it is certain that the server has not got it; one from a reader is sent once.
    ///
    /// # Errors
    /// As [`Steady::client`] and [`Client::append`]. `Unknown` when the answer was lost and the message was not found: [`Sought::look`] can be
    /// asked again later.
    pub async fn append<M>(&self, name: M, message: NewMessage<'_>) -> Result<Option<AppendUid>, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        self.append_to(name.try_into()?, message).await
    }

    async fn append_to(&self, name: Mailbox, mut message: NewMessage<'_>) -> Result<Option<AppendUid>, Error> {
        let mut spare = message.copy();
        let mut tries = self.options.repeats;
        loop {
            let client = self.client().await?;
            let sought = match Sought::before(&client, name.clone(), &message).await {
                Err(error) if is_lost(&error) && tries > 0 => {
                    tries -= 1;
                    self.gone(&client, self.deadline()).await;
                    continue;
                }
                other => other?,
            };
            let error = match client.append(name.clone(), message).await {
                Ok(appended) => return Ok(appended),
                Err(error) => error,
            };
            match (error.kind(), spare.take()) {
                (ErrorKind::Unknown, _) => return self.find(&sought, error).await,
                (_, Some(again)) if is_lost(&error) && tries > 0 => {
                    tries -= 1;
                    self.gone(&client, self.deadline()).await;
                    spare = again.copy();
                    message = again;
                }
                _ => return Err(error),
            }
        }
    }

    /// Looks for a message whose answer was lost, on a connection of its own.
    async fn find(&self, sought: &Sought, lost: Error) -> Result<Option<AppendUid>, Error> {
        // When this one is there again, the server is.
        self.client().await?;
        let client = crate::connect::connect(&self.shared.config()).await.map_err(|_| lost.clone())?;
        let found = sought.look(&client).await;
        let _ = client.logout().await;
        match found {
            Ok(Lookup::There(uid_validity, uid)) => {
                Ok(Some(AppendUid { uid_validity, uids: UidSet::from_range(uid, uid) }))
            }
            _ => Err(lost),
        }
    }
}
