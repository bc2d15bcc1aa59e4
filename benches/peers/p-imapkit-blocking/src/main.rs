//! imapkit-blocking (no runtime, rustls with ring) on the measured workloads, as an application would use it: rows are looked at and
//! dropped as they come, bodies are read chunk by chunk.

use std::convert::Infallible;

use common::{PASSWORD, Task, USER, Visit, Workload};
use imapkit_blocking::sasl::{Accept, Method, Policy};
use imapkit_blocking::types::{Items, Key, Uid, UidSet};
use imapkit_blocking::{Config, Error, FetchRequest, Message, Selected};

fn config(task: Task) -> Config {
    let config =
        if task.tls { Config::tls("localhost").ca_file(common::ca_file()) } else { Config::danger_plaintext("127.0.0.1") };
    config.port(task.port).login(USER, PASSWORD)
}

/// All messages.
fn all() -> UidSet {
    UidSet::starting_at(Uid::MIN)
}

fn sum(rows: FetchRequest, of: impl Fn(&Message) -> u64) -> Result<(usize, u64), Error> {
    let (mut count, mut sum) = (0, 0);
    for row in rows {
        count += 1;
        sum += of(&row?);
    }
    Ok((count, sum))
}

fn bodies(mailbox: &Selected) -> Result<(usize, u64), Error> {
    let (mut count, mut sum) = (0, 0);
    for message in mailbox.fetch(&all(), Items::new().body_peek()) {
        count += 1;
        let mut message = message?;
        let mut body = message.body()?;
        while let Some(chunk) = body.chunk()? {
            sum += chunk.len() as u64;
        }
    }
    Ok((count, sum))
}

fn work(task: Task) -> Result<(usize, u64), Error> {
    let client = imapkit_blocking::connect(&config(task))?;
    let mailbox = client.select(task.workload.name())?;
    match task.workload {
        Workload::W2 => {
            let items = Items::new().uid().flags().internal_date().size().envelope().body_structure();
            let size = |row: &Message| {
                let whole = row.envelope().is_ok() && row.body_structure().is_ok() && row.internal_date().is_some();
                if whole { row.size().expect("a size") } else { 0 }
            };
            sum(mailbox.fetch(&all(), items), size)
        }
        Workload::W3 | Workload::W6 => bodies(&mailbox),
        Workload::W4 => {
            let flags = |row: &Message| row.flags().map_or(0, |flags| flags.len() as u64);
            let (rows, _) = sum(mailbox.fetch(&all(), Items::new().flags()), flags)?;
            Ok((rows, mailbox.search(Key::All)?.len()))
        }
        Workload::Search => {
            let hits = mailbox.search(Key::All)?;
            Ok((usize::try_from(hits.len()).expect("a count"), hits.iter().map(|uid| u64::from(uid.get())).sum()))
        }
    }
}

fn visit(visit: &Visit) -> Result<Infallible, Error> {
    let config = Config::tls("localhost").ca_file(common::ca_file()).port(visit.port);
    let method = if visit.scram { Method::ScramSha256 } else { Method::Plain };
    let policy = Policy { accept: Accept::Only(method), ..Policy::default() };
    let config = config.login(&visit.user, visit.password.as_str()).auth(policy);
    let mailbox = if visit.select_apart {
        imapkit_blocking::connect(&config)?.select(visit.mailbox.as_str())?
    } else {
        imapkit_blocking::connect_and_select(&config, visit.mailbox.as_str())?
    };
    let mut message = mailbox.fetch(&all(), Items::new().body_peek()).into_iter().next().expect("a message")?;
    visit.report(message.body()?.bytes(1 << 20)?.len())
}

fn main() {
    if let Some(first) = Visit::from_args() {
        let Err(error) = visit(&first);
        panic!("{error}");
    }
    let task = Task::from_args();
    let (rows, sum) = work(task).expect("an answer");
    task.report(rows, sum);
}
