//! C programs against the library: the examples, the tasks of the guide, what careless callers do, and leaks; under valgrind where it is
//! installed.
//!
//! The programs are compiled with every warning an error, linked with the shared library of this build, and run against the embedded server
//! and, where `IMAPKIT_LIVE` names one, against Dovecot.

mod every;
mod guide;
mod program;

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

use imapkit_server::{Config, Mailbox, Server, User};

use program::{Program, Under, finish, valgrind};

const PASSWORD: &str = "s3cret";

fn mail(subject: &str, size: usize) -> Vec<u8> {
    let mut text =
        format!("From: ann@example.org\r\nSubject: {subject}\r\nMessage-ID: <{subject}@example.org>\r\n\r\n");
    while text.len() < size {
        text.push_str("The quick brown fox jumps over the lazy dog, and back again.\r\n");
    }
    text.into_bytes()
}

/// A server, and what programs are told to reach it: host, port, user, and the file of its authority.
struct There {
    server: Server,
    folder: tempfile::TempDir,
}

impl There {
    fn new() -> Self {
        let inbox = Mailbox::new("INBOX").message(mail("first", 300)).message(mail("second", 200_000));
        let user = User::new("me", PASSWORD).mailbox(inbox).mailbox(Mailbox::new("Archive"));
        let server = Server::start(Config::empty().user(user).allow_plain_login(true)).expect("the server starts");
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("ca.pem"), server.ca_pem()).expect("a file");
        Self { server, folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn arguments(&self, middle: &[&str]) -> Vec<String> {
        let port = self.server.tls_port().to_string();
        let mut all = vec!["localhost".to_owned(), port, "me".to_owned()];
        all.extend(middle.iter().map(ToString::to_string));
        all.push(self.path("ca.pem"));
        all
    }
}

#[test]
fn list_shows_mailboxes_and_what_is_new() {
    let there = There::new();
    for under in [Under::Nothing, Under::ValgrindWithTls] {
        let Some(run) = Program::example("list").run(under, &there.arguments(&[]), PASSWORD) else { continue };
        assert!(run.status.success(), "{run:?}");
        let said = String::from_utf8_lossy(&run.stdout);
        assert!(said.contains("     2 messages, 2 unread\tINBOX\n"), "{said}");
        assert!(said.contains("new: first\nnew: second\n"), "{said}");
    }
}

#[test]
fn what_is_no_port_is_not_taken_for_one() {
    let there = There::new();
    for name in ["list", "download", "errors", "wait"] {
        let program = Program::example(name);
        for port in ["", "abc", "99x", "-1", "99999999999999999999"] {
            let mut arguments = there.arguments(&["1", "1", "1"]);
            port.clone_into(&mut arguments[1]);
            let run = program.run(Under::Nothing, &arguments, PASSWORD).expect("it runs");
            assert_eq!(run.status.code(), Some(64), "{name} {port:?}: {run:?}");
            assert!(String::from_utf8_lossy(&run.stderr).starts_with("usage: "), "{run:?}");
        }
    }
}

#[test]
fn download_writes_the_message_byte_for_byte_and_shows_progress() {
    let there = There::new();
    for under in [Under::Nothing, Under::ValgrindWithTls] {
        let file = there.path("second.eml");
        let Some(run) = Program::example("download").run(under, &there.arguments(&["INBOX", "2", &file]), PASSWORD)
        else {
            continue;
        };
        assert!(run.status.success(), "{run:?}");
        assert_eq!(fs::read(&file).unwrap(), mail("second", 200_000));
        let bar = String::from_utf8_lossy(&run.stderr);
        assert!(bar.contains("[########################################] 100 %"), "{bar}");
        fs::remove_file(file).unwrap();
    }
}

#[test]
fn wait_tells_of_a_message_when_it_comes() {
    let there = There::new();
    for (under, subject) in [(Under::Nothing, "third"), (Under::ValgrindWithTls, "fourth")] {
        let arguments = there.arguments(&["1"]);
        let program = Program::example("wait");
        let Some(mut command) = program.command(under, &arguments, PASSWORD) else { continue };
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        assert_eq!(lines.next().expect("a line").unwrap(), "waiting");
        there.server.deliver("me", "INBOX", mail(subject, 300)).expect("the mailbox is there");
        let line = lines.next().expect("a line").unwrap();
        assert!(line.starts_with("new message ") && line.ends_with(&format!(": {subject}")), "{line}");
        assert!(finish(child, Duration::from_mins(2)).success());
    }
}

#[test]
fn errors_are_told_apart_by_their_codes() {
    let there = There::new();
    let errors = Program::example("errors");
    let run = errors.run(Under::Nothing, &there.arguments(&["New"]), PASSWORD).expect("it runs");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(
        run.status.success() && said.contains("advice: make the mailbox") && said.ends_with("selected\n"),
        "{said}"
    );

    let run = errors.run(Under::Nothing, &there.arguments(&["New"]), "wrong").expect("it runs");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(!run.status.success() && said.contains("0x80041006: "), "{said}");
    assert!(said.contains("advice: ask for the password again") && !said.contains("wrong"), "{said}");

    let mut stranger = there.arguments(&["New"]);
    stranger.pop();
    let run = errors.run(Under::Nothing, &stranger, PASSWORD).expect("it runs");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(said.contains("advice: do not send the password") && said.contains("certificate status 5"), "{said}");
}

#[test]
fn whatever_careless_callers_do_is_answered_with_a_code() {
    let there = There::new();
    let program = Program::test("careless");
    let plain = there.server.plain_port().expect("a plain port").to_string();
    let clear = ["localhost".to_owned(), plain, "me".to_owned(), there.path("ca.pem"), "clear".to_owned()];
    for (under, arguments) in [(Under::Nothing, there.arguments(&[])), (Under::Valgrind, clear.to_vec())] {
        let Some(run) = program.run(under, &arguments, PASSWORD) else { continue };
        assert!(run.status.success(), "{under:?}: {}", String::from_utf8_lossy(&run.stderr));
    }
}

#[test]
fn every_form_of_a_function_means_what_its_name_says() {
    let there = There::new();
    let program = Program::test("forms");
    let plain = there.server.plain_port().expect("a plain port").to_string();
    let folder = there.path("");
    let clear = ["localhost", &plain, "me", &there.path("ca.pem"), &folder, "clear"].map(str::to_owned);
    let mut secure = there.arguments(&[]);
    secure.push(folder);
    for (under, arguments) in [(Under::Nothing, secure), (Under::Valgrind, clear.to_vec())] {
        let Some(run) = program.run(under, &arguments, PASSWORD) else { continue };
        assert!(run.status.success(), "{under:?}: {}", String::from_utf8_lossy(&run.stderr));
    }
    for server in imapkit_testkit::live::servers().iter().filter(|server| server.name.starts_with("dovecot")) {
        let user = &server.users[1];
        let ca = server.ca_file.display().to_string();
        let arguments = [server.host.clone(), server.tls_port.to_string(), user.name.clone(), ca, there.path("")];
        let run = program.run(Under::Nothing, &arguments, &user.password).expect("it runs");
        assert!(run.status.success(), "{}: {}", server.name, String::from_utf8_lossy(&run.stderr));
    }
}

#[test]
fn connecting_a_thousand_times_leaks_nothing() {
    let there = There::new();
    // Each a control of its own, over TLS.
    let run = Program::test("leak").run(Under::Nothing, &there.arguments(&["1000"]), PASSWORD).expect("it runs");
    assert!(run.status.success(), "{run:?}");
    assert!(String::from_utf8_lossy(&run.stdout).contains("1000 connections: "), "{run:?}");
    // Valgrind counts blocks instead, so that fewer will do: it is fifty times as slow.
    if let Some(run) = Program::test("leak").run(Under::ValgrindWithTls, &there.arguments(&["25"]), PASSWORD) {
        assert!(run.status.success(), "{run:?}");
    }
}

#[test]
fn the_header_is_c_plus_plus_as_well() {
    Program::compile_cpp("#include <imapkit.h>\nint main() { return imapkit_version() == nullptr; }\n");
}

#[test]
fn the_examples_work_with_dovecot() {
    let servers = imapkit_testkit::live::servers();
    let Some(server) = servers.iter().find(|server| server.name == "dovecot23") else { return };
    let user = &server.users[1];
    let (port, ca) = (server.tls_port.to_string(), server.ca_file.display().to_string());
    let arguments = [server.host.clone(), port, user.name.clone(), ca].to_vec();
    let run = Program::example("list").run(Under::Nothing, &arguments, &user.password).expect("it runs");
    assert!(run.status.success() && String::from_utf8_lossy(&run.stdout).contains("INBOX"), "{run:?}");
    let mut arguments = arguments;
    arguments.insert(3, format!("c-example-{}", std::process::id()));
    let run = Program::example("errors").run(Under::Nothing, &arguments, &user.password).expect("it runs");
    assert!(run.status.success() && String::from_utf8_lossy(&run.stdout).ends_with("selected\n"), "{run:?}");
}

#[test]
fn valgrind_is_there_where_nothing_may_be_skipped() {
    if std::env::var_os("CI").is_some() {
        assert!(valgrind().is_some(), "valgrind is missing, and CI skips nothing");
    }
}
