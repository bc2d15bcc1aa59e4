//! One scenario on one server: whom to talk to, mailboxes of its own, a record of what was said, and the tidying up.
//!
//! Scenarios run side by side, on all servers at once, so each has its own mailbox names, and users are spread. The link (plain, STARTTLS,
//! TLS) goes round with server and scenario; scenarios about links choose their own.
//!
//! Invariants: a scenario that fails tells server, link and the last lines of its conversations, and its mailboxes are removed all the same;
//! one that hangs fails.

use std::any::Any;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use imapkit::types::Mailbox;
use imapkit_sasl::Credentials;
use imapkit_testkit::live::{self, LiveServer, LiveUser};

use crate::clients::{Connection, Link, Options, Trace};

/// The longest a scenario may take on one server.
const PATIENCE: Duration = Duration::from_mins(2);
/// Lines of the conversation that a failure shows.
const SHOWN: usize = 80;
/// Characters of such a line.
const SHOWN_WIDTH: usize = 400;

/// Names this run. What a killed run has left on the servers stays there, and process numbers come again.
static RUN: LazyLock<String> = LazyLock::new(|| {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    format!("{:x}-{}", now.as_millis(), std::process::id())
});
/// Numbers the sites of this process, so that no two have a mailbox in common.
static NEXT: AtomicU32 = AtomicU32::new(1);

/// A scenario's place.
pub(crate) struct Site {
    pub(crate) server: LiveServer,
    pub(crate) link: Link,
    pub(crate) user: LiveUser,
    /// A name nobody else has.
    pub(crate) name: String,
    trace: Trace,
    warnings: Trace,
    made: Mutex<Vec<Mailbox>>,
    mails: AtomicU32,
}

impl Site {
    fn new(server: LiveServer, at: usize, scenario: &str, client: usize) -> Self {
        let spread = BuildHasherDefault::<DefaultHasher>::default().hash_one(scenario);
        // Two clients, two users: what there is only one of, a special use for example, is not fought for.
        let spread = client + usize::try_from(spread % 60).unwrap_or_default();
        let user = server.users[spread % server.users.len()].clone();
        let link = [Link::Plain, Link::StartTls, Link::Tls][(spread + at) % 3];
        let name = format!("t{}-{}-{scenario}", *RUN, NEXT.fetch_add(1, Ordering::Relaxed));
        Self {
            server,
            link,
            user,
            name,
            trace: Trace::default(),
            warnings: Trace::default(),
            made: Mutex::default(),
            mails: AtomicU32::new(1),
        }
    }

    /// How to connect over this site's link, with the best way to log in that the server offers.
    pub(crate) fn options(&self) -> Options {
        self.options_over(self.link)
    }

    pub(crate) fn options_over(&self, link: Link) -> Options {
        Options {
            link,
            port: if link == Link::Tls { self.server.tls_port } else { self.server.plain_port },
            ca_file: self.server.ca_file.clone(),
            address: None,
            tls: None,
            credentials: Credentials::password(&self.user.name, self.user.password.as_str()),
            tokens: None,
            enable: Vec::new(),
            disable: Vec::new(),
            poll: None,
            trace: Arc::clone(&self.trace),
            warnings: Arc::clone(&self.warnings),
        }
    }

    pub(crate) async fn connect<C: Connection>(&self) -> C {
        self.connect_with(&self.options()).await
    }

    pub(crate) async fn connect_with<C: Connection>(&self, options: &Options) -> C {
        C::connect(options).await.unwrap_or_else(|error| panic!("connecting: {error}"))
    }

    /// A name of this scenario's; what is made of it, and below it, is removed in the end.
    pub(crate) fn mailbox_name(&self, suffix: &str) -> Mailbox {
        let mailbox = Mailbox::new(&format!("{}{suffix}", self.name)).expect("a usable name");
        self.made.lock().expect("nobody panics").push(mailbox.clone());
        mailbox
    }

    /// Makes a mailbox.
    pub(crate) async fn mailbox<C: Connection>(&self, client: &C, suffix: &str) -> Mailbox {
        let mailbox = self.mailbox_name(suffix);
        client.create(&mailbox).await.unwrap_or_else(|error| panic!("making {mailbox}: {error}"));
        mailbox
    }

    /// Counts the messages of this scenario, for Message-IDs.
    pub(crate) fn next_mail(&self) -> u32 {
        self.mails.fetch_add(1, Ordering::Relaxed)
    }

