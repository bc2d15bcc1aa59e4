//! `doctor`: a report for people, an object for programs, and an exit code that says good, broken or "works, but".

use imapkit_server::{Capability, Config};

use crate::bench::{Bench, bare, ran};

#[test]
fn a_good_server_is_explained_and_is_0() {
    let bench = Bench::new();
    let ran = bench.run(&["doctor", &bench.place("")]).good();
    for part in [
        "TLS 1.3",
        "CN=localhost: valid",
        "key sha256 ",
        "imapkit-server ready",
        "PLAIN as demo",
        "after login",
        "special use",
        "good: it works",
    ] {
        assert!(ran.text().contains(part), "{part}: {ran:?}");
    }
}

#[test]
fn the_report_is_an_object_for_programs() {
    let bench = Bench::new();
    let place = format!("imap+starttls://demo@localhost:{}", bench.server.plain_port().unwrap());
    let objects = bench.run(&["doctor", &place, "--json"]).good().objects();
    let report = &objects[0];
    assert_eq!(
        (report["type"].as_str(), report["security"].as_str(), report["verdict"].as_str()),
        (Some("report"), Some("starttls"), Some("good"))
    );
    let has =
        |list: &str, word: &str| report["capabilities"][list].as_array().unwrap().iter().any(|found| found == word);
    assert!(has("before_tls", "STARTTLS") && has("before_tls", "LOGINDISABLED"));
    assert!(has("before_login", "AUTH=PLAIN") && !has("before_login", "STARTTLS") && has("after_login", "IDLE"));
    assert_eq!(report["login"]["mechanism"], "PLAIN");
    assert_eq!(report["tls"]["certificate"]["names"][0], "localhost");
    assert!(!report["timings"].as_array().unwrap().is_empty() && report["flights"].as_u64() > Some(1));
    assert!(report["attempts"][0]["error"].is_null() && report["failure"].is_null());
}

#[test]
fn without_a_login_it_looks_as_far_as_it_can() {
    let bench = Bench::new();
    let mut command = bench.command(&["doctor", &bench.place(""), "--no-login", "--trace", "trace"]);
    command.env_remove("IMAPKIT_PASSWORD");
    let open = ran(command).good();
    assert!(std::fs::read_to_string(bench.path("trace")).unwrap().contains("S: * OK [CAPABILITY "));
    assert!(open.text().contains("can login by") && !open.text().contains("  after login"), "{open:?}");
    let host = format!("localhost:{}", bench.server.tls_port());
    assert!(bench.run(&["doctor", &host]).good().text().contains("nobody was logged in"));
}

#[test]
fn what_is_missing_is_a_warning_and_2() {
    let bench = Bench::with(Config::default().hide(Capability::Idle));
    let ran = bench.run(&["doctor", &bench.place("")]).exits(2);
    assert!(ran.text().contains("warning: no IDLE") && ran.text().contains("it works, with warnings"), "{ran:?}");
    let trusted = Bench::new();
    let mut command = bare(&["doctor", &trusted.place(""), "--trusted-site"]);
    command.env("IMAPKIT_PASSWORD", "demo");
    let ran = crate::bench::ran(command).exits(2);
    assert!(ran.text().contains("accepted all the same, since --trusted-site"), "{ran:?}");
}

#[test]
fn what_does_not_work_is_1_and_as_much_as_can_be_known_is_told() {
    let bench = Bench::new();
    let mut command = bare(&["doctor", &bench.place("")]);
    command.env("IMAPKIT_PASSWORD", "demo");
    let certificate = ran(command).exits(1);
    for part in ["CN=localhost: not valid", "unknown authority", "--ca-file", "broken: it does not work"] {
        assert!(certificate.text().contains(part), "{part}: {certificate:?}");
    }
    let mut command = bench.command(&["doctor", &bench.place("")]);
    command.env("IMAPKIT_PASSWORD", "wrong");
    let password = ran(command).exits(1);
    assert!(
        password.text().contains("TLS 1.3") && password.text().contains("refused the password for demo"),
        "{password:?}"
    );
    let closed = ran(bare(&["doctor", "127.0.0.1:1"])).exits(1);
    assert!(
        closed.text().contains("connection refused") && closed.text().contains("nothing listens there"),
        "{closed:?}"
    );
    let unknown = ran(bare(&["doctor", "no-such-host.invalid"])).exits(1);
    assert!(unknown.text().contains("does not resolve"), "{unknown:?}");
}
