//! Starts the demo server and keeps it until Enter is pressed: `cargo run -p imapkit-server --example start`.

use std::io::{self, Write};

use imapkit_server::{Config, Server};

fn main() -> io::Result<()> {
    let server = Server::start(Config::default())?;
    let mut out = io::stdout().lock();
    for user in server.users() {
        writeln!(out, "user {} password {}", user.name(), user.password())?;
    }
    if let Some(port) = server.plain_port() {
        writeln!(out, "imap://localhost:{port} (STARTTLS)")?;
    }
    writeln!(out, "imaps://localhost:{}", server.tls_port())?;
    writeln!(out, "trust this certificate:\n{}press Enter to stop", server.ca_pem())?;
    io::stdin().read_line(&mut String::new())?;
    server.stop();
    Ok(())
}
