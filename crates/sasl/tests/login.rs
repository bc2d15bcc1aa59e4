//! Whole logins: credentials in a session, and servers that are strings. What is sent, what is believed, and what no text ever holds.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::BytesMut;
use imapkit_sasl::{Accept, Credentials, Method, Policy, Proof, TokenRequest};
use imapkit_session::{Config, Error, ErrorKind, Event, Opening, Security, Session, State, Tick};
use imapkit_testkit::canary::contains_secret;

const CANARY: &str = "c4n4ry-s3cr3t";

/// A session with the server's side of the wire.
struct Link {
    session: Session,
    events: Vec<Event>,
    tag: String,
}

impl Link {
    /// Up to the greeting, over TLS.
    fn greeted(credentials: Credentials, capabilities: &str) -> Self {
        Self::with(credentials, capabilities, false)
    }

    fn with(credentials: Credentials, capabilities: &str, slow_steps: bool) -> Self {
        let opening = Opening {
            security: Security::Tls,
            login: Some(Box::new(credentials)),
            namespace: false,
            ..Opening::default()
        };
        let session =
            Session::new(Config { opening, trace: true, slow_steps, ..Config::default() }, 1, Tick::default());
        let mut link = Self { session, events: Vec::new(), tag: String::new() };
        link.say(&format!("* OK [CAPABILITY IMAP4rev1 {capabilities}] hi"));
        link
    }

    fn say(&mut self, line: &str) {
        let mut input = BytesMut::from(format!("{line}\r\n").as_bytes());
        self.session.handle_input(Tick::default(), &mut input);
        self.events.extend(std::iter::from_fn(|| self.session.poll_event()));
    }

    /// `+` with this challenge.
    fn challenge(&mut self, octets: impl AsRef<[u8]>) {
        self.say(&format!("+ {}", STANDARD.encode(octets)));
    }

    /// What the client sends, without its tag.
    fn sent(&mut self) -> String {
        let mut out = BytesMut::new();
        while self.session.poll_transmit(Tick::default(), &mut out) > 0 {}
        let text = String::from_utf8(out.to_vec()).unwrap();
        match text.split_once(" AUTHENTICATE ") {
            Some((tag, rest)) => {
                self.tag = tag.into();
                format!("AUTHENTICATE {rest}")
            }
            None => text,
        }
    }

    /// A response of the client, read.
    fn response(&mut self) -> String {
        String::from_utf8(STANDARD.decode(self.sent().trim_end()).unwrap()).unwrap()
    }

    fn complete(&mut self, answer: &str) {
        let line = format!("{} {answer}", self.tag);
        self.say(&line);
    }

    /// The error the connection ended with. Nothing that can be read afterwards holds the secret (T109).
    fn ended(mut self) -> Error {
        let Some(Event::Closed(error)) = self.events.pop() else { panic!("{:?}", self.events) };
        let trace: Vec<_> = std::iter::from_fn(|| self.session.poll_trace()).collect();
        assert!(!trace.is_empty());
        let told = format!("{trace:?} {:?} {error} {error:?}", self.events);
        assert!(!contains_secret(&told, CANARY), "{told}");
        error
    }

    fn is_logged_in(&self) -> bool {
        self.session.state() == State::Authenticated
    }
}

fn me() -> Credentials {
    Credentials::password("me", CANARY)
}

fn only(credentials: Credentials, method: Method) -> Credentials {
    credentials.policy(Policy { accept: Accept::Only(method), ..Policy::default() })
}

#[test]
fn t064_plain_with_and_without_initial_response() {
    let first = STANDARD.encode(format!("\0me\0{CANARY}"));
    let mut link = Link::greeted(me(), "SASL-IR AUTH=PLAIN");
    assert_eq!(link.sent(), format!("AUTHENTICATE PLAIN {first}\r\n"));
    link.complete("OK [CAPABILITY IMAP4rev1] in");
    assert!(link.is_logged_in());
    let mut link = Link::greeted(me(), "SASL_IR AUTH=PLAIN");
    assert_eq!(link.sent(), "AUTHENTICATE PLAIN\r\n", "a typo is not the capability");
    link.say("+ ");
    assert_eq!(link.sent(), format!("{first}\r\n"));
    link.complete("OK [CAPABILITY IMAP4rev1] in");
    assert!(link.is_logged_in());
}

