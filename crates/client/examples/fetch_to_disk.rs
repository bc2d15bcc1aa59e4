//! Downloads a mailbox, one file a message: `fetch_to_disk imap.example.org me INBOX folder`, the password in `IMAP_PASSWORD`.
//!
//! Large messages go from the socket to the file in pieces; none is ever in memory as a whole. A name is given to a file when all of it is there.
#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;
use std::path::Path;

use futures_util::TryStreamExt;
use imapkit::types::{Items, Key};
use imapkit::{Config, connect};
use tokio::fs;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, user, mailbox, folder] = &arguments[..] else {
        return Err("usage: fetch_to_disk HOST USER MAILBOX FOLDER, the password in IMAP_PASSWORD".into());
    };
    let client = connect(&Config::tls(host).login(user, std::env::var("IMAP_PASSWORD")?)).await?;
    // Read-only: nothing becomes \Seen by being downloaded.
    let mailbox = client.examine(mailbox).await?;
    fs::create_dir_all(folder).await?;

    let all = mailbox.search(Key::All).await?;
    let mut messages = mailbox.fetch(&all, Items::new().body_peek()).stream();
    let (mut count, mut octets) = (0_u32, 0);
    while let Some(mut message) = messages.try_next().await? {
        let name = Path::new(folder).join(format!("{}.eml", message.uid()));
        let partial = name.with_extension("part");
        let mut file = fs::File::create(&partial).await?;
        octets += tokio::io::copy_buf(&mut message.body()?.reader(), &mut file).await?;
        file.sync_all().await?;
        fs::rename(partial, name).await?;
        count += 1;
    }
    println!("{count} messages, {octets} octets");
    client.logout().await?;
    Ok(())
}
