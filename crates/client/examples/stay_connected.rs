//! Watches the INBOX over lost networks, restarts of the server and nights in a bag: `stay_connected imap.example.org me`, the password in
//! `IMAP_PASSWORD`. Ctrl-C ends it.
//!
//! The account is connected again as often as needed; what the server asks for (slower, later) is honoured, and a refused password is not
//! offered again.
#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;

use imapkit::{Config, MailboxEvent, Standing, Steady, WatchEvent};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(host), Some(user)) = (arguments.next(), arguments.next()) else {
        return Err("usage: stay_connected HOST USER, the password in IMAP_PASSWORD".into());
    };
    let config = Config::tls(host).login(user, std::env::var("IMAP_PASSWORD")?);
    let account = Steady::start(&config);
    account.examine("INBOX").await?;
    let mut watch = account.watch();
    loop {
        match watch.next().await {
            Ok(WatchEvent::Opened(inbox)) => println!("watching {} messages", inbox.info().exists),
            Ok(WatchEvent::Changed(MailboxEvent::Exists(count))) => println!("{count} messages now"),
            Ok(WatchEvent::Lost { why, .. }) => println!("lost: {why}"),
            Ok(_) => {}
            // Nothing more comes by itself: the password was changed, say.
            Err(error) => {
                if let Standing::Refused { cause: Some(cause), .. } = account.standing() {
                    println!("{}: {}", cause.means(), cause.advice());
                }
                return Err(error.into());
            }
        }
    }
}