    /// What was said so far, `C: ` and `S: ` in front.
    pub(crate) fn said(&self) -> Vec<String> {
        self.trace.lock().expect("no tracer panics").clone()
    }

    /// Removes what the scenario has made.
    async fn tidy_up<C: Connection>(&self) {
        let made = std::mem::take(&mut *self.made.lock().expect("nobody panics"));
        if made.is_empty() {
            return;
        }
        let client: C = self.connect().await;
        let mut names = Vec::new();
        for mailbox in made {
            for pattern in [mailbox.name().to_owned(), format!("{mailbox}/*")] {
                for entry in client.list("", &pattern).await.unwrap_or_default() {
                    if entry.special_use().is_some() {
                        serves_no_purpose(&client, &entry.mailbox).await;
                    }
                    names.push(entry.mailbox);
                }
            }
        }
        names.sort_by_key(|mailbox| std::cmp::Reverse(mailbox.name().len()));
        names.dedup();
        for name in names {
            let _ = client.unsubscribe(&name).await;
            client.delete(&name).await.unwrap_or_else(|error| panic!("removing {name}: {error}"));
        }
    }

    /// Runs a scenario to its end, whatever it does; why it failed.
    fn play<C: Connection>(&self, scenario: impl FnOnce(&Self)) -> Result<(), String> {
        let outcome = catch_unwind(AssertUnwindSafe(|| scenario(self))).map_err(|panic| text(panic.as_ref()));
        let said = self.said();
        let tidied = catch_unwind(AssertUnwindSafe(|| C::block_on(self.tidy_up::<C>())));
        let tidied = tidied.map_err(|panic| format!("tidying up: {}", text(panic.as_ref())));
        let warnings = self.warnings.lock().expect("no reader panics").clone();
        let calm = if warnings.is_empty() { Ok(()) } else { Err(format!("the client found this odd: {warnings:#?}")) };
        outcome.and(calm).and(tidied).map_err(|problem| {
            let lines: Vec<String> = said.iter().rev().take(SHOWN).rev().map(|line| shorten(line)).collect();
            let Self { server, link, user, .. } = self;
            format!("{} over {link:?} as {}: {problem}\n    {}", server.name, user.name, lines.join("\n    "))
        })
    }
}

/// Takes its special use from a mailbox of Cyrus, which lets nobody remove it, or make another, as long as it has one.
pub(crate) async fn serves_no_purpose<C: Connection>(client: &C, mailbox: &Mailbox) {
    let purpose = format!("SETMETADATA {mailbox} (/private/specialuse NIL)");
    client.raw(&purpose).await.unwrap_or_else(|error| panic!("{purpose}: {error}"));
}

fn shorten(line: &str) -> String {
    if line.chars().count() <= SHOWN_WIDTH {
        return line.to_owned();
    }
    line.chars().take(SHOWN_WIDTH).chain("…".chars()).collect()
}

fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without a text").to_owned()
}

/// Runs a scenario on all live servers that have `features`, all at once, and reports every failure.
pub(crate) fn on_each_server<C: Connection + 'static>(name: &str, features: &[&str], scenario: fn(&Site)) {
    let servers = if features.is_empty() { live::servers() } else { live::servers_with(features) };
    let (tell, told) = mpsc::channel();
    let mut running = Vec::new();
    for (at, server) in servers.into_iter().enumerate() {
        let site = Site::new(server, at, name, C::NUMBER);
        let (tell, label) = (tell.clone(), format!("{} over {:?}", site.server.name, site.link));
        let trace = Arc::clone(&site.trace);
        running.push((label.clone(), trace));
        thread::spawn(move || tell.send((label, site.play::<C>(scenario))));
    }
    drop(tell);
    let mut failures = Vec::new();
    while !running.is_empty() {
        match told.recv_timeout(PATIENCE) {
            Ok((label, outcome)) => {
                running.retain(|(other, _)| *other != label);
                failures.extend(outcome.err());
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                failures.extend(running.drain(..).map(|(label, trace)| {
                    let lines = trace.lock().expect("no tracer panics");
                    let last: Vec<&str> = lines.iter().rev().take(10).rev().map(String::as_str).collect();
                    format!("{label}: no end after {PATIENCE:?}\n    {}", last.join("\n    "))
                }));
            }
        }
    }
    assert!(failures.is_empty(), "{name} fails on {} servers:\n{}", failures.len(), failures.join("\n"));
}
