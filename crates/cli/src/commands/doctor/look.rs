//! Looks at a server: names, addresses, TLS, capabilities, login, account. Fills the report as far as it gets.
//!
//! ```text
//! place -> DNS -> every address -> a connection without a login (any certificate, if ours is refused)
//!                                     -> STARTTLS on its own port -> the login -> the account -> trials
//! ```
//!
//! What stops the visit is the report's failure, not an error: a server that does not work is what a doctor is for. Nothing is changed on
//! the server unless the user asked for `--write-test`; nothing of the account is said on a connection whose certificate was refused.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use imapkit::dial::{Route, Security};
use imapkit::sasl::Credentials;
use imapkit::session::{Credential, Login as _, Protection};
use imapkit::types::{Capabilities, Capability};
use imapkit::wire::Untagged;
use imapkit::{CapabilityBook, Client, Config, ConnectionInfo, ErrorKind, Event, Events, TraceLine};
use imapkit_discover::Step;

use super::link::{self, Attempt, StartTls, Tls};
use super::report::{Discovered, Failure, Oddity, Report, Timing, ms};
use super::tape::Tape;
use super::{Plan, account, profile, stranger, trials, write_test};
use crate::args::high::Target;
use crate::connect;
use crate::discovery;
use crate::errors::library::{certificate, explain};
use crate::errors::{Outcome, Problem};
use crate::exit::Exit;
use crate::output::Output;
use crate::output::text::{clean, cut};
use crate::place::Place;
use crate::progress::Steps;
use crate::transcript::Recorder;

/// How long an address may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a connection may be silent before somebody looks who is there.
const SILENCE: Duration = Duration::from_secs(2);
/// How long the look at STARTTLS may take.
const ASIDE: Duration = Duration::from_secs(8);
/// Odd lines kept, and letters of each.
const MAX_ODDITIES: usize = 100;
const MAX_ODD: usize = 500;
/// Lines kept of a conversation that broke.
const LAST_LINES: usize = 12;

/// Writes lines into the user's trace file.
type Tracer = Arc<dyn Fn(&TraceLine) + Send + Sync>;

/// Looks at everything.
pub(super) async fn look(plan: &Plan<'_>, output: &mut Output) -> Outcome<Report> {
    let target = plan.target;
    let mut report = blank(plan);
    // A doctor believes nothing that was remembered: the server is looked for anew.
    let (steps, place) = discovery::search(target, output).await;
    report.discovery = steps.iter().map(discovered).collect();
    let place = match place {
        Ok(place) => place,
        Err(problem) => {
            report.failure = Some(failure(&problem));
            return Ok(report);
        }
    };
    report.server = place.host().map(ToString::to_string).unwrap_or_default();
    (report.port, report.security) = (place.port, security(target, &place).to_owned());
    report.user = place.user.clone().filter(|_| plan.login);
    // The password is asked for before anything is shown to be under way.
    let named = place.user.is_some() || connect::logs_in_unnamed(target);
    let somebody = plan.login && (named || target.way.is_private());
    let quiet = Target { place: place.clone(), trace: None, ..target.clone() };
    let prepared = if somebody { Some(connect::prepare(&quiet, output).await?.1) } else { None };
    report.provider_advice = place.found.as_ref().map(|found| found.advice.clone()).unwrap_or_default();
    let mut visit = Visit {
        plan,
        recorder: plan.transcript.map(|_| Recorder::new(place.security)),
        place,
        now: time::OffsetDateTime::now_utc().unix_timestamp(),
        tape: Tape::new(),
        steps: Steps::new(output.manner()),
        trace: tracer(target)?,
        report: &mut report,
    };
    let stopped = visit.all(prepared, output).await.err();
    visit.steps.finish();
    let (recorder, last) = (visit.recorder.take(), visit.tape.last(LAST_LINES));
    if let Some(problem) = stopped {
        // What was said beside a refused certificate did not cause anything.
        report.last_lines = if problem.kind() == "certificate" { Vec::new() } else { last };
        report.failure = Some(failure(&problem));
    }
    if let (Some(recorder), Some(path)) = (recorder, plan.transcript) {
        let text = recorder.text(&provenance(&report));
        let text = match plan.redactor(&report) {
            Some(masks) => masks.lines(&text),
            None => text,
        };
        crate::files::write(path, text.as_bytes())?;
    }
    Ok(report)
}

