//! Puts a file into a mailbox as a message: `append imap.example.org me Drafts message.eml`, the password in `IMAP_PASSWORD`.
//!
//! The file is read while it is sent, and no faster than the server takes it.
#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;

use imapkit::types::Flag;
use imapkit::{Config, NewMessage, connect};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, user, mailbox, path] = &arguments[..] else {
        return Err("usage: append HOST USER MAILBOX FILE, the password in IMAP_PASSWORD".into());
    };
    let file = tokio::fs::File::open(path).await?;
    let octets = file.metadata().await?.len();
    let client = connect(&Config::tls(host).login(user, std::env::var("IMAP_PASSWORD")?)).await?;

    let message = NewMessage::from_reader(file, octets).flags([Flag::Seen, Flag::Draft]);
    match client.append(mailbox, message).await? {
        Some(appended) => println!("UID {} in UIDVALIDITY {}", appended.uids, appended.uid_validity),
        None => println!("done; the server does not say which UID it has"),
    }
    client.logout().await?;
    Ok(())
}
