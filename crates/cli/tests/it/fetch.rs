//! `fetch`: files that are what the server has, found again, never marked as read by accident.

use std::fs;

use crate::bench::{Bench, bare, files, ran, scripted};

#[test]
fn what_is_saved_is_what_the_server_has_and_the_next_run_goes_on() {
    let bench = Bench::new();
    let out = bench.path("out");
    let args = ["fetch", &bench.place("INBOX"), "--to", "out"];
    let first = bench.run(&args).good();
    assert!(first.err.contains("saved 24 messages to") && first.out.is_empty(), "{first:?}");
    let served = bench.server.messages("demo", "INBOX").unwrap();
    let saved = files(&out);
    assert_eq!(saved.len(), served.len());
    for (uid, message) in &served {
        let name = saved.iter().find(|name| name.ends_with(&format!("-{uid}.eml"))).unwrap();
        let path = out.join(name);
        assert_eq!(fs::read(&path).unwrap(), message.bytes(), "{name}");
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        let seconds = modified.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        assert_eq!(
            i64::try_from(seconds).unwrap(),
            message.internal_date().unwrap().0,
            "the file's time is the message's"
        );
    }
    assert_eq!(bench.server.messages("demo", "INBOX").unwrap(), served, "nothing is marked as read");
    assert!(bench.run(&args).good().err.starts_with("nothing new"));
    fs::remove_file(out.join(&saved[3])).unwrap();
    // As after a power cut: a name without content does not count.
    fs::write(out.join(&saved[5]), "").unwrap();
    let third = bench.run(&args).good();
    assert!(third.err.contains("saved 2 messages") && third.err.contains("22 there already"), "{third:?}");
    assert_eq!(files(&out), saved);
}