#[test]
fn the_server_speaks_first_in_login_and_cram_md5() {
    let mut link = Link::greeted(only(me(), Method::Login), "SASL-IR LOGINDISABLED AUTH=LOGIN");
    assert_eq!(link.sent(), "AUTHENTICATE LOGIN\r\n");
    link.challenge("User Name\0");
    assert_eq!(link.response(), "me");
    link.challenge("Password\0");
    assert_eq!(link.response(), CANARY);
    link.complete("OK [CAPABILITY IMAP4rev1] in");
    assert!(link.is_logged_in());
    let tim = only(Credentials::password("tim", "tanstaaftanstaaf"), Method::CramMd5);
    let mut link = Link::greeted(tim, "SASL-IR AUTH=CRAM-MD5");
    assert_eq!(link.sent(), "AUTHENTICATE CRAM-MD5\r\n");
    link.challenge("<1896.697170952@postoffice.reston.mci.net>");
    assert_eq!(link.response(), "tim b913a602c7eda7a495b4e6e7334d3890");
    link.complete("OK [CAPABILITY IMAP4rev1] in");
    assert!(link.is_logged_in());
}

#[test]
fn external_says_who_or_nothing() {
    for (user, sent) in [("", "="), ("fred", "ZnJlZA==")] {
        let mut link = Link::greeted(Credentials::new(user, Proof::External), "SASL-IR AUTH=EXTERNAL");
        assert_eq!(link.sent(), format!("AUTHENTICATE EXTERNAL {sent}\r\n"));
    }
}

/// A SCRAM login up to the client's proof.
fn proved(capabilities: &str) -> Link {
    let mut link = challenged(capabilities, false);
    assert!(link.response().starts_with("c=biws,r="));
    link
}

/// A SCRAM login up to the server's challenge.
fn challenged(capabilities: &str, slow_steps: bool) -> Link {
    let mut link = Link::with(me(), capabilities, slow_steps);
    let sent = link.sent();
    let first = sent.trim_end().rsplit_once(' ').unwrap().1;
    let first = String::from_utf8(STANDARD.decode(first).unwrap()).unwrap();
    let nonce = first.rsplit_once(",r=").unwrap().1;
    link.challenge(format!("r={nonce}server,s=QSXCR+Q6sek8bf92,i=4096"));
    link
}

#[test]
fn t057_hashing_is_done_apart_from_the_session_where_that_is_asked_for() {
    let mut link = challenged("SASL-IR AUTH=SCRAM-SHA-256", true);
    assert_eq!(link.sent(), "", "nothing is answered before it is computed");
    let step = link.session.poll_slow_step().expect("there is something to compute");
    assert_eq!(format!("{step:?}"), "SlowStep(SCRAM-SHA-256)");
    assert!(link.session.poll_slow_step().is_none());
    link.session.handle_slow_step(Tick::default(), step.run());
    assert!(link.response().starts_with("c=biws,r="));
    // The last step only compares, so it needs no thread.
    link.challenge(format!("v={}", STANDARD.encode([0; 32])));
    assert!(link.session.poll_slow_step().is_none());
    assert_eq!(link.sent(), "*\r\n");
}