fn discovered(step: &Step) -> Discovered {
    Discovered {
        source: step.source.to_string(),
        question: clean(&step.question),
        outcome: clean(&step.outcome.to_string()),
        ms: ms(step.took),
    }
}

/// What is known before anything was looked at.
fn blank(plan: &Plan<'_>) -> Report {
    let place = &plan.target.place;
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    Report {
        time: imapkit::types::DateTime::from_unix(now, 0).map(imapkit::types::DateTime::to_rfc3339).unwrap_or_default(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        server: place.host().map_or_else(|| place.server_text(), ToString::to_string),
        port: place.port,
        security: security(plan.target, place).to_owned(),
        user: place.user.clone().filter(|_| plan.login),
        ..Report::default()
    }
}

fn security(target: &Target, place: &Place) -> &'static str {
    match place.security {
        Security::Insecure if target.way.is_private() => "tunnel",
        Security::Tls => "tls",
        Security::StartTls => "starttls",
        Security::Insecure => "none",
    }
}

/// Where a transcript comes from.
fn provenance(report: &Report) -> String {
    let kind = report.profile.as_ref().map_or("a server", |profile| &profile.name);
    format!("imapkit doctor {} at {kind}, {}", report.version, report.time)
}

fn failure(problem: &Problem) -> Failure {
    Failure {
        kind: problem.kind().to_owned(),
        message: problem.what().to_owned(),
        server_text: problem.server_text().map(str::to_owned),
        advice: problem.advice().to_vec(),
    }
}

fn tracer(target: &Target) -> Outcome<Option<Tracer>> {
    let Some(path) = target.trace.as_deref() else { return Ok(None) };
    Ok(Some(Arc::new(connect::tracer(path)?)))
}

/// Why a connection did not come about.
enum Stop {
    /// The library says so.
    Failed(imapkit::Error),
    /// Somebody else is there.
    Stranger(Problem),
}

/// A visit under way.
struct Visit<'a> {
    plan: &'a Plan<'a>,
    place: Place,
    now: i64,
    /// Of the connection under way.
    tape: Tape,
    steps: Steps,
    trace: Option<Tracer>,
    recorder: Option<Recorder>,
    report: &'a mut Report,
}

