//! What servers are known to say, from a server that says it: cause, exit code and advice (server-quirks §6.13c).

use imapkit_testkit::peer::Peer;

use crate::bench::{Ran, bare, ran, scripted};

/// Runs `ls` against a server of one line each: its greeting, and its answer to every command but CAPABILITY.
fn ask(greeting: &'static str, answer: &'static str) -> Ran {
    let place = scripted(greeting, move |command| match command {
        "CAPABILITY" => "* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n# OK done\r\n".to_owned(),
        _ => format!("# {answer}\r\n"),
    });
    let mut command = bare(&["ls", &place]);
    command.env("IMAPKIT_PASSWORD", "x");
    ran(command)
}

const GREETING: &str = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready";

#[test]
fn a_refused_login_is_explained_by_what_is_behind_it() {
    for (answer, says, advice) in [
        (
            "NO [ALERT] Application-specific password required: see (Failure)",
            "wants an app password",
            "make an app password",
        ),
        ("NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)", "refused the password for ann", "check both"),
        ("NO [AUTHENTICATIONFAILED] Failed, try again later", "refused the password for ann", "check both"),
        ("NO [ALERT] Your account is not enabled for IMAP use.", "IMAP is switched off", "switch IMAP on"),
        (
            "NO [WEBALERT https://example.org/page?x=1] Web login required.",
            "the page it wants you to see: https://example.org/page?x=1",
            "log in on the provider's web site",
        ),
        ("NO [AUTHENTICATIONFAILED] AccessTokenExpired", "token has expired", "get a fresh token"),
        ("NO [EXPIRED] That password isn't valid any more", "the password has expired", "renew the password"),
        ("NO [CONTACTADMIN] No.", "refused, while logging in", "ask the server's operator"),
        ("BAD what", "did not understand us while logging in", "--auth LOGIN"),
        ("NO LOGIN failed \u{1b}[2Jhere", "", "[2Jhere"),
    ] {
        let ran = ask(GREETING, answer).exits(3);
        assert!(
            ran.err.contains(says) && ran.err.contains(advice) && ran.err.contains("the server said: "),
            "{answer}: {ran:?}"
        );
        assert!(!ran.err.contains("try again in some minutes"), "{answer}: {ran:?}");
        assert!(!ran.err.contains('\u{1b}') && ran.err.lines().count() < 8, "{ran:?}");
    }
}

/// The same with an access token from this variable or flag; the server takes OAUTHBEARER.
fn ask_with_token(answer: &'static str, by_command: bool) -> Ran {
    let place = scripted("* OK [CAPABILITY IMAP4rev1 AUTH=OAUTHBEARER SASL-IR] ready", move |command| match command {
        "CAPABILITY" => "* CAPABILITY IMAP4rev1 AUTH=OAUTHBEARER SASL-IR\r\n# OK done\r\n".to_owned(),
        _ => format!("# {answer}\r\n"),
    });
    let mut command = bare(&["ls", &place]);
    if by_command {
        command.args(["--token-command", "echo hush"]);
    } else {
        command.env("IMAPKIT_TOKEN", "hush");
    }
    ran(command)
}

#[test]
fn t061_a_token_that_is_refused_without_a_reason_is_no_password() {
    for by_command in [false, true] {
        for answer in ["NO AUTHENTICATE failed.", "NO [AUTHENTICATIONFAILED] AUTHENTICATE failed."] {
            let ran = ask_with_token(answer, by_command).exits(3);
            assert!(ran.err.contains("refused the token for ann"), "{answer}: {ran:?}");
            assert!(ran.err.contains("the server said: AUTHENTICATE failed."), "{answer}: {ran:?}");
            assert!(ran.err.contains("imapkit login") && !ran.err.contains("password"), "{answer}: {ran:?}");
        }
    }
}

#[test]
fn who_is_anonymous_or_shows_a_certificate_needs_no_name() {
    for (method, initial) in [("ANONYMOUS", "AUTHENTICATE ANONYMOUS ="), ("EXTERNAL", "AUTHENTICATE EXTERNAL =")] {
        let offer = if method == "EXTERNAL" { EXTERNAL } else { ANONYMOUS };
        let place = |accepts: bool| {
            let place = scripted(offer, move |command| match command.split(' ').next() {
                Some("AUTHENTICATE") if accepts && command == initial => {
                    "# OK [CAPABILITY IMAP4rev1] in\r\n".to_owned()
                }
                Some("AUTHENTICATE") => "# NO not so\r\n".to_owned(),
                Some("LIST") => "* LIST () \"/\" INBOX\r\n# OK\r\n".to_owned(),
                _ => "# OK\r\n".to_owned(),
            });
            place.replace("ann@", &format!(";AUTH={method}@"))
        };
        let listed = ran(bare(&["ls", "--no-status", &place(true)])).exits(0);
        assert!(listed.text().contains("INBOX"), "{listed:?}");
        let refused = ran(bare(&["ls", &place(false)])).exits(3);
        assert!(refused.err.contains("refused the login for you") && !refused.err.contains("password"), "{refused:?}");
    }
}

