//! `put`: what is in the files is in the mailbox, and what is left out is told.

use crate::bench::Bench;

const MESSAGE: &str = "From: ann@example.org\nSubject: put\nDate: Mon, 23 Nov 2026 10:00:00 +0100\n\nhello\n";

#[test]
fn a_message_arrives_with_flags_date_and_crlf() {
    let bench = Bench::new();
    bench.file("a.eml", MESSAGE);
    let objects =
        bench.run(&["put", &bench.place("Drafts"), "a.eml", "--flags", "seen,$Label1", "--json"]).good().objects();
    let (uid, message) = bench.server.messages("demo", "Drafts").unwrap().pop().unwrap();
    assert_eq!((objects[0]["type"].as_str(), objects[0]["uid"].as_u64()), (Some("appended"), Some(uid.into())));
    assert_eq!(message.bytes(), MESSAGE.replace('\n', "\r\n").as_bytes());
    assert_eq!(message.flags(), ["\\Seen", "$Label1"]);
    assert_eq!(message.internal_date(), Some((1_795_424_400, 60)));
}

#[test]
fn what_cannot_be_put_is_left_out_and_told() {
    let bench = Bench::new();
    bench.file("good.eml", MESSAGE);
    bench.file("empty.eml", "");
    bench.file("zero.eml", "Subject: x\n\na\0b\n");
    let before = bench.server.messages("demo", "Sent").unwrap().len();
    let ran = bench.run(&["put", &bench.place("Sent"), "empty.eml", "good.eml", "zero.eml"]).exits(2);
    assert!(
        ran.err.contains("empty.eml: there is nothing in it") && ran.err.contains("zero.eml: there is a zero byte"),
        "{ran:?}"
    );
    assert!(ran.err.contains("put 1 message into Sent") && ran.err.contains("2 left out"), "{ran:?}");
    assert_eq!(bench.server.messages("demo", "Sent").unwrap().len(), before + 1);
    bench.run(&["put", &bench.place("Sent"), "missing.eml"]).exits(1);
}

#[test]
fn a_dry_run_says_what_it_would_do_and_does_nothing() {
    let bench = Bench::new();
    bench.file("a.eml", MESSAGE);
    let before = bench.server.messages("demo", "Sent").unwrap();
    let ran = bench.run(&["put", &bench.place("Sent"), "a.eml", "--dry-run"]).good();
    assert!(
        ran.text().contains("a.eml")
            && ran.text().contains("2026-11-23T10:00:00+01:00")
            && ran.err.contains("nothing was put"),
        "{ran:?}"
    );
    assert_eq!(bench.server.messages("demo", "Sent").unwrap(), before);
}

#[test]
fn a_folder_that_is_not_there_is_said_with_what_to_do() {
    let bench = Bench::new();
    bench.file("a.eml", MESSAGE);
    let ran = bench.run(&["put", &bench.place("Nowhere"), "a.eml"]).exits(1);
    assert!(ran.err.contains("there is no such folder") && ran.err.contains("has to be made first"), "{ran:?}");
}

#[test]
fn a_large_message_from_stdin_is_put_whole() {
    let bench = Bench::new();
    let large = format!("Subject: large\n\n{}", "0123456789abcdef\n".repeat(300_000));
    bench.run_with(&["put", &bench.place("Drafts"), "-"], large.as_bytes()).good();
    let message = bench.server.messages("demo", "Drafts").unwrap().pop().unwrap().1;
    assert_eq!(message.bytes().len(), large.len() + 300_002);
}