#[test]
fn t055_t057_a_server_that_does_not_wait_for_the_answer_is_left() {
    let challenge = "QSXCR+Q6sek8bf92";
    for (answer, reason) in [
        ("OK [CAPABILITY IMAP4rev1] in", "before its challenge was answered"),
        ("NO [AUTHENTICATIONFAILED] no", "no"),
        ("+", "did not wait"),
    ] {
        let mut link = challenged("SASL-IR AUTH=SCRAM-SHA-1", true);
        let step = link.session.poll_slow_step().unwrap();
        if answer == "+" {
            link.say(&format!("+ {challenge}"));
            assert_eq!(link.sent(), "*\r\n");
            link.complete("BAD cancelled");
        } else {
            link.complete(answer);
        }
        link.session.handle_slow_step(Tick::default(), step.run());
        assert_eq!(link.sent(), "", "the proof is for nobody now");
        assert!(!link.is_logged_in());
        let error = link.ended();
        assert!(error.kind() == ErrorKind::Auth && error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn a_step_that_comes_back_undone_is_no_answer() {
    let mut link = challenged("SASL-IR AUTH=SCRAM-SHA-1", true);
    let step = link.session.poll_slow_step().unwrap();
    link.session.handle_slow_step(Tick::default(), step);
    assert_eq!(link.sent(), "*\r\n");
}

#[test]
fn t054_a_wrong_signature_then_ok() {
    let mut link = proved("SASL-IR AUTH=SCRAM-SHA-256");
    link.challenge(format!("v={}", STANDARD.encode([0; 32])));
    assert_eq!(link.sent(), "*\r\n");
    link.complete("OK [CAPABILITY IMAP4rev1] in");
    assert!(!link.is_logged_in());
    assert_eq!(link.ended().kind(), ErrorKind::Auth);
}

#[test]
fn t055_ok_without_a_signature() {
    let mut link = proved("SASL-IR AUTH=SCRAM-SHA-256");
    link.complete("OK [CAPABILITY IMAP4rev1] in");
    assert!(!link.is_logged_in());
    let error = link.ended();
    assert!(error.to_string().contains("without proving"), "{error}");
}

#[test]
fn t056_t057_no_proof_for_a_server_that_breaks_the_rules() {
    for answer in ["r=other,s=QSXCR+Q6sek8bf92,i=4096", "r=other,s=QSXCR+Q6sek8bf92,i=2147483647", "r=x,s", ""] {
        let mut link = Link::greeted(me(), "SASL-IR AUTH=SCRAM-SHA-1");
        link.sent();
        link.challenge(answer);
        assert_eq!(link.sent(), "*\r\n", "{answer}");
        link.complete("BAD cancelled");
        assert!(matches!(link.ended().kind(), ErrorKind::Auth | ErrorKind::Limit), "{answer}");
    }
}

#[test]
fn t058_no_weaker_way_after_scram_has_failed() {
    let mut link = proved("SASL-IR AUTH=SCRAM-SHA-256 AUTH=PLAIN AUTH=LOGIN");
    link.complete("NO [AUTHENTICATIONFAILED] wrong");
    assert_eq!(link.sent(), "");
    assert_eq!(link.ended().kind(), ErrorKind::Auth);
}

#[test]
fn t059_a_policy_that_nothing_fits_sends_nothing() {
    let scram = me().policy(Policy { accept: Accept::Scram, ..Policy::default() });
    let mut link = Link::greeted(scram, "SASL-IR AUTH=PLAIN AUTH=LOGIN");
    assert_eq!(link.sent(), "");
    let error = link.ended();
    assert_eq!(error.to_string(), "the server does not offer SCRAM here; it offers PLAIN, LOGIN, the command LOGIN");
}

#[test]
fn t061_a_refused_token_is_explained() {
    let json = br#"{"status":"401","schemes":"bearer","scope":"https://mail.example.org/"}"#;
    for (capabilities, dummy) in [("AUTH=OAUTHBEARER", "AQ==\r\n"), ("AUTH=XOAUTH2", "\r\n")] {
        let mut link = Link::greeted(Credentials::token("me", CANARY), &format!("SASL-IR {capabilities}"));
        assert!(link.sent().contains(' '));
        link.challenge(json);
        assert_eq!(link.sent(), dummy);
        link.complete("NO [AUTHENTICATIONFAILED] Invalid credentials");
        let error = link.ended();
        assert_eq!(error.kind(), ErrorKind::Auth);
        assert!(error.to_string().contains("status 401, scope https://mail.example.org/"), "{error}");
    }
}

#[test]
fn t061_t110_only_a_refused_token_is_a_reason_for_another() {
    for (answer, refused) in [
        ("NO AUTHENTICATE failed.", true),
        ("NO [AUTHENTICATIONFAILED] no", true),
        ("NO Command Error. 10", true),
        ("NO Server Unavailable. 15", false),
        ("NO Request is throttled. Suggested Backoff Time: 1500 milliseconds", false),
        ("NO [UNAVAILABLE] later", false),
        ("BAD what", false),
    ] {
        let mut link = Link::greeted(Credentials::token("me", CANARY), "SASL-IR AUTH=XOAUTH2");
        link.sent();
        link.complete(answer);
        assert_eq!(TokenRequest::after(&link.ended()).is_some(), refused, "{answer}");
    }
}

#[test]
fn t063_endless_challenges_are_cancelled() {
    let mut link = Link::greeted(me(), "SASL-IR AUTH=PLAIN");
    link.sent();
    link.challenge("more");
    assert_eq!(link.sent(), "*\r\n");
    link.complete("BAD cancelled");
    assert_eq!(link.ended().kind(), ErrorKind::Auth);
}

#[test]
fn t063_a_server_that_asks_on_after_the_cancel_is_left() {
    for (credentials, capabilities) in [
        (me(), "SASL-IR AUTH=PLAIN"),
        (me(), "AUTH=PLAIN"),
        (me(), "SASL-IR AUTH=SCRAM-SHA-256"),
        (only(me(), Method::Login), "LOGINDISABLED AUTH=LOGIN"),
        (only(me(), Method::CramMd5), "AUTH=CRAM-MD5"),
        (Credentials::token("me", CANARY), "SASL-IR AUTH=OAUTHBEARER"),
        (Credentials::token("me", CANARY), "AUTH=XOAUTH2"),
        (Credentials::new("me", Proof::External), "SASL-IR AUTH=EXTERNAL"),
        (Credentials::new("me", Proof::Anonymous), "AUTH=ANONYMOUS"),
    ] {
        let mut link = Link::greeted(credentials, capabilities);
        let mut sent = link.sent();
        let mut rounds = 0;
        while link.session.error().is_none() {
            link.say("+ ");
            sent.push_str(&link.sent());
            rounds += 1;
            assert!(rounds <= 10, "{capabilities}: {sent}");
        }
        assert!(sent.ends_with("\r\n*\r\n") && sent.matches("*\r\n").count() == 1, "{capabilities}: {sent}");
        assert_eq!(link.ended().kind(), ErrorKind::Auth);
    }
}

#[test]
fn t062_a_challenge_of_any_size_and_sort_ends_soon() {
    let huge = STANDARD.encode(vec![b'x'; 1 << 20]);
    for challenge in ["{not base64", "A", "\u{fc}\u{fc}\u{fc}\u{fc}", &huge] {
        for capabilities in ["SASL-IR AUTH=OAUTHBEARER", "SASL-IR AUTH=XOAUTH2"] {
            let mut link = Link::greeted(Credentials::token("me", CANARY), capabilities);
            link.sent();
            link.say(&format!("+ {challenge}"));
            if link.session.error().is_none() {
                assert_eq!(link.sent(), "*\r\n", "{}", challenge.len());
                link.complete("BAD cancelled");
            }
            assert!(matches!(link.ended().kind(), ErrorKind::Protocol | ErrorKind::Limit), "{}", challenge.len());
        }
    }
}

#[test]
fn t065_a_long_password_goes_by_continuation() {
    let long = "ü".repeat(32 << 10);
    let mut link = Link::greeted(Credentials::password("me", long.as_str()), "");
    assert!(link.sent().ends_with(" LOGIN me {65536}\r\n"), "by LOGIN it is a literal that waits");
    link.say("+ go");
    assert_eq!(link.sent(), format!("{long}\r\n"));
    let mut link = Link::greeted(Credentials::password("me", long.as_str()), "SASL-IR AUTH=PLAIN");
    assert_eq!(link.sent(), "AUTHENTICATE PLAIN\r\n");
    link.say("+ ");
    assert_eq!(link.response(), format!("\0me\0{long}"));
}
