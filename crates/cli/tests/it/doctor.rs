//! `doctor` where things work: a report for people, an object for programs, metrics, a masked one, and an exit code. T109.

use imapkit_server::{Capability, Config};

use crate::bench::{Bench, bare, ran, scripted};

#[test]
fn a_good_server_is_explained_and_is_0() {
    let bench = Bench::new();
    let ran = bench.run(&["doctor", &bench.place("")]).good();
    for part in [
        "TLS 1.3",
        "CN=localhost: valid",
        "--pin ",
        "ECDSA P-256 key, signed by ecdsa-with-SHA256",
        "imapkit-server ready",
        "imapkit-server (",
        "PLAIN as demo",
        "after login",
        "special use",
        "yes begins and ends",
        "good: it works",
    ] {
        assert!(ran.text().contains(part), "{part}: {ran:?}");
    }
    assert!(!ran.text().contains('\u{1b}'), "no colour without a terminal");
    let verdict = ran.text().lines().position(|line| line == "good: it works");
    assert_eq!(verdict, Some(1), "the verdict comes first: {ran:?}");
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
    assert_eq!(report["choice"]["password"], "PLAIN");
    let certificate = &report["tls"]["certificate"];
    assert_eq!(certificate["names"][0], "localhost");
    assert!(certificate["days_left"].as_i64() > Some(0) && report["tls"]["chain"][0] == *certificate);
    assert!(!report["timings"].as_array().unwrap().is_empty() && report["flights"].as_u64() > Some(1));
    assert!(report["attempts"][0]["error"].is_null() && report["failure"].is_null());
    let checks = report["checks"].as_array().unwrap();
    let result = |name: &str| checks.iter().find(|check| check["name"] == name).map(|check| check["result"].clone());
    assert_eq!(result("idle"), Some("good".into()), "{checks:?}");
    assert_eq!(result("uidvalidity"), Some("good".into()), "{checks:?}");
    assert_eq!(result("idle-push"), None, "nothing is written unless asked");
}

#[test]
fn without_a_login_it_looks_as_far_as_it_can() {
    let bench = Bench::new();
    let mut command = bench.command(&["doctor", &bench.place(""), "--no-login", "--trace", "trace"]);
    command.env_remove("IMAPKIT_PASSWORD");
    let open = ran(command).good();
    assert!(std::fs::read_to_string(bench.path("trace")).unwrap().contains("S: * OK [CAPABILITY "));
    assert!(open.text().contains("with a password") && !open.text().contains("  after login"), "{open:?}");
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
fn starttls_on_its_own_port_is_looked_at_without_a_login() {
    let bench = Bench::new();
    let port = bench.server.plain_port().unwrap().to_string();
    let objects = bench.run(&["doctor", &bench.place(""), "--starttls-port", &port, "--json"]).good().objects();
    let seen = &objects[0]["starttls"];
    assert_eq!((seen["works"].as_bool(), seen["same_certificate"].as_bool()), (Some(true), Some(true)), "{seen}");
    assert!(seen["before_tls"].to_string().contains("STARTTLS") && !seen["after_tls"].to_string().contains("STARTTLS"));
    let closed = bench.run(&["doctor", &bench.place(""), "--starttls-port", "1"]).good();
    assert!(closed.text().contains("port 1") && closed.text().contains("closed (connection refused)"), "{closed:?}");
}

/// The first lines of a run, with numbers as `#`.
fn start(text: &str, lines: usize) -> String {
    let mut out = String::new();
    for line in text.lines().take(lines) {
        let mut digits = false;
        for c in line.chars() {
            match (c.is_ascii_digit(), digits) {
                (true, true) => {}
                (true, false) => out.push('#'),
                (false, _) => out.push(c),
            }
            digits = c.is_ascii_digit();
        }
        out.push('\n');
    }
    out
}

#[test]
fn the_first_lines_say_what_it_is_worth() {
    let bench = Bench::new();
    let ran = bench.run(&["doctor", &bench.place(""), "--no-login"]).good();
    let wanted = "\
localhost, port #, TLS from the start
good: it works

note: nobody was logged in: what the server does after login was not looked at

The way there
  DNS                  # address in #.# ms
";
    assert_eq!(start(ran.text(), 7).replace(" # ms", " #.# ms"), wanted);
    let mut command = bench.command(&["doctor", &bench.place("")]);
    command.env("IMAPKIT_PASSWORD", "wrong");
    let refused = crate::bench::ran(command).exits(1);
    let text = start(refused.text(), 5);
    assert!(text.starts_with("localhost, port #, TLS from the start\nbroken: it does not work\n\nerror: localhost:# refused the password for demo; the server said: "), "{text}");
}

#[test]
fn metrics_are_a_file_for_prometheus() {
    let bench = Bench::new();
    let good = bench.run(&["doctor", &bench.place(""), "--prom", "up.prom"]).good();
    let text = std::fs::read_to_string(bench.path("up.prom")).unwrap();
    let mut families = Vec::new();
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            families.push(help.split(' ').next().unwrap().to_owned());
        } else if !line.starts_with("# TYPE ") {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let family = series.split('{').next().unwrap();
            assert_eq!(families.last().map(String::as_str), Some(family), "samples of a family stand together: {line}");
            assert!(value.parse::<f64>().is_ok() && series.ends_with('}'), "{line}");
        }
    }
    let unique: std::collections::HashSet<_> = families.iter().collect();
    assert_eq!(unique.len(), families.len(), "a family stands once: {families:?}");
    let port = bench.server.tls_port();
    for sample in ["imapkit_up", "imapkit_login_success", "imapkit_certificate_valid"] {
        assert!(text.contains(&format!("{sample}{{server=\"localhost\",port=\"{port}\"}} 1\n")), "{text} {good:?}");
    }
    let down = ran(bare(&["doctor", "127.0.0.1:1", "--prom", bench.path("down.prom").to_str().unwrap()])).exits(1);
    let text = std::fs::read_to_string(bench.path("down.prom")).unwrap();
    assert!(text.contains("imapkit_up{server=\"127.0.0.1\",port=\"1\"} 0\n"), "{text} {down:?}");
}

