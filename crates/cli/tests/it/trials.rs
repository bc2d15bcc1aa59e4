//! `doctor --write-test`: what a server promises is tried out, lies are found, and the folder goes away whatever happens.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use imapkit_testkit::live;

use crate::bench::{Bench, bare, piped, ran, scripted};

const GREETING: &str = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR LITERAL+] ready";

#[test]
fn a_good_server_passes_and_nothing_is_left() {
    let bench = Bench::new();
    let objects = bench.run(&["doctor", &bench.place(""), "--write-test", "--json"]).good().objects();
    let checks = objects[0]["checks"].as_array().unwrap();
    for name in ["create", "append", "idle-push", "keywords", "content", "uid-expunge", "uidvalidity-stable", "remove"]
    {
        let check = checks.iter().find(|check| check["name"] == name);
        assert_eq!(check.map(|check| &check["result"]), Some(&"good".into()), "{name}: {checks:?}");
    }
    let left = bench.run(&["ls", &bench.place(""), "--no-status"]).good();
    assert!(!left.text().contains("imapkit-doctor"), "{left:?}");
}

#[test]
fn real_servers_keep_their_word() {
    let ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    for server in live::servers() {
        let place = format!("{}@{}:{}", server.users[4].name, server.host, server.tls_port);
        let mut command =
            bare(&["doctor", &place, "--write-test", "--json", "--starttls-port", &server.plain_port.to_string()]);
        command.arg("--ca-file").arg(&server.ca_file).env("IMAPKIT_PASSWORD", &server.users[4].password);
        let ran = ran(command);
        let objects = ran.objects();
        let report = &objects[0];
        assert!(
            report["failure"].is_null() && report["oddities"].as_array().unwrap().is_empty(),
            "{}: {ran:?}",
            server.name
        );
        assert_eq!(report["starttls"]["works"], true, "{}: {ran:?}", server.name);
        let checks = report["checks"].as_array().unwrap();
        let bad: Vec<_> = checks.iter().filter(|check| check["result"] != "good").collect();
        assert!(checks.len() >= 19 && bad.is_empty(), "{}: {bad:?}", server.name);
    }
    assert!(!ci || !live::servers().is_empty());
}

/// A server that promises a lot and keeps little of it.
fn liar(command: &str) -> String {
    let offer = "IMAP4rev1 IDLE UIDPLUS CONDSTORE ESEARCH LITERAL+ COMPRESS=DEFLATE";
    let opened = "* 2 EXISTS\r\n* OK [UIDVALIDITY 5] \r\n* OK [PERMANENTFLAGS (\\Seen \\Deleted)] \r\n* OK [HIGHESTMODSEQ 9] \r\n# OK [READ-WRITE]\r\n";
    let words: Vec<&str> = command.split(' ').collect();
    match words.as_slice() {
        ["AUTHENTICATE", ..] => format!("# OK [CAPABILITY {offer}] in\r\n"),
        ["LIST", ..] => "* LIST () \"/\" INBOX\r\n# OK\r\n".to_owned(),
        ["SELECT" | "EXAMINE", ..] => opened.to_owned(),
        ["STATUS", ..] => "* STATUS INBOX (UIDVALIDITY 6 MESSAGES 2)\r\n# OK\r\n".to_owned(),
        ["UID", "SEARCH", ..] => "* ESEARCH UID COUNT 17\r\n# OK\r\n".to_owned(),
        ["IDLE"] => "+ idling\r\n".to_owned(),
        ["COMPRESS", ..] => "# NO not today\r\n".to_owned(),
        ["APPEND", ..] => "# OK [APPENDUID 5 99] done\r\n".to_owned(),
        ["UID", "FETCH", _, rest @ ..] if rest.join(" ").contains("BODY") => {
            "* 1 FETCH (UID 7 BODY[] {3}\r\nabc)\r\n# OK\r\n".to_owned()
        }
        ["UID", "FETCH", ..] => {
            "* 1 FETCH (UID 7 FLAGS () MODSEQ (9))\r\n* 2 FETCH (UID 8 FLAGS () MODSEQ (9))\r\n# OK\r\n".to_owned()
        }
        ["DELETE", ..] => "# NO [NOPERM] it stays\r\n".to_owned(),
        ["LOGOUT"] => "* BYE\r\n# OK\r\n!".to_owned(),
        _ => "# OK\r\n".to_owned(),
    }
}

#[test]
fn lies_are_found_and_told() {
    let mut command = bare(&["doctor", &scripted(GREETING, liar), "--write-test", "--timeout", "1", "--json"]);
    command.env("IMAPKIT_PASSWORD", "x");
    let ran = ran(command).exits(2);
    let objects = ran.objects();
    let checks = objects[0]["checks"].as_array().unwrap();
    for (name, part) in [
        ("uidvalidity", "EXAMINE says UIDVALIDITY 5, STATUS says 6"),
        ("esearch", "counts 17 messages in INBOX, which has 2"),
        ("compress", "not today"),
        ("idle-push", "nothing is told within 1 s"),
        ("appenduid", "APPENDUID says 99"),
        ("keywords", "not permitted"),
        ("content", "comes back as 3 bytes"),
        ("store-modseq", "MODSEQ does not grow"),
        ("copyuid", "COPY tells no UID"),
        ("uid-expunge", "does not remove the message"),
        ("remove", "it stays: remove it by hand"),
    ] {
        let check = checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("{name}: {ran:?}"));
        assert_eq!(check["result"], "bad", "{check}");
        assert!(check["text"].as_str().unwrap().contains(part), "{part}: {check}");
        let findings = objects[0]["findings"].as_array().unwrap();
        assert!(findings.iter().any(|finding| finding["text"].as_str().unwrap().contains(part)), "{part}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_in_the_middle_removes_the_folder() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&heard);
    let place = scripted(GREETING, move |command| {
        notes.lock().unwrap().push(command.to_owned());
        // The message is taken and never answered.
        if command.starts_with("APPEND") {
            String::new()
        } else if command.starts_with("DELETE") {
            "# OK\r\n".to_owned()
        } else {
            liar(command)
        }
    });
    let mut command = bare(&["doctor", &place, "--write-test", "--json"]);
    let child = piped(command.env("IMAPKIT_PASSWORD", "x"));
    let said = |word: &str| heard.lock().unwrap().iter().find(|command| command.starts_with(word)).cloned();
    let start = Instant::now();
    while said("APPEND").is_none() {
        assert!(start.elapsed() < Duration::from_mins(1), "{:?}", heard.lock().unwrap());
        std::thread::sleep(Duration::from_millis(10));
    }
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("interrupted") && text.contains("the folder is removed"), "{text}");
    let made = said("CREATE").unwrap().replace("CREATE ", "");
    assert_eq!(said("DELETE").map(|deleted| deleted.replace("DELETE ", "")), Some(made));
}
