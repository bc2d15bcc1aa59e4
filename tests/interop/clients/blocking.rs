//! The blocking client behind the common face: every future is ready when it is made.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use imapkit::commands::{AppendUid, MailboxInfo};
use imapkit::types::{Items, Mailbox, SeqSet, Uid, UidSet};
use imapkit::{CapabilityBook, Command, Error, MailboxEvent, Opened};

use super::{Connection, Content, Fetched, LARGEST, NewMail, Options, Selected, Trace, config, new_message, note};

/// The blocking client.
pub(crate) struct Blocking {
    pub(super) inner: imapkit_blocking::Client,
    opened: Opened,
    warnings: Trace,
}

#[derive(Clone)]
pub(crate) struct BlockingMailbox {
    pub(super) inner: imapkit_blocking::Selected,
}

impl Drop for Blocking {
    fn drop(&mut self) {
        let events = self.inner.events();
        while let Some(event) = events.poll() {
            note(&self.warnings, &event);
        }
    }
}

impl Connection for Blocking {
    const NUMBER: usize = 1;
    type Selected = BlockingMailbox;

    fn block_on<F: Future>(work: F) -> F::Output {
        work.now_or_never().expect("the blocking client never waits in a future")
    }

    async fn connect(options: &Options) -> Result<Self, Error> {
        let mut config = config!(imapkit_blocking, options);
        if let Some((user, policy, tokens)) = options.tokens.clone() {
            config = config.auth(policy).token_source(user, move |request| tokens(request));
        }
        let inner = imapkit_blocking::connect(&config)?;
        let opened = inner.opened().opened.clone();
        Ok(Self { inner, opened, warnings: Arc::clone(&options.warnings) })
    }

    fn opened(&self) -> &Opened {
        &self.opened
    }

    fn tls(&self) -> Option<&imapkit_transport::Facts> {
        self.inner.opened().tls.as_ref()
    }

    async fn capabilities(&self) -> CapabilityBook {
        self.inner.capabilities()
    }

    async fn run<C: Command>(&self, command: C) -> Result<C::Output, Error> {
        self.inner.run(command)
    }

    async fn run_all<C: Command>(&self, commands: Vec<C>) -> Vec<Result<C::Output, Error>> {
        let replies: Vec<_> = commands.into_iter().map(|command| self.inner.submit(command)).collect();
        replies.into_iter().map(imapkit_blocking::Reply::wait).collect()
    }

    async fn select(&self, mailbox: &Mailbox) -> Result<BlockingMailbox, Error> {
        Ok(BlockingMailbox { inner: self.inner.select(mailbox)? })
    }

    async fn select_condstore(&self, mailbox: &Mailbox) -> Result<BlockingMailbox, Error> {
        Ok(BlockingMailbox { inner: self.inner.select_condstore(mailbox)? })
    }

    async fn examine(&self, mailbox: &Mailbox) -> Result<BlockingMailbox, Error> {
        Ok(BlockingMailbox { inner: self.inner.examine(mailbox)? })
    }

    async fn append(&self, mailbox: &Mailbox, mail: &NewMail) -> Result<Option<AppendUid>, Error> {
        self.inner.append(mailbox, new_message!(imapkit_blocking, mail))
    }

    async fn append_all(&self, mailbox: &Mailbox, mails: &[NewMail]) -> Result<Vec<AppendUid>, Error> {
        self.inner.append_all(mailbox, mails.iter().map(|mail| new_message!(imapkit_blocking, mail)))
    }
}

impl BlockingMailbox {
    fn gather(request: imapkit_blocking::FetchRequest) -> Result<Vec<Fetched>, Error> {
        let mut all = Vec::new();
        for message in request {
            let mut message = message?;
            let mut contents = Vec::new();
            while let Some(body) = message.next_body()? {
                let (section, origin, streamed) = (body.section().clone(), body.origin(), body.is_streamed());
                contents.push(Content { section, origin, octets: body.bytes(LARGEST)?, streamed });
            }
            all.push(Fetched { row: message.finish()?, contents });
        }
        Ok(all)
    }
}

impl Selected for BlockingMailbox {
    type Watch = imapkit_blocking::Watch;

    fn info(&self) -> &MailboxInfo {
        self.inner.info()
    }

    async fn fetch(&self, uids: &UidSet, items: Items) -> Result<Vec<Fetched>, Error> {
        Self::gather(self.inner.fetch(uids, items))
    }

    async fn fetch_seq(&self, seqs: &SeqSet, items: Items) -> Result<Vec<Fetched>, Error> {
        Self::gather(self.inner.fetch_seq(seqs, items))
    }

    async fn glance(&self, uids: &UidSet, items: Items) -> Result<Uid, Error> {
        let mut message = self.inner.fetch(uids, items).into_iter().next().expect("there is a message")?;
        message.body()?.chunk()?;
        Ok(message.uid())
    }

    async fn close(self) -> Result<(), Error> {
        self.inner.close()
    }

    async fn unselect(self) -> Result<(), Error> {
        self.inner.unselect()
    }

    fn watch(&self) -> imapkit_blocking::Watch {
        self.inner.watch().expect("the mailbox is selected")
    }

    async fn change(watch: &mut imapkit_blocking::Watch, timeout: Duration) -> Result<Option<MailboxEvent>, Error> {
        watch.next_within(timeout)
    }
}
