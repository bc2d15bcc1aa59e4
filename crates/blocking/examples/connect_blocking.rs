//! Connects, and says what it found: `connect imap.example.org me`, the password in `IMAP_PASSWORD`.
//!
//! `starttls:host` uses STARTTLS on port 143; `host:port` another port.
#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;

use imapkit_blocking::{Config, connect};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(host), Some(user)) = (arguments.next(), arguments.next()) else {
        return Err("usage: connect HOST USER, the password in IMAP_PASSWORD".into());
    };
    let config = match host.strip_prefix("starttls:") {
        Some(host) => Config::starttls(host),
        None => Config::tls(host),
    };
    let client = connect(&config.login(user, std::env::var("IMAP_PASSWORD")?))?;

    let info = client.opened();
    println!("greeting:     {}", info.opened.greeting);
    println!("login:        {}", info.opened.mechanism.as_deref().unwrap_or("none"));
    if let Some(tls) = &info.tls {
        println!("tls:          {} {}", tls.version, tls.suite);
    }
    if let Some(offered) = client.capabilities().offered() {
        println!("capabilities: {offered}");
    }
    for (phase, time) in &info.phases {
        println!("{:<13} {:.1} ms", format!("{phase}:"), time.as_secs_f64() * 1e3);
    }
    client.logout()?;
    Ok(())
}
