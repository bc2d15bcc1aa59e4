//! The library's errors, in words for people.
//!
//! Separate because this is where kinds, response codes and server texts become causes and advice. A code says more than a text, a text of
//! a known server more than a kind (the library's [`Cause`]). RFC 5530 (codes).

use imapkit::dial::{ProxyError, Security};
use imapkit::recovery::Cause;
use imapkit::session::NotImap;
use imapkit::transport::{CertificateError, CertificateProblem};
use imapkit::types::Code;
use imapkit::wire::StatusKind;
use imapkit::{Error, ErrorKind};
use imapkit_discover::Source;

use super::{Problem, plain};
use crate::exit::Exit;
use crate::output::text::clean;
use crate::place::{Place, Shown};

/// Where IMAP is to be found.
pub(crate) const USUAL_PORTS: &str = "the usual ports of IMAP are 993 (imaps://) and 143 (imap+starttls://)";

/// What an error means at this place; `doing` continues "while …".
pub(crate) fn explain(error: &Error, place: &Place, doing: &str) -> Problem {
    if let Some(problem) = ours(error) {
        return problem.clone();
    }
    if let Some(certificate) = certificate(error) {
        return refused_certificate(certificate, place);
    }
    if let Some(met) = behind::<NotImap>(error) {
        return wrong_port(error, met, place);
    }
    match error.kind() {
        ErrorKind::Auth => refused_login(error, place),
        ErrorKind::Io | ErrorKind::Timeout | ErrorKind::Closed => network(error, place, doing),
        ErrorKind::Tls if transport(error).is_some_and(imapkit::transport::Error::needs_fallback) => Problem::new(
            Exit::Guard,
            "old-tls",
            format!("no secure connection to {}: {error}", place.server_text()),
        )
        .next("nothing was sent; a server that only knows old TLS is for its operator to renew")
        .next("if you have to use it all the same: add --secure-fallback, and expect others to be able to read along"),
        ErrorKind::Tls => Problem::new(
            Exit::Network,
            "tls",
            format!("no secure connection to {}: {error}", place.server_text()),
        )
        .next(
            "nothing more was sent; check the port (993 for imaps://, 143 for imap+starttls://), then run: imapkit doctor",
        ),
        ErrorKind::Unsafe => Problem::new(
            Exit::Guard,
            "unsafe",
            format!("{} is not to be trusted with a password: {error}", place.server_text()),
        )
        .next("nothing more was sent; use imaps:// if the server has it, or ask its operator"),
        ErrorKind::Bye => refused(error, place, doing, Exit::Network),
        ErrorKind::No | ErrorKind::Bad => refused(error, place, doing, Exit::Failed),
        ErrorKind::Unsupported => {
            Problem::new(Exit::Failed, "unsupported", format!("{} cannot do this: {error}", place.server_text()))
        }
        ErrorKind::Misuse => Problem::usage(error.to_string()),
        ErrorKind::Limit => Problem::new(Exit::Failed, "limit", format!("while {doing}: {error}")),
        ErrorKind::Protocol => Problem::new(
            Exit::Failed,
            "protocol",
            format!("{} broke the protocol while {doing}: {error}", place.server_text()),
        )
        .next("the server is at fault; --trace FILE records what it said"),
        ErrorKind::Unknown => Problem::new(Exit::Network, "unknown", format!("while {doing}: {error}"))
            .next("the answer was lost: look whether it is done before doing it again"),
        ErrorKind::Bug => Problem::new(Exit::Failed, "bug", format!("while {doing}: {error}"))
            .next("this is a mistake in imapkit: report it, with --trace FILE if it happens again"),
        _ => Problem::new(Exit::Failed, "failed", format!("while {doing}: {error}")),
    }
}

/// The certificate's fault behind an error.
pub(crate) fn certificate(error: &Error) -> Option<&CertificateError> {
    transport(error)?.certificate()
}

/// The problem behind an error: what asking for a token came to.
fn ours(error: &Error) -> Option<&Problem> {
    std::error::Error::source(error)?.downcast_ref()
}

/// The error of TLS or DEFLATE behind an error.
fn transport(error: &Error) -> Option<&imapkit::transport::Error> {
    behind(error)
}

