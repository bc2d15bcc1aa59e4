//! Finds the server of a mail address and tells how: `cargo run -p imapkit-discover --example find -- ann@example.org`.
//!
//! Connects to it as well, without logging in, to show that the certificate is the right one.
#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).ok_or("whose server?")?;
    let found = match imapkit_discover::discover(&address).await {
        Ok(found) => found,
        Err(error) => {
            error.steps().iter().for_each(|step| println!("{step}"));
            return Err(error.into());
        }
    };
    found.steps.iter().for_each(|step| println!("{step}"));
    println!("{} as {}, by {}", found.server, found.server.user, found.source);
    for need in found.provider.map(|provider| provider.needs).unwrap_or_default() {
        println!("note: {}", need.advice());
    }
    let client = imapkit::connect(&found.server.config()).await?;
    println!("it greets: {}", client.opened().opened.greeting);
    client.logout().await?;
    Ok(())
}
