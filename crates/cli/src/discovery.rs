//! From a mail address to a place with a server: what was remembered, or what `imapkit-discover` finds now.
//!
//! ```text
//! ann@example.org --memory--> remembered and fresh? --no--> find (table, MX, autoconfig, ISPDB, SRV, guesses) --> Place
//!                                   logged in there --> remembered        not reached there --> found anew
//! ```
//!
//! Separate because it is the only part that asks others than the mail server. Who names a server is not searched for. Behind a proxy or a
//! tunnel, and with `--no-discover`, nobody is asked: the table and the usual names have to do, by the way the connection takes too.

mod memory;

use imapkit::dial::{Host, Route};
use imapkit_discover::{
    Discovery, Email, Error, Internet, Need, Options, Protection, Reason, Server, Source, Step, find, provider,
};

use crate::args::high::Target;
use crate::connect;
use crate::errors::{Outcome, Problem};
use crate::exit::Exit;
use crate::output::Output;
use crate::output::text::clean;
use crate::place::{self, Found, Place};
use memory::Memory;

/// What asks somebody else about the domain.
const ASKS: [Source; 5] = [Source::ProviderByMx, Source::IspdbByMx, Source::Autoconfig, Source::Ispdb, Source::Srv];

/// The place with its server; as it is if the server is named.
pub(crate) async fn locate(target: &Target, output: &mut Output) -> Outcome<Place> {
    let place::Server::Of(email) = &target.place.server else { return Ok(target.place.clone()) };
    let memory = Memory::load();
    let known = memory.get(email.domain()).filter(|known| known.is_fresh() && provider(email.domain()).is_none());
    if let Some((known, server)) = known.and_then(|known| Some((known, known.server(email)?))) {
        output.detail(&format!("the server is {server}, as on {} ({})", known.day(), known.by));
        let found = Found { remembered: true, ..Found::new(email, &known.by, &server) };
        return Ok(at(&target.place, email, server, found));
    }
    search(target, output).await.1
}

/// Looks for the server anew, whatever is remembered; every step, and what came of it.
pub(crate) async fn search(target: &Target, output: &mut Output) -> (Vec<Step>, Outcome<Place>) {
    let place::Server::Of(email) = &target.place.server else { return (Vec::new(), Ok(target.place.clone())) };
    // What cannot be used (a file, a pin) is told before anybody is asked.
    if let Err(problem) = connect::config(&Target { trace: None, ..target.clone() }, &trial(target, None)) {
        return (Vec::new(), Err(problem));
    }
    output.detail(&format!("looking for the server of {}", email.domain()));
    let outcome = find(email, &options(target, email), &network(target)).await;
    let steps = outcome.as_ref().map_or_else(Error::steps, |found| &found.steps).to_vec();
    for step in &steps {
        output.detail(&clean(&step.to_string()));
    }
    let place = match outcome {
        Ok(found) => {
            for note in &found.notes {
                output.detail(&format!("{} says: {}", found.source, clean(note)));
            }
            Ok(settle(&target.place, email, found))
        }
        Err(error) => Err(explain(&error, email)),
    };
    (steps, place)
}

/// Keeps what a login has proved right. What cannot be written costs the next run a search, so it is only told.
pub(crate) fn remember(place: &Place, output: &mut Output) {
    let (Some(found), Some(host)) = (&place.found, place.host()) else { return };
    // What the table says costs nothing to say again.
    if provider(&found.domain).is_some() {
        return;
    }
    if let Err(problem) = Memory::load().put(found, host, place) {
        output.detail(&format!("the server is not remembered: {}", problem.what()));
    }
}

/// Where the server is now, if it was remembered, cannot be reached there or shows the wrong certificate, and is found elsewhere.
pub(crate) async fn moved(target: &Target, was: &Place, problem: &Problem, output: &mut Output) -> Option<Place> {
    let remembered = was.found.as_ref().is_some_and(|found| found.remembered);
    if !remembered || !matches!(problem.exit(), Exit::Network | Exit::Guard) {
        return None;
    }
    output.detail(&format!("{}; it was only remembered", problem.what()));
    let now = search(target, output).await.1.ok()?;
    let server = |place: &Place| (place.host().cloned(), place.port, place.security);
    (server(&now) != server(was)).then_some(now)
}

