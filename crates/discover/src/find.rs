//! The search: every source in its order, one budget over all of them, every step noted.
//!
//! Separate from the sources, which each answer one question. C03 (order), C04 (privacy, opt-outs), T037 (never below what was had before).
//! What was configured by hand comes before all of this and is not looked for.
//!
//! Invariants: each wait has its own limit and the budget's; a source that fails costs only itself; what is found is never in clear text.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, join, select};
use tokio::time::{Instant, timeout};

use crate::autoconfig::{self, Findings};
use crate::email::Email;
use crate::error::{Error, Reason};
use crate::fetch::{autoconfig_urls, fetch, shown};
use crate::guess;
use crate::internet::Internet;
use crate::network::{Answer, Failure, Mx, Network, Srv};
use crate::providers::{Provider, provider, provider_by_mx};
use crate::report::{Discovery, Outcome, Source, Step, plain};
use crate::server::{Protection, Server};
use crate::srv;

/// How long a worse answer of autoconfig waits for the better one.
const GRACE: Duration = Duration::from_secs(1);
const GREETS: &str = "greets, with the right certificate";

/// What may be asked, and how long it may take.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// For everything together. 30 s.
    pub timeout: Duration,
    /// For each DNS query. 4 s.
    pub dns_timeout: Duration,
    /// For each document over HTTPS, redirects included. 10 s.
    pub https_timeout: Duration,
    /// For trying the usual names. 10 s.
    pub guess_timeout: Duration,
    /// Sources that are not asked; none. Without both that go by MX, DNS is not asked for MX.
    pub skip: Vec<Source>,
    /// Why they are not asked, for the steps that say so. "switched off".
    pub skip_because: &'static str,
    /// What is put before a domain to ask a database for it, and nothing but it. Mozilla's.
    pub ispdb: String,
    /// Where several servers are found, connect to one after the other until one greets: that one is the best then (RFC 2782). Off.
    pub probe: bool,
    /// Take nothing less safe than this: what the account has had before (T037).
    pub at_least: Option<Protection>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            dns_timeout: Duration::from_secs(4),
            https_timeout: Duration::from_secs(10),
            guess_timeout: Duration::from_secs(10),
            skip: Vec::new(),
            skip_because: "switched off",
            ispdb: "https://autoconfig.thunderbird.net/v1.1/".to_owned(),
            probe: false,
            at_least: None,
        }
    }
}

/// Finds the servers of an address with the default options, over the real network. Needs a tokio runtime with I/O and time.
///
/// # Errors
/// [`Error`]: the reason, and every step.
pub async fn discover(address: &str) -> Result<Discovery, Error> {
    find(&Email::parse(address)?, &Options::default(), &Internet::new()).await
}

/// Finds the servers of an address. Dropping the future ends the search; a document on its way is given up by its own timeout.
///
/// # Errors
/// [`Error`]: the reason, and every step.
pub async fn find(email: &Email, options: &Options, network: &dyn Network) -> Result<Discovery, Error> {
    let end = after(Instant::now(), options.timeout);
    let mut search = Search { email, options, network, end, steps: Vec::new(), lower: false, late: false };
    match search.run().await {
        Ok(Some(mut found)) => {
            search.probe(&mut found).await;
            found.steps = search.steps;
            Ok(found)
        }
        Ok(None) => {
            let domain = email.domain().to_owned();
            let reason = match &search {
                Search { lower: true, .. } => Reason::Lower(domain),
                Search { late: true, .. } => Reason::Timeout(domain),
                _ => Reason::Unknown(domain),
            };
            Err(Error::new(reason).with(search.steps))
        }
        Err(reason) => Err(Error::new(reason).with(search.steps)),
    }
}

struct Search<'a> {
    email: &'a Email,
    options: &'a Options,
    network: &'a dyn Network,
    end: Instant,
    steps: Vec<Step>,
    /// Something was found and was not safe enough.
    lower: bool,
    /// Something was not asked because time was up.
    late: bool,
}

