//! `ls`, `search`, `show`: what people see and what programs get.

use crate::bench::{Bench, piped};

#[test]
fn folders_are_a_tree_for_people_and_objects_for_programs() {
    let bench = Bench::new();
    let text = bench.run(&["ls", &bench.place("")]).good();
    for line in ["INBOX", "  2025", "not subscribed", "10 folders, 36 messages"] {
        assert!(text.text().contains(line), "{line}: {text:?}");
    }
    let objects = bench.run(&["ls", &bench.place(""), "--json"]).good().objects();
    let sent = objects.iter().find(|object| object["name"] == "Sent").unwrap();
    assert_eq!(
        (sent["type"].as_str(), sent["special_use"].as_str(), sent["messages"].as_u64()),
        (Some("mailbox"), Some("sent"), Some(2))
    );
    let lists = objects.iter().find(|object| object["name"] == "Lists").unwrap();
    assert_eq!((lists["selectable"].as_bool(), lists["messages"].as_u64()), (Some(false), None));
    let below = bench.run(&["ls", &bench.place("Lists"), "--json"]).good().objects();
    assert_eq!(below.len(), 2);
    let subscribed = bench.run(&["ls", &bench.place(""), "--json", "--subscribed", "--no-status"]).good().objects();
    assert!(subscribed.iter().all(|object| object["name"] != "Junk" && object["messages"].is_null()));
    bench.run(&["ls", &bench.place("Nowhere")]).exits(1);
}

#[test]
fn a_search_finds_what_the_query_says() {
    let bench = Bench::new();
    let found = |query: &[&str]| -> Vec<u64> {
        let place = bench.place("INBOX");
        let mut args = vec!["search", &place, "--json"];
        args.extend(query);
        bench.run(&args).good().objects().iter().map(|object| object["uid"].as_u64().unwrap()).collect()
    };
    assert_eq!(found(&["subject:invoice"]), [3]);
    assert_eq!(found(&["is:flagged", "-subject:invoice"]), [8, 20]);
    assert_eq!(found(&["subject:the Tuesday meeting"]), [2], "the shell has taken the quotes");
    assert_eq!(found(&["from:billing or is:flagged", "before:2025-02-01"]), [3, 8]);
    assert_eq!(found(&["uid:1:24", "--limit", "3"]), [22, 23, 24], "the newest");
    assert_eq!(found(&["subject:会議"]), [11], "other alphabets too");
    assert_eq!(found(&["subject:no-such-words-anywhere"]), [0_u64; 0]);
    let text = bench.run(&["search", &bench.place("INBOX"), "uid:11,17"]).good();
    assert!(
        text.text().contains("会議のお知らせ")
            && text.text().contains("(no subject)")
            && text.text().contains("2025-02-03"),
        "{text:?}"
    );
    assert!(text.err.contains("2 messages in INBOX"), "what is for people is on stderr");
    let empty = bench.run(&["search", &bench.place("Lists/Rust"), "is:answered"]).good();
    assert_eq!(empty.text(), "");
}

#[test]
fn a_message_is_shown_decoded_and_stays_unread() {
    let bench = Bench::new();
    let inbox = bench.place("INBOX");
    let before = bench.server.messages("demo", "INBOX").unwrap();
    let shown = bench.run(&["show", &inbox, "21"]).good();
    for part in ["From: Photos <photos@example.net>", "schöne Grüße", "Straße bei Nacht €.png", "Säße.png", "image/png"]
    {
        assert!(shown.text().contains(part), "{part}: {shown:?}");
    }
    let latin = bench.run(&["show", &inbox, "13"]).good();
    assert!(latin.text().contains("Subject: Prüfung am Überlauf") && latin.text().contains("Überlauf geprüft."));
    let structure = bench.run(&["show", &inbox, "4", "--structure"]).good();
    assert!(structure.text().lines().any(|line| line.starts_with("    1.1    multipart/alternative")), "{structure:?}");
    let headers = bench.run(&["show", &inbox, "9", "--headers"]).good();
    assert!(headers.text().contains("To: Élise Dupont <elise@example.net>"), "{headers:?}");
    let raw = bench.run(&["show", &inbox, "13", "--raw"]).good();
    assert_eq!(raw.out, before[12].1.bytes(), "byte for byte");
    assert_eq!(bench.server.messages("demo", "INBOX").unwrap(), before, "nothing is marked as read");
}

#[test]
fn a_message_is_an_object_for_programs() {
    let bench = Bench::new();
    let place = format!("imaps://demo@localhost:{}/INBOX;UID=4", bench.server.tls_port());
    let objects = bench.run(&["show", &place, "--json"]).good().objects();
    let message = &objects[0];
    assert_eq!(message["text"], "Up again. The chart needs a program that shows HTML.");
    assert_eq!(message["attachments"][1]["name"], "figures.csv");
    assert_eq!(message["structure"]["parts"][0]["parts"][1]["file_name"], "chart.png");
    assert_eq!(message["envelope"]["from"][0]["address"], "dashboard@stats.example.net");
    assert_eq!((message["uid"].as_u64(), message["text_truncated"].as_bool()), (Some(4), Some(false)));
    let raw = bench.run(&["show", &bench.place("INBOX"), "17", "--raw", "--json"]).good().objects();
    assert!(raw[0]["body"].as_str().unwrap().starts_with("RnJvbTo"), "base64 of From:");
}

#[test]
fn a_large_message_is_shown_without_downloading_its_attachment() {
    let bench = Bench::new();
    let trace = bench.path("trace");
    let shown = bench.run(&["show", &bench.place("Archive/2025"), "2", "--trace", trace.to_str().unwrap()]).good();
    assert!(shown.text().contains("It is a large file.") && shown.text().contains("recording.bin"), "{shown:?}");
    let trace = std::fs::read_to_string(trace).unwrap();
    assert!(
        trace.contains("BODY.PEEK[HEADER]") && trace.contains("BODY.PEEK[1]<0.") && !trace.contains("BODY.PEEK[]"),
        "{trace}"
    );
    let long = bench.run(&["show", &bench.place("Archive/2025"), "1"]).good();
    assert!(long.text().contains("[5000] compiling unit"), "a long text is shown to its end");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let bench = Bench::new();
    let mut command = bench.command(&["show", &bench.place("Archive/2025"), "1", "--raw"]);
    let mut child = piped(&mut command);
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn starttls_and_accounts_of_the_configuration_lead_there_too() {
    let bench = Bench::new();
    let starttls = format!("imap+starttls://demo@localhost:{}", bench.server.plain_port().unwrap());
    bench.run(&["ls", &starttls]).good();
    let config = bench
        .file("config.toml", format!("[accounts.home]\nwhere = \"{starttls}\"\npassword-command = \"echo demo\"\n"));
    let mut command = bench.command(&["search", "Sent", "--account", "home"]);
    command.env("IMAPKIT_CONFIG", &config).env_remove("IMAPKIT_PASSWORD");
    let ran = crate::bench::ran(command).good();
    assert!(ran.err.contains("2 messages in Sent"), "{ran:?}");
}

#[test]
fn man_pages_and_completions_come_from_the_same_definitions() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().to_str().unwrap();
    crate::bench::ran(crate::bench::bare(&["generate", "man", "--to", to])).good();
    crate::bench::ran(crate::bench::bare(&["generate", "completions", "--shell", "bash", "--to", to])).good();
    let fetch = std::fs::read_to_string(folder.path().join("imapkit-fetch.1")).unwrap();
    assert!(
        fetch.contains("mark\\-seen") && folder.path().join("imapkit.bash").exists(),
        "{:?}",
        crate::bench::files(folder.path())
    );
}
