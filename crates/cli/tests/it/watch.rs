//! `watch`: told at once, counted, commands run, links that break made again. Nothing here waits for time: each step waits for the event.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout};

use imapkit_server::{Config, Server};
#[cfg(unix)]
use imapkit_testkit::dovecot::Dovecot;
use imapkit_testkit::relay::Relay;
use serde_json::Value;

use crate::bench::{Bench, bare, piped, ran};

const NEW: &str = "From: Ann Example <ann@example.org>\r\nSubject: just now\r\n\r\nhi\r\n";

struct Watch {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Watch {
    fn next(&mut self) -> Value {
        let line = self.lines.next().expect("the watch goes on").unwrap();
        let event: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((event["v"].as_u64(), event["type"].as_str()), (Some(1), Some("event")), "{line}");
        event
    }

    /// The next event of this kind; what the server tells besides is passed over.
    fn until(&mut self, kind: &str) -> Value {
        loop {
            let event = self.next();
            if event["event"] == kind {
                return event;
            }
        }
    }

    fn end(self) -> (i32, String) {
        drop(self.lines);
        let output = self.child.wait_with_output().unwrap();
        (output.status.code().unwrap_or(-1), String::from_utf8(output.stderr).unwrap())
    }
}

fn watch(mut command: std::process::Command) -> Watch {
    let mut child = piped(&mut command);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    Watch { child, lines }
}

#[test]
fn a_message_that_arrives_is_told_and_its_command_run() {
    let bench = Bench::new();
    let exec = "printf '%s|%s|%s|%s' \"$IMAPKIT_EVENT\" \"$IMAPKIT_UID\" \"$IMAPKIT_FROM\" \"$IMAPKIT_SUBJECT\" > told; test -z \"$IMAPKIT_PASSWORD\"";
    let mut watch = watch(bench.command(&["watch", &bench.place("INBOX"), "--json", "--count", "1", "--exec", exec]));
    let first = watch.next();
    assert_eq!((first["event"].as_str(), first["exists"].as_u64()), (Some("watching"), Some(24)));
    let uid = bench.server.deliver("demo", "INBOX", NEW).unwrap();
    let told = watch.next();
    assert_eq!(
        (told["event"].as_str(), told["uid"].as_u64(), told["exists"].as_u64()),
        (Some("new"), Some(uid.into()), Some(25))
    );
    assert_eq!(told["message"]["envelope"]["subject"], "just now");
    let (exit, err) = watch.end();
    assert_eq!(exit, 0, "{err}");
    assert!(!err.contains("warning"), "the command had no password and succeeded: {err}");
    assert_eq!(
        std::fs::read_to_string(bench.path("told")).unwrap(),
        format!("new|{uid}|Ann Example <ann@example.org>|just now")
    );
}

#[test]
fn two_messages_at_once_are_two_events_and_the_count_ends_it() {
    let bench = Bench::new();
    let mut watch = watch(bench.command(&["watch", &bench.place("INBOX"), "--json", "--count", "2"]));
    watch.next();
    let uids = [(); 2].map(|()| u64::from(bench.server.deliver("demo", "INBOX", NEW).unwrap()));
    assert_eq!([watch.next(), watch.next()].map(|event| event["uid"].as_u64().unwrap()), uids);
    assert_eq!(watch.end().0, 0);
}

#[test]
fn flags_and_deletions_by_others_are_told() {
    let bench = Bench::new();
    let mut watch = watch(bench.command(&["watch", &bench.place("Junk"), "--json", "--count", "1"]));
    assert_eq!(watch.next()["event"], "watching");
    bench.run(&["fetch", &bench.place("Junk"), "--to", "out", "--mark-seen"]).good();
    let told = watch.next();
    assert_eq!(told["event"], "flags");
    assert!(told["message"]["flags"].as_array().unwrap().iter().any(|flag| flag == "\\Seen"), "{told}");
    assert_eq!(watch.end().0, 0);
}

#[test]
fn time_that_is_up_is_partial_when_events_were_wanted() {
    let bench = Bench::new();
    bench.run(&["watch", &bench.place("INBOX"), "--for", "0"]).good();
    bench.run(&["watch", &bench.place("INBOX"), "--for", "0", "--count", "1"]).exits(2);
}

#[test]
fn a_link_that_breaks_is_made_again_and_what_arrived_meanwhile_is_told() {
    let server = Server::start(Config::default().allow_plain_login(true)).unwrap();
    let relay = Relay::to(server.plain_port().unwrap());
    let mut command =
        bare(&["watch", &format!("imap+insecure://demo@127.0.0.1:{}", relay.port()), "--json", "--count", "3"]);
    command.env("IMAPKIT_PASSWORD", "demo");
    let mut watch = watch(command);
    assert_eq!(watch.next()["event"], "watching");
    // Stopped and let go on, as a process in between or a laptop that is shut for a moment: nothing is lost by that.
    relay.hold(true);
    let late = server.deliver("demo", "INBOX", NEW).unwrap();
    relay.hold(false);
    assert_eq!(watch.next()["uid"].as_u64(), Some(late.into()));
    relay.cut();
    assert_eq!(watch.next()["event"], "lost");
    let missed = server.deliver("demo", "INBOX", NEW).unwrap();
    assert_eq!(watch.next()["event"], "watching");
    let told = watch.next();
    assert_eq!((told["event"].as_str(), told["uid"].as_u64()), (Some("new"), Some(missed.into())));
    let live = server.deliver("demo", "INBOX", NEW).unwrap();
    assert_eq!(watch.next()["uid"].as_u64(), Some(live.into()));
    assert_eq!(watch.end().0, 0);
}

#[test]
fn what_does_not_work_at_the_beginning_ends_at_once() {
    let bench = Bench::new();
    bench.run(&["watch", &bench.place("Nowhere")]).exits(1);
    ran({
        let mut command = bench.command(&["watch", &bench.place("INBOX")]);
        command.env("IMAPKIT_PASSWORD", "wrong");
        command
    })
    .exits(3);
}

#[cfg(unix)]
#[test]
fn a_real_server_that_is_restarted_under_it() {
    let Some(mut dovecot) = Dovecot::start("watch", 10) else { return };
    let bench = Bench::new();
    let place = format!("imap+insecure://ann@127.0.0.1:{}", dovecot.port());
    let put = |subject: &str| {
        let mail = bench.file(&format!("{subject}.eml"), NEW.replace("just now", subject));
        let mut command = bare(&["put", &place, mail.to_str().unwrap()]);
        command.env("IMAPKIT_PASSWORD", "pass");
        ran(command).good();
    };
    let mut command = bare(&["watch", &place, "--json"]);
    command.env("IMAPKIT_PASSWORD", "pass");
    let mut watch = watch(command);
    watch.until("watching");
    put("before");
    assert_eq!(watch.until("new")["message"]["envelope"]["subject"], "before");
    dovecot.stop();
    watch.until("lost");
    dovecot.begin();
    watch.until("watching");
    put("after");
    assert_eq!(watch.until("new")["message"]["envelope"]["subject"], "after");
    watch.child.kill().unwrap();
    watch.end();
}