impl<'a> Search<'a> {
    async fn run(&mut self) -> Result<Option<Discovery>, Reason> {
        let domain = self.email.domain();
        if let Some(found) = self.known(Source::Provider, domain, provider(domain))? {
            return Ok(Some(found));
        }
        let exchanges = self.exchanges().await;
        let best = exchanges.first().map(|mx| mx.exchange.clone()).unwrap_or_default();
        if !best.is_empty() {
            let row = provider_by_mx(&best);
            if let Some(found) = self.known(Source::ProviderByMx, &best, row)? {
                return Ok(Some(found));
            }
        }
        if let Some(found) = self.autoconfig().await {
            return Ok(Some(found));
        }
        if let Some(found) = self.ispdb(Source::Ispdb, domain).await {
            return Ok(Some(found));
        }
        match self.srv().await {
            Ok(Some(found)) => return Ok(Some(found)),
            // "Decidedly not available": nothing is guessed against the domain's word.
            Err(()) => return Err(Reason::NotOffered(domain.to_owned())),
            Ok(None) => {}
        }
        for of in parents(&best, domain) {
            if let Some(found) = self.ispdb(Source::IspdbByMx, &of).await {
                return Ok(Some(found));
            }
        }
        Ok(self.guess().await)
    }

    /// A row of the table, if there is one.
    fn known(
        &mut self,
        source: Source,
        asked: &str,
        row: Option<&'static Provider>,
    ) -> Result<Option<Discovery>, Reason> {
        if self.skips(source, asked) {
            return Ok(None);
        }
        let Some(row) = row else {
            self.note(source, asked, Outcome::Nothing("not in the table".into()), Duration::ZERO);
            return Ok(None);
        };
        self.note(source, asked, Outcome::Found(row.name.into()), Duration::ZERO);
        let Some(server) = row.server(self.email) else { return Err(Reason::NoImap(row)) };
        let mut found = self.settle(source, vec![server]);
        if let Some(found) = &mut found {
            found.provider = Some(row);
        }
        Ok(found)
    }

    /// Who takes the domain's mail, best first.
    async fn exchanges(&mut self) -> Vec<Mx> {
        let (source, domain) = (Source::ProviderByMx, self.email.domain());
        let question = domain.to_owned();
        let wanted = [Source::ProviderByMx, Source::IspdbByMx].iter().any(|source| !self.options.skip.contains(source));
        if !wanted && self.skips(source, &question) {
            return Vec::new();
        }
        let (answer, took) = self.ask(self.options.dns_timeout, self.network.mx(domain)).await;
        let mut exchanges = match answer {
            Ok(exchanges) => exchanges,
            Err(failure) => {
                self.note(source, &question, failure.into(), took);
                return Vec::new();
            }
        };
        exchanges.sort_by_key(|mx| mx.preference);
        let names: Vec<&str> = exchanges.iter().take(4).map(|mx| mx.exchange.as_str()).collect();
        let names = plain(&names.join(", "));
        let outcome = if names.is_empty() { Outcome::Nothing("no mail here".into()) } else { Outcome::Found(names) };
        self.note(source, &question, outcome, took);
        exchanges
    }

    /// The domain's own document: both places at once, the first is the better.
    async fn autoconfig(&mut self) -> Option<Discovery> {
        let [first, second] = autoconfig_urls(self.email);
        if self.skips(Source::Autoconfig, &shown(&first)) {
            return None;
        }
        let better = Box::pin(self.document(first.clone()));
        let other = Box::pin(self.document(second.clone()));
        let (better, other) = match select(better, other).await {
            Either::Left((better, _)) if is_usable(&better.0) => (Some(better), None),
            Either::Left((better, other)) => (Some(better), Some(other.await)),
            Either::Right((other, better)) if is_usable(&other.0) => (timeout(GRACE, better).await.ok(), Some(other)),
            Either::Right((other, better)) => (Some(better.await), Some(other)),
        };
        let mut found = None;
        for (url, answer) in [(first, better), (second, other)] {
            let question = shown(&url);
            let here = if let Some((answer, took)) = answer {
                self.take(Source::Autoconfig, &question, answer, took)
            } else {
                let why = Outcome::Skipped("not waited for".into());
                self.note(Source::Autoconfig, &question, why, Duration::ZERO);
                None
            };
            found = found.or(here);
        }
        found
    }

    /// The database's document for a domain; the address is not told.
    async fn ispdb(&mut self, source: Source, domain: &str) -> Option<Discovery> {
        let url = format!("{}{domain}", self.options.ispdb);
        if self.skips(source, &url) {
            return None;
        }
        let (answer, took) = self.document(url.clone()).await;
        self.take(source, &url, answer, took)
    }

