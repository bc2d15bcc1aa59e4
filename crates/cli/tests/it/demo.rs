//! `demo`: all of it, in time, with files to show for it.

use std::io::{BufRead, BufReader};

use crate::bench::{bare, files, piped, ran};

#[test]
fn the_demo_does_the_main_job() {
    let folder = tempfile::tempdir().unwrap();
    let ran = ran(bare(&["demo", "--to", folder.path().to_str().unwrap()])).good();
    let text = ran.text();
    for step in [
        "1. Connect over TLS",
        "2. Diagnose",
        "3. List",
        "4. Search",
        "5. Show",
        "6. Download",
        "7. Receive",
        "All of it worked",
        "Next,",
    ] {
        assert!(text.contains(step), "{step} is missing in:\n{text}");
    }
    assert_eq!(text.matches('✓').count(), 7);
    let saved = files(&folder.path().join("INBOX"));
    assert_eq!(saved.len(), 24);
    let sample = saved.iter().find(|name| name.ends_with("-1.eml")).unwrap();
    let message = std::fs::read_to_string(folder.path().join("INBOX").join(sample)).unwrap();
    assert!(message.contains("\r\nSubject: Welcome aboard\r\n"), "{message}");
    assert!(!text.contains('\u{1b}'), "colours are for terminals");
}

#[test]
fn the_demo_tells_programs_what_it_did() {
    let folder = tempfile::tempdir().unwrap();
    let ran = ran(bare(&["demo", "--json", "--to", folder.path().to_str().unwrap()])).good();
    let steps: Vec<String> = ran
        .objects()
        .iter()
        .filter(|object| object["type"] == "step")
        .map(|object| object["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(steps, ["connect", "doctor", "ls", "search", "show", "fetch", "watch"]);
}

#[test]
fn a_demo_that_is_kept_says_how_to_reach_it_and_can_be_reached() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = piped(&mut bare(&["demo", "--keep", "--to", folder.path().to_str().unwrap()]));
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let lines = lines.map(|line| line.trim().to_owned());
    let command = lines.into_iter().find(|line| line.starts_with("IMAPKIT_PASSWORD=demo ")).unwrap();
    let args: Vec<&str> = command.split(' ').skip(2).collect();
    let mut again = bare(&args);
    again.env("IMAPKIT_PASSWORD", "demo");
    let listed = ran(again).good();
    assert!(listed.text().contains("Entwürfe & Ideen"), "{listed:?}");
    child.kill().unwrap();
    child.wait().unwrap();
}
