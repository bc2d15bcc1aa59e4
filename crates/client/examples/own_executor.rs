//! Runs the driver where the program likes, here side by side with its work on one task: no task is spawned for the connection.
//! `own_executor imap.example.org me`, the password in `IMAP_PASSWORD`.
#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;

use imapkit::{Client, Config, connect_with};

async fn work(client: Client) -> Result<(), imapkit::Error> {
    let inbox = client.examine("INBOX").await?;
    println!("{} messages", inbox.info().exists);
    client.logout().await
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(host), Some(user)) = (arguments.next(), arguments.next()) else {
        return Err("usage: own_executor HOST USER, the password in IMAP_PASSWORD".into());
    };
    let config = Config::tls(host).login(user, std::env::var("IMAP_PASSWORD")?);

    // A runtime of its own on this thread, with I/O and time, which sockets and timers need; any executor may poll within it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (client, driver) = connect_with(&config).await?;
        // Logout ends both: the work with its answer, the driver with why the connection is over.
        let (outcome, end) = tokio::join!(work(client), driver);
        println!("the driver says: {end}");
        outcome
    })?;
    Ok(())
}
