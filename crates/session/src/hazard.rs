//! May this command go now? The rules of pipelining as one pure function.
//!
//! RFC 9051 §5.5: commands may be sent without waiting unless that makes an answer ambiguous. UID commands in one mailbox pipeline freely;
//! commands that name messages by sequence number wait for everything that may expunge; two commands that would both claim the same
//! untagged data run one after the other; and some run alone. protocol.md M10, M11.

use crate::command::{Claims, Effect, Needs, Rules};

/// True when a command with these rules may be sent while those are in flight. Waiting commands ahead of it count as in flight: nothing overtakes.
pub(crate) fn may_send<'a>(next: &Rules, in_flight: impl IntoIterator<Item = &'a Rules>) -> bool {
    in_flight.into_iter().all(|running| compatible(running, next))
}

/// Its answer has nothing to do with a mailbox being open or not: with none open, SELECT may go behind it (RFC 9051 §5.5, C55).
pub(crate) fn concerns_no_mailbox(running: &Rules) -> bool {
    let stateless = matches!(running.state, Needs::Any | Needs::Authenticated) && running.effect == Effect::None;
    let apart = Claims::ID.and(Claims::NAMESPACE).and(Claims::LIST).and(Claims::STATUS).and(Claims::QUOTA);
    stateless && !running.exclusive && !running.writes && running.claims.within(apart)
}

fn compatible(running: &Rules, next: &Rules) -> bool {
    if running.exclusive || next.exclusive {
        return false;
    }
    // What ENABLE switches on changes how the next command is written (UTF-8, UIDONLY), and only its answer tells (M14).
    if running.claims.overlap(Claims::ENABLED) {
        return false;
    }
    // An EXPUNGE may arrive while `running` is in flight and change what the numbers of `next` mean.
    if next.uses_seq && !running.holds_expunge {
        return false;
    }
    // The server may expunge once it works on `next`, before it has read the numbers of `running`? No: it reads in order. But rows of
    // `running` that are numbered must not meet an EXPUNGE caused by `next` (RFC 9051 §5.5, last example).
    if running.uses_seq && !next.holds_expunge {
        return false;
    }
    !running.claims.overlap(next.claims) || distinguishable(running, next)
}

/// FETCH and STORE by UID tell their rows apart by UID when the sets are disjoint, STATUS by the name of the mailbox.
fn distinguishable(running: &Rules, next: &Rules) -> bool {
    match (&running.uids, &next.uids) {
        (Some(a), Some(b)) => !a.has_star() && !b.has_star() && a.is_disjoint(b),
        _ => running.mailbox.is_some() && next.mailbox.is_some() && running.mailbox != next.mailbox,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use imapkit_types::UidSet;

    fn uid_fetch(set: &str) -> Rules {
        Rules { claims: Claims::FETCH, uids: Some(set.parse::<UidSet>().unwrap()), ..Rules::default() }
    }
    fn seq_fetch() -> Rules {
        Rules { claims: Claims::FETCH, uses_seq: true, holds_expunge: true, ..Rules::default() }
    }
    fn seq_search() -> Rules {
        Rules { claims: Claims::SEARCH, uses_seq: true, holds_expunge: true, ..Rules::default() }
    }
    fn noop() -> Rules {
        Rules::default()
    }
    fn copy_by_seq() -> Rules {
        Rules { claims: Claims::COPYUID, uses_seq: true, ..Rules::default() }
    }

    #[test]
    fn the_examples_of_rfc_9051_5_5() {
        // "FETCH + NOOP + STORE" by sequence number is ambiguous; so is "STORE + COPY + FETCH", "COPY + COPY".
        assert!(!may_send(&noop(), [&seq_fetch()]));
        assert!(!may_send(&seq_fetch(), [&noop()]));
        assert!(!may_send(&copy_by_seq(), [&seq_fetch()]));
        assert!(!may_send(&copy_by_seq(), [&copy_by_seq()]));
        // FETCH and SEARCH by number hold EXPUNGE back and go together.
        assert!(may_send(&seq_search(), [&seq_fetch()]));
    }

    #[test]
    fn uid_commands_pipeline_when_their_rows_can_be_told_apart() {
        assert!(may_send(&uid_fetch("4:9"), [&uid_fetch("1:3"), &noop()]));
        assert!(!may_send(&uid_fetch("3:9"), [&uid_fetch("1:3")]));
        assert!(!may_send(&uid_fetch("9:*"), [&uid_fetch("1:3")]), "* may be any number");
        assert!(!may_send(&seq_fetch(), [&uid_fetch("1:3")]), "EXPUNGE is allowed during UID FETCH");
    }

    #[test]
    fn enable_goes_behind_others_but_nothing_goes_behind_it() {
        let enable = Rules { claims: Claims::ENABLED, ..Rules::default() };
        let namespace = Rules { claims: Claims::NAMESPACE, ..Rules::default() };
        assert!(may_send(&enable, [&namespace]));
        assert!(!may_send(&namespace, [&enable]));
    }

    #[test]
    fn status_of_several_mailboxes_goes_in_one_flight() {
        let status =
            |name: &str| Rules { claims: Claims::STATUS, mailbox: Some(name.parse().unwrap()), ..Rules::default() };
        assert!(may_send(&status("a"), [&status("b"), &status("c")]));
        assert!(!may_send(&status("inbox"), [&status("INBOX")]));
        assert!(!may_send(&status("a"), [&Rules { claims: Claims::STATUS, ..Rules::default() }]));
    }

    #[test]
    fn c055_select_goes_behind_what_concerns_no_mailbox() {
        let claiming = |claims| Rules { claims, ..Rules::default() };
        for claims in [Claims::ID, Claims::NAMESPACE, Claims::LIST, Claims::STATUS, Claims::NONE] {
            assert!(concerns_no_mailbox(&claiming(claims)));
        }
        for claims in [Claims::ENABLED, Claims::ALL, Claims::FETCH, Claims::COPYUID, Claims::ACL] {
            assert!(!concerns_no_mailbox(&claiming(claims)));
        }
        let select = Rules { exclusive: true, effect: Effect::Select { read_only: false }, ..Rules::default() };
        assert!(!concerns_no_mailbox(&select), "of two, only the last would be open");
        assert!(!concerns_no_mailbox(&Rules { writes: true, ..Rules::default() }));
        assert!(!concerns_no_mailbox(&Rules { state: Needs::Selected, ..Rules::default() }));
    }

    #[test]
    fn exclusive_runs_alone() {
        let idle = Rules { exclusive: true, ..Rules::default() };
        assert!(may_send(&idle, []));
        assert!(!may_send(&idle, [&noop()]));
        assert!(!may_send(&noop(), [&idle]));
    }
}
