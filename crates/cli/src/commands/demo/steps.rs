//! The steps of the demo, each with the code of the verb it shows.

use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use imapkit::MailboxEvent;
use imapkit::types::{Date, Uid};
use imapkit_server::Server;

use super::super::{doctor, fetch, ls, search, show};
use super::USER;
use crate::args::high::Target;
use crate::args::low::Format;
use crate::connect::{self, Link};
use crate::errors::{Outcome, Problem};
use crate::exit::Exit;
use crate::mailboxes;
use crate::output::Output;
use crate::output::json::{self, Object};
use crate::output::text::{count, duration, messages, size};
use crate::query;

/// How long the new message may take to be announced; it takes a few milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);
/// What the fourth step searches for.
const QUERY: &str = "subject:invoice or is:flagged";
const NEW: &str = "From: Ann Example <ann@example.org>\r\nTo: demo@example.org\r\nSubject: This message arrived just now\r\n\
                   Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nMessage-ID: <just-now@example.org>\r\n\r\nIDLE told of it at once.\r\n";

/// The demo under way.
pub(super) struct Demo<'a> {
    server: &'a Server,
    target: &'a Target,
    folder: &'a Path,
    output: &'a mut Output,
    step: u8,
    start: Instant,
}

impl<'a> Demo<'a> {
    pub(super) fn new(server: &'a Server, target: &'a Target, folder: &'a Path, output: &'a mut Output) -> Self {
        Self { server, target, folder, output, step: 0, start: Instant::now() }
    }

    /// Every step.
    pub(super) async fn all(mut self) -> Outcome<()> {
        let line = format!(
            "A mail server is running in this program, on port {} of this machine. Now the main job on it:",
            self.server.tls_port()
        );
        self.output.line(&line)?;
        let link = self.connect().await?;
        self.diagnose().await?;
        self.list(&link).await?;
        let uid = self.search(&link).await?;
        self.show(&link, uid).await?;
        self.download(&link).await?;
        self.watch(&link).await?;
        link.close().await;
        Ok(())
    }

    fn begin(&mut self, what: &str) -> Outcome<()> {
        self.step += 1;
        self.start = Instant::now();
        let paint = self.output.paint();
        self.output.line("")?;
        self.output.line(&paint.bold(&format!("{}. {what}", self.step)))?;
        self.output.indent("   ");
        Ok(())
    }

    fn done(&mut self, name: &'static str, facts: &[String]) -> Outcome<()> {
        let time = self.start.elapsed();
        let paint = self.output.paint();
        let text = facts.join(", ");
        self.output.line(&format!("{} {text} {}", paint.green("✓"), paint.dim(&format!("({})", duration(time)))))?;
        self.output.indent("");
        let step = json::Step { step: self.step, name, facts: facts.to_vec(), seconds: time.as_secs_f64() };
        self.output.object(&Object::new("step", step))?;
        self.output.flush()
    }

    fn failed(what: &str) -> Problem {
        Problem::new(Exit::Failed, "demo", format!("the demo does not work here: {what}"))
            .next("this is a mistake in imapkit: report it")
    }

    async fn connect(&mut self) -> Outcome<Link> {
        self.begin("Connect over TLS and log in")?;
        let link = connect::open(self.target, self.output).await?;
        let opened = link.client.opened();
        let tls = opened.tls.as_ref().ok_or_else(|| Self::failed("there is no TLS"))?;
        let facts = [
            format!("{} with {}", tls.version, tls.suite),
            "certificate checked".to_owned(),
            format!("login by {}", opened.opened.mechanism.as_deref().unwrap_or("nothing")),
        ];
        self.done("connect", &facts)?;
        Ok(link)
    }

    async fn diagnose(&mut self) -> Outcome<()> {
        self.begin("Diagnose (imapkit doctor)")?;
        let report = doctor::examine(self.target, true, self.output).await?;
        for line in report.summary() {
            self.output.line(&line)?;
        }
        if !report.works() {
            return Err(Self::failed("the doctor finds the server broken"));
        }
        self.done("doctor", &["it works".to_owned(), "`imapkit doctor` tells all of it".to_owned()])
    }