impl Visit<'_> {
    async fn all(&mut self, prepared: Option<Config>, output: &mut Output) -> Outcome<()> {
        // Behind a proxy or a tunnel addresses are its business, and only the way that was named is gone.
        let way = &self.plan.target.way;
        let direct = matches!(way.route, Route::Direct) && !way.environment;
        let alive = if direct { Some(self.reach(output).await?) } else { None };
        self.step("looking at the server without a login", output);
        // The trace is of the real connection; without a login that is this one.
        let looked = self.without_login(alive, prepared.is_none()).await;
        if let Some(alive) = alive {
            self.starttls(alive, output).await;
        }
        looked?;
        let Some(config) = prepared else { return Ok(()) };
        self.step("logging in", output);
        let config = self.listen(config, true);
        let opened = Self::connect(&config).await;
        let (client, events) = opened.map_err(|error| explain(&error, &self.place, "logging in"))?;
        if let Some(recorder) = &self.recorder {
            recorder.opened(client.opened().opened.mechanism.as_deref());
        }
        self.known(client.opened());
        connect::somebody(client.opened(), &self.place)?;
        self.step("looking at the account", output);
        let place = self.place.clone();
        let wrong = |error: imapkit::Error| explain(&error, &place, "looking at the account");
        let seen = account::look(&client, self.report).await.map_err(wrong);
        self.report.profile = profile::of(self.report);
        let mut lost = None;
        if seen.is_ok() {
            self.step("trying what it offers", output);
            self.report.checks = trials::run(&client, &self.tape).await;
            // A trial that the connection died in says nothing of what was tried.
            lost = client.noop().await.err().filter(|error| !error.connection_alive());
            let _ = client.logout().await;
        }
        self.hear_out(events).await;
        seen?;
        if let Some(error) = lost {
            self.report.checks.clear();
            return Err(explain(&error, &place, "trying what the server offers"));
        }
        if self.plan.write_test {
            self.step("trying things out in a temporary folder", output);
            let tape = Tape::new();
            let heard = tape.clone();
            let config = config.trace(move |line| heard.hear(line));
            self.report.write_test = true;
            let namespaces = &self.report.namespaces;
            let prefix = namespaces.iter().find(|one| one.of == "personal").map(|one| one.prefix.clone());
            let tried = write_test::run(&config, &prefix.unwrap_or_default(), self.plan.target.timeout, &tape).await;
            self.report.checks.extend(tried);
        }
        Ok(())
    }

    /// Resolves the name and knocks at every address; gives one that answers.
    async fn reach(&mut self, output: &mut Output) -> Outcome<SocketAddr> {
        let patience = self.plan.target.timeout.unwrap_or(PATIENCE);
        self.step(&format!("resolving {}", self.report.server), output);
        let (dns, addresses) = link::resolve(&self.report.server, self.place.port, patience).await?;
        self.report.dns = Some(dns);
        self.step("knocking at every address", output);
        self.report.attempts = link::knock(&addresses, patience).await;
        let alive = addresses.iter().zip(&self.report.attempts).find(|(_, attempt)| attempt.error.is_none());
        alive.map(|(address, _)| *address).ok_or_else(|| nobody(&self.place, &self.report.attempts))
    }

    fn step(&mut self, doing: &str, output: &mut Output) {
        self.steps.show(doing);
        output.detail(doing);
    }

    /// A configuration whose connection is heard: by the tape, and by the trace and the transcript if it is the `main` one.
    fn listen(&mut self, config: Config, main: bool) -> Config {
        self.tape = Tape::new();
        let tape = self.tape.clone();
        let trace = self.trace.clone().filter(|_| main);
        let recorder = self.recorder.clone().filter(|_| main);
        config.trace(move |line| {
            tape.hear(line);
            if let Some(trace) = &trace {
                trace(line);
            }
            if let Some(recorder) = &recorder {
                recorder.hear(line);
            }
        })
    }

    /// Connects, and listens before anything can be missed.
    async fn connect(config: &Config) -> Result<(Client, Events), imapkit::Error> {
        let (client, driver) = imapkit::connect_with(config).await?;
        let events = client.events();
        tokio::spawn(driver);
        Ok((client, events))
    }

    /// What anybody sees.
    async fn without_login(&mut self, alive: Option<SocketAddr>, main: bool) -> Outcome<()> {
        let quiet = Target { trace: None, ..self.plan.target.clone() };
        let config = self.listen(connect::config(&quiet, &self.place)?, main);
        let (client, events) = match self.connect_or_find_out(&config, alive).await {
            Ok(opened) => opened,
            Err(Stop::Stranger(problem)) => return Err(problem),
            Err(Stop::Failed(error)) => {
                let problem = explain(&error, &self.place, "connecting");
                if certificate(&error).is_some() {
                    self.refused(&error, alive).await;
                    return Err(problem);
                }
                let odd = matches!(
                    error.kind(),
                    ErrorKind::Tls | ErrorKind::Protocol | ErrorKind::Timeout | ErrorKind::Closed
                );
                let found = match alive.filter(|_| odd) {
                    Some(alive) => stranger::look(&self.place, alive).await,
                    None => None,
                };
                let explained = found.and_then(|stranger| stranger.explain(&self.place));
                return Err(explained
                    .map_or(problem, |(text, advice)| Problem::new(Exit::Network, "wrong-port", text).next(advice)));
            }
        };
        if let Some(recorder) = self.recorder.as_ref().filter(|_| main) {
            recorder.opened(None);
        }
        self.seen(&client, alive).await?;
        let _ = client.logout().await;
        self.hear_out(events).await;
        Ok(())
    }

    /// Connects; if nobody greets for a while, finds out who is there instead.
    async fn connect_or_find_out(&self, config: &Config, alive: Option<SocketAddr>) -> Result<(Client, Events), Stop> {
        let (tape, place) = (self.tape.clone(), self.place.clone());
        let curious = async move {
            tokio::time::sleep(SILENCE).await;
            let Some(alive) = alive.filter(|_| !tape.has_greeting()) else { return std::future::pending().await };
            match stranger::look(&place, alive).await.and_then(|stranger| stranger.explain(&place)) {
                Some((text, advice)) => Problem::new(Exit::Network, "wrong-port", text).next(advice),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            opened = Self::connect(config) => opened.map_err(Stop::Failed),
            problem = curious => Err(Stop::Stranger(problem)),
        }
    }

    /// Capabilities and what follows from them.
    async fn seen(&mut self, client: &Client, alive: Option<SocketAddr>) -> Outcome<()> {
        let place = self.place.clone();
        let wrong = |error: imapkit::Error| explain(&error, &place, "asking for capabilities");
        let before = client.capabilities().await.map_err(wrong)?;
        self.report.capabilities.before_login = account::offered(&before);
        if self.place.security == Security::StartTls {
            let told = self.tape.before_starttls();
            self.report.capabilities.before_tls = match told {
                None => self.in_clear(self.place.port, alive).await,
                told => told,
            };
        }
        self.report.mechanisms = mechanisms(&before);
        let target = self.plan.target;
        let link = match client.opened().tls {
            Some(_) => Protection::Tls,
            None if target.allow_cleartext => Protection::Clear,
            // This machine, a local socket or a command: nothing else is let through without TLS (T027).
            None => Protection::Trusted,
        };
        let nothing = Capabilities::default();
        let offered = before.offered().unwrap_or(&nothing);
        self.report.choice.password = choice(Credentials::password("somebody", "nothing"), target, offered, link);
        self.report.choice.token = choice(Credentials::token("somebody", "nothing"), target, offered, link);
        self.known(client.opened());
        self.report.profile = profile::of(self.report);
        Ok(())
    }

    /// The certificate was refused: describes it, and what can be seen on a connection that accepts any and says nothing.
    async fn refused(&mut self, error: &imapkit::Error, alive: Option<SocketAddr>) {
        let Some(wrong) = certificate(error) else { return };
        let leaf = wrong.leaf.as_deref().map(|leaf| link::certificate(leaf, self.now));
        self.report.tls =
            Some(Tls { refused: true, problem: Some(wrong.to_string()), certificate: leaf, ..Tls::default() });
        // Who we are is no business of a server that could not show who it is.
        let stranger = Target { client_cert: None, trusted_site: true, ..self.plan.target.clone() };
        let quiet = Target { trace: None, ca_file: None, pins: Vec::new(), ..stranger };
        let Ok(config) = connect::config(&quiet, &self.place) else { return };
        let config = match alive {
            Some(alive) => config.host_address(alive.ip()),
            None => config,
        };
        let config = self.listen(config.connect_timeout(ASIDE), false);
        let Ok((client, events)) = Self::connect(&config).await else { return };
        let _ = self.seen(&client, alive).await;
        if let Some(tls) = &mut self.report.tls {
            tls.refused = true;
            tls.problem = Some(wrong.to_string());
        }
        let _ = client.logout().await;
        self.hear_out(events).await;
    }

    /// What the port for STARTTLS does, beside a visit to the port for TLS.
    async fn starttls(&mut self, alive: SocketAddr, output: &mut Output) {
        let beside = (self.place.security, self.place.port) == (Security::Tls, Security::Tls.default_port());
        let usual = beside.then(|| Security::StartTls.default_port());
        let Some(port) = self.plan.starttls_port.or(usual).filter(|_| self.place.security == Security::Tls) else {
            return;
        };
        self.step(&format!("looking at STARTTLS on port {port}"), output);
        let mut seen = StartTls { port, ..StartTls::default() };
        let knocked = link::knock(&[SocketAddr::new(alive.ip(), port)], ASIDE).await;
        seen.error = knocked.into_iter().next().and_then(|attempt| attempt.error);
        seen.open = seen.error.is_none();
        if seen.open {
            let place = Place { security: Security::StartTls, port, ..self.place.clone() };
            let quiet = Target { trace: None, ..self.plan.target.clone() };
            if let Ok(config) = connect::config(&quiet, &place) {
                let tape = Tape::new();
                let heard = tape.clone();
                let config = config.host_address(alive.ip()).connect_timeout(ASIDE).trace(move |line| heard.hear(line));
                match imapkit::connect(&config).await {
                    Ok(client) => {
                        seen.works = true;
                        seen.after_tls = client.capabilities().await.ok().as_ref().and_then(account::offered);
                        let theirs = client.opened().tls.as_ref().and_then(|facts| facts.certificate.as_ref());
                        let ours = self.report.tls.as_ref().and_then(|tls| tls.certificate.as_ref());
                        seen.same_certificate = theirs
                            .zip(ours)
                            .map(|(theirs, ours)| theirs.fingerprint.to_string() == ours.fingerprint_sha256);
                        let _ = client.logout().await;
                    }
                    Err(error) => seen.error = Some(clean(&error.to_string())),
                }
                seen.before_tls = tape.before_starttls();
                if seen.works && seen.before_tls.is_none() {
                    seen.before_tls = self.in_clear(port, Some(alive)).await;
                }
            }
        }
        self.report.starttls = Some(seen);
    }

    /// What a port for STARTTLS offers in clear text to who asks, where its greeting does not tell; nothing else is said there.
    async fn in_clear(&self, port: u16, alive: Option<SocketAddr>) -> Option<Vec<String>> {
        let place = Place { security: Security::Insecure, port, ..self.place.clone() };
        let quiet = Target { trace: None, allow_cleartext: true, ..self.plan.target.clone() };
        let config = connect::config(&quiet, &place).ok()?.connect_timeout(ASIDE);
        let config = match alive {
            Some(alive) => config.host_address(alive.ip()),
            None => config,
        };
        let asked = async {
            let client = imapkit::connect(&config).await.ok()?;
            let offered = client.capabilities().await.ok().as_ref().and_then(account::offered);
            let _ = client.logout().await;
            offered
        };
        tokio::time::timeout(ASIDE, asked).await.ok().flatten()
    }

    /// What is known of a connection once it is open.
    fn known(&mut self, info: &ConnectionInfo) {
        let report = &mut *self.report;
        report.greeting = Some(clean(&info.opened.greeting));
        report.timings =
            info.phases.iter().map(|(phase, time)| Timing { phase: phase.to_string(), ms: ms(*time) }).collect();
        report.flights = Some(info.opened.flights);
        report.treated_as = info.opened.profile.map(str::to_owned).or_else(|| report.treated_as.take());
        report.tls = info.tls.as_ref().map(|facts| link::tls(facts, self.now));
        for event in &info.heard {
            note(report, event);
        }
    }

    /// Takes what was said unasked until the connection ended.
    async fn hear_out(&mut self, mut events: Events) {
        let heard = async {
            while let Some(event) = events.next().await {
                note(self.report, &event);
            }
        };
        let _ = tokio::time::timeout(SILENCE, heard).await;
    }
}