#[test]
fn the_query_chooses_and_mark_seen_marks_only_those() {
    let bench = Bench::new();
    let objects = bench
        .run(&["fetch", &bench.place("INBOX"), "uid:6,8", "--to", "out", "--mark-seen", "--json"])
        .good()
        .objects();
    let types: Vec<&str> = objects.iter().map(|object| object["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["saved", "saved", "summary"]);
    assert_eq!((objects[2]["done"].as_u64(), objects[2]["failed"].as_u64()), (Some(2), Some(0)));
    assert!(fs::metadata(objects[0]["file"].as_str().map(|file| bench.path(file)).unwrap()).is_ok());
    let seen = |uid: u32| {
        let all = bench.server.messages("demo", "INBOX").unwrap();
        let message = &all.iter().find(|(found, _)| *found == uid).unwrap().1;
        message.flags().iter().any(|flag| flag == "\\Seen")
    };
    assert!(seen(6) && seen(8) && !seen(11) && !seen(12));
}

#[test]
fn every_format_can_be_put_back_and_is_the_same() {
    let bench = Bench::new();
    let served = bench.server.messages("demo", "INBOX").unwrap();
    for (format, target, source) in [("maildir", "Archive", "maildir/INBOX"), ("mbox", "Junk", "mbox/INBOX.mbox")] {
        bench.run(&["fetch", &bench.place("INBOX"), "--to", format, "--format", format]).good();
        let before = bench.server.messages("demo", target).unwrap().len();
        bench.run(&["put", &bench.place(target), source]).good();
        let mut put: Vec<_> = bench
            .server
            .messages("demo", target)
            .unwrap()
            .split_off(before)
            .into_iter()
            .map(|(_, message)| message)
            .collect();
        assert_eq!(put.len(), served.len(), "{format}");
        for (uid, message) in &served {
            let at = put
                .iter()
                .position(|found| found.bytes() == message.bytes())
                .unwrap_or_else(|| panic!("{format}: {uid} is not the same"));
            let found = put.swap_remove(at);
            assert_eq!(found.internal_date().unwrap().0, message.internal_date().unwrap().0, "{format}: {uid}");
            let kept = |flags: &[String]| {
                // Keywords have no place in a Maildir.
                let mut flags: Vec<String> =
                    flags.iter().filter(|flag| format == "mbox" || flag.starts_with('\\')).cloned().collect();
                flags.sort();
                flags
            };
            assert_eq!(kept(found.flags()), kept(message.flags()), "{format}: {uid}");
        }
    }
}

#[test]
fn stdout_takes_one_message_or_a_format_for_many() {
    let bench = Bench::new();
    let inbox = bench.place("INBOX");
    let one = bench.run(&["fetch", &inbox, "uid:13"]).good();
    assert_eq!(one.out, bench.server.messages("demo", "INBOX").unwrap()[12].1.bytes());
    assert!(bench.run(&["fetch", &inbox, "uid:1:2"]).exits(64).err.contains("2 messages match, and stdout takes one"));
    let mbox = bench.run(&["fetch", &inbox, "uid:1:2", "--format", "mbox"]).good();
    assert_eq!(mbox.text().lines().filter(|line| line.starts_with("From MAILER-DAEMON ")).count(), 2);
    let lines =
        bench.run(&["fetch", &inbox, "uid:1:2", "--format", "jsonl", "--items", "flags,headers,body"]).good().objects();
    assert_eq!(lines.len(), 2);
    assert!(
        lines[0]["headers"][0][0] == "Return-Path"
            && lines[0]["body"].is_string()
            && lines[0].get("envelope").is_none(),
        "{lines:?}"
    );
    let listing = bench.run(&["fetch", &inbox, "--format", "jsonl", "--to", "out"]).good();
    assert!(listing.err.contains("saved 24 messages"), "{listing:?}");
    assert_eq!(fs::read_to_string(bench.path("out/INBOX.jsonl")).unwrap().lines().count(), 24);
}

#[test]
fn progress_can_be_json_on_stderr() {
    let bench = Bench::new();
    let ran = bench.run(&["fetch", &bench.place("Archive/2025"), "--to", "out", "--progress", "json"]).good();
    let last = ran.err.lines().rfind(|line| line.starts_with('{')).unwrap();
    let last: serde_json::Value = serde_json::from_str(last).unwrap();
    assert_eq!(
        (last["type"].as_str(), last["done"].as_u64(), last["total"].as_u64()),
        (Some("progress"), Some(2), Some(2))
    );
    assert_eq!(last["bytes"], last["total_bytes"]);
}

#[test]
fn an_mbox_that_is_there_is_not_overwritten() {
    let bench = Bench::new();
    let args = ["fetch", &bench.place("Sent"), "--to", "out", "--format", "mbox"];
    bench.run(&args).good();
    assert!(bench.run(&args).exits(5).err.contains("is there already and is not overwritten"));
}

/// A server whose messages are: one good, one without content, one gone, one that was not asked for, and one it does not send.
fn troubled(command: &str) -> String {
    let verb = command.to_ascii_uppercase();
    let data = match verb.as_str() {
        verb if verb.starts_with("EXAMINE") => "* 5 EXISTS\r\n* OK [UIDVALIDITY 9] ok\r\n* OK [UIDNEXT 9] ok\r\n",
        verb if verb.starts_with("UID SEARCH") => "* SEARCH 1 2 3 5\r\n",
        verb if verb.starts_with("UID FETCH") && verb.contains("BODY.PEEK[]") => {
            "* 9 FETCH (UID 99 BODY[] {1}\r\nx)\r\n* 1 FETCH (UID 1 BODY[] {14}\r\nSubject: 1\r\n\r\n)\r\n* 2 FETCH (UID 2 BODY[] NIL)\r\n"
        }
        verb if verb.starts_with("UID FETCH") => {
            "* 1 FETCH (UID 1 RFC822.SIZE 14 FLAGS ())\r\n* 2 FETCH (UID 2 RFC822.SIZE 18446744073709551615 FLAGS (\\Seen))\r\n\
             * 4 FETCH (UID 5 RFC822.SIZE 18446744073709551615 FLAGS ())\r\n"
        }
        _ => "",
    };
    format!("{data}# OK done\r\n")
}

#[test]
fn one_message_that_fails_costs_that_message() {
    let place = scripted("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready", troubled);
    let folder = tempfile::tempdir().unwrap();
    let mut command = bare(&["fetch", &place, "--to", folder.path().to_str().unwrap(), "--json"]);
    command.env("IMAPKIT_PASSWORD", "x");
    let ran = ran(command).exits(2);
    assert_eq!(files(folder.path()), ["INBOX/9-1.eml"]);
    let objects = ran.objects();
    let left_out: Vec<&str> = objects
        .iter()
        .filter(|object| object["type"] == "failed")
        .map(|object| object["uids"].as_str().unwrap())
        .collect();
    assert_eq!(left_out, ["3", "2", "5"], "{ran:?}");
    let summary = objects.last().unwrap();
    assert_eq!((summary["done"].as_u64(), summary["failed"].as_u64()), (Some(1), Some(3)));
    assert!(
        ran.err.contains("message 3: gone") && ran.err.contains("message 5: the server did not send it"),
        "{ran:?}"
    );
}
