//! From the greeting to "ready": one state machine for both front ends.
//!
//! RFC 9051 §3.4, §6.2, §7.1.4 (PREAUTH), §11.3; RFC 8314; RFC 4959; RFC 5161; RFC 2971; RFC 2342. protocol.md 4.2 (what a server may
//! try before TLS, T001–T036) and 5.4 (the order, C40–C55).
//!
//! ```text
//! greeting --STARTTLS wanted--> StartTls --OK, layer swapped--> Capability --.
//!     |  `--capabilities in it (and to be believed)-----------> Login <------'   (refused, and another login allowed: once more)
//!     `--PREAUTH (protected link, allowed)---------------------.  |
//!                                                              v  v
//!        Ready <--COMPRESS, if wanted <--all answered-- ID + NAMESPACE + ENABLE (one flight) <-- Capability, unless just told
//! ```
//!
//! What the application has submitted for "as soon as possible" ([`Session::submit_when_ready`]) leaves with that last flight, or behind
//! COMPRESS where that is wanted: nothing is pipelined behind it (C54). Some servers want it otherwise: see [`crate::profile`].
//!
//! Invariants: no credential leaves on a link the caller did not accept; what was read in clear text is forgotten when TLS starts; a failed
//! step ends the connection, except a refused ID, NAMESPACE, ENABLE or COMPRESS (unless required), which only means "not here".

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use imapkit_types::{Capabilities, Capability, Code, Namespaces, ServerId};
use imapkit_wire::{Response, StatusKind, StatusLine, Untagged};

use crate::command::Effect;
use crate::commands::{AskCapability, Authenticate, Compress, Enable, Id, Login as LoginCommand, Namespace, StartTls};
use crate::config::{Compression, Credential, Login, Opening, Security};
use crate::error::{Error, ErrorKind, printable};
use crate::event::{Event, Opened};
use crate::profile::{self, Profile};
use crate::session::Session;
use crate::state::{Protection, State};
use crate::stranger::NotImap;

/// Results of the opening's own commands.
pub(crate) enum Fed {
    StartTls(Result<(), Error>),
    Capability,
    Login(Result<Box<str>, Error>),
    Id(Option<ServerId>),
    Namespace(Option<Namespaces>),
    /// What was asked for, and what the server says is on; `None` when it refuses.
    Enabled(Vec<Capability>, Option<Vec<Capability>>),
    Compressed(Result<(), Error>),
}

/// How far the opening is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    ExpectGreeting,
    ExpectStartTls,
    /// Capabilities are asked for; login comes next.
    ExpectOffer,
    /// ID is under way before login, for servers that want it there.
    ExpectEarlyId,
    ExpectLogin,
    /// Login was refused, and somebody may try once more.
    ExpectAnotherLogin,
    /// Logged in; capabilities are asked for again.
    ExpectNewOffer,
    /// ID, NAMESPACE and ENABLE are under way; so many answers are missing.
    ExpectDetails(u8),
    /// The tagged answer to COMPRESS, or the layer.
    ExpectCompress,
    Done,
}

pub(crate) struct OpeningState {
    plan: Opening,
    stage: Stage,
    opened: Opened,
    /// The page on which the server wants to see the account's owner.
    web_alert: Option<Code>,
}

impl OpeningState {
    pub(crate) fn new(plan: Opening) -> Self {
        Self { plan, stage: Stage::ExpectGreeting, opened: Opened::default(), web_alert: None }
    }

    /// Gmail tells the page apart from the refusal, ahead of it.
    pub(crate) fn note_web_alert(&mut self, code: &Code) {
        self.web_alert = Some(code.clone());
    }

    /// Somebody is logged in, and the last questions are on their way.
    pub(crate) fn is_past_login(&self) -> bool {
        match self.stage {
            Stage::ExpectDetails(_) => self.plan.compress == Compression::Off,
            Stage::Done => true,
            _ => false,
        }
    }

