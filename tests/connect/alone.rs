//! Runs a test in a process of its own, and if need be on a network of its own: descriptors, children and packets of other tests do not count.
//!
//! The process is this very program, told to run that one test. A network namespace has what its script gives it; names and resolvers come
//! from files that `ip netns exec` puts in place. Everything is removed again, also after a failure.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use imapkit_testkit::live;

const VARIABLE: &str = "IMAPKIT_ALONE";

/// What a namespace is like.
pub(crate) struct Network {
    /// Commands of iproute2, without `ip`, one a line.
    pub(crate) setup: &'static str,
    pub(crate) hosts: &'static str,
    pub(crate) resolv: &'static str,
}

/// Runs `test` (the body of the test of this name) in a process of its own.
pub(crate) fn in_process(name: &str, test: impl FnOnce()) {
    if std::env::var(VARIABLE).is_ok_and(|inside| inside == name) {
        return test();
    }
    let program = std::env::current_exe().expect("a program knows itself");
    run(Command::new(program), name);
}

/// Runs `test` in a process and on a network of its own. Needs root.
pub(crate) fn in_namespace(name: &str, network: &Network, test: impl FnOnce()) {
    if std::env::var(VARIABLE).is_ok_and(|inside| inside == name) {
        return test();
    }
    match Namespace::new(name, network) {
        Ok(namespace) => {
            let mut command = Command::new("ip");
            command
                .args(["netns", "exec", &namespace.name])
                .arg(std::env::current_exe().expect("a program knows itself"));
            run(command, name);
        }
        Err(reason) => live::skip(&format!("{name}: no network namespace (root and iproute2 are needed): {reason}")),
    }
}

fn run(mut command: Command, name: &str) {
    command.args([name, "--exact", "--nocapture", "--test-threads=1"]).env(VARIABLE, name);
    let output = command.output().expect("this program can be started again");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"), "{name}, on its own:\n{text}");
}

struct Namespace {
    name: String,
    files: PathBuf,
}

impl Namespace {
    fn new(test: &str, network: &Network) -> Result<Self, String> {
        let short = test.rsplit("::").next().unwrap_or(test);
        let name = format!("imapkit-{}-{}", std::process::id(), &short[..short.len().min(24)]);
        let files = PathBuf::from("/etc/netns").join(&name);
        ip(&["netns", "add", &name])?;
        let namespace = Self { name, files };
        std::fs::create_dir_all(&namespace.files).map_err(|error| error.to_string())?;
        for (file, text) in [("hosts", network.hosts), ("resolv.conf", network.resolv)] {
            std::fs::write(namespace.files.join(file), text).map_err(|error| error.to_string())?;
        }
        let mut script = String::from("link set lo up\n");
        writeln!(script, "{}", network.setup).expect("a string takes everything");
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let words: Vec<&str> = line.split(' ').collect();
            ip(&[&["-n", namespace.name.as_str()], &words[..]].concat())?;
        }
        Ok(namespace)
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = ip(&["netns", "del", &self.name]);
        let _ = std::fs::remove_dir_all(&self.files);
    }
}

fn ip(arguments: &[&str]) -> Result<(), String> {
    let output = Command::new("ip").args(arguments).output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stderr);
    output.status.success().then_some(()).ok_or_else(|| format!("ip {}: {text}", arguments.join(" ")))
}
