//! Looks at a server: names, addresses, TLS, capabilities, login, account. Fills the report as far as it gets.
//!
//! Two connections: one without a login, to see what anybody sees, then the real one. What stops the visit is the report's failure, not an
//! error: a server that does not work is what a doctor is for. Nothing is changed on the server.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::future::join_all;
use imapkit::dial::Security;
use imapkit::types::Capability;
use imapkit::wire::Untagged;
use imapkit::{CapabilityBook, Client, Config, ConnectionInfo, Event, TraceLine};
use tokio::net::{TcpStream, lookup_host};

use super::report::{Agreed, Attempt, Certificate, Dns, Failure, Login, Namespace, Quota, Report, Timing, Tls};
use crate::args::high::Target;
use crate::connect;
use crate::errors::library::{certificate, explain};
use crate::errors::{Outcome, Problem, plain};
use crate::mailboxes;
use crate::output::Output;
use crate::output::text::clean;
use crate::place::Place;

/// How long an address may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Looks at everything.
pub(super) async fn look(target: &Target, login: bool, output: &mut Output) -> Outcome<Report> {
    let place = crate::discovery::locate(target, output).await?;
    let mut report = Report {
        server: place.host().map(ToString::to_string).unwrap_or_default(),
        port: place.port,
        security: match place.security {
            Security::Tls => "tls",
            Security::StartTls => "starttls",
            Security::Insecure => "none",
        },
        user: place.user.clone().filter(|_| login),
        ..Report::default()
    };
    // The password is asked for before anything is shown to be under way.
    let prepared = match &report.user {
        Some(_) => Some(connect::prepare(&Target { place: place.clone(), ..target.clone() }, output).await?.1),
        None => None,
    };
    let failure = visit(target, &place, prepared, &mut report, output).await.err();
    report.failure = failure.map(|problem| Failure {
        kind: problem.kind(),
        message: problem.what().to_owned(),
        server_text: problem.server_text().map(str::to_owned),
        advice: problem.advice().to_vec(),
    });
    Ok(report)
}

async fn visit(
    target: &Target,
    place: &Place,
    prepared: Option<Config>,
    report: &mut Report,
    output: &mut Output,
) -> Outcome<()> {
    addresses(place, target.timeout.unwrap_or(PATIENCE), report).await?;
    output.detail("looking at the server without a login");
    let words = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&words);
    let open = Target { trace: None, ..target.clone() };
    // The trace file, if one is wanted, is of the real connection; without a login that is this one.
    let record = target.trace.as_ref().filter(|_| prepared.is_none()).map(|path| connect::tracer(path)).transpose()?;
    let config = connect::config(&open, place)?.trace(move |line| {
        hear(line, &heard);
        if let Some(record) = &record {
            record(line);
        }
    });
    let client = imapkit::connect(&config).await.map_err(|error| {
        // A certificate that is refused is described all the same.
        report.tls = certificate(&error).map(|wrong| Tls {
            problem: Some(wrong.to_string()),
            certificate: wrong.leaf.as_deref().map(described),
            ..Tls::default()
        });
        explain(&error, place, "connecting")
    })?;
    let before = client.capabilities().await.map_err(|error| explain(&error, place, "asking for capabilities"))?;
    report.capabilities.before_login = offered(&before);
    report.capabilities.before_tls = before_tls(place, &words);
    report.mechanisms = mechanisms(&before);
    known(client.opened(), report);
    let _ = client.logout().await;
    let Some(config) = prepared else { return Ok(()) };
    output.detail("logging in");
    let client = imapkit::connect(&config).await.map_err(|error| explain(&error, place, "logging in"))?;
    let mut events = client.events();
    logged_in(&client, place, report).await?;
    let _ = client.logout().await;
    while let Some(event) = events.next().await {
        if let Event::Alert { text, .. } = event {
            report.alerts.push(text.to_string());
        }
    }
    Ok(())
}

