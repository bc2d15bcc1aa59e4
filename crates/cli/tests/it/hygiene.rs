//! Hostile names and secrets: nothing gets out of its place (T077, T109).

use imapkit_server::{Config, Mailbox, User};

use crate::bench::{Bench, files, ran};

/// A message whose attachments are called what they should not be called.
fn hostile() -> String {
    let names = [
        "filename=\"../../escaped.txt\"",
        "filename=\"/etc/escaped\"",
        "filename=\"..\"",
        "filename=\"con.txt\"",
        "filename=\"a\\\\..\\\\..\\\\escaped\"",
        "filename*=utf-8''..%2F..%2Fescaped",
        "filename=\"=?utf-8?Q?..=2F..=2Fescaped?=\"",
        "filename*=utf-8''esc%1B%5B2Japed%0D%0A",
        "filename=\"same.txt\"",
        "filename=\"SAME.TXT\"",
    ];
    let mut message = "From: eve@example.org\r\nSubject: \u{1b}[2Jhello\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".to_owned();
    message.push_str("--b\r\n\r\ntext \u{1b}]0;evil\u{7}\r\n");
    for name in names {
        message += &[
            "--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; ",
            name,
            "\r\n\r\nx\r\n",
        ]
        .concat();
    }
    message + "--b--\r\n"
}

#[test]
fn t077_attachments_stay_in_their_folder_whatever_they_are_called() {
    let bench = Bench::new();
    bench.run_with(&["put", &bench.place("Drafts"), "-"], hostile().as_bytes()).good();
    let before = files(bench.path("").as_path());
    let ran = bench
        .run(&["fetch", &bench.place("Drafts"), "subject:hello", "--attachments", "--to", "deep/er/out", "--json"])
        .good();
    let after = files(bench.path("").as_path());
    let new: Vec<&String> = after.iter().filter(|name| !before.contains(name)).collect();
    assert_eq!(new.len(), 10, "{new:?}");
    for name in new {
        let rest = name.strip_prefix("deep/er/out/Drafts/").unwrap_or_else(|| panic!("{name} is somewhere else"));
        assert_eq!(rest.split('/').count(), 2, "{name}");
        let file = rest.rsplit('/').next().unwrap();
        assert!(!file.starts_with('.') && !file.chars().any(|c| c.is_control() || "\\:/".contains(c)), "{name}");
    }
    assert_eq!(ran.objects().iter().filter(|object| object["type"] == "saved").count(), 10);
}

#[test]
fn t077_a_mailbox_is_no_path() {
    let odd = Mailbox::new("..").message("Subject: up\r\n\r\nx\r\n");
    let nested = Mailbox::new("Con/a:b").message("Subject: device\r\n\r\nx\r\n");
    let bench = Bench::with(Config::empty().user(User::new("demo", "demo").mailbox(odd).mailbox(nested)));
    for mailbox in ["..", "Con/a:b"] {
        bench.run(&["fetch", &bench.place(mailbox), "--to", "out"]).good();
    }
    let saved = files(bench.path("").as_path());
    let saved: Vec<&str> = saved
        .iter()
        .map(|name| name.rsplit_once('/').map_or("", |(folder, _)| folder))
        .filter(|name| !name.is_empty())
        .collect();
    assert_eq!(saved, ["out/%2E%2E", "out/%43on/a%3Ab"]);
}

#[test]
fn t031_what_a_sender_wrote_commands_no_terminal() {
    let bench = Bench::new();
    bench.run_with(&["put", &bench.place("Drafts"), "-"], hostile().as_bytes()).good();
    let uid = bench.server.messages("demo", "Drafts").unwrap().last().unwrap().0.to_string();
    let drafts = bench.place("Drafts");
    for args in [
        &["show", &drafts, &uid][..],
        &["show", &drafts, &uid, "--headers"],
        &["show", &drafts, &uid, "--structure"],
        &["search", &drafts],
    ] {
        let ran = bench.run(args).good();
        let odd = |text: &str| text.chars().any(|c| c.is_control() && c != '\n');
        assert!(!odd(ran.text()) && !odd(&ran.err), "{args:?}: {ran:?}");
    }
}

#[test]
fn t109_no_secret_is_ever_shown() {
    const CANARY: &str = "canary-hunter2";
    // "\0demo\0canary-hunter2", as AUTHENTICATE PLAIN says it; and its tail however it is aligned.
    const SHAPES: &[&str] = &[CANARY, "AGRlbW8AY2FuYXJ5LWh1bnRlcjI", "Y2FuYXJ5LWh1bnRlcjI", "aHVudGVyM", "h1bnRlcj"];
    let user = || User::new("demo", CANARY);
    let bench = Bench::with(Config::empty().user(user()).allow_plain_login(true));
    let tls = bench.place("INBOX");
    let clear = format!("imap+insecure://demo@localhost:{}/INBOX", bench.server.plain_port().unwrap());
    let mut seen = String::new();
    for (at, (password, place, auth)) in [
        (CANARY, &tls, "PLAIN"),
        (CANARY, &tls, "LOGIN"),
        (CANARY, &clear, "LOGIN"),
        ("canary-hunter2-wrong", &tls, "PLAIN"),
        ("canary-hunter2-wrong", &clear, "LOGIN"),
    ]
    .into_iter()
    .enumerate()
    {
        for verb in ["ls", "doctor", "search"] {
            let trace = bench.path(&format!("trace{at}{verb}"));
            let mut command =
                bench.command(&[verb, place, "-v", "--json", "--auth", auth, "--trace", trace.to_str().unwrap()]);
            command.env("IMAPKIT_PASSWORD", password);
            let ran = ran(command);
            let expected = password == CANARY;
            assert_eq!(matches!(ran.exit, 0 | 2), expected, "{verb} {place}: {ran:?}");
            seen += &[ran.text(), &ran.err, &std::fs::read_to_string(trace).unwrap()].concat();
        }
    }
    assert!(
        seen.contains("AUTHENTICATE ***") && seen.contains("LOGIN ***"),
        "the traces show that there was a login:\n{seen}"
    );
    for shape in SHAPES {
        assert!(!seen.contains(shape), "{shape} is in:\n{seen}");
    }
}

#[test]
fn a_password_command_that_fails_shows_nothing_of_what_it_printed() {
    let bench = Bench::new();
    let mut command = bench.command(&["ls", &bench.place(""), "--password-command", "printf canary-hunter2; exit 1"]);
    command.env_remove("IMAPKIT_PASSWORD");
    let ran = ran(command).exits(3);
    assert!(!ran.err.replace("printf canary-hunter2", "").contains("canary"), "{ran:?}");
}
