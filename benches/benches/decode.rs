//! Octets to owned values, without a network: `cargo bench -p imapkit-benches --bench decode [-- RUNS [CAPTURE …]]`.
//!
//! Ours alone, for working on it; `peers/parse` prints the same cases beside other parsers. "kept" collects all values before it
//! drops them, as a caller that wants a list does; "dropped" lets go of each at once.
#![allow(clippy::print_stdout, reason = "prints tables")]

use imapkit_benches::count::Counting;
use imapkit_benches::stream;
use imapkit_benches::table::Table;

#[global_allocator]
static COUNTING: Counting = Counting;

fn main() {
    // Cargo adds --bench to the arguments.
    let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    let runs = args.next().map_or(9, |runs| runs.parse().expect("RUNS is a number"));
    let mut names: Vec<String> = args.collect();
    if names.is_empty() {
        names = ["w2", "w4", "search500k", "w3"].map(String::from).into();
    }
    for name in names {
        let data = imapkit_benches::capture(&name);
        let responses = stream::decode(&data, stream::READ, drop);
        let mut table = Table::new(name, data.len(), responses);
        stream::cases(&mut table, &data);
        println!("{}", table.run(runs));
    }
}