    pub(crate) fn count_flight(&mut self) {
        if self.stage != Stage::Done {
            self.opened.flights = self.opened.flights.saturating_add(1);
        }
    }

    /// A list that arrives now was made for whoever is logging in (Gmail sends it before the tagged OK, H38).
    pub(crate) fn is_logging_in(&self) -> bool {
        self.stage == Stage::ExpectLogin
    }
}

impl Session {
    /// The first response: OK, PREAUTH or BYE, and nothing else (T017, T018).
    pub(crate) fn greeting(&mut self, response: Response) {
        let status = match response {
            Response::Untagged(Untagged::Status(status)) => status,
            Response::Garbled(garbled) => return self.close(not_a_greeting(garbled.frame.as_bytes())),
            Response::Continue(text) => return self.close(not_a_greeting(&[b"+ ", &text[..]].concat())),
            Response::Tagged(tagged) => return self.close(not_a_greeting(&tagged.status.text)),
            Response::Untagged(_) => return self.close(not_a_greeting(b"")),
        };
        self.opening.opened.greeting = printable(&status.text).into_boxed_str();
        self.state = State::NotAuthenticated;
        let told = matches!(status.code, Some(Code::Capability(_))) && !self.opening.plan.distrust_greeting;
        if told {
            self.capability_in(&status);
        }
        self.alert(&status);
        match status.kind {
            StatusKind::Ok => self.greeted(),
            StatusKind::PreAuth => self.preauth(),
            StatusKind::Bye => self.close(Error::refused("connection", &status)),
            StatusKind::No | StatusKind::Bad => self.close(not_a_greeting(&status.text)),
        }
    }

    fn greeted(&mut self) {
        if self.opening.plan.security != Security::StartTls {
            return self.offer_or_ask();
        }
        if self.capabilities.offered().is_some_and(|offered| !offered.has(&Capability::StartTls)) {
            let lacking = Error::new(ErrorKind::Unsupported, "STARTTLS is not offered");
            let text = "the server offers no STARTTLS: nothing was sent";
            return self.close(Error::with_source(ErrorKind::Unsafe, text, lacking));
        }
        self.opening.stage = Stage::ExpectStartTls;
        self.submit_own(StartTls, Fed::StartTls);
    }

    /// Logged in by the nature of the link, or so the server says (M20, T006–T008, T035, T036).
    fn preauth(&mut self) {
        let refusal = match self.protection {
            Protection::Clear => Some("the server says PREAUTH in clear text, where anybody could have said it"),
            Protection::Tls if !self.opening.plan.allow_preauth => {
                Some("the server says PREAUTH: it would not be known as whom; allow it if that is meant")
            }
            Protection::Tls | Protection::Trusted => None,
        };
        if let Some(text) = refusal {
            return self.close(Error::new(ErrorKind::Unsafe, text));
        }
        self.state = State::Authenticated;
        self.opening.opened.authenticated = true;
        self.opening.opened.mechanism = Some("PREAUTH".into());
        self.framer.set_limits(self.limits.clone());
        self.decoder.set_limits(self.limits.clone());
        self.opening_logged_in(self.capabilities.offered().is_some());
    }

    /// TLS is in place; everything known so far may be a lie (M12).
    pub(crate) fn opening_upgraded(&mut self) {
        if self.opening.stage == Stage::ExpectStartTls {
            self.offer_or_ask();
        }
    }

    fn offer_or_ask(&mut self) {
        if self.capabilities.offered().is_some() {
            return self.choose();
        }
        self.opening.stage = Stage::ExpectOffer;
        self.submit_own(AskCapability, |_| Fed::Capability);
    }

