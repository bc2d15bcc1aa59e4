//! Lists mailboxes with their counts, all in two flights: `list imap.example.org me`, the password in `IMAP_PASSWORD`.
#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;

use imapkit_blocking::commands::Status;
use imapkit_blocking::types::StatusItems;
use imapkit_blocking::{Config, connect};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(host), Some(user)) = (arguments.next(), arguments.next()) else {
        return Err("usage: list HOST USER, the password in IMAP_PASSWORD".into());
    };
    let client = connect(&Config::tls(host).login(user, std::env::var("IMAP_PASSWORD")?))?;

    let mailboxes = client.list("", "*")?;
    let items = StatusItems::new().messages().unseen();
    // Queued first, sent together when the first answer is waited for.
    let counts: Vec<_> =
        mailboxes.iter().map(|entry| client.submit(Status::new(entry.mailbox.clone(), items))).collect();
    for (entry, counts) in mailboxes.iter().zip(counts) {
        match counts.wait() {
            Ok(counts) => println!(
                "{:>7} {:>7}  {}",
                counts.messages.unwrap_or_default(),
                counts.unseen.unwrap_or_default(),
                entry.mailbox.name()
            ),
            // A name that only holds others, for instance.
            Err(error) if error.connection_alive() => println!("{:>7} {:>7}  {}", "-", "-", entry.mailbox.name()),
            Err(error) => return Err(error.into()),
        }
    }
    client.logout()?;
    Ok(())
}
