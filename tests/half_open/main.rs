//! Servers that vanish: the cable is pulled, and nobody is told. T104, M31, M32.
//!
//! Nothing is simulated: client and server run in network namespaces of the kernel, joined by a cable (a veth pair) whose far end is switched
//! off. The test starts itself twice, once in each namespace; that takes root, `unshare` and `ip`.
//!
//! ```text
//!  the test ──starts──▶ client (namespace) ──c0════s0── server (namespace)   ◀── "pull", "plug" on its standard input
//! ```

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the two parts talk over standard output, and figures are for people"
)]

mod blocking_client;
mod cable;
mod tokio_client;

use std::env;
use std::process::{Command, Stdio};

/// Which part this process plays.
const ROLE: &str = "IMAPKIT_HALF_OPEN";

#[test]
fn t104_a_server_that_vanishes_is_found_out_in_idle_in_fetch_and_in_append() {
    match env::var(ROLE).as_deref() {
        Ok("client") => {
            let mut cable = cable::Cable::lay();
            tokio_client::all(&mut cable);
            blocking_client::all(&mut cable);
        }
        Ok("server") => cable::serve(),
        _ if !can_make_networks() => {
            let ci = env::var_os("CI").is_some_and(|value| !value.is_empty());
            assert!(!ci, "network namespaces cannot be made, and in CI no test may be skipped");
            eprintln!("\n*** SKIPPED: network namespaces take root, unshare and ip ***\n");
        }
        _ => {
            let status = in_a_network("client").stdin(Stdio::null()).status().unwrap();
            assert!(status.success(), "see above");
        }
    }
}

/// This test once more, in a network of its own.
fn in_a_network(role: &str) -> Command {
    let name = "t104_a_server_that_vanishes_is_found_out_in_idle_in_fetch_and_in_append";
    let mut command = Command::new("unshare");
    command.arg("-n").arg(env::current_exe().unwrap()).args(["--exact", name, "--nocapture"]).env(ROLE, role);
    command
}

fn can_make_networks() -> bool {
    let succeeds = |program: &str, args: &[&str]| {
        let mut command = Command::new(program);
        command.args(args).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    succeeds("unshare", &["-n", "ip", "link", "add", "c0", "type", "veth", "peer", "name", "s0"])
}
