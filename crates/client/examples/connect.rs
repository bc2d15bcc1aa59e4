//! Connects, and says what it found: `connect imap.example.org me`, the password in `IMAP_PASSWORD`.
//!
//! `starttls:host` uses STARTTLS on port 143; `host:port` another port. With `IMAP_TRACE` set, every line said is shown, secrets replaced.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example talks to whoever runs it")]

use std::error::Error;

use imapkit::{Config, connect};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(host), Some(user)) = (arguments.next(), arguments.next()) else {
        return Err("usage: connect HOST USER, the password in IMAP_PASSWORD".into());
    };
    let mut config = match host.strip_prefix("starttls:") {
        Some(host) => Config::starttls(host),
        None => Config::tls(host),
    };
    if std::env::var_os("IMAP_TRACE").is_some() {
        config = config.trace(|line| eprintln!("{} {}", if line.sent { "C:" } else { "S:" }, line.text));
    }
    let client = connect(&config.login(user, std::env::var("IMAP_PASSWORD")?)).await?;

    let info = client.opened();
    println!("greeting:     {}", info.opened.greeting);
    println!("login:        {}", info.opened.mechanism.as_deref().unwrap_or("none"));
    if let Some(tls) = &info.tls {
        println!("tls:          {} {}", tls.version, tls.suite);
    }
    if let Some(offered) = client.capabilities().await?.offered() {
        println!("capabilities: {}", offered.iter().collect::<Vec<_>>().join(" "));
    }
    for (phase, time) in &info.phases {
        println!("{:<13} {time:?}", format!("{phase}:"));
    }
    client.logout().await?;
    Ok(())
}
