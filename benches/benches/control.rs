//! What the component costs over the blocking client it is a face on, what an idle one holds, and whether connecting leaks.
//!
//! Everything runs against the embedded server in this process; its threads' memory and time are not ours. Marks: a property that asks nobody
//! within 1 µs of the same thing asked of the blocking client; 1,000 messages of 4 kB within 5 %; an idle control, TLS included, below
//! 100 KiB; resident memory flat over 1,000 connections. A mark that is missed ends the program with an error.
#![allow(clippy::print_stdout, clippy::cast_precision_loss, reason = "it prints figures, with a few digits")]

use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use imapkit_benches::held::{Holding, held};
use imapkit_benches::table::cpu_time;
use imapkit_blocking::types::{Items, SeqNum, SeqSet};
use imapkit_blocking::{Config, Selected, connect};
use imapkit_control::{Control, Options, Section};
use imapkit_server::{Config as ServerConfig, Mailbox, Server, User};

#[global_allocator]
static ALLOCATOR: Holding = Holding;

const MESSAGES: u32 = 1000;
const ROUNDS: usize = 9;
const CONNECTIONS: u32 = 1000;

fn main() {
    // `cargo test --benches` calls this too, and does not want to wait.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let server = server();
    let mut missed = Vec::new();
    properties(&server, &mut missed);
    messages(&server, &mut missed);
    memory(&server, &mut missed);
    leaks(&server, &mut missed);
    assert!(missed.is_empty(), "marks missed: {missed:?}");
}

fn server() -> Server {
    let mail = |number: u32| {
        let mut text = format!("From: ann@example.org\r\nSubject: {number}\r\n\r\n").into_bytes();
        text.resize(4096 - 2, b'x');
        text.extend_from_slice(b"\r\n");
        text
    };
    let inbox = (1..=MESSAGES).fold(Mailbox::new("INBOX"), |inbox, number| inbox.message(mail(number)));
    let user = User::new("me", "secret").mailbox(inbox);
    Server::start(ServerConfig::empty().user(user).allow_plain_login(true)).expect("the server starts")
}

fn control(server: &Server, tls: bool) -> Control {
    let control = Control::new();
    control.set_host_address(&server.address().to_string()).unwrap();
    let port = if tls { Some(server.tls_port()) } else { server.plain_port() };
    let options = if tls { Options::SecureImplicit | Options::TrustedSite } else { Options::None };
    control.connect(None, port, Some("me"), Some("secret"), None, Some(options)).unwrap();
    control
}

fn selected(server: &Server) -> Selected {
    let config = Config::danger_plaintext("localhost")
        .host_address(server.address())
        .port(server.plain_port().expect("a plain port"))
        .login("me", "secret");
    connect(&config).unwrap().select("INBOX").unwrap()
}

/// The median of the processor's and of the wall's time, of two things done in turn.
fn in_turn(mut first: impl FnMut(), mut second: impl FnMut()) -> [(Duration, Duration); 2] {
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..=ROUNDS {
        for (times, work) in times.iter_mut().zip([&mut first as &mut dyn FnMut(), &mut second]) {
            let (cpu, wall) = (cpu_time(), Instant::now());
            work();
            if round > 0 {
                times.push((cpu_time().saturating_sub(cpu), wall.elapsed()));
            }
        }
    }
    times.map(|times| {
        let median = |mut of: Vec<Duration>| {
            of.sort();
            of[of.len() / 2]
        };
        (median(times.iter().map(|time| time.0).collect()), median(times.iter().map(|time| time.1).collect()))
    })
}

fn properties(server: &Server, missed: &mut Vec<&str>) {
    const CALLS: u32 = 1_000_000;
    let (control, selected) = (control(server, false), selected(server));
    control.select_mailbox("INBOX").unwrap();
    println!("\n| property | control | blocking | more |\n|---|---:|---:|---:|");
    let mut row = |name: &str, mut ours: Box<dyn FnMut() + '_>, mut theirs: Box<dyn FnMut() + '_>| {
        let repeat = |work: &mut dyn FnMut()| (0..CALLS).for_each(|_| work());
        let [(ours, _), (theirs, _)] = in_turn(|| repeat(&mut *ours), || repeat(&mut *theirs));
        let each = |time: Duration| time.as_nanos() as f64 / f64::from(CALLS);
        let more = each(ours) - each(theirs);
        println!("| {name} | {:.0} ns | {:.0} ns | {more:.0} ns |", each(ours), each(theirs));
        if more >= 1000.0 {
            missed.push("a property within 1 µs");
        }
    };
    let count = || {
        black_box(control.message_count());
    };
    row("message_count", Box::new(count), Box::new(|| drop(black_box(selected.exists()))));
    let name = || drop(black_box(control.mailbox_name()));
    row("mailbox_name", Box::new(name), Box::new(|| drop(black_box(selected.mailbox().name().to_owned()))));
    let open = || {
        black_box(control.is_connected());
    };
    row(
        "is_connected",
        Box::new(open),
        Box::new(|| {
            black_box(selected.client().is_open());
        }),
    );
    let state = || {
        black_box(control.state());
    };
    row(
        "state",
        Box::new(state),
        Box::new(|| {
            black_box(selected.client().state());
        }),
    );
    row("host_name", Box::new(|| drop(black_box(control.host_name()))), Box::new(|| ()));
}