fn options(target: &Target, email: &Email) -> Options {
    let mut options = Options::default();
    if let Some(timeout) = target.timeout {
        options.timeout = timeout;
    }
    let elsewhere = target.way.route != Route::Direct || target.way.environment;
    if target.no_discover || elsewhere {
        options.skip = ASKS.into();
        options.skip_because = if target.no_discover { "--no-discover" } else { "it would not go through the proxy" };
    }
    options.probe = true;
    options.at_least = Memory::load().get(email.domain()).map(memory::Known::protection);
    options
}

/// Servers are tried as they will be connected to: the same way, the same trust.
fn network(target: &Target) -> Internet {
    let target = Target { trace: None, ..target.clone() };
    Internet::new().greet_by(move |server| {
        let config = connect::config(&target, &trial(&target, Some(server)));
        config.unwrap_or_else(|_| server.config())
    })
}

/// A place to try a server at; without one, any: to see whether it can be connected to at all.
fn trial(target: &Target, server: Option<&Server>) -> Place {
    let place::Server::Of(email) = &target.place.server else { return target.place.clone() };
    let any = || Some(Server::new(Host::parse(email.domain()).ok()?, Protection::Tls, ""));
    match server.cloned().or_else(any) {
        Some(server) => at(&target.place, email, server.clone(), Found::new(email, "", &server)),
        None => target.place.clone(),
    }
}

fn settle(place: &Place, email: &Email, found: Discovery) -> Place {
    let needs = found.provider.map(|provider| provider.needs).unwrap_or_default();
    let advice = needs.iter().copied().map(Need::advice).map(str::to_owned).collect();
    let facts = Found { advice, ..Found::new(email, &found.source.to_string(), &found.server) };
    at(place, email, found.server, facts)
}

/// The place, at this server.
fn at(place: &Place, email: &Email, server: Server, found: Found) -> Place {
    let typed = place.user.as_deref().is_some_and(|user| user != email.to_string());
    Place {
        security: match server.protection {
            Protection::Tls => imapkit::dial::Security::Tls,
            Protection::StartTls => imapkit::dial::Security::StartTls,
        },
        server: place::Server::Host(server.host),
        port: server.port,
        // A name given with --user wins.
        user: if typed { place.user.clone() } else { Some(server.user) },
        found: Some(Box::new(found)),
        ..place.clone()
    }
}

fn explain(error: &Error, email: &Email) -> Problem {
    let domain = clean(email.domain());
    let named = format!("imaps://{}@HOST", clean(&email.to_string().replace('@', "%40")));
    match error.reason() {
        Reason::NoImap(provider) => {
            let problem = Problem::new(Exit::Failed, "no-imap", error.to_string());
            let problem = provider.needs.iter().fold(problem, |problem, need| problem.next(need.advice()));
            problem.next(format!("if a server of yours has this mail, name it: {named}"))
        }
        Reason::NotOffered(_) => Problem::new(Exit::Failed, "no-imap", error.to_string())
            .next(format!("if it has a server all the same, name it: {named}")),
        Reason::Lower(_) => Problem::guard(error.to_string())
            .next("somebody in between may want that; try again from another network")
            .next(format!("if {domain} has really changed, name the server: imap+starttls://USER@HOST")),
        Reason::Address(_) => Problem::usage(error.to_string()),
        _ => Problem::new(Exit::Network, "no-host", error.to_string())
            .next(if error.is_retryable() {
                "not all who were asked answered: check this machine's network, then try again; -v shows who"
            } else {
                "check the address; -v shows what was asked"
            })
            .next(format!("or name the server: {named}")),
    }
}
