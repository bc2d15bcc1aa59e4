//! Downloads a mailbox, one file a message: `download imap.example.org me INBOX folder`, the password in `IMAP_PASSWORD`.
//!
//! Large messages go from the socket to the file in pieces; none is ever in memory as a whole. A name is given to a file when all of it is there.
#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;
use std::fs::{self, File};
use std::path::Path;

use imapkit_blocking::types::{Items, Key};
use imapkit_blocking::{Config, connect};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, user, mailbox, folder] = &arguments[..] else {
        return Err("usage: download HOST USER MAILBOX FOLDER, the password in IMAP_PASSWORD".into());
    };
    let client = connect(&Config::tls(host).login(user, std::env::var("IMAP_PASSWORD")?))?;
    // Read-only: nothing becomes \Seen by being downloaded.
    let mailbox = client.examine(mailbox.as_str())?;
    fs::create_dir_all(folder)?;

    let all = mailbox.search(Key::All)?;
    let mut total = 0;
    for message in mailbox.fetch(&all, Items::new().body_peek()) {
        let mut message = message?;
        let name = Path::new(folder).join(format!("{}.eml", message.uid()));
        let partial = name.with_extension("part");
        let mut file = File::create(&partial)?;
        total += message.body()?.copy_to(&mut file)?;
        file.sync_all()?;
        fs::rename(partial, name)?;
    }
    println!("{} messages, {total} bytes", all.len());
    client.logout()?;
    Ok(())
}
