//! Tests of the pipe: order, passing over, leaving, filling up.

use super::*;
use imapkit_session::types::{BodySection, Section, Uid};

fn row(uid: u32) -> FetchPart {
    FetchPart::Row(Fetch { uid: Uid::new(uid), ..Fetch::default() })
}

fn start() -> FetchPart {
    let section = BodySection::Body(Section::whole());
    FetchPart::BodyStart(Box::new(BodyStart { row: Fetch::default(), section, origin: None, len: 6 }))
}

fn chunk(octets: &'static [u8]) -> FetchPart {
    FetchPart::BodyChunk(Bytes::from_static(octets))
}

fn piped(parts: impl IntoIterator<Item = FetchPart>) -> (Arc<Pipe>, Sink) {
    let pipe = Pipe::new();
    let mut sink = pipe.begin();
    pipe.complete();
    for part in parts {
        assert_eq!(sink.push(part), Flow::Ready);
    }
    (pipe, sink)
}

fn next_uid(pipe: &Pipe) -> Option<u32> {
    match pipe.poll_message().0 {
        Poll::Ready(Some(Ok(Arrived::Row(row)))) => row.uid.map(Uid::get),
        other => panic!("not a row: {other:?}"),
    }
}

fn next_open(pipe: &Pipe) -> u64 {
    match pipe.poll_message().0 {
        Poll::Ready(Some(Ok(Arrived::Open(serial, _)))) => serial,
        other => panic!("not a beginning: {other:?}"),
    }
}

#[test]
fn rows_and_bodies_come_in_order_and_then_the_end() {
    let (pipe, _sink) = piped([row(1), start(), chunk(b"abc"), chunk(b"def"), FetchPart::BodyEnd, row(2), row(3)]);
    assert_eq!(next_uid(&pipe), Some(1));
    let serial = next_open(&pipe);
    assert!(matches!(pipe.poll_chunk(serial, 0).0, Poll::Ready(Ok(Some(octets))) if octets == "abc"));
    assert!(matches!(pipe.poll_chunk(serial, 0).0, Poll::Ready(Ok(Some(octets))) if octets == "def"));
    assert!(matches!(pipe.poll_chunk(serial, 0).0, Poll::Ready(Ok(None))));
    assert!(matches!(pipe.poll_chunk(serial, 0).0, Poll::Ready(Ok(None))), "the end stays the end");
    assert!(matches!(pipe.poll_behind(serial).0, Poll::Ready(Ok(Behind::Row(row))) if row.uid == Uid::new(2)));
    assert!(matches!(pipe.poll_chunk(serial, 0).0, Poll::Ready(Err(_))), "the message is complete");
    assert_eq!(next_uid(&pipe), Some(3));
    assert!(pipe.poll_message().0.is_pending());
    pipe.end(Ok(()));
    assert!(matches!(pipe.poll_message().0, Poll::Ready(None)));
}

#[test]
fn t105_the_rest_of_a_message_is_passed_over_also_when_it_comes_later() {
    let (pipe, mut sink) = piped([start(), chunk(b"abc")]);
    let serial = next_open(&pipe);
    assert!(pipe.poll_message().0.is_pending());
    for part in [chunk(b"def"), FetchPart::BodyEnd, start(), chunk(b"ghi"), FetchPart::BodyEnd, row(1), row(2)] {
        sink.push(part);
    }
    assert_eq!(next_uid(&pipe), Some(2));
    assert!(matches!(pipe.poll_chunk(serial, 0).0, Poll::Ready(Err(_))));
}

#[test]
fn a_message_outlives_the_iterator_but_nothing_behind_it_does() {
    let (pipe, mut sink) = piped([start(), chunk(b"abc")]);
    let serial = next_open(&pipe);
    pipe.leave();
    for part in [chunk(b"def"), FetchPart::BodyEnd, row(1), row(2)] {
        sink.push(part);
    }
    assert!(matches!(pipe.poll_chunk(serial, 0).0, Poll::Ready(Ok(Some(_)))));
    assert!(matches!(pipe.poll_behind(serial).0, Poll::Ready(Ok(Behind::Row(row))) if row.uid == Uid::new(1)));
    assert!(pipe.lock().parts.is_empty());
    assert_eq!(sink.push(row(3)), Flow::Ready);
    assert!(pipe.lock().parts.is_empty());
}

#[test]
fn an_error_comes_behind_what_came_before_it() {
    let (pipe, mut sink) = piped([row(1)]);
    sink.fail(&Error::new(ErrorKind::Closed, "gone"));
    sink.push(row(2));
    assert_eq!(next_uid(&pipe), Some(1));
    assert!(matches!(pipe.poll_message().0, Poll::Ready(Some(Err(error))) if error.kind() == ErrorKind::Closed));
}

#[test]
fn a_full_pipe_waits_for_its_reader_unless_the_reader_waits_for_the_pipe() {
    let me = std::thread::current().id();
    let big = Bytes::from(vec![0; MAX_HELD / 2]);
    let fill = |sink: &mut Sink| {
        assert_eq!(sink.push(FetchPart::BodyChunk(big.clone())), Flow::Ready);
        assert_eq!(sink.push(FetchPart::BodyChunk(big.clone())), Flow::Full);
    };
    let (pipe, mut sink) = piped([start()]);
    let reader = Arc::clone(&pipe);
    let serial = std::thread::spawn(move || next_open(&reader)).join().unwrap();
    fill(&mut sink);
    assert!(pipe.is_full_after_giving_up(me), "another thread reads it");
    let (_, freed) = pipe.poll_chunk(serial, 0);
    assert!(!freed, "half full is not room enough");
    assert!(!pipe.is_full_after_giving_up(me), "now it is this thread that reads");
    assert!(matches!(pipe.poll_chunk(serial, 0).0, Poll::Ready(Ok(Some(_)))));
    assert!(matches!(pipe.poll_chunk(serial, 0).0, Poll::Ready(Err(error)) if error.kind() == ErrorKind::Stalled));

    let (pipe, mut sink) = piped([start()]);
    let serial = next_open(&pipe);
    fill(&mut sink);
    assert!(!pipe.poll_chunk(serial, 0).1 && pipe.poll_chunk(serial, 0).1, "empty: there is room");
}