    /// How this server is to be treated, as far as it is known yet.
    fn profile(&mut self) -> Option<&'static Profile> {
        let profile = profile::of(&self.opening.opened.greeting, self.capabilities.offered());
        self.opening.opened.profile = profile.map(|profile| profile.name);
        profile
    }

    fn choose(&mut self) {
        let early = self.profile().is_some_and(|profile| profile.early_id) && self.capabilities.has(&Capability::Id);
        let fields = self.opening.plan.identify.clone().filter(|_| early && self.opening.plan.login.is_some());
        match fields {
            Some(fields) if self.opening.stage != Stage::ExpectEarlyId => {
                self.opening.stage = Stage::ExpectEarlyId;
                self.submit_own(Id::new(fields), |result| Fed::Id(result.ok().flatten()));
            }
            _ => self.log_in(),
        }
    }

    fn log_in(&mut self) {
        match self.opening.plan.login.take() {
            Some(login) => self.opening_login(login),
            None => self.ready(),
        }
    }

    pub(crate) fn opening_login(&mut self, mut login: Box<dyn Login>) {
        let clear = self.protection == Protection::Clear && self.opening.plan.security != Security::DangerClear;
        if clear {
            return self.close(Error::new(ErrorKind::Unsafe, "no credential is sent in clear text"));
        }
        let nothing = Capabilities::default();
        let offered = self.capabilities.offered().unwrap_or(&nothing);
        let credential = match login.choose(offered, self.protection) {
            Ok(credential) => credential,
            Err(error) => return self.close(error),
        };
        self.opening.stage = Stage::ExpectLogin;
        match credential {
            Credential::Login { .. } if offered.has(&Capability::LoginDisabled) => {
                let mechanisms: Vec<_> = offered.auth_mechanisms().collect();
                let text = format!("the server forbids LOGIN here; it offers: {}", list(&mechanisms));
                self.close(Error::new(ErrorKind::Auth, text)); // M19, T028
            }
            Credential::Login { user, password } => {
                self.redaction.hide(password.expose());
                let command = LoginCommand::new(user, password);
                self.submit_own(command, |result| Fed::Login(result.map(|()| "LOGIN".into())));
            }
            Credential::Sasl(mechanism) => {
                let name: Box<str> = mechanism.name().into();
                if let Some(secret) = mechanism.secret() {
                    self.redaction.hide(secret.expose());
                }
                match Authenticate::new(mechanism, self.capabilities.has(&Capability::SaslIr)) {
                    Ok(command) => {
                        if let Some(initial) = command.initial() {
                            self.redaction.hide_message(initial);
                        }
                        self.submit_own(command, |result| Fed::Login(result.map(|()| name)));
                    }
                    Err(error) => self.close(error),
                }
            }
        }
    }

    /// Somebody is logged in. Capabilities from before do not count, unless they came with the login (C48, T066, T067).
    pub(crate) fn opening_logged_in(&mut self, told: bool) {
        if self.opening.plan.distrust_greeting || !told {
            self.capabilities.forget();
            self.opening.stage = Stage::ExpectNewOffer;
            self.submit_own(AskCapability, |_| Fed::Capability);
        } else {
            self.details();
        }
    }

    /// Everything else, in one flight.
    fn details(&mut self) {
        self.redaction.clear();
        let profile = self.profile();
        let plan = &mut self.opening.plan;
        let identify = plan.identify.take().filter(|_| self.capabilities.has(&Capability::Id));
        let hangs_up = profile.is_some_and(|profile| profile.no_namespace);
        let namespace = plan.namespace && self.capabilities.has(&Capability::Namespace) && !hangs_up;
        if self.capabilities.has(&Capability::Utf8Only) && !plan.enable.contains(&Capability::Utf8Accept) {
            plan.enable.push(Capability::Utf8Accept); // RFC 9755 §6: such a server may refuse everything else (T024)
        }
        let denied = profile.map_or(&[][..], |profile| profile.not_enabled);
        let wanted = plan.enable.iter().filter(|&wanted| self.capabilities.has(wanted) && !denied.contains(wanted));
        let wanted: Vec<_> = wanted.cloned().collect();
        let enable = !wanted.is_empty() && self.capabilities.has(&Capability::Enable);
        let answers = [identify.is_some(), namespace, enable].into_iter().map(u8::from).fold(0, u8::saturating_add);
        if answers == 0 {
            return self.compress();
        }
        self.opening.stage = Stage::ExpectDetails(answers);
        if let Some(fields) = identify {
            self.submit_own(Id::new(fields), |result| Fed::Id(result.ok().flatten()));
        }
        if namespace {
            self.submit_own(Namespace, |result| Fed::Namespace(result.ok()));
        }
        if enable {
            let asked = wanted.clone();
            self.submit_own(Enable::new(wanted), |result| Fed::Enabled(asked, result.ok()));
        }
        if self.opening.plan.compress == Compression::Off {
            self.release_early();
        }
    }

    /// The last step, since nothing may follow it before it is answered (RFC 4978 §3, C54).
    fn compress(&mut self) {
        let (wanted, offered) = (self.opening.plan.compress, self.capabilities.has(&Capability::CompressDeflate));
        match (wanted, offered) {
            (Compression::Auto | Compression::On, true) => {
                self.opening.stage = Stage::ExpectCompress;
                self.submit_own(Compress, Fed::Compressed);
            }
            (Compression::On, false) => {
                self.close(Error::new(
                    ErrorKind::Unsupported,
                    "compression is required, and the server does not offer it",
                ));
            }
            (Compression::Off, _) | (Compression::Auto, false) => self.ready(),
        }
    }

    /// The DEFLATE layer is in place.
    pub(crate) fn opening_compressed(&mut self) {
        self.opening.opened.compressed = true;
        if self.opening.stage == Stage::ExpectCompress {
            self.ready();
        }
    }

    /// Believes a server that switches extensions on and does not say so, where it is known for that (M14).
    fn enabled(&mut self, asked: &[Capability], told: Option<&Vec<Capability>>) {
        let silent = self.profile().map_or(&[][..], |profile| profile.silently_enabled);
        if told.is_some_and(Vec::is_empty) {
            let on = asked.iter().filter(|asked| silent.contains(asked)).map(Capability::as_str);
            self.capabilities.enable(&Capabilities::from_tokens(on));
        }
    }

    /// A command of the opening's own has ended.
    pub(crate) fn feed(&mut self, fed: Option<Fed>) {
        let Some(fed) = fed else { return };
        if self.closed.is_some() {
            return;
        }
        if let Some((bye, _)) = &self.bye {
            // A refusal of who logs in stands; anything else is because the server is leaving.
            let bye = bye.clone();
            let refused = matches!(&fed, Fed::Login(Err(error)) if error.code().is_some() || bye.code().is_none());
            if !refused {
                return self.close(bye);
            }
        }
        match (fed, self.opening.stage) {
            (Fed::StartTls(Err(error)), _) => {
                let text = format!("the server does not start TLS, so nothing was sent to it: {error}");
                self.close(Error::with_source(ErrorKind::Unsafe, text, error));
            }
            // A server that refuses CAPABILITY is hardly one to log in to, but that is for `Login::choose` to say (T005).
            (Fed::Capability, Stage::ExpectOffer) => self.choose(),
            (Fed::Capability, Stage::ExpectNewOffer) => self.details(),
            (Fed::Login(Ok(mechanism)), _) => {
                self.opening.opened.authenticated = true;
                self.opening.opened.mechanism = Some(mechanism);
                self.end_effect(Effect::Login, true);
            }
            (Fed::Login(Err(error)), _) => {
                let error = login_failed(&error);
                self.login_refused(match &self.opening.web_alert {
                    Some(code) => error.behind(code),
                    None => error,
                });
            }
            (Fed::Id(server_id), Stage::ExpectEarlyId) => {
                self.opening.opened.server_id = server_id;
                self.log_in();
            }
            (Fed::Id(server_id), _) => {
                self.opening.opened.server_id = server_id;
                self.detail_done();
            }
            (Fed::Namespace(namespaces), _) => {
                self.opening.opened.namespaces = namespaces;
                self.detail_done();
            }
            (Fed::Enabled(asked, told), _) => {
                self.enabled(&asked, told.as_ref());
                self.detail_done();
            }
            (Fed::Compressed(Err(error)), _) if self.opening.plan.compress == Compression::On => {
                let text = format!("compression is required, and the server refuses it: {error}");
                self.close(Error::with_source(ErrorKind::Unsupported, text, error));
            }
            (Fed::Compressed(Err(_)), _) => self.ready(),
            // Layers go on when they are in place.
            (Fed::StartTls(Ok(())) | Fed::Compressed(Ok(())) | Fed::Capability, _) => {}
        }
    }

    /// Only a tagged NO is a refusal that leaves the two sides in step (T061); it is forgiven once (T066).
    fn login_refused(&mut self, error: Error) {
        let refused = error.reply().is_some_and(|reply| reply.status == StatusKind::No);
        if !(refused && core::mem::take(&mut self.opening.plan.login_again)) {
            return self.close(error);
        }
        self.opening.stage = Stage::ExpectAnotherLogin;
        self.told_during_login = false;
        self.events.push(Event::LoginRefused(error));
    }

    fn detail_done(&mut self) {
        if let Stage::ExpectDetails(left) = self.opening.stage {
            match left.saturating_sub(1) {
                0 => self.compress(),
                left => self.opening.stage = Stage::ExpectDetails(left),
            }
        }
    }

    fn ready(&mut self) {
        self.opening.stage = Stage::Done;
        self.release_early();
        self.events.push(Event::Ready(Box::new(self.opening.opened.clone())));
    }
}

