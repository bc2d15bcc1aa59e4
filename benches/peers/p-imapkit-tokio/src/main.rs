//! imapkit (tokio, rustls with ring) on the measured workloads, as an application would use it: rows are looked at and dropped as
//! they come, bodies are read chunk by chunk.

use std::convert::Infallible;

use common::{PASSWORD, Task, USER, Visit, Workload};
use futures_util::TryStreamExt as _;
use imapkit::sasl::{Accept, Method, Policy};
use imapkit::types::{Items, Key, Uid, UidSet};
use imapkit::{Config, Error, FetchStream, Message, Selected};

fn config(task: Task) -> Config {
    let config = if task.tls {
        Config::tls("localhost").ca_file(common::ca_file())
    } else {
        Config::danger_plaintext("127.0.0.1")
    };
    config.port(task.port).login(USER, PASSWORD)
}

/// All messages.
fn all() -> UidSet {
    UidSet::starting_at(Uid::MIN)
}

async fn sum(mut rows: FetchStream, mut of: impl FnMut(&Message) -> u64) -> Result<(usize, u64), Error> {
    let (mut count, mut sum) = (0, 0);
    while let Some(row) = rows.try_next().await? {
        count += 1;
        sum += of(&row);
    }
    Ok((count, sum))
}

async fn bodies(mailbox: &Selected) -> Result<(usize, u64), Error> {
    let mut rows = mailbox.fetch(&all(), Items::new().body_peek()).stream();
    let (mut count, mut sum) = (0, 0);
    while let Some(mut message) = rows.try_next().await? {
        count += 1;
        let mut body = message.body()?;
        while let Some(chunk) = body.chunk().await? {
            sum += chunk.len() as u64;
        }
    }
    Ok((count, sum))
}

async fn work(task: Task) -> Result<(usize, u64), Error> {
    let client = imapkit::connect(&config(task)).await?;
    let mailbox = client.select(task.workload.name()).await?;
    match task.workload {
        Workload::W2 => {
            let items = Items::new().uid().flags().internal_date().size().envelope().body_structure();
            let size = |row: &Message| {
                let whole = row.envelope().is_ok() && row.body_structure().is_ok() && row.internal_date().is_some();
                if whole { row.size().expect("a size") } else { 0 }
            };
            sum(mailbox.fetch(&all(), items).stream(), size).await
        }
        Workload::W3 | Workload::W6 => bodies(&mailbox).await,
        Workload::W4 => {
            let flags = |row: &Message| row.flags().map_or(0, |flags| flags.len() as u64);
            let (rows, _) = sum(mailbox.fetch(&all(), Items::new().flags()).stream(), flags).await?;
            Ok((rows, mailbox.search(Key::All).await?.len()))
        }
        Workload::Search => {
            let hits = mailbox.search(Key::All).await?;
            Ok((usize::try_from(hits.len()).expect("a count"), hits.iter().map(|uid| u64::from(uid.get())).sum()))
        }
    }
}

async fn visit(visit: &Visit) -> Result<Infallible, Error> {
    let config = Config::tls("localhost").ca_file(common::ca_file()).port(visit.port);
    let method = if visit.scram { Method::ScramSha256 } else { Method::Plain };
    let policy = Policy { accept: Accept::Only(method), ..Policy::default() };
    let config = config.login(&visit.user, visit.password.as_str()).auth(policy);
    let mailbox = if visit.select_apart {
        imapkit::connect(&config).await?.select(visit.mailbox.as_str()).await?
    } else {
        imapkit::connect_and_select(&config, visit.mailbox.as_str()).await?
    };
    let mut rows = mailbox.fetch(&all(), Items::new().body_peek()).stream();
    let mut message = rows.try_next().await?.expect("a message");
    visit.report(message.body()?.bytes(1 << 20).await?.len())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if let Some(first) = Visit::from_args() {
        let Err(error) = visit(&first).await;
        panic!("{error}");
    }
    let task = Task::from_args();
    let (rows, sum) = work(task).await.expect("an answer");
    task.report(rows, sum);
}