const ANONYMOUS: &str = "* OK [CAPABILITY IMAP4rev1 AUTH=ANONYMOUS SASL-IR] ready";
const EXTERNAL: &str = "* OK [CAPABILITY IMAP4rev1 AUTH=EXTERNAL SASL-IR] ready";

#[test]
fn a_token_where_another_way_is_asked_for_is_64_before_anything_happens() {
    let mut command = bare(&["ls", "imaps://ann@imap.no-such-host.invalid", "--auth", "PLAIN"]);
    command.env("IMAPKIT_TOKEN", "hush");
    let ran = ran(command).exits(64);
    assert!(ran.err.contains("IMAPKIT_TOKEN gives an access token, and PLAIN is no way"), "{ran:?}");
}

#[test]
fn a_token_that_has_expired_is_told_so() {
    let ran = ask_with_token("NO [EXPIRED] too old", false).exits(3);
    assert!(ran.err.contains("the access token has expired") && ran.err.contains("get a fresh token"), "{ran:?}");
}

#[test]
fn a_busy_server_is_4_and_said_to_be_busy() {
    let ran = ask("* BYE [UNAVAILABLE] Too many simultaneous connections from your IP", "NO").exits(4);
    assert!(ran.err.contains("too many connections are open") && ran.err.contains("wait some minutes"), "{ran:?}");
}

#[test]
fn a_login_that_is_put_off_is_4_and_says_nothing_about_the_password() {
    for (answer, says, advice) in [
        ("NO [UNAVAILABLE] Temporary authentication failure.", "trouble of its own", "try again in some minutes"),
        ("NO [LIMIT] Maximum number of connections from user+IP exceeded", "too many connections", "wait some minutes"),
        ("NO [ALERT] Too many simultaneous connections. (Failure)", "too many connections", "wait some minutes"),
        ("NO [INUSE] somebody else is at it", "trouble of its own", "try again in some minutes"),
        (
            "BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds",
            "slowing this account down",
            "wait some",
        ),
    ] {
        let ran = ask(GREETING, answer).exits(4);
        assert!(ran.err.contains(says) && ran.err.contains(advice), "{answer}: {ran:?}");
        assert!(!ran.err.contains("password"), "{answer}: {ran:?}");
    }
    let ran = ask(GREETING, "BAD what").exits(3);
    assert!(ran.err.contains("did not understand us while logging in") && !ran.err.contains("password"), "{ran:?}");
}

#[test]
fn t039_what_is_no_imap_server_is_said_with_the_ports_to_try() {
    for (greeting, says) in [
        ("220 mail.example.org ESMTP ready", "speaks SMTP, not IMAP"),
        ("HTTP/1.1 400 Bad Request", "speaks HTTP, not IMAP"),
        ("hello", "does not greet as IMAP servers do: the first line is not an IMAP greeting: hello"),
    ] {
        let ran = ask(greeting, "NO").exits(4);
        assert!(ran.err.contains(says) && ran.err.contains("993 (imaps://)"), "{ran:?}");
        assert!(ran.err.starts_with("error: port ") && ran.err.lines().count() < 8, "{ran:?}");
    }
    let alert = "\u{15}\u{3}\u{1}\0\u{2}\u{2}\u{28}";
    let ran = ask(alert, "NO").exits(4);
    assert!(
        ran.err.contains("speaks TLS from the first octet") && ran.err.contains("use imaps://127.0.0.1:"),
        "{ran:?}"
    );
}

#[test]
fn a_server_that_is_busy_in_the_words_of_smtp_is_4_and_quoted() {
    let ran = ask("421 Server is busy", "NO").exits(4);
    assert!(ran.err.contains("the server said: 421 Server is busy") && ran.err.contains("try again"), "{ran:?}");
}

#[test]
fn t039_who_does_not_greet_may_be_no_imap_server() {
    let silent = Peer::setup().serve_each(2, imapkit_testkit::peer::PeerConn::drain);
    let place = format!("imap+insecure://ann@127.0.0.1:{}", silent.port());
    let mut command = bare(&["ls", &place, "--timeout", "1"]);
    command.env("IMAPKIT_PASSWORD", "x");
    let ran = ran(command).exits(4);
    assert!(ran.err.contains("too slow") && ran.err.contains("no IMAP server: the usual ports"), "{ran:?}");
}

#[test]
fn c051_a_server_that_forgets_inbox_is_asked_for_it() {
    let place = scripted(GREETING, |command| {
        let said = match command.split_once(' ').map_or(command, |(verb, _)| verb) {
            "LIST" if command.ends_with(" INBOX") => "* LIST () \"/\" INBOX\r\n",
            "LIST" => "* LIST () \"/\" Archive\r\n",
            _ => "",
        };
        let code = if command.starts_with("AUTHENTICATE") { "[CAPABILITY IMAP4rev1] " } else { "" };
        format!("{said}# OK {code}done\r\n")
    });
    let mut command = bare(&["ls", "--no-status", &place]);
    command.env("IMAPKIT_PASSWORD", "x");
    let ran = ran(command).exits(0);
    let place = |name: &str| ran.text().find(name).unwrap_or_else(|| panic!("{name}: {ran:?}"));
    let (inbox, archive) = (place("INBOX"), place("Archive"));
    assert!(inbox < archive, "{ran:?}");
}