fn login_failed(error: &Error) -> Error {
    match error.kind() {
        ErrorKind::No | ErrorKind::Bad => error.with_kind(ErrorKind::Auth),
        _ => error.clone(),
    }
}

fn list(mechanisms: &[&str]) -> String {
    if mechanisms.is_empty() { String::from("no mechanism at all") } else { mechanisms.join(", ") }
}

/// Says which protocol was met instead of IMAP, where that can be told (H17, T039).
fn not_a_greeting(line: &[u8]) -> Error {
    if line.starts_with(b"421 ") {
        // SmarterMail is busy in the words of SMTP: a goodbye.
        let text = bytes::Bytes::copy_from_slice(line.trim_ascii_end());
        return Error::refused("connection", &StatusLine { kind: StatusKind::Bye, code: None, text });
    }
    let met = NotImap::by(line);
    let shown = printable(line);
    let text = if shown.is_empty() { met.to_string() } else { format!("{met}: {}", shown.trim()) };
    Error::with_source(ErrorKind::Protocol, text, met)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t039_the_wrong_port_is_named() {
        for (line, word) in [
            (&b"HTTP/1.1 400 Bad Request\r\n"[..], "HTTP"),
            (b"220 smtp ESMTP\r\n", "SMTP"),
            (b"+OK POP3\r\n", "POP3"),
            (b"hello\r\n", "not an IMAP greeting: hello"),
        ] {
            let error = not_a_greeting(line);
            assert!(format!("{error}").contains(word), "{error}");
            assert_eq!(error.kind(), ErrorKind::Protocol);
            let met: &NotImap = core::error::Error::source(&error).unwrap().downcast_ref().unwrap();
            assert_eq!(met.protocol, Some(word).filter(|word| word.len() == 4));
        }
    }

    #[test]
    fn a_server_that_is_busy_in_the_words_of_smtp_is_to_be_tried_again() {
        let error = not_a_greeting(b"421 Server is busy\r\n");
        assert_eq!((error.kind(), error.server_text()), (ErrorKind::Bye, Some("421 Server is busy")));
        assert!(error.is_retryable());
    }
}
