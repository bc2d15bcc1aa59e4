//! The C of the guide, docs/control.md: each task as it stands there, compiled with every warning an error and run.
//!
//! Only what no test can have is replaced: names of hosts by this machine's, and the port of a tunnel.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use imapkit_server::{Config, Mailbox, Message, Server, User};
use imapkit_testkit::certs::Authority;
use imapkit_testkit::peer::Peer;

use crate::program::{Program, Under};

const GUIDE: &str = include_str!("../../../../docs/control.md");
/// As the guide writes it.
const PASSWORD: &str = "secret";
const REPORT: &str = "Subject: report\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee below\r\n--b\r\n\
    Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"report.pdf\"\r\n\
    Content-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n--b--\r\n";

/// The blocks of a language under a heading, or before the first one.
fn blocks<'a>(section: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("\n```{language}");
    let mut found = Vec::new();
    for piece in section.split(&*fence).skip(1) {
        // What follows the language on its line is for rustdoc: `no_run`.
        let (attributes, rest) = piece.split_once('\n').expect("a block has lines");
        if attributes.is_empty() || attributes.starts_with(',') {
            found.push(rest.split_once("\n```").expect("a block ends").0);
        }
    }
    found
}

/// The C of the task whose function has this name.
fn task(name: &str) -> &'static str {
    let begins = format!("static int32_t {name}(imapkit_control *imap");
    blocks(GUIDE, "c").into_iter().find(|block| block.contains(&begins)).expect("the guide has the task")
}

fn message(text: &str) -> Message {
    Message::new(text.as_bytes().to_vec())
}

fn server(inbox: impl IntoIterator<Item = Message>) -> Server {
    let inbox = inbox.into_iter().fold(Mailbox::new("INBOX"), Mailbox::message);
    let user = User::new("me", PASSWORD).mailbox(inbox);
    Server::start(Config::empty().user(user)).expect("the server starts")
}

/// A task in a program that makes a control, connects it if `connected`, and makes this call.
struct Task {
    folder: tempfile::TempDir,
    program: Program,
}

impl Task {
    fn new(name: &str, call: &str, connected: bool, port: u16, authority: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let ca = folder.path().join("ca.pem");
        fs::write(&ca, authority).expect("a file");
        let mut text = task(name).to_owned();
        for host in ["imap.example.org", "imap.gmail.com", "old.example.org"] {
            text = text.replace(&format!("\"{host}\""), "\"localhost\"");
        }
        let text = text.replace("\"localhost\", 1993,", &format!("\"localhost\", {port},"));
        let connect = "code = imapkit_control_connect_ex(imap, \"localhost\", -1, \"me\", \"secret\", 60, \
                       IMAPKIT_OPTION_SECURE_IMPLICIT);";
        let source = format!(
            "#include <imapkit.h>\n#include <stdio.h>\n\n{text}\n\nint main(int argc, char **argv) {{\n\
             const char *argument = argc > 1 ? argv[1] : \"\";\n\
             int32_t code = 0;\n\
             imapkit_control *imap = imapkit_control_new();\n\
             imapkit_control_set_certificate_authorities(imap, \"{}\");\n\
             imapkit_control_set_remote_port(imap, {port});\n\
             {}\n\
             if (code == 0) code = {call};\n\
             (void)argument;\n\
             imapkit_control_free(imap);\n\
             printf(\"code 0x%08x\\n\", (unsigned)code);\n\
             return code != 0;\n}}\n",
            ca.display(),
            if connected { connect } else { "" },
        );
        Self { program: Program::source(name, &source), folder }
    }

    /// What it writes; the last line is its code.
    fn run(&self, under: Under, argument: &str) -> Option<String> {
        let run = self.program.run(under, &[argument.to_owned()], PASSWORD)?;
        let said = String::from_utf8_lossy(&run.stdout).into_owned();
        assert!(run.status.code().is_some_and(|code| code < 2), "{run:?}");
        Some(said)
    }
}

const BOTH: [Under; 2] = [Under::Nothing, Under::ValgrindWithTls];

#[test]
fn every_task_of_the_guide_is_there_in_c() {
    for section in GUIDE.split("\n## ") {
        let (rust, c) = (blocks(section, "rust").len(), blocks(section, "c").len());
        assert_eq!(rust, c, "{}", section.lines().next().unwrap_or_default());
    }
    assert_eq!(blocks(GUIDE, "c").len(), 9, "a new task needs its test here");
}

#[test]
fn connecting_as_the_guide_does() {
    let server = server([]);
    for name in ["connect_and_look", "connect_through_a_tunnel"] {
        let task = Task::new(name, &format!("{name}(imap)"), false, server.tls_port(), server.ca_pem());
        let said = task.run(Under::Nothing, "").expect("it runs");
        assert!(said.ends_with("code 0x00000000\n"), "{name}: {said}");
    }
    let look = Task::new("connect_and_look", "connect_and_look(imap)", false, server.tls_port(), server.ca_pem());
    let Some(said) = look.run(Under::ValgrindWithTls, "") else { return };
    assert!(said.contains("TLS13") || said.contains("AES") || said.contains("CHACHA"), "{said}");
}