    fn document(&self, url: String) -> impl Future<Output = (Result<Findings, Failure>, Duration)> + Send + use<'a> {
        let (network, email, limit) = (self.network, self.email, self.options.https_timeout);
        let left = self.end.saturating_duration_since(Instant::now());
        async move {
            let limit = limit.min(left);
            let begun = Instant::now();
            if limit.is_zero() {
                return (Err(Failure::Failed("no time left".into())), limit);
            }
            let work = async {
                let body = fetch(network, &url, email, limit).await?;
                autoconfig::read(&body, email).map_err(Failure::Failed)
            };
            let answer = timeout(limit, work).await;
            (answer.unwrap_or_else(|_| Err(silence(limit))), begun.elapsed())
        }
    }

    /// Makes what a document says the result, if it has something to say.
    fn take(
        &mut self,
        source: Source,
        question: &str,
        answer: Result<Findings, Failure>,
        took: Duration,
    ) -> Option<Discovery> {
        let findings = match answer {
            Ok(findings) => findings,
            Err(failure) => {
                self.note(source, question, failure.into(), took);
                return None;
            }
        };
        let outcome = match (findings.servers.as_slice(), findings.refused.as_slice()) {
            ([], []) => Outcome::Nothing("the document names no IMAP server".into()),
            ([], refused) => Outcome::Failed(format!("refused: {}", refused.join("; "))),
            (servers, _) => Outcome::Found(list(servers)),
        };
        self.note(source, question, outcome, took);
        let mut found = self.settle(source, findings.servers)?;
        found.notes = findings.notes;
        Some(found)
    }

    /// SRV records; `Err` when the domain refuses.
    async fn srv(&mut self) -> Result<Option<Discovery>, ()> {
        let domain = self.email.domain();
        let names = [format!("_imaps._tcp.{domain}"), format!("_imap._tcp.{domain}")];
        let [imaps, imap] = &names;
        if self.skips(Source::Srv, imaps) {
            return Ok(None);
        }
        let limit = self.options.dns_timeout;
        let (imaps, imap) =
            join(self.ask(limit, self.network.srv(imaps)), self.ask(limit, self.network.srv(imap))).await;
        let mut servers = Vec::new();
        let (mut refused, mut offered) = (false, false);
        let protections = [Protection::Tls, Protection::StartTls];
        for ((name, (answer, took)), protection) in names.iter().zip([imaps, imap]).zip(protections) {
            let outcome = match answer {
                Ok(records) if srv::is_refusal(&records) => {
                    refused = true;
                    Outcome::Nothing("the domain says that it does not offer this".into())
                }
                Ok(records) => {
                    offered = true;
                    let here = srv::servers(&srv::order(records, random), protection, self.email);
                    let outcome = match here.as_slice() {
                        [] => Outcome::Failed("no record names a host".into()),
                        here => Outcome::Found(list(here)),
                    };
                    servers.extend(here);
                    outcome
                }
                Err(failure) => failure.into(),
            };
            self.note(Source::Srv, name, outcome, took);
        }
        if refused && !offered {
            return Err(());
        }
        Ok(self.settle(Source::Srv, servers))
    }

    /// The usual names, tried.
    async fn guess(&mut self) -> Option<Discovery> {
        if self.skips(Source::Guess, self.email.domain()) {
            return None;
        }
        let left = self.end.saturating_duration_since(Instant::now()).min(self.options.guess_timeout);
        if left.is_zero() {
            self.late = true;
            return None;
        }
        let candidates = guess::candidates(self.email, self.options.at_least);
        let (winner, attempts) = guess::race(self.network, &candidates, left).await;
        for attempt in attempts {
            let outcome = match attempt.outcome {
                Some(Ok(())) => Outcome::Found(GREETS.into()),
                Some(Err(failure)) => failure.into(),
                None if winner.is_some() => Outcome::Skipped("not waited for".into()),
                None => silence(left).into(),
            };
            self.note(Source::Guess, &attempt.server.to_string(), outcome, attempt.took);
        }
        let server = candidates.get(winner?)?.clone();
        self.settle(Source::Guess, vec![server])
    }

    /// Puts the first server that greets before the others. If none does, connecting will tell why.
    async fn probe(&mut self, found: &mut Discovery) {
        if !self.options.probe || found.others.is_empty() {
            return;
        }
        let mut untried: Vec<Server> = found.others.clone();
        untried.insert(0, found.server.clone());
        for (rank, server) in untried.iter().enumerate() {
            let limit = self.options.guess_timeout;
            let (answer, took) = self.ask(limit, self.network.greet(server, limit)).await;
            let greets = answer.is_ok();
            let outcome = answer.map_or_else(Outcome::from, |()| Outcome::Found(GREETS.into()));
            self.note(found.source, &server.to_string(), outcome, took);
            if greets {
                found.server = untried.remove(rank);
                found.others = untried;
                return;
            }
        }
    }

    /// What is left of servers when those that are not safe enough are gone (T037).
    fn settle(&mut self, source: Source, servers: Vec<Server>) -> Option<Discovery> {
        let (kept, lower): (Vec<Server>, Vec<Server>) = servers
            .into_iter()
            .partition(|server| self.options.at_least.is_none_or(|least| server.protection >= least));
        if !lower.is_empty() {
            let why = "less safe than what was used before".to_owned();
            self.note(source, &list(&lower), Outcome::Skipped(why), Duration::ZERO);
            self.lower |= kept.is_empty();
        }
        let mut kept = kept.into_iter();
        let server = kept.next()?;
        self.lower = false;
        Some(Discovery {
            email: self.email.clone(),
            source,
            server,
            others: kept.collect(),
            provider: None,
            notes: Vec::new(),
            steps: Vec::new(),
        })
    }

    /// Waits for an answer, as long as it may take.
    fn ask<'b, T: Send + 'b>(
        &self,
        limit: Duration,
        work: Answer<'b, T>,
    ) -> impl Future<Output = (Result<T, Failure>, Duration)> + Send + use<'b, T> {
        let limit = limit.min(self.end.saturating_duration_since(Instant::now()));
        async move {
            let begun = Instant::now();
            let answer = timeout(limit, work).await.unwrap_or_else(|_| Err(silence(limit)));
            (answer, begun.elapsed())
        }
    }

    /// This source is not to be asked, which is noted.
    fn skips(&mut self, source: Source, question: &str) -> bool {
        let skips = self.options.skip.contains(&source);
        if skips {
            let why = Outcome::Skipped(self.options.skip_because.to_owned());
            self.note(source, question, why, Duration::ZERO);
        }
        skips
    }

    fn note(&mut self, source: Source, question: &str, outcome: Outcome, took: Duration) {
        let gone = self.end.saturating_duration_since(Instant::now()).is_zero();
        self.late |= gone && matches!(outcome, Outcome::Failed(_));
        self.steps.push(Step { source, question: question.to_owned(), outcome, took });
    }
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Nothing(text) => Self::Nothing(plain(&text)),
            Failure::Failed(text) => Self::Failed(plain(&text)),
        }
    }
}

