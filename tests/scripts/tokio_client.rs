//! The tokio client as a front end: flights are joined futures on a runtime of one thread.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use imapkit::commands::Compress;
use imapkit::types::{Fetch, Items, ReturnOptions, UidSet};
use imapkit::{Client, Config, Error, ErrorKind, Event, Events, Selected, Watch};
use tokio::runtime::{Builder, Runtime};

use crate::action::{Action, Connect, Tls};
use crate::outcome::{self, Outcome};
use crate::sockets::{FrontEnd, Site};

pub(crate) struct TokioClient {
    runtime: Runtime,
    client: Client,
    selected: Option<Selected>,
    events: Events,
    watch: Option<Watch>,
}

impl FrontEnd for TokioClient {
    fn connect(connect: &Connect, site: &Site) -> Result<Self, Error> {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
        let mut config = match connect.tls {
            Tls::Trusted => Config::danger_plaintext("localhost"),
            Tls::Start => Config::starttls("localhost"),
            Tls::Implicit => Config::tls("localhost"),
        };
        config = config
            .port(site.port)
            .tls_config(site.tls.clone())
            .trace({
                let trace = Arc::clone(&site.trace);
                move |line| trace.lock().expect("no tracer panics").push(line.text.to_string())
            })
            .identify(connect.identity())
            .enable(connect.enable.clone());
        if connect.preauth {
            config = config.allow_preauth();
        }
        if let Some(credentials) = connect.credentials() {
            config = config.login_by(move || Box::new(credentials.clone()));
        }
        let client = runtime.block_on(imapkit::connect(&config))?;
        let events = client.events();
        Ok(Self { runtime, client, selected: None, events, watch: None })
    }

    fn run(&mut self, actions: Vec<Action>) -> Vec<Outcome> {
        self.watch = None;
        let ends: Vec<BoxFuture<'static, End>> = actions
            .into_iter()
            .map(|action| perform(self.client.clone(), self.selected.clone(), action).boxed())
            .collect();
        let ends = self.runtime.block_on(join_all(ends));
        let mut outcomes = Vec::new();
        for end in ends {
            outcomes.push(end.map(|(lines, selected)| {
                self.selected = selected.or_else(|| self.selected.take());
                lines
            }));
        }
        outcomes
    }

    fn watch(&mut self) {
        self.watch = self.selected.as_ref().map(Selected::watch);
    }

    fn next_event(&mut self, timeout: Duration) -> Option<Event> {
        let next = self.events.next();
        self.runtime.block_on(async { tokio::time::timeout(timeout, next).await }).ok().flatten()
    }
}

/// The lines of an outcome, and the mailbox if one was opened.
type End = Result<(Vec<String>, Option<Selected>), Error>;

async fn perform(client: Client, selected: Option<Selected>, action: Action) -> End {
    let lines = match action {
        Action::Select { mailbox, read_only } => {
            let opened = if read_only { client.examine(mailbox).await? } else { client.select(mailbox).await? };
            return Ok((outcome::selected(opened.info()), Some(opened)));
        }
        Action::Append { mailbox, message } => outcome::appended(client.append(mailbox, message).await?.as_ref()),
        Action::List { reference, pattern } => outcome::listed(&client.list(reference, &pattern).await?),
        Action::Status { mailbox, items } => outcome::status(&client.status(mailbox, items).await?),
        Action::Raw(line) => client.raw(&line).await.map(|_| Vec::new())?,
        Action::Noop => client.noop().await.map(|()| Vec::new())?,
        Action::Logout => client.logout().await.map(|()| Vec::new())?,
        Action::Compress => client.run(Compress).await.map(|()| Vec::new())?,
        action => {
            let selected =
                selected.ok_or_else(|| Error::new(ErrorKind::Misuse, "the script has selected no mailbox"))?;
            in_mailbox(selected, action).await?
        }
    };
    Ok((lines, None))
}

async fn in_mailbox(selected: Selected, action: Action) -> Outcome {
    Ok(match action {
        Action::Fetch { uids, items } => outcome::fetched(&fetch(&selected, uids, items).await?),
        Action::Search(key) => outcome::found(&selected.search(key).await?),
        Action::Esearch(key) => {
            let found = selected.search_return(key, ReturnOptions::new().all()).await?;
            outcome::found(&found.all.unwrap_or_default())
        }
        Action::Store { uids, how, flags } => selected.store(&uids, how, flags).await.map(|_| Vec::new())?,
        Action::Copy { uids, mailbox } => outcome::copied(selected.copy(&uids, mailbox).await?.as_ref()),
        Action::Move { uids, mailbox } => outcome::copied(selected.move_(&uids, mailbox).await?.as_ref()),
        Action::Expunge(None) => selected.expunge().await.map(|_| Vec::new())?,
        Action::Expunge(Some(uids)) => selected.uid_expunge(&uids).await.map(|_| Vec::new())?,
        other => panic!("{other:?} is not done to a mailbox"),
    })
}

/// The rows, with streamed content put back where it stood.
async fn fetch(selected: &Selected, uids: UidSet, items: Items) -> Result<Vec<Fetch>, Error> {
    let mut stream = selected.fetch(&uids, items).stream();
    let mut rows = Vec::new();
    while let Some(mut message) = stream.try_next().await? {
        let mut contents = Vec::new();
        while let Some(body) = message.next_body().await? {
            contents.push(body.bytes(outcome::LARGEST).await?);
        }
        rows.push(outcome::whole(message.finish().await?, contents));
    }
    Ok(rows)
}