#[test]
fn an_expired_token_is_replaced_as_the_guide_does() {
    let authority = Authority::new("authority");
    let identity = authority.issue_for(&["localhost"]);
    let peer = Peer::setup().implicit_tls(identity.server_config()).serve_each(2, |conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] ready\r\n")?;
        let (tag, command) = conn.expect_line()?;
        // user=me@gmail.com, auth=Bearer old or new
        let old = "AUTHENTICATE XOAUTH2 dXNlcj1tZUBnbWFpbC5jb20BYXV0aD1CZWFyZXIgb2xkAQE=";
        let new = "AUTHENTICATE XOAUTH2 dXNlcj1tZUBnbWFpbC5jb20BYXV0aD1CZWFyZXIgbmV3AQE=";
        if command == old {
            conn.send("+ eyJzdGF0dXMiOiI0MDAifQ==\r\n")?;
            conn.expect_bytes("\r\n")?;
            conn.send(format!("{tag} NO [AUTHENTICATIONFAILED] Invalid credentials\r\n"))?;
        } else {
            assert_eq!(command, new);
            conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1] welcome\r\n"))?;
        }
        conn.drain()
    });
    let call = "connect_to_gmail(imap, \"old\", \"new\")";
    let task = Task::new("connect_to_gmail", call, false, peer.port(), &authority.pem());
    let said = task.run(Under::Nothing, "").expect("it runs");
    assert_eq!(said, "code 0x00000000\n");
    peer.join_all().expect("the peer was asked for what it expects");
}

#[test]
fn an_old_server_is_told_of_as_the_guide_does() {
    let server = server([]);
    let call = "connect_to_old_server(imap)";
    let task = Task::new("connect_to_old_server", call, false, server.tls_port(), server.ca_pem());
    let said = task.run(Under::Nothing, "").expect("it runs");
    if cfg!(feature = "legacy-tls") {
        assert!(said.ends_with("code 0x00000000\n"), "{said}");
    } else {
        assert_eq!(said, "build with the feature legacy-tls\ncode 0x8004101b\n");
    }
}

#[test]
fn proxies_are_set_as_the_guide_does() {
    let task = Task::new("set_proxies", "set_proxies(imap)", false, 0, "");
    assert_eq!(task.run(Under::Nothing, "").expect("it runs"), "code 0x00000000\n");
}

#[test]
fn mail_is_waited_for_as_the_guide_does() {
    let server = server([message("Subject: old\r\n\r\nHello\r\n")]);
    let task = Task::new("wait_for_mail", "wait_for_mail(imap)", true, server.tls_port(), server.ca_pem());
    for under in BOTH {
        let Some(mut command) = task.program.command(under, &[], PASSWORD) else { continue };
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        // It does not say when it waits: mail comes until it has seen some.
        let mut patience = 1200_u32;
        while child.try_wait().expect("it can be waited for").is_none() {
            patience -= 1;
            if patience == 0 {
                let _ = child.kill();
                panic!("{under:?}: mail comes, and the program waits");
            }
            server.deliver("me", "INBOX", "Subject: news\r\n\r\nHello\r\n").expect("the mailbox is there");
            std::thread::sleep(Duration::from_millis(200));
        }
        let output = child.wait_with_output().expect("it can be waited for");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "news\ncode 0x00000000\n", "{under:?}");
    }
}

#[test]
fn attachments_are_saved_as_the_guide_does() {
    let server = server([message("Subject: plain\r\n\r\nHello\r\n"), message(REPORT)]);
    let call = "save_attachments(imap, argument)";
    let task = Task::new("save_attachments", call, true, server.tls_port(), server.ca_pem());
    for under in BOTH {
        let downloads = task.folder.path().join(format!("{under:?}"));
        fs::create_dir(&downloads).expect("a folder");
        let Some(said) = task.run(under, &downloads.display().to_string()) else { continue };
        assert!(said.contains("report.pdf -> ") && said.contains(" 100 %\n"), "{said}");
        assert!(said.ends_with("code 0x00000000\n"), "{said}");
        assert_eq!(fs::read(downloads.join("report.pdf")).unwrap(), b"%PDF");
    }
}

#[test]
fn read_mail_is_moved_as_the_guide_does() {
    for under in BOTH {
        let mail = |n: u32| message(&format!("Subject: {n}\r\n\r\n{n}\r\n"));
        let server = server([mail(1).flag("\\Seen"), mail(2), mail(3).flag("\\Seen")]);
        let task = Task::new("move_read_mail", "move_read_mail(imap)", true, server.tls_port(), server.ca_pem());
        let Some(said) = task.run(under, "") else { continue };
        assert_eq!(said, "code 0x00000000\n");
        let of = |mailbox| server.messages("me", mailbox).unwrap().len();
        assert_eq!((of("INBOX"), of("Done")), (1, 2));
    }
}

#[test]
fn errors_are_handled_as_the_guide_does() {
    let task = Task::new("handle_errors", "handle_errors(imap)", false, 0, "");
    for under in [Under::Nothing, Under::Valgrind] {
        let Some(said) = task.run(under, "") else { continue };
        let expected = "there is no connection\nthere is no connection; call connect first\ncode 0x80042749\n";
        assert_eq!(said, expected);
    }
}
