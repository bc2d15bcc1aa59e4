//! The usual names under a domain, tried: 993 first, 143 a little later.
//!
//! A race over [`Network::greet`], which counts only servers that greet within TLS and show the right certificate, so a fast port 143 in
//! clear text loses to a slow 993 (T038). RFC 9051 §11.1 asks to try both ports; RFC 8314 §5.1 which one to prefer; C17.
//!
//! ```text
//!   0 ms    993 of every name            best wins; a worse one waits for better ones until 300 ms
//!   300 ms  143 of every name, or as soon as all of 993 failed; from here the first answer wins
//! ```

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use imapkit::dial::Host;
use tokio::time::{Instant, sleep_until};

use crate::email::Email;
use crate::find::after;
use crate::network::{Failure, Network};
use crate::server::{Protection, Server};

/// What 993 has over 143 (C17).
pub(crate) const HEAD_START: Duration = Duration::from_millis(300);

/// One server that was tried.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) server: Server,
    /// `None`: not waited for.
    pub(crate) outcome: Option<Result<(), Failure>>,
    pub(crate) took: Duration,
}

/// What is tried, best first.
pub(crate) fn candidates(email: &Email, at_least: Option<Protection>) -> Vec<Server> {
    let domain = email.domain();
    let names = [format!("imap.{domain}"), format!("mail.{domain}"), domain.to_owned()];
    let protections = [Protection::Tls, Protection::StartTls];
    let allowed = protections.into_iter().filter(|protection| at_least.is_none_or(|least| *protection >= least));
    allowed
        .flat_map(|protection| {
            names
                .iter()
                .filter_map(move |name| Some(Server::new(Host::parse(name).ok()?, protection, email.to_string())))
        })
        .collect()
}

/// Tries them; the winner's place in the list, and what became of each.
pub(crate) async fn race(
    network: &dyn Network,
    candidates: &[Server],
    timeout: Duration,
) -> (Option<usize>, Vec<Attempt>) {
    let start = Instant::now();
    let (late_at, end) = (after(start, HEAD_START), after(start, timeout));
    let mut attempts: Vec<Attempt> = candidates
        .iter()
        .map(|server| Attempt { server: server.clone(), outcome: None, took: Duration::ZERO })
        .collect();
    let greet = |rank: usize| async move {
        let begun = Instant::now();
        let outcome = match candidates.get(rank) {
            Some(server) => network.greet(server, end.saturating_duration_since(begun)).await,
            None => Err(Failure::Failed(String::new())),
        };
        (rank, outcome, begun.elapsed())
    };
    let (early, mut late): (Vec<usize>, Vec<usize>) = (0..candidates.len())
        .partition(|rank| candidates.get(*rank).is_some_and(|server| server.protection == Protection::Tls));
    let mut running: FuturesUnordered<_> = early.iter().map(|rank| greet(*rank)).collect();
    let mut under_way = early;
    let mut best: Option<usize> = None;
    loop {
        if let Some(winner) = best {
            if Instant::now() >= late_at || under_way.iter().all(|rank| *rank > winner) {
                break;
            }
        } else if Instant::now() >= late_at || under_way.is_empty() {
            under_way.extend(&late);
            running.extend(late.drain(..).map(greet));
            if under_way.is_empty() {
                break;
            }
        }
        let wake = if Instant::now() < late_at { late_at.min(end) } else { end };
        tokio::select! {
            Some((rank, outcome, took)) = running.next() => {
                under_way.retain(|other| *other != rank);
                if outcome.is_ok() && best.is_none_or(|best| rank < best) {
                    best = Some(rank);
                }
                if let Some(attempt) = attempts.get_mut(rank) {
                    (attempt.outcome, attempt.took) = (Some(outcome), took);
                }
            }
            () = sleep_until(wake) => if Instant::now() >= end {
                break;
            },
        }
    }
    for attempt in attempts.iter_mut().filter(|attempt| attempt.outcome.is_none()) {
        attempt.took = start.elapsed();
    }
    (best, attempts)
}
