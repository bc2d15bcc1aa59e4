//! SRV records to servers: the order, what "not offered" is, and whose certificate counts.
//!
//! Pure, so that weights are tested with chosen numbers. RFC 2782 (order), RFC 6186 §3.2 (`_imaps`, `_imap`), §3.4 (`.`), §6 (identity);
//! RFC 8314 §5.1 (`_imaps` before `_imap`, which means STARTTLS); C06, T051.
//!
//! Invariant: a target outside the mail domain keeps the identity of the domain, whatever the record says.

use imapkit::dial::Host;

use crate::email::Email;
use crate::network::Srv;
use crate::server::{Identity, Protection, Server};

/// Nobody has use for more records of one service than this.
const MAX_RECORDS: usize = 16;

/// The records in the order in which their targets are to be tried. `random` gives a number from 0 to the one it is given.
pub(crate) fn order(mut records: Vec<Srv>, mut random: impl FnMut(u32) -> u32) -> Vec<Srv> {
    records.truncate(MAX_RECORDS);
    // Those of weight 0 first, as RFC 2782 has it: they are picked only when the number is 0.
    records.sort_by_key(|record| (record.priority, record.weight != 0));
    let mut ordered = Vec::with_capacity(records.len());
    while let Some(priority) = records.first().map(|record| record.priority) {
        let same = records.iter().take_while(|record| record.priority == priority);
        let total = same.clone().map(|record| u32::from(record.weight)).fold(0, u32::saturating_add);
        let wanted = random(total).min(total);
        let mut sum: u32 = 0;
        let at = same.clone().position(|record| {
            sum = sum.saturating_add(u32::from(record.weight));
            sum >= wanted
        });
        ordered.push(records.remove(at.unwrap_or(0)));
    }
    ordered
}

/// A service says that it is decidedly not available: its only target is `.`.
pub(crate) fn is_refusal(records: &[Srv]) -> bool {
    !records.is_empty() && records.iter().all(|record| record.target.is_empty())
}

/// The servers of ordered records. Records that name no host are left out. A host below the mail domain is there twice: its own certificate
/// counts, and so does the domain's (RFC 7817 §3).
pub(crate) fn servers(records: &[Srv], protection: Protection, email: &Email) -> Vec<Server> {
    let server = |record: &Srv| {
        let host = Host::parse(&record.target).ok().filter(|host| matches!(host, Host::Name(_)))?;
        let port = Some(record.port).filter(|port| *port != 0)?;
        let by_host = Some(email.owns(&host.to_string())).filter(|inside| *inside).map(|_| Identity::Host);
        let identities = by_host.into_iter().chain([Identity::Domain(email.domain().to_owned())]);
        let server = Server::new(host, protection, email.to_string()).port(port);
        Some(identities.map(move |identity| Server { identity, ..server.clone() }))
    };
    records.iter().filter_map(server).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn srv(priority: u16, weight: u16, target: &str) -> Srv {
        Srv { priority, weight, port: 993, target: target.into() }
    }

    fn names(records: &[Srv]) -> Vec<&str> {
        records.iter().map(|record| record.target.as_str()).collect()
    }

    #[test]
    fn priorities_come_first_and_weights_decide_within() {
        let records = || vec![srv(20, 0, "last"), srv(10, 60, "big"), srv(10, 40, "small"), srv(10, 0, "zero")];
        // With the number 0 the record of weight 0 is picked; with the total, the last one.
        assert_eq!(names(&order(records(), |_| 0)), ["zero", "big", "small", "last"]);
        assert_eq!(names(&order(records(), |total| total)), ["small", "big", "zero", "last"]);
        assert_eq!(names(&order(records(), |_| 60))[0], "big");
        assert_eq!(names(&order(records(), |_| 61))[0], "small");
    }

    #[test]
    fn weights_are_shares() {
        let mut state: u32 = 1;
        let mut random = |total: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) % (total + 1)
        };
        let picks = (0..10_000).map(|_| order(vec![srv(1, 75, "a"), srv(1, 25, "b")], &mut random)[0].target == "a");
        let share = picks.filter(|first| *first).count();
        assert!((7_200..7_800).contains(&share), "{share} of 10,000");
    }

    #[test]
    fn a_flood_of_records_and_numbers_out_of_range_do_no_harm() {
        let flood: Vec<Srv> = (0..5000).map(|at| srv(0, u16::MAX, &at.to_string())).collect();
        assert_eq!(order(flood, |_| u32::MAX).len(), MAX_RECORDS);
        assert!(order(Vec::new(), |_| 0).is_empty());
    }

    #[test]
    fn a_lone_dot_refuses_the_service() {
        assert!(is_refusal(&[srv(0, 0, "")]));
        assert!(!is_refusal(&[]) && !is_refusal(&[srv(0, 0, ""), srv(1, 0, "mail.example.org")]));
    }

    #[test]
    fn t051_whose_certificate_counts() {
        let email = Email::parse("ann@example.org").unwrap();
        let records = [
            srv(0, 0, "mail.example.org"),
            srv(1, 0, "mail.hoster.net"),
            srv(2, 0, "evilexample.org"),
            srv(3, 0, "192.0.2.1"),
            srv(4, 0, "a b"),
            Srv { port: 0, ..srv(5, 0, "zero.example.org") },
        ];
        let found = servers(&records, Protection::Tls, &email);
        let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
        let expected = [
            "mail.example.org:993 (TLS)",
            "mail.example.org:993 (TLS), certificate for example.org",
            "mail.hoster.net:993 (TLS), certificate for example.org",
            "evilexample.org:993 (TLS), certificate for example.org",
        ];
        assert_eq!(shown, expected);
        assert_eq!(found[2].clone().confirmed().certificate_name(), None);
    }
}
