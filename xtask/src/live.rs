//! `cargo xtask live`: the real servers of `tests/servers`, and their life span during a test run.
//!
//! The scripts know how to start and stop; this file decides when. What was running before stays running. What we start
//! is stopped by a *warden*, a child that waits for the end of a pipe we hold: the pipe ends when we finish, fail, are
//! interrupted or are killed, so no path leaves servers behind.

use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Where the tests look for the description of the servers.
pub(crate) const VARIABLE: &str = "IMAPKIT_LIVE";

/// Servers to test against. Dropping it stops those this run started.
#[derive(Debug)]
pub(crate) struct Raised {
    /// Path of `live.json`.
    pub(crate) json: String,
    _warden: Option<Warden>,
}

/// Start what is not running yet. An `IMAPKIT_LIVE` already set wins: then nothing is started.
pub(crate) fn raise(root: &Path, keep: bool) -> Result<Raised> {
    if let Ok(json) = std::env::var(VARIABLE) {
        if !Path::new(&json).is_file() {
            bail!("{VARIABLE} names {json}, which is not a file");
        }
        return Ok(Raised { json, _warden: None });
    }
    let missing = lines(script(root, "missing"))?;
    if missing.is_empty() {
        let env = lines(script(root, "env"))?;
        let json =
            env.iter().find_map(|line| line.strip_prefix("IMAPKIT_LIVE=")).context("servers.sh env has no path")?;
        return Ok(Raised { json: json.to_owned(), _warden: None });
    }
    // Before the servers: an interrupt while they start must find the warden on its post.
    let warden = if keep { None } else { Some(Warden::new(root, &missing)?) };
    let mut up = script(root, "up");
    up.args(&missing);
    let json = lines(up)?.pop().context("servers.sh up did not say where live.json is")?;
    Ok(Raised { json, _warden: warden })
}

/// What the feature `legacy-tls` is built with: perl with all its modules (Debian's smallest lacks them), and make. Installed where they are
/// missing and that is possible.
pub(crate) fn build_tools(root: &Path) -> Result<()> {
    let there = || runs("perl", &["-MIPC::Cmd", "-MFindBin", "-MFile::Compare", "-e1"]) && runs("make", &["--version"]);
    need(root, &["perl", "make"], there)
}

/// Programs that the tests of the C library need.
pub(crate) fn c_tools(root: &Path) -> Result<()> {
    let there = || runs("valgrind", &["--version"]) && runs("pkg-config", &["--version"]);
    need(root, &["valgrind", "pkg-config"], there)
}

/// A keyring of the desktop, for the test that keeps a login in one.
pub(crate) fn keyring(root: &Path) -> Result<()> {
    let there = || runs("dbus-run-session", &["--version"]) && runs("gnome-keyring-daemon", &["--version"]);
    need(root, &["dbus-daemon", "gnome-keyring"], there)
}

fn need(root: &Path, packages: &[&str], there: impl Fn() -> bool) -> Result<()> {
    let install = || script(root, "tools").args(packages).status().is_ok_and(|status| status.success());
    if there() || (install() && there()) {
        return Ok(());
    }
    bail!("{} are needed and could not be installed", packages.join(" and "))
}

fn runs(program: &str, args: &[&str]) -> bool {
    let status = Command::new(program).args(args).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// `cargo xtask live VERB`: the script's own output and verdict.
pub(crate) fn pass_on(root: &Path, verb: &str, servers: &[&str]) -> Result<bool> {
    Ok(script(root, verb).args(servers).status().context("tests/servers/servers.sh")?.success())
}

pub(crate) fn script(root: &Path, verb: &str) -> Command {
    let mut command = Command::new(root.join("tests/servers/servers.sh"));
    command.arg(verb);
    command
}

/// The lines a command prints; what it says on stderr goes to the terminal.
fn lines(mut command: Command) -> Result<Vec<String>> {
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("{command:?}"))?;
    if !output.status.success() {
        bail!("{} failed", command.get_program().to_string_lossy());
    }
    Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
}

/// A child that runs `servers.sh down` as soon as its standard input ends.
#[derive(Debug)]
struct Warden(Child);

impl Warden {
    fn new(root: &Path, servers: &[String]) -> Result<Self> {
        // An interrupt at the terminal reaches the whole process group; the warden must outlive it.
        const WAIT_THEN_STOP: &str = r#"trap '' INT TERM HUP; cat >/dev/null; exec "$0" down "$@""#;
        let script = root.join("tests/servers/servers.sh");
        let mut command = Command::new("sh");
        command.arg("-c").arg(WAIT_THEN_STOP).arg(script).args(servers);
        Ok(Self(command.stdin(Stdio::piped()).spawn().context("the warden of the servers")?))
    }
}

impl Drop for Warden {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        match self.0.wait() {
            Ok(status) if status.success() => {}
            other => eprintln!("the servers may still be running: {other:?}; try `cargo xtask live down`"),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::Warden;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    #[test]
    fn the_warden_stops_what_it_was_told_when_we_let_go() {
        let root = folder("warden");
        let script = root.join("tests/servers/servers.sh");
        std::fs::create_dir_all(script.parent().unwrap()).unwrap();
        std::fs::write(&script, format!("#!/bin/sh\necho \"$@\" >{}/said\n", root.display())).unwrap();
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();

        let warden = Warden::new(&root, &["one".to_owned(), "two".to_owned()]).unwrap();
        assert!(!root.join("said").exists(), "it waits");
        drop(warden);
        assert_eq!(std::fs::read_to_string(root.join("said")).unwrap(), "down one two\n");
        std::fs::remove_dir_all(root).unwrap();
    }

    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        path
    }
}
