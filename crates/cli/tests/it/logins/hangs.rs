//! What hangs while a token is asked for ends with the deadline, and leaves nothing behind (T111).

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{Scene, end};
use crate::bench::piped;

/// Whether a process is still there.
fn runs(id: &str) -> bool {
    Path::new("/proc").join(id.trim()).exists()
}

#[test]
fn t111_a_token_command_that_hangs_ends_with_the_deadline() {
    let scene = Scene::new();
    // It reads from a pipe that nobody ever opens.
    let command = "mkfifo never; echo $$ > id; exec cat never";
    let arguments = ["ls", scene.mail.place(), "--timeout", "1", "--token-command", command];
    let mut child = piped(&mut scene.command(&arguments));
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > Duration::from_mins(1) {
            child.kill().unwrap();
            panic!("it hangs as well");
        }
        sleep(Duration::from_millis(20));
    }
    let ran = end(child);
    assert_eq!(ran.exit, 4, "{ran:?}");
    assert!(ran.err.contains("token") && ran.err.contains("1 s"), "{ran:?}");
    let id = std::fs::read_to_string(scene.path("id")).unwrap();
    let begun = Instant::now();
    while runs(&id) {
        assert!(begun.elapsed() < Duration::from_mins(1), "the command is still there");
        sleep(Duration::from_millis(20));
    }
}
