//! The tokio client behind the common face. Its driver runs on the runtime of the scenario's thread.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use imapkit::commands::{AppendUid, MailboxInfo};
use imapkit::types::{Items, Mailbox, SeqSet, Uid, UidSet};
use imapkit::{CapabilityBook, Command, Error, MailboxEvent, Opened};

use super::{Connection, Content, Fetched, LARGEST, NewMail, Options, Selected, Trace, config, new_message, note};

/// The tokio client.
pub(crate) struct Tokio {
    pub(super) inner: imapkit::Client,
    events: imapkit::Events,
    warnings: Trace,
}

#[derive(Clone)]
pub(crate) struct TokioMailbox {
    pub(super) inner: imapkit::Selected,
}

impl Drop for Tokio {
    fn drop(&mut self) {
        while let Some(Some(event)) = self.events.next().now_or_never() {
            note(&self.warnings, &event);
        }
    }
}

impl Connection for Tokio {
    const NUMBER: usize = 0;
    type Selected = TokioMailbox;

    fn block_on<F: Future>(work: F) -> F::Output {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime can be made").block_on(work)
    }

    async fn connect(options: &Options) -> Result<Self, Error> {
        let mut config = config!(imapkit, options);
        if let Some((user, policy, tokens)) = options.tokens.clone() {
            config = config.auth(policy).token_source(user, move |request| std::future::ready(tokens(request)));
        }
        let inner = imapkit::connect(&config).await?;
        let events = inner.events();
        Ok(Self { inner, events, warnings: Arc::clone(&options.warnings) })
    }

    fn opened(&self) -> &Opened {
        &self.inner.opened().opened
    }

    fn tls(&self) -> Option<&imapkit_transport::Facts> {
        self.inner.opened().tls.as_ref()
    }

    async fn capabilities(&self) -> CapabilityBook {
        self.inner.capabilities().await.expect("the connection is open")
    }

    async fn run<C: Command>(&self, command: C) -> Result<C::Output, Error> {
        self.inner.run(command).await
    }

    async fn run_all<C: Command>(&self, commands: Vec<C>) -> Vec<Result<C::Output, Error>> {
        let replies: Vec<_> = commands.into_iter().map(|command| self.inner.submit(command)).collect();
        join_all(replies).await
    }

    async fn select(&self, mailbox: &Mailbox) -> Result<TokioMailbox, Error> {
        Ok(TokioMailbox { inner: self.inner.select(mailbox).await? })
    }

    async fn select_condstore(&self, mailbox: &Mailbox) -> Result<TokioMailbox, Error> {
        Ok(TokioMailbox { inner: self.inner.select_condstore(mailbox).await? })
    }

    async fn examine(&self, mailbox: &Mailbox) -> Result<TokioMailbox, Error> {
        Ok(TokioMailbox { inner: self.inner.examine(mailbox).await? })
    }

    async fn append(&self, mailbox: &Mailbox, mail: &NewMail) -> Result<Option<AppendUid>, Error> {
        self.inner.append(mailbox, new_message!(imapkit, mail)).await
    }

    async fn append_all(&self, mailbox: &Mailbox, mails: &[NewMail]) -> Result<Vec<AppendUid>, Error> {
        self.inner.append_all(mailbox, mails.iter().map(|mail| new_message!(imapkit, mail))).await
    }
}

impl TokioMailbox {
    async fn gather(request: imapkit::FetchRequest) -> Result<Vec<Fetched>, Error> {
        let mut stream = request.stream();
        let mut all = Vec::new();
        while let Some(mut message) = stream.try_next().await? {
            let mut contents = Vec::new();
            while let Some(body) = message.next_body().await? {
                let (section, origin, streamed) = (body.section().clone(), body.origin(), body.is_streamed());
                contents.push(Content { section, origin, octets: body.bytes(LARGEST).await?, streamed });
            }
            all.push(Fetched { row: message.finish().await?, contents });
        }
        Ok(all)
    }
}

impl Selected for TokioMailbox {
    type Watch = imapkit::Watch;

    fn info(&self) -> &MailboxInfo {
        self.inner.info()
    }

    async fn fetch(&self, uids: &UidSet, items: Items) -> Result<Vec<Fetched>, Error> {
        Self::gather(self.inner.fetch(uids, items)).await
    }

    async fn fetch_seq(&self, seqs: &SeqSet, items: Items) -> Result<Vec<Fetched>, Error> {
        Self::gather(self.inner.fetch_seq(seqs, items)).await
    }

    async fn glance(&self, uids: &UidSet, items: Items) -> Result<Uid, Error> {
        let mut stream = self.inner.fetch(uids, items).stream();
        let mut message = stream.try_next().await?.expect("there is a message");
        message.body()?.chunk().await?;
        Ok(message.uid())
    }

    async fn close(self) -> Result<(), Error> {
        self.inner.close().await
    }

    async fn unselect(self) -> Result<(), Error> {
        self.inner.unselect().await
    }

    fn watch(&self) -> imapkit::Watch {
        self.inner.watch()
    }

    async fn change(watch: &mut imapkit::Watch, timeout: Duration) -> Result<Option<MailboxEvent>, Error> {
        tokio::time::timeout(timeout, watch.try_next()).await.unwrap_or(Ok(None))
    }
}
