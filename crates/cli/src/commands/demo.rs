//! `demo`: a server in memory on loopback, and the main job done on it, step by step: what the other verbs do, with their own code.
//!
//! Nothing leaves this machine and nothing is left behind but the folder with the downloaded messages, whose place is told. With `--keep`
//! the server goes on until Ctrl-C. Every step checks what it did; one that fails ends the demo with its error.

mod steps;

use std::path::{Path, PathBuf};
use std::time::Instant;

use imapkit::dial::{Host, Security};
use imapkit_server::{Config, Server};

use crate::args::high::Target;
use crate::args::way::Way;
use crate::errors::{Outcome, Problem, plain};
use crate::exit::Exit;
use crate::files;
use crate::interrupt::Interrupt;
use crate::output::Output;
use crate::output::json::{self, Object};
use crate::output::text::{duration, pad};
use crate::place::{Place, Server as Whom, Shown};
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
        found: None,
        proof: Shown::Password,
    };
    let target = Target {
        place,
        tokens: None,
        secret: Source::Given(USER),
        ca_file: Some(authority.clone()),
        pins: Vec::new(),
        trusted_site: false,
        client_cert: None,
        secure_fallback: false,
        timeout: None,
        no_discover: true,
        auth: None,
        disabled: Vec::new(),
        allow_cleartext: false,
        way: Way::default(),
        compress: false,
        trace: None,
    };
    Demo::new(&server, &target, &folder, output).all().await?;
    let worked = output.paint().green(&format!("All of it worked, in {}.", duration(start.elapsed())));
    output.line(&format!("\n{worked}\n"))?;
    if keep { serve(&server, &authority, output).await } else { next(output) }
}

/// Says how to reach the server, and waits for Ctrl-C.
async fn serve(server: &Server, authority: &Path, output: &mut Output) -> Outcome {
    let (port, program, ca_file) = (server.tls_port(), program(), authority.display().to_string());
    output.line(&format!(
        "The server goes on: imaps://localhost:{port}, user {USER}, password {USER}, authority {ca_file}."
    ))?;
    if let Some(port) = server.plain_port() {
        output.line(&format!("STARTTLS is on imap+starttls://localhost:{port}."))?;
    }
    output.line("In another terminal:")?;
    output.line(&format!("  IMAPKIT_PASSWORD={USER} {program} ls {USER}@localhost:{port} --ca-file {ca_file}"))?;
    output.line("Ctrl-C ends it.")?;
    let reach = json::Reach { tls_port: port, plain_port: server.plain_port(), user: USER, password: USER, ca_file };
    output.object(&Object::new("server", reach))?;
    output.flush()?;
    Interrupt::listen().pressed().await;
    Ok(Exit::Done)
}

/// What to try next.
fn next(output: &mut Output) -> Outcome {
    let program = program();
    output.line("Next, with a mailbox of your own:")?;
    for (what, does) in [
        ("doctor you@example.org", "the connection explained"),
        ("ls you@example.org", "your folders"),
        ("search you@example.org is:unread since:7d", "what you have not read this week"),
        ("fetch you@example.org/INBOX --to mail", "a copy on your disk"),
        ("watch you@example.org", "new mail as it arrives"),
    ] {
        output.line(&format!("  {program} {}  {does}", pad(what, 42)))?;
    }
    output.line(&format!("or play with this server:\n  {program} demo --keep"))?;
    Ok(Exit::Done)
}

/// How to call this program from here: by its name if the shell finds it, by its path if not.
fn program() -> String {
    let Ok(exe) = std::env::current_exe() else { return "imapkit".to_owned() };
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| exe.parent() == Some(&folder)) {
        return "imapkit".to_owned();
    }
    let here = std::env::current_dir().ok();
    let short = here.as_deref().and_then(|here| exe.strip_prefix(here).ok()).unwrap_or(&exe);
    let text = short.display().to_string();
    if text.contains(' ') { format!("'{text}'") } else { text }
}
