//! The blocking client as a front end. A flight of several is submitted, then waited for one by one.

use std::sync::Arc;
use std::time::Duration;

use imapkit_blocking::commands::{Compress, List, Status};
use imapkit_blocking::types::{Fetch, Items, ReturnOptions, UidSet};
use imapkit_blocking::{Client, Config, Error, ErrorKind, Event, Events, Selected, Watch};

use crate::action::{Action, Connect, Tls};
use crate::outcome::{self, Outcome};
use crate::sockets::{FrontEnd, Site};

pub(crate) struct BlockingClient {
    client: Client,
    selected: Option<Selected>,
    events: Events,
    watch: Option<Watch>,
}

impl FrontEnd for BlockingClient {
    fn connect(connect: &Connect, site: &Site) -> Result<Self, Error> {
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
        let client = imapkit_blocking::connect(&config)?;
        let events = client.events();
        Ok(Self { client, selected: None, events, watch: None })
    }

    fn run(&mut self, actions: Vec<Action>) -> Vec<Outcome> {
        self.watch = None;
        let pending: Vec<Pending> = actions.into_iter().map(|action| self.submit(action)).collect();
        pending.into_iter().map(|wait| wait(self)).collect()
    }

    fn watch(&mut self) {
        self.watch = self.selected.as_ref().and_then(|selected| selected.watch().ok());
    }

    fn next_event(&mut self, timeout: Duration) -> Option<Event> {
        self.events.next_within(timeout).ok().flatten()
    }
}

/// Closes without a word: dropping a watch alone would end IDLE first, which the script does not know of.
impl Drop for BlockingClient {
    fn drop(&mut self) {
        self.client.close();
    }
}

/// Waits for the end of an action.
type Pending = Box<dyn FnOnce(&mut BlockingClient) -> Outcome>;

impl BlockingClient {
    /// Submits what goes out in flights; the rest is done when it is waited for.
    fn submit(&self, action: Action) -> Pending {
        match action {
            Action::List { reference, pattern } if reference.name().is_empty() => {
                let reply = self.client.submit(List::new(pattern));
                Box::new(move |_| Ok(outcome::listed(&reply.wait()?)))
            }
            Action::Status { mailbox, items } => {
                let reply = self.client.submit(Status::new(mailbox, items));
                Box::new(move |_| Ok(outcome::status(&reply.wait()?)))
            }
            action => Box::new(move |front_end| front_end.perform(action)),
        }
    }

    fn perform(&mut self, action: Action) -> Outcome {
        let client = &self.client;
        Ok(match action {
            Action::Select { mailbox, read_only } => {
                let opened = if read_only { client.examine(mailbox)? } else { client.select(mailbox)? };
                let lines = outcome::selected(opened.info());
                self.selected = Some(opened);
                lines
            }
            Action::Append { mailbox, message } => outcome::appended(client.append(mailbox, message)?.as_ref()),
            Action::Raw(line) => client.raw(&line).map(|_| Vec::new())?,
            Action::Noop => client.noop().map(|()| Vec::new())?,
            Action::Logout => client.logout().map(|()| Vec::new())?,
            Action::Compress => client.run(Compress).map(|()| Vec::new())?,
            action => {
                let selected = self.selected.as_ref();
                let missing = || Error::new(ErrorKind::Misuse, "the script has selected no mailbox");
                in_mailbox(selected.ok_or_else(missing)?, action)?
            }
        })
    }
}

fn in_mailbox(selected: &Selected, action: Action) -> Outcome {
    Ok(match action {
        Action::Fetch { uids, items } => outcome::fetched(&fetch(selected, &uids, items)?),
        Action::Search(key) => outcome::found(&selected.search(key)?),
        Action::Esearch(key) => {
            let found = selected.search_return(key, ReturnOptions::new().all())?;
            outcome::found(&found.all.unwrap_or_default())
        }
        Action::Store { uids, how, flags } => selected.store(&uids, how, flags).map(|_| Vec::new())?,
        Action::Copy { uids, mailbox } => outcome::copied(selected.copy(&uids, mailbox)?.as_ref()),
        Action::Move { uids, mailbox } => outcome::copied(selected.move_(&uids, mailbox)?.as_ref()),
        Action::Expunge(None) => selected.expunge().map(|_| Vec::new())?,
        Action::Expunge(Some(uids)) => selected.uid_expunge(&uids).map(|_| Vec::new())?,
        other => panic!("{other:?} is not done to a mailbox"),
    })
}

/// The rows, with streamed content put back where it stood.
fn fetch(selected: &Selected, uids: &UidSet, items: Items) -> Result<Vec<Fetch>, Error> {
    let mut rows = Vec::new();
    for message in selected.fetch(uids, items) {
        let mut message = message?;
        let mut contents = Vec::new();
        while let Some(body) = message.next_body()? {
            contents.push(body.bytes(outcome::LARGEST)?);
        }
        rows.push(outcome::whole(message.finish()?, contents));
    }
    Ok(rows)
}
