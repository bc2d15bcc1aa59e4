//! Tells of new mail as it comes: `idle imap.example.org me`, the password in `IMAP_PASSWORD`. Ctrl-C ends it.
//!
//! Between two looks at the mailbox the connection is in IDLE; fetching what is new ends that, and it begins again by itself.
#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;

use futures_util::TryStreamExt;
use imapkit::types::{Items, SeqNum, SeqSet};
use imapkit::{Config, MailboxEvent, connect};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(host), Some(user)) = (arguments.next(), arguments.next()) else {
        return Err("usage: idle HOST USER, the password in IMAP_PASSWORD".into());
    };
    let client = connect(&Config::tls(host).login(user, std::env::var("IMAP_PASSWORD")?)).await?;
    let inbox = client.examine("INBOX").await?;
    let mut known = inbox.info().exists;
    println!("{known} messages; waiting");

    let mut changes = inbox.watch();
    while let Some(change) = changes.try_next().await? {
        match change {
            MailboxEvent::Exists(now) if now > known => {
                let first = SeqNum::new(known + 1).ok_or("there is no message 0")?;
                let fresh = inbox.fetch_seq(&SeqSet::starting_at(first), Items::new().envelope()).collect(0).await?;
                for message in fresh {
                    println!("{}: {}", message.uid(), message.subject().unwrap_or_default());
                }
                known = now;
            }
            MailboxEvent::Exists(now) => known = now,
            MailboxEvent::Expunged { .. } => known = known.saturating_sub(1),
            other => println!("{other:?}"),
        }
    }
    Ok(())
}
