//! Project chores, in Rust so that they run wherever the code does: `cargo xtask VERB`.
//!
//! One module a verb. Nothing here is part of the product, so it may use the standard library and print.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool for people at a terminal")]

mod corpus;
mod fuzz;
mod header;
mod install;
mod live;
mod miri;
mod oldest;
mod test;
mod tidy;

use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const USAGE: &str = "\
cargo xtask test [--quick] [--no-live] [--keep-servers]
                               everything that must hold before a merge: house rules, fmt, clippy, tests, docs
      --quick                  no servers, no docs, unit tests only
      --no-live                do not raise the real servers
      --keep-servers           leave them running afterwards
cargo xtask ci                 the same as `test`
cargo xtask install            the program `imapkit` for this machine, optimised, with old TLS (needs perl and make)
cargo xtask tidy               only the house rules
cargo xtask live up|down|env|caps [SERVER...]
                               the real servers of tests/servers
cargo xtask header [--check]   make imapkit.h from the source; with --check say whether it is stale
cargo xtask install --prefix DIR [--no-legacy-tls] [--debug]
                               the program, the library, its header and the manual, below DIR
cargo xtask fuzz [--seconds N] [TARGET...]
                               the fuzz targets, each for N seconds (60)
cargo xtask miri               the unsafe code of the C interface under Miri (nightly Rust)
cargo xtask corpus [--bless]   compare the golden corpus; with --bless write what the code says now";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// `Ok(false)`: the work was done and found something wrong.
fn run(args: &[String]) -> Result<bool> {
    let root = root();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["test" | "ci", options @ ..] => Ok(test::run(&root, test::Options::parse(options)?)),
        ["install"] => {
            let install =
                ["install", "--path", "crates/cli", "--locked", "--profile", "dist", "--features", "legacy-tls"];
            Ok(cargo(&root).args(install).status()?.success())
        }
        ["tidy"] => tidy::run(&root),
        ["live", verb @ ("up" | "down" | "env" | "caps"), servers @ ..] => live::pass_on(&root, verb, servers),
        ["header"] => header::run(&root, false),
        ["header", "--check"] => header::run(&root, true),
        ["install", options @ ..] => install::run(&root, options),
        ["fuzz", options @ ..] => fuzz::run(&root, options),
        ["miri"] => miri::run(&root),
        ["corpus"] => corpus::run(&root, false),
        ["corpus", "--bless"] => corpus::run(&root, true),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(true)
        }
        _ => bail!("usage:\n{USAGE}"),
    }
}

/// The repository: the folder above this package.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The cargo that runs us, in the repository.
fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    // What cargo told this program of its own package would have build scripts that watch it (ring's) run once more.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
    command
}