/// Alerts and oddities go into the report, each once.
fn note(report: &mut Report, event: &Event) {
    match event {
        Event::Alert { text, .. } => {
            let text = clean(text);
            if !report.alerts.contains(&text) {
                report.alerts.push(text);
            }
        }
        Event::Warning(warning) => odd(report, &warning.text, &warning.raw),
        Event::Unsolicited(data) => {
            if let Untagged::Unknown(unknown) = &**data {
                odd(report, "this response is none of IMAP's", unknown.frame.as_bytes());
            }
        }
        _ => {}
    }
}

fn odd(report: &mut Report, text: &str, raw: &[u8]) {
    let raw = raw.trim_ascii_end().escape_ascii().to_string();
    let oddity = Oddity { text: clean(text), raw: cut(&raw, MAX_ODD) };
    if report.oddities.len() < MAX_ODDITIES && !report.oddities.contains(&oddity) {
        report.oddities.push(oddity);
    }
}

fn nobody(place: &Place, attempts: &[Attempt]) -> Problem {
    let mut whys: Vec<&str> = attempts.iter().filter_map(|attempt| attempt.error.as_deref()).collect();
    whys.dedup();
    let what = format!("no connection to {}: {}", place.server_text(), whys.join("; "));
    let advice = if whys.iter().all(|why| why.contains("refused")) {
        "nothing listens there: check the port; the usual ones are 993 (imaps://) and 143 (imap+starttls://)"
    } else {
        "a firewall, this machine's network, or a server that is down: try from another network"
    };
    Problem::new(Exit::Network, "network", what).next(advice)
}

/// Ways to log in that are offered, by name.
fn mechanisms(book: &CapabilityBook) -> Vec<String> {
    let Some(offered) = book.offered() else { return Vec::new() };
    let mut names: Vec<String> = offered.auth_mechanisms().map(clean).collect();
    if !offered.has(&Capability::LoginDisabled) {
        names.push("the command LOGIN".to_owned());
    }
    names
}

/// Which way these credentials would be taken.
fn choice(who: Credentials, target: &Target, offered: &Capabilities, link: Protection) -> Option<String> {
    match who.policy(connect::policy(target)).choose(offered, link).ok()? {
        Credential::Login { .. } => Some("LOGIN".to_owned()),
        Credential::Sasl(mechanism) => Some(mechanism.name().to_owned()),
    }
}