#[test]
fn a_masked_report_names_nobody() {
    let bench = Bench::new();
    let args =
        ["doctor", &bench.place(""), "--redact", "--html", "page", "--prom", "prom", "--transcript", "said", "--json"];
    let ran = bench.run(&args).good();
    let mut all = ran.text().to_owned();
    for file in ["page", "prom", "said"] {
        all.push_str(&std::fs::read_to_string(bench.path(file)).unwrap());
    }
    for private in ["localhost", "\"demo\"", "as demo", "Receipts"] {
        assert!(!all.contains(private), "{private}: {all}");
    }
    assert!(all.contains("host-1.example") && all.contains("user-1"), "{all}");
}

/// A server that tells everybody whose it is, in every place where servers do.
#[test]
fn t109_whatever_a_server_says_a_masked_report_names_nobody() {
    let greeting = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR ID NAMESPACE QUOTA IMAPSIEVE=sieve://sieve.canary.org] \
                    Canary Mail at imap.canary.org, hello 198.51.100.77";
    let answer = |command: &str| {
        match command.split(' ').next() {
        Some("AUTHENTICATE") => "# OK [ALERT] Ann, ann@canary.org is known to canary-mx2 as ann\r\n".to_owned(),
        Some("CAPABILITY") => "* CAPABILITY IMAP4rev1 ID NAMESPACE QUOTA IMAPSIEVE=sieve://sieve.canary.org\r\n# OK\r\n".to_owned(),
        Some("ID") => "* ID (\"name\" \"Canary\" \"support-url\" \"https://help.canary.org\" \"host\" \"canary\")\r\n# OK\r\n".to_owned(),
        Some("NAMESPACE") => "* NAMESPACE ((\"INBOX.\" \".\")) ((\"user.canary.\" \".\")) ((\"#canary.ann.\" \".\"))\r\n# OK\r\n".to_owned(),
        Some("LIST") => "* LIST () \".\" INBOX\r\n* LIST (\\Sent) \".\" \"INBOX.Canary Plans\"\r\n\
                         * LIST () NIL canary\r\n* LIST (\\Archive) \".\" {12}\r\nINBOX.canary\r\n* HUH canary\r\n# OK\r\n"
            .to_owned(),
        Some("GETQUOTAROOT") => "* QUOTAROOT INBOX \"canary quota\"\r\n* QUOTA \"canary quota\" (STORAGE 1 2)\r\n# OK\r\n".to_owned(),
        Some("EXAMINE") => "* 0 EXISTS\r\n* OK [UIDVALIDITY 7] \r\n# OK [READ-ONLY]\r\n".to_owned(),
        Some("STATUS") => "* STATUS INBOX (UIDVALIDITY 7 MESSAGES 0)\r\n# OK\r\n".to_owned(),
        Some("LOGOUT") => "* BYE canary\r\n# OK\r\n!".to_owned(),
        _ => "# OK\r\n".to_owned(),
    }
    };
    let folder = tempfile::tempdir().unwrap();
    let names = ["page", "prom", "said"].map(|name| folder.path().join(name).to_str().unwrap().to_owned());
    let [page, prom, said] = &names;
    let mut all = Vec::new();
    for json in [&[][..], &["--json"]] {
        let place = scripted(greeting, answer).replace("//ann@", "//ann%40canary.org@");
        let mut command = bare(&["doctor", &place, "--redact", "--html", page, "--prom", prom, "--transcript", said]);
        command.args(json).env("IMAPKIT_PASSWORD", "canarypass");
        let ran = ran(command).exits(2);
        assert!(json.is_empty() || ran.text().contains("owner-1"), "{ran:?}");
        all.push(ran.text().to_owned());
        all.extend(names.iter().map(|name| std::fs::read_to_string(name).unwrap()));
    }
    for text in &all {
        let lower = text.to_lowercase();
        assert!(!lower.contains("canary") && !lower.contains("198.51.100"), "{text}");
        assert!(lower.split(|c: char| !c.is_alphanumeric()).all(|word| word != "ann"), "{text}");
    }
    assert!(all[3].contains("S: * LIST (\\Sent) \".\" \"folder-"), "{}", all[3]);
}