/// An error of this type behind an error.
fn behind<T: std::error::Error + 'static>(error: &Error) -> Option<&T> {
    std::iter::successors(std::error::Error::source(error), |cause| cause.source())
        .find_map(|cause| cause.downcast_ref())
}

/// T039: somebody else is there.
fn wrong_port(error: &Error, met: &NotImap, place: &Place) -> Problem {
    let host = place.host().map(ToString::to_string).unwrap_or_default();
    let here = format!("port {} of {host}", place.port);
    let problem = |what: String| Problem::new(Exit::Network, "wrong-port", what);
    match met.protocol {
        Some("TLS") => problem(format!("{here} speaks TLS from the first octet"))
            .next(format!("use imaps://{host}:{}", place.port)),
        Some(protocol) => problem(format!("{here} speaks {protocol}, not IMAP")).next(USUAL_PORTS),
        None => problem(format!("{here} does not greet as IMAP servers do: {error}")).next(USUAL_PORTS),
    }
}

fn refused_certificate(error: &CertificateError, place: &Place) -> Problem {
    let problem = Problem::new(Exit::Guard, "certificate", error.to_string());
    let key = error.leaf.as_ref().map(|leaf| leaf.key.to_string());
    let problem = match &error.problem {
        // T051: DNS names a host elsewhere, and the host cannot show that it serves this domain.
        CertificateProblem::WrongHost { .. } if by_dns(place) => {
            let (host, user) = (place.server_text(), place.user.as_deref().map(clean).unwrap_or_default());
            let problem = problem.next(format!("only DNS says that {host} is the server, and DNS can be forged"));
            problem.next(format!("if it is right, name it: imaps://{}@{host}", user.replace('@', "%40")))
        }
        CertificateProblem::WrongHost { found } => match found.first() {
            Some(name) => {
                problem.next(format!("if {} is the same server under another name, connect to that name", clean(name)))
            }
            None => problem,
        },
        CertificateProblem::SelfSigned | CertificateProblem::UnknownIssuer { .. } => {
            let problem =
                problem.next("if the server is yours, trust its authority with --ca-file PEM, or its key with:");
            key.into_iter().fold(problem, |problem, key| problem.next(format!("  --pin {key}")))
        }
        CertificateProblem::Expired { .. } | CertificateProblem::NotYetValid { .. } => {
            problem.next("the server's operator has to renew it; check this machine's clock, too")
        }
        CertificateProblem::PinMismatch { found, .. } => problem
            .next("if the operator announced a new key, pin it; otherwise somebody may sit in between:")
            .next(format!("  --pin {found}")),
        CertificateProblem::Weak(_) => problem
            .next("the server's operator has to renew it; if you have to use it all the same: add --secure-fallback"),
        _ => problem,
    };
    problem.next(format!("nothing was sent to {}; no password has left this machine", place.server_text()))
}

/// Only DNS says that this is the server.
fn by_dns(place: &Place) -> bool {
    place.found.as_ref().is_some_and(|found| found.certificate.is_some())
}

/// The login name is the address because nobody said otherwise.
fn is_guessed(place: &Place) -> bool {
    let unsaid = [Source::Srv, Source::Guess].map(|source| source.to_string());
    place.found.as_ref().is_some_and(|found| unsaid.contains(&found.by) && place.user.as_ref() == Some(&found.email))
}

