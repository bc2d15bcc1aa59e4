//! Logging in from the command line: stores, OAuth 2.0 by browser and by device code, tokens that are refreshed, logging out.
//!
//! The provider is a server of the test that gives tokens by the rules of the RFCs, the mail server one that takes those tokens and no
//! others. The system's keyring is tested where a Secret Service can be had (`gnome-keyring`, `dbus-run-session`).

mod browser;
mod device;
mod hangs;
mod keyring;
mod live;
mod mail;
mod provider;
mod proxy;
mod refresh;
mod secrecy;
mod stores;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command};

use crate::bench::{Ran, bare, piped, ran};
use mail::Mail;
use provider::Provider;

const CLIENT: &str = "the-client";
const SECRET: &str = "c4n4ry-client-secret";

/// A provider, a mail server that trusts it, and a home for the program.
pub(crate) struct Scene {
    pub(crate) provider: Provider,
    pub(crate) mail: Mail,
    home: tempfile::TempDir,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let provider = Provider::start();
        Self { mail: Mail::start(&provider), provider, home: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The program, at home here.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = bare(args);
        command.env("IMAPKIT_CONFIG", self.path("config.toml")).env("XDG_DATA_HOME", self.path("data"));
        command.env("XDG_CACHE_HOME", self.path("cache")).env("HOME", self.home.path()).current_dir(self.home.path());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        ran(self.command(args))
    }

    /// `login` at our provider, kept in a file unless said.
    pub(crate) fn login(&self, more: &[&str]) -> Command {
        self.login_at(self.mail.place(), more)
    }

    /// The same for another mail server.
    pub(crate) fn login_at(&self, place: &str, more: &[&str]) -> Command {
        let url = |path: &str| format!("{}/{path}", self.provider.url());
        let mut args = vec!["login", place, "--name", "ann", "--client-id", CLIENT];
        if !more.contains(&"--store") {
            args.extend(["--store", "file"]);
        }
        let urls = [("--auth-url", url("auth")), ("--token-url", url("token")), ("--revoke-url", url("revoke"))];
        args.extend(urls.iter().flat_map(|(flag, url)| [*flag, url.as_str()]));
        let device = url("device");
        args.extend(["--device-url", &device, "--scope", "mail"]);
        args.extend(more);
        let mut command = self.command(&args);
        command.env("IMAPKIT_CLIENT_SECRET", SECRET);
        command
    }

    /// Logged in by browser.
    pub(crate) fn logged_in() -> Self {
        let scene = Self::new();
        Self::visit(scene.login(&["--no-browser"]), Provider::consent).good();
        scene
    }

    /// Runs `login`, and does `then` with the address it prints.
    pub(crate) fn visit(mut command: Command, then: impl FnOnce(&str)) -> Ran {
        let mut child = piped(&mut command);
        let (said, url) = address(&mut child);
        then(&url);
        let mut ran = end(child);
        ran.err.insert_str(0, &said);
        ran
    }

    /// What is kept in the file, if there is one.
    pub(crate) fn kept(&self) -> Option<serde_json::Value> {
        let text = std::fs::read_to_string(self.path("data/imapkit/logins/ann")).ok()?;
        Some(serde_json::from_str(&text).unwrap())
    }
}

/// Reads what is said up to the line with an address.
fn address(child: &mut Child) -> (String, String) {
    let said = said_until(child, "  http");
    let url = said.lines().last().unwrap().trim().to_owned();
    (said, url)
}

/// Reads what is said up to a line that holds these words.
fn said_until(child: &mut Child, words: &str) -> String {
    let mut said = String::new();
    // Without looking ahead: the rest is read by others.
    let mut lines = BufReader::with_capacity(1, child.stderr.take().unwrap());
    loop {
        let mut line = String::new();
        assert_ne!(lines.read_line(&mut line).unwrap(), 0, "it did not say {words:?}: {said}");
        said += &line;
        if line.contains(words) {
            child.stderr = Some(lines.into_inner());
            return said;
        }
    }
}

fn end(child: Child) -> Ran {
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    Ran { exit: output.status.code().unwrap(), out: output.stdout, err }
}
