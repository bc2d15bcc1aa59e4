//! Races in virtual time: a script of answers and outcomes, and the exact trace of steps it must give.

use super::*;

const MS: Duration = Duration::from_millis(1);

fn v4(last: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, last], 993))
}

fn v6(last: u16) -> SocketAddr {
    SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, last], 993))
}

enum Input {
    Both(Vec<SocketAddr>),
    Answer(Family, Vec<SocketAddr>),
    NoName(Option<Family>),
    Fails(SocketAddr),
    Connects(SocketAddr),
}
use Input::{Answer, Both, Connects, Fails, NoName};

/// Plays inputs at their milliseconds, lets timers fire in between, and notes every start and the end.
fn play(config: RaceConfig, script: Vec<(u64, Input)>) -> Vec<String> {
    let mut race = Race::<&str>::new(config);
    let mut trace = Vec::new();
    let mut now = Duration::ZERO;
    let mut script: VecDeque<_> = script.into();
    loop {
        let step = race.poll(now);
        match step {
            Step::Start(address) => trace.push(format!("{} {}", now.as_millis(), Shown(address.ip()))),
            Step::Won(address) => {
                assert_eq!(race.poll(now), Step::Won(address), "a race is won once and for all");
                trace.push(format!("{} won {}", now.as_millis(), Shown(address.ip())));
                return trace;
            }
            Step::Failed => {
                trace.push(format!("{} {}", now.as_millis(), race.into_error()));
                return trace;
            }
            Step::Wait(until) => {
                assert!(until.is_none_or(|until| until > now), "a wait that is over");
                let input_at = script.front().map(|(at, _)| MS * u32::try_from(*at).unwrap());
                match (until, input_at) {
                    (Some(until), input_at) if input_at.is_none_or(|at| until < at) => now = until,
                    (_, None) => {
                        trace.push(String::from("waits for ever"));
                        return trace;
                    }
                    (_, Some(at)) => {
                        now = at;
                        feed(&mut race, script.pop_front().unwrap().1, now);
                    }
                }
            }
        }
    }
}

fn feed(race: &mut Race<&'static str>, input: Input, now: Duration) {
    match input {
        Both(addresses) => race.handle_resolved(addresses),
        Answer(family, addresses) => race.handle_answer(family, addresses, now),
        NoName(family) => race.handle_resolve_failure(family, "no such host", now),
        Fails(address) => race.handle_failure(address, "refused", now),
        Connects(address) => race.handle_success(address),
    }
}

fn system() -> RaceConfig {
    RaceConfig::default()
}

fn preferring(preference: Preference) -> RaceConfig {
    RaceConfig { preference, ..RaceConfig::default() }
}

#[test]
fn aaaa_first_starts_at_once() {
    let trace = play(
        system(),
        vec![(10, Answer(Family::V6, vec![v6(1)])), (20, Answer(Family::V4, vec![v4(1)])), (100, Connects(v6(1)))],
    );
    assert_eq!(trace, ["10 [2001:db8::1]", "100 won [2001:db8::1]"]);
}

#[test]
fn a_first_waits_fifty_milliseconds_for_aaaa() {
    let inside = play(
        system(),
        vec![(10, Answer(Family::V4, vec![v4(1)])), (59, Answer(Family::V6, vec![v6(1)])), (80, Connects(v6(1)))],
    );
    assert_eq!(inside, ["59 [2001:db8::1]", "80 won [2001:db8::1]"]);
    let outside = play(
        system(),
        vec![(10, Answer(Family::V4, vec![v4(1)])), (61, Answer(Family::V6, vec![v6(1)])), (400, Connects(v6(1)))],
    );
    assert_eq!(outside, ["60 192.0.2.1", "310 [2001:db8::1]", "400 won [2001:db8::1]"]);
}

#[test]
fn no_aaaa_ends_the_wait() {
    for negative in [Answer(Family::V6, vec![]), NoName(Some(Family::V6))] {
        let trace = play(system(), vec![(10, Answer(Family::V4, vec![v4(1)])), (15, negative), (30, Connects(v4(1)))]);
        assert_eq!(trace, ["15 192.0.2.1", "30 won 192.0.2.1"]);
    }
}

#[test]
fn families_take_turns_250_ms_apart() {
    let all = vec![v6(1), v6(2), v6(3), v4(1), v4(2)];
    let trace = play(system(), vec![(0, Both(all)), (1100, Connects(v4(2)))]);
    assert_eq!(
        trace,
        [
            "0 [2001:db8::1]",
            "250 192.0.2.1",
            "500 [2001:db8::2]",
            "750 192.0.2.2",
            "1000 [2001:db8::3]",
            "1100 won 192.0.2.2"
        ]
    );
}