/// Resolves the name and tries every address, all at once.
async fn addresses(place: &Place, patience: Duration, report: &mut Report) -> Outcome<()> {
    let start = Instant::now();
    let found = lookup_host((report.server.as_str(), place.port)).await.map_err(|error| {
        Problem::new(
            crate::exit::Exit::Network,
            "no-host",
            format!("the name {} does not resolve: {}", report.server, plain(&error)),
        )
        .next("check the name, and this machine's network")
    })?;
    let mut addresses: Vec<_> = found.collect();
    addresses.dedup();
    report.dns = Some(Dns {
        addresses: addresses.iter().map(|address| address.ip().to_string()).collect(),
        ms: ms(start.elapsed()),
    });
    let attempts = addresses.into_iter().map(|address| async move {
        let start = Instant::now();
        let error = match tokio::time::timeout(patience, TcpStream::connect(address)).await {
            Ok(Ok(_)) => None,
            Ok(Err(error)) => Some(plain(&error)),
            Err(_) => Some(format!("no answer within {}", crate::output::text::duration(patience))),
        };
        Attempt { address: address.to_string(), ms: ms(start.elapsed()), error }
    });
    report.attempts = join_all(attempts).await;
    Ok(())
}

/// Notes every list of capabilities, and where TLS began.
fn hear(line: &TraceLine, words: &Mutex<Vec<String>>) {
    let interesting = line.text.contains("CAPABILITY") || line.text.contains("STARTTLS");
    if let (true, Ok(mut words)) = (interesting, words.lock()) {
        words.push(format!("{}{}", if line.sent { '>' } else { '<' }, line.text));
    }
}

/// What was offered in clear text: the last list before STARTTLS was sent.
fn before_tls(place: &Place, words: &Mutex<Vec<String>>) -> Option<Vec<String>> {
    let words = words.lock().ok()?;
    let lines = words.iter().take_while(|line| !(line.starts_with('>') && line.contains("STARTTLS")));
    let list = lines.filter(|line| line.starts_with('<')).filter_map(|line| line.split_once("CAPABILITY ")).last()?.1;
    let list = list.split(']').next()?.split_ascii_whitespace().map(str::to_owned).collect();
    (place.security == Security::StartTls).then_some(list)
}

fn offered(book: &CapabilityBook) -> Option<Vec<String>> {
    book.offered().map(|offered| offered.iter().map(clean).collect())
}

fn mechanisms(book: &CapabilityBook) -> Vec<String> {
    let Some(offered) = book.offered() else { return Vec::new() };
    let mut names: Vec<String> = offered.auth_mechanisms().map(clean).collect();
    if !offered.has(&Capability::LoginDisabled) {
        names.push("the command LOGIN".to_owned());
    }
    names
}

/// What is known of a connection once it is open.
fn known(info: &ConnectionInfo, report: &mut Report) {
    report.greeting = Some(clean(&info.opened.greeting));
    report.timings =
        info.phases.iter().map(|(phase, time)| Timing { phase: phase.to_string(), ms: ms(*time) }).collect();
    report.flights = Some(info.opened.flights);
    report.tls = info.tls.as_ref().map(|facts| Tls {
        agreed: Some(Agreed {
            version: facts.version.to_string(),
            cipher_suite: facts.suite.to_owned(),
            key_exchange: facts.key_exchange.to_owned(),
            chain_length: facts.chain.len(),
        }),
        pinned: facts.pinned,
        problem: facts.problem.as_ref().map(ToString::to_string),
        certificate: facts.certificate.as_ref().map(described),
    });
}

fn described(certificate: &imapkit::transport::Certificate) -> Certificate {
    Certificate {
        subject: clean(&certificate.subject),
        issuer: clean(&certificate.issuer),
        names: certificate.names.iter().map(|name| clean(name)).collect(),
        not_before: utc(certificate.not_before),
        not_after: utc(certificate.not_after),
        ends: i64::try_from(certificate.not_after).unwrap_or(i64::MAX),
        fingerprint_sha256: certificate.fingerprint.to_string(),
        key_sha256: certificate.key.to_string(),
    }
}

