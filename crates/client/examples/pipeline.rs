//! The same five questions one at a time and all at once: `pipeline imap.example.org me`, the password in `IMAP_PASSWORD`.
#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;
use std::time::Instant;

use imapkit::types::{Flag, Items, Key, StatusItems, UidSet};
use imapkit::{Config, connect};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(host), Some(user)) = (arguments.next(), arguments.next()) else {
        return Err("usage: pipeline HOST USER, the password in IMAP_PASSWORD".into());
    };
    let client = connect(&Config::tls(host).login(user, std::env::var("IMAP_PASSWORD")?)).await?;
    let inbox = client.examine("INBOX").await?;
    let (last, items) = (UidSet::last(), StatusItems::new().messages());

    let start = Instant::now();
    client.noop().await?;
    client.list("", "*").await?;
    client.status("INBOX", items).await?;
    inbox.search(Key::Flagged).await?;
    inbox.fetch(&last, Items::new().flags().envelope()).collect(0).await?;
    println!("one at a time: {:?}", start.elapsed());

    let start = Instant::now();
    let ((), mailboxes, counts, flagged, newest) = tokio::try_join!(
        client.noop(),
        client.list("", "*"),
        client.status("INBOX", items),
        inbox.search(Key::Flagged),
        inbox.fetch(&last, Items::new().flags().envelope()).collect(0),
    )?;
    println!("all at once:   {:?}", start.elapsed());

    println!("{} mailboxes, {} messages", mailboxes.len(), counts.messages.unwrap_or_default());
    println!("{} flagged", flagged.len());
    for message in newest {
        let seen = message.flags()?.contains(&Flag::Seen);
        println!("newest: {} ({})", message.subject().unwrap_or_default(), if seen { "seen" } else { "unseen" });
    }
    client.logout().await?;
    Ok(())
}
