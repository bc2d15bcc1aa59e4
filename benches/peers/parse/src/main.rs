//! Parsers side by side, without a network: imapkit's framer and decoder, imap-proto, imap-codec.
//!
//! `parse CAPTURE [RUNS]`. imapkit is given the stream in pieces of 64 KiB, as a socket would, and makes owned values that may
//! be sent to another thread. The others are given the easiest task there is: the whole stream in memory ("slice"), no reading,
//! no buffering, nothing incomplete; "owned" is the same, made into owned values.

use imap_codec::ResponseCodec;
use imap_codec::decode::Decoder as _;
use imap_proto::Response;
use imapkit_benches::count::Counting;
use imapkit_benches::table::Table;

#[global_allocator]
static COUNTING: Counting = Counting;

/// Calls `one`, which takes a response off the front, until nothing is left.
fn each<'a>(mut rest: &'a [u8], mut one: impl FnMut(&'a [u8]) -> &'a [u8]) -> usize {
    let mut seen = 0;
    while !rest.is_empty() {
        rest = one(rest);
        seen += 1;
    }
    seen
}

fn main() {
    let mut args = std::env::args().skip(1);
    let name = args.next().expect("parse CAPTURE [RUNS]");
    let runs = args.next().map_or(9, |runs| runs.parse().expect("RUNS is a number"));
    let data = imapkit_benches::capture(&name);
    let data = data.as_slice();
    let codec = ResponseCodec::default();
    let borrowed = |rest| {
        let (rest, response) = Response::parse(rest).expect("imap-proto reads it");
        std::hint::black_box(&response);
        rest
    };
    let owned = |rest| {
        let (rest, response) = Response::parse(rest).expect("imap-proto reads it");
        std::hint::black_box(response.into_owned());
        rest
    };
    let mut table = Table::new(&name, data.len(), each(data, borrowed));
    imapkit_benches::stream::cases(&mut table, data);
    table.case("imap-proto 0.17.0 borrowed, slice", || each(data, borrowed));
    table.case("imap-proto 0.17.0 owned, slice", || each(data, owned));
    table.case("imap-codec 2.0.0-alpha.10 borrowed, slice", || {
        each(data, |rest| {
            let (rest, response) = codec.decode(rest).expect("imap-codec reads it");
            std::hint::black_box(&response);
            rest
        })
    });
    table.case("imap-codec 2.0.0-alpha.10 owned, slice", || {
        each(data, |rest| {
            let (rest, response) = codec.decode_static(rest).expect("imap-codec reads it");
            std::hint::black_box(&response);
            rest
        })
    });
    println!("{}", table.run(runs));
}
