//! `demo`: a server in memory on loopback, and the main job done on it, step by step: what the other verbs do, with their own code.
//!
//! Nothing leaves this machine and nothing is left behind but the folder with the downloaded messages, whose place is told. With `--keep`
//! the server goes on until Ctrl-C. Every step checks what it did; one that fails ends the demo with its error.

mod steps;

use std::path::PathBuf;
use std::time::Instant;

use imapkit::dial::{Host, Security};
use imapkit_server::{Config, Server};

use crate::args::high::Target;
use crate::errors::{Outcome, Problem, plain};
use crate::exit::Exit;
use crate::files;
use crate::interrupt::Interrupt;
use crate::output::Output;
use crate::output::text::duration;
use crate::place::{Place, Server as Whom};
use crate::secrets::Source;
use steps::Demo;

/// The account of the server.
const USER: &str = "demo";

pub(super) async fn run(keep: bool, to: Option<PathBuf>, output: &mut Output) -> Outcome {
    let start = Instant::now();
    let server = Server::start(Config::default())
        .map_err(|error| Problem::new(Exit::Failed, "system", format!("cannot start the server: {}", plain(&error))))?;
    let folder = match to {
        Some(folder) => folder,
        None => tempfile::Builder::new()
            .prefix("imapkit-demo-")
            .tempdir()
            .map_err(|error| Problem::file("make a folder in", &std::env::temp_dir(), &error))?
            .keep(),
    };
    files::make_folder(&folder)?;
    let authority = folder.join("demo-ca.pem");
    files::write(&authority, server.ca_pem().as_bytes())?;
    let place = Place {
        security: Security::Tls,
        server: Whom::Host(Host::Name("localhost".to_owned())),
        port: server.tls_port(),
        user: Some(USER.to_owned()),
        auth: None,
        mailbox: None,
        uid_validity: None,
        uid: None,
    };
    let target = Target {
        place,
        secret: Source::Given(USER),
        ca_file: Some(authority.clone()),
        pins: Vec::new(),
        trusted_site: false,
        timeout: None,
        auth: None,
        disabled: Vec::new(),
        allow_cleartext: false,
        trace: None,
    };
    Demo::new(&server, &target, &folder, output).all().await?;
    output.line("")?;
    let paint = output.paint();
    output.line(&paint.green(&format!("All of it worked, in {}.", duration(start.elapsed()))))?;
    output.line("")?;
    let port = server.tls_port();
    if keep {
        let command =
            format!("IMAPKIT_PASSWORD={USER} imapkit ls {USER}@localhost:{port} --ca-file {}", authority.display());
        output.line(&format!(
            "The server goes on: imaps://localhost:{port}, user {USER}, password {USER}; its authority is {}.",
            authority.display()
        ))?;
        if let Some(port) = server.plain_port() {
            output.line(&format!("STARTTLS is on imap+starttls://localhost:{port}."))?;
        }
        output.line(&format!("In another terminal:\n  {command}"))?;
        output.line("Ctrl-C ends it.")?;
        output.flush()?;
        Interrupt::listen().pressed().await;
        return Ok(Exit::Done);
    }
    output.line("Next, with a mailbox of your own:")?;
    output.line("  imapkit doctor you@example.org           the connection explained")?;
    output.line("  imapkit ls you@example.org               your folders")?;
    output.line("  imapkit search you@example.org is:unread since:7d")?;
    output.line("  imapkit fetch you@example.org/INBOX --to mail")?;
    output.line("  imapkit watch you@example.org            new mail as it arrives")?;
    output.line("or play with this server: imapkit demo --keep")?;
    Ok(Exit::Done)
}
