//! `cargo xtask test`: every check that guards a merge, one after the other, with a summary.
//!
//! A failed step does not hide the next one: each says something of its own. The order keeps compile passes few: clippy
//! and the docs share what they checked, the tests are built once, with the feature `legacy-tls`; without it only what differs is
//! built again. The servers this run starts are stopped at its end, however it ends.

use crate::{cargo, header, install, live, oldest, tidy};
use anyhow::{Result, bail};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Has cargo build the whole workspace with legacy TLS.
pub(crate) const LEGACY_TLS: [&str; 2] =
    ["--features", "imapkit-tests/legacy-tls,imapkit-cli/legacy-tls,imapkit-control/legacy-tls,imapkit-ffi/legacy-tls"];

/// What was typed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "independent switches")]
pub(crate) struct Options {
    quick: bool,
    no_live: bool,
    keep_servers: bool,
}

impl Options {
    pub(crate) fn parse(args: &[&str]) -> Result<Self> {
        let mut options = Self::default();
        for arg in args {
            match *arg {
                "--quick" => options.quick = true,
                "--no-live" => options.no_live = true,
                "--keep-servers" => options.keep_servers = true,
                other => bail!("unknown option {other}"),
            }
        }
        Ok(options)
    }
}

/// Whether every step passed.
pub(crate) fn run(root: &Path, options: Options) -> bool {
    let mut report = Report::default();
    report.step("tidy", || tidy::run(root));
    report.step("fmt", || succeeds(cargo(root).args(["fmt", "--all", "--check"])));
    let mut legacy: &[&str] = &LEGACY_TLS;
    if !report.wanted("tools", "The feature legacy-tls is neither built nor tested.", || live::build_tools(root)) {
        legacy = &[];
    }
    report.step("header", || header::run(root, true));
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked"];
    report.step("clippy", || succeeds(cargo(root).args(clippy).args(legacy).args(["--", "-D", "warnings"])));

    let mut tests = cargo(root);
    tests.args(["test", "--workspace", "--locked", "--no-fail-fast"]).args(legacy);
    if options.quick {
        tests.args(["--lib", "--bins"]).env_remove(live::VARIABLE);
        report.step("test", || succeeds(&mut tests));
        return report.print();
    }
    let c_tools =
        report.wanted("c tools", "The tests of the C library will say what they skip.", || live::c_tools(root));
    report.wanted("keyring", "The test of the system's keyring will say that it skips.", || live::keyring(root));
    let mut servers = None;
    if options.no_live {
        tests.env_remove(live::VARIABLE);
        println!("No live servers, as asked: the interop tests will say that they skip.");
    } else {
        report.step("servers", || match live::raise(root, options.keep_servers) {
            Ok(raised) => {
                tests.env(live::VARIABLE, &raised.json);
                servers = Some(raised);
                Ok(true)
            }
            Err(error) if in_ci() => Err(error.context("the live servers must start in CI")),
            Err(error) => {
                println!("NO LIVE SERVERS: {error:#}. The interop tests will say that they skip.");
                tests.env_remove(live::VARIABLE);
                Ok(true)
            }
        });
    }
    report.step("browser", || browser(root, &mut tests));
    report.step("test", || succeeds(&mut tests));
    drop(servers);
    if !legacy.is_empty() {
        report.step("plain", || plain(root));
    }
    if !options.no_live {
        report.step("oldest rust", || match oldest::run(root, tidy::OLDEST_RUST) {
            Err(error) if !in_ci() => {
                println!("NOT BUILT with the oldest Rust: {error:#}.");
                Ok(true)
            }
            verdict => verdict,
        });
    }
    if c_tools {
        report.step("install", || install::check(root, !legacy.is_empty()));
    }
    let mut docs = cargo(root);
    docs.args(["doc", "--workspace", "--locked", "--no-deps"]);
    report.step("doc", || succeeds(docs.env("RUSTDOCFLAGS", "-D warnings")));
    report.print()
}

/// The build without features, as `cargo build` makes it: it compiles, and says so where something is missing.
fn plain(root: &Path) -> Result<bool> {
    let clippy = ["clippy", "-p", "imapkit-cli", "--all-targets", "--locked", "--", "-D", "warnings"];
    let tests = ["test", "-p", "imapkit-transport", "--lib", "--locked"];
    Ok(succeeds(cargo(root).args(clippy))? && succeeds(cargo(root).args(tests))?)
}

/// Where the tests look for the path of Chromium.
const BROWSER: &str = "IMAPKIT_CHROMIUM";

/// Tells the tests where Chromium is; as root on Debian it is installed if need be.
fn browser(root: &Path, tests: &mut Command) -> Result<bool> {
    let output = Command::new(root.join("tests/browser/chromium.sh")).stderr(Stdio::inherit()).output()?;
    if output.status.success() {
        tests.env(BROWSER, String::from_utf8(output.stdout)?.trim());
    } else if in_ci() {
        bail!("pages must be looked at in CI");
    } else {
        println!("NO BROWSER. The tests of pages will say that they skip.");
    }
    Ok(true)
}

fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true")
}

fn succeeds(command: &mut Command) -> Result<bool> {
    Ok(command.status()?.success())
}

/// What ran, how it went and how long it took.
#[derive(Default)]
struct Report(Vec<(&'static str, bool, Duration)>);

impl Report {
    /// Programs that tests need; CI must have them, elsewhere is told what is missing without them. Whether they are there.
    fn wanted(&mut self, name: &'static str, without: &str, find: impl FnOnce() -> Result<()>) -> bool {
        let mut there = true;
        self.step(name, || match find() {
            Err(error) if !in_ci() => {
                println!("NOT HERE: {error:#}. {without}");
                there = false;
                Ok(true)
            }
            found => found.map(|()| true),
        });
        there
    }

    fn step(&mut self, name: &'static str, work: impl FnOnce() -> Result<bool>) {
        println!("\n==> {name}");
        let start = Instant::now();
        let good = work().unwrap_or_else(|error| {
            eprintln!("{name}: {error:#}");
            false
        });
        self.0.push((name, good, start.elapsed()));
    }

    fn print(&self) -> bool {
        println!("\n==> summary");
        for (name, good, took) in &self.0 {
            println!("{name:<8} {:>7.1} s  {}", took.as_secs_f64(), if *good { "ok" } else { "FAILED" });
        }
        self.0.iter().all(|(_, good, _)| *good)
    }
}

#[cfg(test)]
mod tests {
    use super::{Options, Report};
    use anyhow::anyhow;

    #[test]
    fn options_are_parsed_and_unknown_ones_refused() {
        let all = Options::parse(&["--quick", "--no-live", "--keep-servers"]).unwrap();
        assert_eq!(all, Options { quick: true, no_live: true, keep_servers: true });
        assert!(Options::parse(&["--fast"]).is_err());
    }

    #[test]
    fn one_bad_step_fails_the_run_and_the_next_still_happens() {
        let mut report = Report::default();
        let mut reached = false;
        report.step("bad", || Err(anyhow!("no such program")));
        report.step("good", || {
            reached = true;
            Ok(true)
        });
        assert!(reached);
        assert!(!report.print());
    }
}