fn is_usable(answer: &Result<Findings, Failure>) -> bool {
    answer.as_ref().is_ok_and(|findings| !findings.servers.is_empty())
}

fn silence(limit: Duration) -> Failure {
    Failure::Failed(format!("no answer within {:.1} s", limit.as_secs_f64()))
}

fn list(servers: &[Server]) -> String {
    servers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The domains above an MX that a database may know: `mx1.mail.hoster.co.uk` → `hoster.co.uk`, `co.uk`. Never the mail domain itself, which
/// was asked about already.
fn parents(exchange: &str, domain: &str) -> Vec<String> {
    let labels: Vec<&str> = exchange.split('.').collect();
    let last = |count: usize| labels.get(labels.len().checked_sub(count)?..).map(|labels| labels.join("."));
    let names = [3, 2].into_iter().filter_map(last);
    names.filter(|name| name != domain && name != exchange || labels.len() == 2).collect()
}

/// So long after; a time that no clock reaches is as good as thirty years.
pub(crate) fn after(start: Instant, time: Duration) -> Instant {
    const LONG: Duration = Duration::from_secs(30 * 365 * 86_400);
    start.checked_add(time.min(LONG)).unwrap_or(start)
}

/// 0 to `most`, evenly enough for weights. Without a source of randomness the order is the record's own.
fn random(most: u32) -> u32 {
    let span = u64::from(most).saturating_add(1);
    getrandom::u64().map_or(0, |number| u32::try_from(number.checked_rem(span).unwrap_or(0)).unwrap_or(0))
}

/// A network that several searches share.
impl<N: Network + ?Sized> Network for Arc<N> {
    fn srv<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<Srv>> {
        (**self).srv(name)
    }

    fn mx<'a>(&'a self, domain: &'a str) -> Answer<'a, Vec<Mx>> {
        (**self).mx(domain)
    }

    fn get<'a>(&'a self, url: &'a str, limit: usize, timeout: Duration) -> Answer<'a, crate::network::Page> {
        (**self).get(url, limit, timeout)
    }

    fn greet<'a>(&'a self, server: &'a Server, timeout: Duration) -> Answer<'a, ()> {
        (**self).greet(server, timeout)
    }
}

#[cfg(test)]
mod tests;