fn refused_login(error: &Error, place: &Place) -> Problem {
    let text = error.server_text().unwrap_or_default();
    let who = place.user.as_deref().map_or_else(|| "you".to_owned(), clean);
    if error.reply().is_none() {
        // Found out here: no way to log in that both sides accept.
        let problem =
            Problem::new(Exit::Auth, "no-mechanism", format!("cannot log in to {}: {error}", place.server_text()));
        return match place.security {
            Security::Insecure => {
                problem.next("most servers take passwords only within TLS: use imap+starttls:// or imaps://")
            }
            _ => problem.next("run `imapkit doctor` to see what the server offers"),
        };
    }
    let cause = Cause::of(error);
    if wants_operator(error) && cause.is_none() {
        return refused(error, place, "logging in", Exit::Auth);
    }
    if error.is_retryable() || cause.is_some_and(Cause::is_temporary) {
        // It says nothing about the password.
        return refused(error, place, "logging in", Exit::Network);
    }
    if cause.is_none() && is_bad(error) {
        return refused(error, place, "logging in", Exit::Auth).next(
            "the server may want another way to log in: --auth LOGIN or --auth PLAIN; --trace FILE records what was said",
        );
    }
    if cause == Some(Cause::TokenExpired) && error.code() == Some(&Code::Expired) && proof(error, place) != "token" {
        // RFC 5530 §3: what has expired is whatever was shown.
        let proof = proof(error, place);
        let what = format!("{} does not let {who} in: the {proof} has expired", place.server_text());
        return with_reply(Problem::new(Exit::Auth, Cause::Credentials.name(), what).said(text), error)
            .next(format!("renew the {proof} at the provider or with the server's operator, then try again"));
    }
    let what = match cause {
        Some(cause) if exit(cause) == Exit::Auth && cause != Cause::Credentials => {
            format!("{} does not let {who} in: {}", place.server_text(), cause.means())
        }
        _ => format!("{} refused the {} for {who}", place.server_text(), proof(error, place)),
    };
    let next = match cause.filter(|cause| *cause != Cause::Credentials) {
        Some(cause) if error.token_refusal().is_none() => advice(cause),
        _ => match proof(error, place) {
            "token" => "log in anew: imapkit login; check that IMAP is switched on, and whose token it is",
            "login" => "ask the server's operator whether this account may log in so",
            _ => {
                cause.map_or("check the login name and the password; many providers want an app password here", advice)
            }
        },
    };
    let kind = cause.map_or("auth", Cause::name);
    let problem = with_reply(Problem::new(Exit::Auth, kind, what).said(text), error);
    let problem = match error.code() {
        Some(Code::WebAlert(page)) => problem.next(format!("the page it wants you to see: {}", clean(page))),
        _ => problem,
    };
    // What is known of the provider says more than a refusal without a reason.
    let known = place.found.as_ref().map(|found| found.advice.as_slice()).unwrap_or_default();
    match cause {
        None | Some(Cause::Credentials) if !known.is_empty() => known.iter().fold(problem, Problem::next),
        // RFC 6186 §4: where nothing says what the login name is, the address comes first and what is before its `@` next.
        None | Some(Cause::Credentials) if is_guessed(place) => {
            let local = who.split('@').next().unwrap_or_default();
            problem.next(next).next(format!("some servers want only what is before the @: --user {local}"))
        }
        _ => problem.next(next),
    }
}

/// What was refused, in a word.
fn proof(error: &Error, place: &Place) -> &'static str {
    match place.proof {
        Shown::Token => "token",
        _ if error.token_refusal().is_some() => "token",
        Shown::Password => "password",
        Shown::Other => "login",
    }
}

/// `otherwise` is how a run ends when the cause does not say.
fn refused(error: &Error, place: &Place, doing: &str, otherwise: Exit) -> Problem {
    let cause = Cause::of(error);
    let server = place.server_text();
    let what = match (error.kind(), cause) {
        (_, Some(cause)) => format!("{}, says {server} while {doing}", cause.means()),
        (ErrorKind::Bye, _) => format!("{server} ended the connection while {doing}"),
        _ if is_bad(error) => format!("{server} did not understand us while {doing}"),
        _ => format!("{server} refused, while {doing}"),
    };
    let exit = cause.map(exit).filter(|exit| *exit != Exit::Failed).unwrap_or(otherwise);
    let otherwise = if error.kind() == ErrorKind::Bye { "bye" } else { "refused" };
    let kind = cause.map_or(otherwise, Cause::name);
    let problem = with_reply(Problem::new(exit, kind, what).said(error.server_text().unwrap_or_default()), error);
    match cause {
        Some(cause) => problem.next(advice(cause)),
        None if wants_operator(error) => problem.next("ask the server's operator: trying again does not help"),
        None if error.is_retryable() => problem.next("try again in some minutes"),
        None => problem,
    }
}

/// RFC 5530 §3: "the user should contact the system administrator or support desk".
fn wants_operator(error: &Error) -> bool {
    error.code() == Some(&Code::ContactAdmin)
}

/// The server did not understand the command.
fn is_bad(error: &Error) -> bool {
    error.reply().is_some_and(|reply| reply.status == StatusKind::Bad)
}

