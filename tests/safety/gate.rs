//! A rule, and everything it has to hold for: clients, TLS libraries, links, cuts.
//!
//! Invariant: whatever the rule, the peer's conversation has to go as written, the password is in nothing that was told, and on a link that is
//! to be protected it is not in clear text.

use imapkit_testkit::canary::contains_secret;
use imapkit_testkit::peer::{Cut, Peer, PeerConn, Transcript};
use imapkit_testkit::script::Mismatch;

use imapkit_session::{Error, ErrorKind};

use crate::visit::{CANARY, CLIENTS, Link, Plan, Visit, backends, world};

pub(crate) type Said = Result<(), Mismatch>;

/// Every byte on its own, and in two at places where lines of some length end.
pub(crate) const CUTS: [Cut; 4] = [Cut::Whole, Cut::Pieces(1), Cut::At(9), Cut::At(27)];
/// For conversations that mean something else when they are cut, or are too long for it.
pub(crate) const WHOLE: [Cut; 1] = [Cut::Whole];
/// The links on which a password is safe.
pub(crate) const PROTECTED: [Link; 2] = [Link::StartTls, Link::Tls];

/// What a rule is checked for.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) links: &'static [Link],
    pub(crate) cuts: &'static [Cut],
    /// The peer does TLS by itself when the link is [`Link::Tls`]; otherwise the conversation does.
    pub(crate) raw: bool,
    pub(crate) change: fn(&mut Plan),
}

impl Gate {
    pub(crate) fn over(links: &'static [Link]) -> Self {
        Self { links, cuts: &CUTS, raw: false, change: |_| {} }
    }

    pub(crate) fn whole(self) -> Self {
        Self { cuts: &WHOLE, ..self }
    }

    pub(crate) fn raw(self) -> Self {
        Self { raw: true, ..self }
    }

    pub(crate) fn with(self, change: fn(&mut Plan)) -> Self {
        Self { change, ..self }
    }

    /// Plays `conversation` to every client in every way, and has each outcome judged.
    pub(crate) fn hold(
        &self,
        conversation: impl Fn(&mut PeerConn, Link) -> Said + Clone + Send + 'static,
        judge: impl Fn(&Visit, &Transcript),
    ) {
        for client in CLIENTS {
            for backend in backends() {
                for &link in self.links {
                    for cut in self.cuts {
                        let label = format!("{client:?}, {backend:?}, {link:?}, {cut:?}");
                        let conversation = conversation.clone();
                        let setup = Peer::setup().cut(*cut);
                        let config = world().1.server_config();
                        let setup = match link {
                            Link::Tls if !self.raw => setup.implicit_tls(config),
                            _ => setup.tls(config),
                        };
                        let peer = setup.serve_fn(move |conn| conversation(conn, link));
                        let mut plan = Plan { backend: *backend, ..Plan::new(client, link, peer.port()) };
                        (self.change)(&mut plan);
                        let visit = plan.visit();
                        let transcript =
                            peer.join().unwrap_or_else(|mismatch| panic!("{label}: {mismatch}\n{visit:#?}"));
                        assert_eq!(visit.leaks(), Vec::<String>::new(), "{label}: the password shows");
                        let clear = transcript.clear_client_bytes();
                        assert!(link == Link::Plain || !contains_secret(clear, CANARY), "{label}: in clear text");
                        assert!(visit.is_over(), "{label}: it hangs: {visit:#?}");
                        note(&label);
                        judge(&visit, &transcript);
                    }
                }
            }
        }
    }

    /// As [`Gate::hold`], where connecting has to fail with one of `kinds`, at once, and without a credential. The errors, to look at.
    pub(crate) fn refuse(
        &self,
        kinds: &[ErrorKind],
        conversation: impl Fn(&mut PeerConn, Link) -> Said + Clone + Send + 'static,
        judge: impl Fn(&Error),
    ) {
        self.hold(conversation, |visit, transcript| {
            let error = visit.error.as_ref().unwrap_or_else(|| panic!("it connected: {visit:#?}"));
            assert!(kinds.contains(&error.kind()), "{:?}: {error}", error.kind());
            assert!(!contains_secret(transcript.client_bytes(), CANARY), "a credential was sent: {transcript}");
            judge(error);
        });
    }
}

/// Shown by the test runner when what follows panics: which of the many ways it was.
fn note(label: &str) {
    #[allow(clippy::print_stdout, reason = "captured, unless the test fails")]
    {
        println!("{label}");
    }
}

/// Up to where login begins: the greeting, STARTTLS if the link is to have it, and these capabilities.
pub(crate) fn greet(conn: &mut PeerConn, link: Link, capabilities: &str) -> Said {
    if link == Link::StartTls {
        conn.send("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n")?;
        let tag = conn.expect("STARTTLS")?;
        conn.send(format!("{tag} OK go\r\n"))?;
        conn.start_tls()?;
        let tag = conn.expect("CAPABILITY")?;
        return conn.send(format!("* CAPABILITY IMAP4rev1 {capabilities}\r\n{tag} OK done\r\n"));
    }
    conn.send(format!("* OK [CAPABILITY IMAP4rev1 {capabilities}] ready\r\n"))
}

/// Up to where the client is logged in, by LOGIN.
pub(crate) fn log_in(conn: &mut PeerConn, link: Link) -> Said {
    greet(conn, link, "IDLE")?;
    let tag = conn.expect(&format!("LOGIN me {CANARY}"))?;
    conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1 IDLE] in\r\n"))
}