#[test]
fn the_resolvers_order_decides_who_begins() {
    let trace = play(system(), vec![(0, Both(vec![v4(1), v6(1)])), (260, Connects(v4(1)))]);
    assert_eq!(trace, ["0 192.0.2.1", "250 [2001:db8::1]", "260 won 192.0.2.1"]);
}

#[test]
fn preferring_ipv6_gives_it_a_head_start() {
    let all = vec![v4(1), v4(2), v6(1), v6(2)];
    let trace = play(preferring(Preference::Ipv6), vec![(0, Both(all)), (760, Connects(v6(2)))]);
    assert_eq!(
        trace,
        ["0 [2001:db8::1]", "250 [2001:db8::2]", "500 192.0.2.1", "750 192.0.2.2", "760 won [2001:db8::2]"]
    );
    // Ignored where there is only IPv4.
    let trace = play(preferring(Preference::Ipv6), vec![(0, Both(vec![v4(1)])), (9, Connects(v4(1)))]);
    assert_eq!(trace, ["0 192.0.2.1", "9 won 192.0.2.1"]);
}

#[test]
fn the_family_that_won_last_time_begins() {
    let trace = play(
        preferring(Preference::Last(Family::V4)),
        vec![
            (5, Answer(Family::V4, vec![v4(1)])),
            (9, Answer(Family::V6, vec![v6(1)])),
            (255, Fails(v4(1))),
            (300, Connects(v6(1))),
        ],
    );
    assert_eq!(trace, ["5 192.0.2.1", "255 [2001:db8::1]", "300 won [2001:db8::1]"]);
}

#[test]
fn a_failure_starts_the_next_at_once() {
    let trace = play(system(), vec![(0, Both(vec![v6(1), v4(1)])), (3, Fails(v6(1))), (20, Connects(v4(1)))]);
    assert_eq!(trace, ["0 [2001:db8::1]", "3 192.0.2.1", "20 won 192.0.2.1"]);
}

#[test]
fn late_answers_join_the_race() {
    let trace = play(
        system(),
        vec![
            (0, Answer(Family::V6, vec![v6(1)])),
            (10, Fails(v6(1))),
            (400, Answer(Family::V4, vec![v4(1)])),
            (420, Connects(v4(1))),
        ],
    );
    assert_eq!(trace, ["0 [2001:db8::1]", "400 192.0.2.1", "420 won 192.0.2.1"]);
}

#[test]
fn the_first_success_wins_even_if_it_was_started_first_and_came_last() {
    let trace = play(system(), vec![(0, Both(vec![v6(1), v4(1)])), (290, Connects(v4(1))), (290, Connects(v6(1)))]);
    assert_eq!(trace, ["0 [2001:db8::1]", "250 192.0.2.1", "290 won 192.0.2.1"]);
}

#[test]
fn all_errors_are_told() {
    let trace = play(system(), vec![(0, Both(vec![v6(1), v4(1)])), (3, Fails(v6(1))), (20, Fails(v4(1)))]);
    assert_eq!(trace.last().unwrap(), "20 no address could be reached: [2001:db8::1]: refused; 192.0.2.1: refused");
    assert_eq!(play(system(), vec![(7, NoName(None))]), ["7 the name has no address: no such host"]);
    assert_eq!(
        play(system(), vec![(7, NoName(Some(Family::V4))), (9, NoName(Some(Family::V6)))]),
        ["9 the name has no address: no such host: no such host"]
    );
    assert_eq!(play(system(), vec![(7, Both(vec![]))]), ["7 the name has no address"]);
}

#[test]
fn an_unanswered_query_keeps_the_race_open() {
    let trace = play(system(), vec![(0, Answer(Family::V6, vec![v6(1)])), (10, Fails(v6(1)))]);
    assert_eq!(trace, ["0 [2001:db8::1]", "waits for ever"]);
}

#[test]
fn repeated_and_excessive_addresses_are_dropped() {
    let mut many: Vec<SocketAddr> = vec![v4(1); 1000];
    many.extend((0..200).map(v4));
    let script = vec![(0, Both(many))];
    let starts = play(system(), script).len() - 1;
    assert_eq!(starts, MAX_ADDRESSES);
}

#[test]
fn delays_are_held_within_bounds() {
    let config = RaceConfig { attempt_delay: Duration::ZERO, ..RaceConfig::default() };
    assert_eq!(play(config, vec![(0, Both(vec![v4(1), v4(2)]))])[1], "10 192.0.2.2");
    let config = RaceConfig { attempt_delay: Duration::MAX, ..RaceConfig::default() };
    assert_eq!(play(config, vec![(0, Both(vec![v4(1), v4(2)]))])[1], "2000 192.0.2.2");
}