fn with_reply(problem: Problem, error: &Error) -> Problem {
    match error.code() {
        Some(code) => problem.code(clean(code.name())),
        None => problem,
    }
}

/// How a run ends that a cause has ended.
fn exit(cause: Cause) -> Exit {
    match cause {
        Cause::ImapDisabled
        | Cause::AppPassword
        | Cause::SecurityCheck
        | Cause::NotConnected
        | Cause::UnsafeLogin
        | Cause::TokenExpired
        | Cause::Credentials => Exit::Auth,
        Cause::TooManyConnections => Exit::Network,
        _ => Exit::Failed,
    }
}

fn advice(cause: Cause) -> &'static str {
    match cause {
        Cause::NoMailbox => "list what there is with: imapkit ls",
        cause => cause.advice(),
    }
}

fn network(error: &Error, place: &Place, doing: &str) -> Problem {
    let server = place.server_text();
    if error.to_string().starts_with("resolving ") {
        let why = behind(error).map(plain).unwrap_or_default();
        return Problem::new(
            Exit::Network,
            "no-host",
            format!("there is no server {server}: its name does not resolve{}", in_brackets(&why)),
        )
        .next("check the name, and this machine's network");
    }
    let kind = match error.kind() {
        ErrorKind::Timeout => "timeout",
        ErrorKind::Closed => "closed",
        _ => "network",
    };
    let text = error.to_string();
    if let Some(advice) = on_the_way(error, &text) {
        let what = format!("no connection to {server}: {}", without_numbers(&text));
        return Problem::new(Exit::Network, kind, what).next(advice);
    }
    let text = text
        .strip_prefix("connecting to ")
        .and_then(|text| text.split_once(": "))
        .map_or(text.as_str(), |(_, text)| text);
    let problem = Problem::new(Exit::Network, kind, format!("no connection to {server}: {}", without_numbers(text)));
    match error.kind() {
        _ if error.to_string().contains("refused") => problem.next(
            "nothing listens there: check the port; the usual ones are 993 (imaps://) and 143 (imap+starttls://)",
        ),
        ErrorKind::Timeout => {
            let problem = problem
                .next("the network or the server is too slow: try again, or give it longer with --timeout SECONDS");
            // Servers of TLS and of the web wait to be spoken to (T039).
            if text.ends_with("(phase greeting)") {
                problem.next(format!("or it is no IMAP server: {USUAL_PORTS}"))
            } else {
                problem
            }
        }
        ErrorKind::Closed => {
            Problem::new(Exit::Network, kind, format!("the connection to {server} broke while {doing}: {error}"))
                .next("the network or the server broke it: run the same command again")
        }
        _ => problem.next("check this machine's network; `imapkit doctor` tries every address"),
    }
}

/// What to do where it is not the server that failed, but the proxy, the command or the local socket on the way there.
fn on_the_way(error: &Error, text: &str) -> Option<&'static str> {
    if text.contains("the tunnel command") {
        return Some("the command behind `command:` is at fault: try it by hand");
    }
    if text.starts_with("connecting to /") {
        return Some("check the path behind `unix:`, and that its server runs");
    }
    if !text.starts_with("the proxy ") {
        return None;
    }
    Some(match behind(error) {
        Some(ProxyError::Authentication) => {
            "say who you are: --proxy SCHEME://USER@HOST:PORT, with the password in IMAPKIT_PROXY_PASSWORD"
        }
        Some(ProxyError::Refused(_)) => {
            "the proxy answers: check the server's name and port, and what the proxy lets through"
        }
        Some(_) => "check that it is a proxy of this kind: the scheme of its URL says which",
        None if error.kind() == ErrorKind::Timeout => {
            "check that the proxy is right and runs, or give it longer with --timeout SECONDS"
        }
        None => "check the proxy's name and port (--proxy, the account's `proxy`, or ALL_PROXY), and that it runs",
    })
}

fn in_brackets(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(" ({text})") }
}

/// The system's words without `(os error 111)`, wherever it stands.
fn without_numbers(text: &str) -> String {
    let mut pieces = text.split(" (os error ");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        out.push_str(piece.split_once(')').map_or("", |(_, rest)| rest));
    }
    out
}