/// Messages fetched before it is the other's turn. Few, so that whatever else the machine does disturbs both alike.
const BATCH: u32 = 10;

fn messages(server: &Server, missed: &mut Vec<&str>) {
    let (control, selected) = (control(server, false), selected(server));
    control.select_mailbox("INBOX").unwrap();
    let by_control = |number| {
        let message = control.get_message(number, 0, Section::Preview).unwrap();
        assert_eq!(message.len(), 4096);
    };
    let by_client = |number| {
        let one = SeqSet::from(SeqNum::new(number).unwrap());
        for message in selected.fetch_seq(&one, Items::new().body_peek()) {
            let octets = message.unwrap().body().unwrap().bytes(1 << 20).unwrap();
            assert_eq!(black_box(octets.to_vec()).len(), 4096);
        }
    };
    let mut batches = [(Vec::new(), Vec::new()), (Vec::new(), Vec::new())];
    for round in 0..ROUNDS * 3 {
        for start in (1..=MESSAGES).step_by(BATCH as usize) {
            let mut both: [(usize, &dyn Fn(u32)); 2] = [(0, &by_control), (1, &by_client)];
            both.rotate_left(round % 2);
            for (which, fetch) in both {
                let (cpu, wall) = (cpu_time(), Instant::now());
                (start..start + BATCH).for_each(fetch);
                batches[which].0.push(cpu_time().saturating_sub(cpu));
                batches[which].1.push(wall.elapsed());
            }
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2] * (MESSAGES / BATCH)
    };
    let [(our_cpu, our_wall), (their_cpu, their_wall)] =
        batches.map(|(mut cpu, mut wall)| (median(&mut cpu), median(&mut wall)));
    let more = |ours: Duration, theirs: Duration| (ours.as_secs_f64() / theirs.as_secs_f64() - 1.0) * 100.0;
    println!("\n| {MESSAGES} messages of 4 kB, one by one | control | blocking | more |\n|---|---:|---:|---:|");
    println!("| wall | {our_wall:.1?} | {their_wall:.1?} | {:.1} % |", more(our_wall, their_wall));
    println!("| processor, our thread | {our_cpu:.1?} | {their_cpu:.1?} | {:.1} % |", more(our_cpu, their_cpu));
    if more(our_wall, their_wall) >= 5.0 {
        missed.push("1,000 messages within 5 %");
    }
}

fn memory(server: &Server, missed: &mut Vec<&str>) {
    // What all controls share, the system's authorities for instance, is there by then.
    drop(control(server, true));
    let before = held();
    let one = control(server, true);
    let fresh = held() - before;
    one.select_mailbox("INBOX").unwrap();
    one.check_mailbox().unwrap();
    let idle = held() - before;
    for number in 1..=50 {
        one.get_message(number, 0, Section::Preview).unwrap();
    }
    one.check_mailbox().unwrap();
    let used = held() - before;
    drop(one);
    println!("\n| one control over TLS holds | |\n|---|---:|");
    for (what, octets) in
        [("connected", fresh), ("mailbox selected", idle), ("after 50 messages", used), ("dropped", held() - before)]
    {
        println!("| {what} | {:.1} KiB |", octets as f64 / 1024.0);
    }
    if fresh.max(idle).max(used) >= 100 << 10 {
        missed.push("an idle control below 100 KiB");
    }
}

fn leaks(server: &Server, missed: &mut Vec<&str>) {
    let round = |tls| {
        let control = control(server, tls);
        control.select_mailbox("INBOX").unwrap();
        control.disconnect().unwrap();
    };
    let (mut resident, mut balance) = (Vec::new(), Vec::new());
    for at in 0..=CONNECTIONS {
        if at % 200 == 0 {
            resident.push(resident_kib());
            balance.push(held());
        }
        round(at % 2 == 0);
    }
    println!(
        "\n{CONNECTIONS} connections, every other over TLS: resident KiB after each 200: {resident:?}; our thread holds {balance:?}"
    );
    // The first stretch warms up; then nothing may grow with the number of connections.
    if resident[5] > resident[1] + resident[1] / 20 + 1024 || balance[5] > balance[1] + 4096 {
        missed.push("flat memory over 1,000 connections");
    }
}

fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    line.trim().trim_end_matches(" kB").trim().parse().expect("a number")
}
