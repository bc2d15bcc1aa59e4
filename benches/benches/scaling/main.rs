//! Twice the input, at most twice the work: `cargo bench -p imapkit-benches --bench scaling [-- CASE …]`.
//!
//! Work is counted in instructions by valgrind's callgrind, so the answer is the same on a busy machine and on every run. Each case
//! runs twice, with n and with 2n, in a process of its own; only what [`measured`] calls is counted, not the making of the input. Ends
//! with an error when a ratio exceeds [`MOST`]. Separate from the unit tests because it takes a minute and needs valgrind.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::exit,
    reason = "a program that prints a table and says yes or no"
)]

mod inputs;
mod sessions;

use std::process::Command;

use imapkit_benches::stream;
use inputs::{CASES, Case, Work};

/// Two, and what growing a vector and crossing another power of two may add.
const MOST: f64 = 2.2;

/// All that is counted.
#[inline(never)]
fn measured(work: Work) -> usize {
    match work {
        Work::Stream { octets, read } => stream::decode(&octets, read, drop),
        Work::Other(mut work) => work(),
    }
}

/// Instructions that `case` takes for an input of size `n`.
fn instructions(case: &Case, n: usize) -> u64 {
    let program = std::env::current_exe().expect("this program has a path");
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no"])
        .arg("--toggle-collect=*scaling*measured*")
        .arg(program)
        .args(["--once", case.name, &n.to_string()])
        .output();
    let run = run.expect("valgrind can be started");
    let log = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{} {n}: {log}", case.name);
    let count = log.lines().find_map(|line| line.split("Collected :").nth(1));
    count.and_then(|count| count.trim().parse().ok()).expect("callgrind says what it collected")
}

#[allow(clippy::cast_precision_loss, reason = "printed with two digits")]
fn ratio(large: u64, small: u64) -> f64 {
    large as f64 / small as f64
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if let [once, name, n] = &args[..]
        && once == "--once"
    {
        let case = CASES.iter().find(|case| case.name == name).expect("a case of that name");
        std::hint::black_box(measured((case.input)(n.parse().expect("a number"))));
        return;
    }
    println!("| input | n | instructions for n | for 2n | ratio |\n|---|---:|---:|---:|---:|");
    let mut failed = Vec::new();
    for case in CASES.iter().filter(|case| args.is_empty() || args.iter().any(|arg| arg == case.name)) {
        let (small, large) = (instructions(case, case.n), instructions(case, 2 * case.n));
        println!("| {}: {} | {} | {small} | {large} | {:.2} |", case.name, case.what, case.n, ratio(large, small));
        if small == 0 || ratio(large, small) > MOST {
            failed.push(case.name);
        }
    }
    if !failed.is_empty() {
        eprintln!("not linear: {}", failed.join(", "));
        std::process::exit(1);
    }
}