    async fn list(&mut self, link: &Link) -> Outcome<()> {
        self.begin("List the folders (imapkit ls)")?;
        let folders =
            mailboxes::all(&link.client, true).await.map_err(|error| link.problem(&error, "listing the folders"))?;
        let facts: Vec<&json::Mailbox> = folders.iter().map(|folder| &folder.facts).collect();
        for line in ls::table(&facts, self.output) {
            self.output.line(&line)?;
        }
        let total = facts.iter().map(|folder| u64::from(folder.messages.unwrap_or(0))).sum();
        self.done("ls", &[format!("{} folders", facts.len()), messages(total)])
    }

    async fn search(&mut self, link: &Link) -> Outcome<Uid> {
        self.begin(&format!("Search: {QUERY} (imapkit search)"))?;
        let mailbox = link.open_mailbox(false).await?;
        let today = Date::from_unix_days(0).ok_or_else(|| Self::failed("there is no date"))?;
        let key = query::compile(QUERY, today).map_err(|error| Self::failed(&error.to_string()))?;
        let found = search::find(link, &mailbox, key).await?;
        search::list(link, &mailbox, &found, self.output).await?;
        let first = found.first().ok_or_else(|| Self::failed("nothing was found"))?;
        self.done("search", &[format!("{} found", messages(found.len()))])?;
        Ok(first)
    }

    async fn show(&mut self, link: &Link, uid: Uid) -> Outcome<()> {
        self.begin(&format!("Show message {uid} (imapkit show)"))?;
        let mailbox = link.open_mailbox(false).await?;
        show::whole(link, &mailbox, uid, self.output).await?;
        self.done("show", &["text decoded, attachments listed and not downloaded, nothing marked as read".to_owned()])
    }

    async fn download(&mut self, link: &Link) -> Outcome<()> {
        self.begin("Download the INBOX to a folder (imapkit fetch)")?;
        let mailbox = link.open_mailbox(false).await?;
        let uids = search::find(link, &mailbox, imapkit::types::Key::All).await?;
        let folder = fetch::folder_of(link, &mailbox, self.folder).await;
        let mut run = fetch::Run::new(link, &mailbox, self.output);
        run.messages(&uids, Format::Eml, Some(&folder)).await?;
        run.meter.finish();
        let (done, skipped, bytes) = (run.done.len(), run.skipped, run.bytes);
        if done + skipped != uids.len() {
            return Err(Self::failed(&format!("{} of {} messages were saved", count(done), count(uids.len()))));
        }
        self.done("fetch", &[format!("{} in {}", messages(done), folder.display()), size(bytes)])
    }

    async fn watch(&mut self, link: &Link) -> Outcome<()> {
        self.begin("Receive a new message live, through IDLE (imapkit watch)")?;
        let mailbox = link.open_mailbox(false).await?;
        let before = mailbox.info().exists;
        let mut changes = mailbox.watch();
        let uid = self.server.deliver(USER, "INBOX", NEW).map_err(|error| Self::failed(&error.to_string()))?;
        let uid = Uid::new(uid).ok_or_else(|| Self::failed("the new message has no UID"))?;
        let delivered = Instant::now();
        let heard = async {
            loop {
                match changes.next().await {
                    Some(Ok(MailboxEvent::Exists(exists))) if exists > before => return Ok(()),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(link.problem(&error, "watching")),
                    None => return Err(Self::failed("the watch ended")),
                }
            }
        };
        tokio::time::timeout(PATIENCE, heard)
            .await
            .map_err(|_| Self::failed("the new message was not announced"))??;
        let time = delivered.elapsed();
        search::list(link, &mailbox, &uid.into(), self.output).await?;
        self.done("watch", &[format!("told {} after it was delivered", duration(time))])
    }
}
