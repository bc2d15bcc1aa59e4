//! Tells of new mail for ten minutes: `watch imap.example.org me`, the password in `IMAP_PASSWORD`. Enter ends it at once.
#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;
use std::time::Duration;

use imapkit_blocking::types::{Items, SeqNum, SeqSet};
use imapkit_blocking::{Config, ErrorKind, MailboxEvent, connect};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(host), Some(user)) = (arguments.next(), arguments.next()) else {
        return Err("usage: watch HOST USER, the password in IMAP_PASSWORD".into());
    };
    let client = connect(&Config::tls(host).login(user, std::env::var("IMAP_PASSWORD")?))?;
    let canceller = client.canceller();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_line(&mut String::new());
        canceller.cancel();
    });

    let inbox = client.examine("INBOX")?;
    let mut known = inbox.exists()?;
    let watch = inbox.watch()?;
    for change in watch.within(Duration::from_secs(600)) {
        match change {
            Ok(MailboxEvent::Exists(count)) => {
                if let (true, Some(first)) = (count > known, SeqNum::new(known.saturating_add(1))) {
                    // Ends IDLE, asks, and begins it again with the next wait.
                    for message in inbox.fetch_seq(&SeqSet::starting_at(first), Items::new().envelope()) {
                        println!("new: {}", message?.subject().unwrap_or_default());
                    }
                }
                known = count;
            }
            Ok(MailboxEvent::Expunged { .. }) => known = inbox.exists()?,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Cancelled => break,
            Err(error) => return Err(error.into()),
        }
    }
    client.logout()?;
    Ok(())
}