fn utc(seconds: u64) -> String {
    let date = i64::try_from(seconds).ok().and_then(|seconds| imapkit::types::DateTime::from_unix(seconds, 0));
    date.map_or_else(|| "a date beyond reckoning".to_owned(), imapkit::types::DateTime::to_rfc3339)
}

/// What only a login shows.
async fn logged_in(client: &Client, place: &Place, report: &mut Report) -> Outcome<()> {
    let wrong = |error: imapkit::Error| explain(&error, place, "looking at the account");
    known(client.opened(), report);
    let opened = &client.opened().opened;
    let after = client.capabilities().await.map_err(wrong)?;
    report.capabilities.after_login = offered(&after);
    let mechanism = opened.mechanism.as_deref().unwrap_or("nothing").to_owned();
    report.login = Some(Login { why: why(&mechanism), mechanism });
    if let Some(id) = &opened.server_id {
        report.server_id = id.iter().filter_map(|(name, value)| Some((clean(name), clean(value?)))).collect();
    }
    if let Some(namespaces) = &opened.namespaces {
        let all = [("personal", &namespaces.personal), ("others", &namespaces.others), ("shared", &namespaces.shared)];
        report.namespaces = all
            .into_iter()
            .flat_map(|(of, list)| {
                list.iter().map(move |one| Namespace { of, prefix: clean(one.prefix.name()), delimiter: one.delimiter })
            })
            .collect();
    }
    let folders = mailboxes::all(client, false).await.map_err(wrong)?;
    report.folders = Some(folders.len());
    report.special_use = folders
        .iter()
        .filter_map(|folder| Some((folder.facts.special_use.clone()?, clean(&folder.facts.name))))
        .collect();
    if after.has(&Capability::Quota) {
        // A server that offers QUOTA and refuses it costs only the numbers.
        let answer = client.raw("GETQUOTAROOT INBOX").await.map(|answer| answer.untagged).unwrap_or_default();
        for response in answer {
            if let Untagged::Quota(quota) = response {
                report.quota.extend(quota.resources.iter().map(|resource| Quota {
                    resource: clean(&resource.name),
                    usage: resource.usage,
                    limit: resource.limit,
                }));
            }
        }
    }
    Ok(())
}

/// Why this way to log in: the order of preference in words.
fn why(mechanism: &str) -> String {
    let upper = mechanism.to_ascii_uppercase();
    match upper.as_str() {
        name if name.ends_with("-PLUS") => "proves the password without telling it, and is tied to this TLS connection",
        name if name.starts_with("SCRAM") => "proves the password without telling it",
        "PLAIN" => "the best offered for a password; safe within TLS",
        "LOGIN" => "the server offers nothing better; safe within TLS",
        "PREAUTH" => "the server knew who we are",
        "XOAUTH2" | "OAUTHBEARER" => "takes a token instead of a password",
        _ => "asked for",
    }
    .to_owned()
}

fn ms(time: Duration) -> f64 {
    // Micro-second precision is more than a network has.
    (time.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_in_clear_text_is_the_last_one_before_starttls() {
        let words = Mutex::new(Vec::new());
        let say = |sent, text: &str| hear(&TraceLine { sent, text: text.into() }, &words);
        say(false, "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hi");
        say(true, "A1 NOOP");
        say(true, "A2 STARTTLS");
        say(false, "* CAPABILITY IMAP4rev1 AUTH=PLAIN");
        let place = Place::parse("imap+starttls://h.example").unwrap();
        assert_eq!(before_tls(&place, &words).unwrap(), ["IMAP4rev1", "STARTTLS", "LOGINDISABLED"]);
        assert_eq!(before_tls(&Place::parse("h.example").unwrap(), &words), None);
    }
}
