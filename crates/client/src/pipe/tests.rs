//! The queue without a driver: who is woken, when reading stops, what is passed over.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

use imapkit_session::types::{BodySection, Section, SeqNum, Uid};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::*;
use crate::link::Job;
use crate::reply::Promise;

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Both ends of a pipe that one command feeds.
struct Bench {
    intake: Intake,
    sink: Sink,
    ender: Option<Ender>,
    jobs: UnboundedReceiver<Job>,
    fate: Arc<Fate>,
    wakes: Arc<Count>,
    ready: VecDeque<Fetch>,
}

impl Bench {
    fn new() -> Self {
        let (sender, jobs) = unbounded_channel();
        let fate = Arc::new(Fate::default());
        let intake = Intake::new(Link::new(sender, Arc::clone(&fate)));
        let sink = Sink::new(&intake);
        let mut kept = None;
        intake.start(|_, ender| {
            kept = Some(ender);
            Ticket::default()
        });
        Self { intake, sink, ender: kept, jobs, fate, wakes: Arc::default(), ready: VecDeque::new() }
    }

    fn row(&mut self, uid: u32) -> Flow {
        self.sink.push(FetchPart::Row(Fetch { seq: SeqNum::new(uid), uid: Uid::new(uid), ..Fetch::default() }))
    }

    fn start(&mut self, uid: u32) -> Flow {
        let row = Fetch { uid: Uid::new(uid), ..Fetch::default() };
        let section = BodySection::Body(Section::whole());
        self.sink.push(FetchPart::BodyStart(Box::new(BodyStart { row, section, origin: None, len: 1 << 30 })))
    }

    fn chunk(&mut self, octets: usize) -> Flow {
        self.sink.push(FetchPart::BodyChunk(Bytes::from(vec![b'x'; octets])))
    }

    fn end(&mut self) -> Flow {
        self.sink.push(FetchPart::BodyEnd)
    }

    fn message(&mut self) -> Poll<Option<Result<Arrived, Error>>> {
        if let Some(row) = self.ready.pop_front() {
            return Poll::Ready(Some(Ok(Arrived::Row(row))));
        }
        let waker = Arc::clone(&self.wakes).into();
        self.intake.poll_message(&Context::from_waker(&waker), &mut self.ready)
    }

    /// The UID of the next message; 0 for none yet.
    fn uid(&mut self) -> u32 {
        match self.message() {
            Poll::Ready(Some(Ok(Arrived::Row(row)))) => row.uid.map_or(0, Uid::get),
            Poll::Ready(Some(Ok(Arrived::Open(_, start)))) => start.row.uid.map_or(0, Uid::get),
            _ => 0,
        }
    }

    fn octets(&self, serial: u64) -> Poll<Result<Option<usize>, Error>> {
        let waker = Arc::clone(&self.wakes).into();
        self.intake
            .poll_chunk(&Context::from_waker(&waker), serial, 0)
            .map(|found| found.map(|chunk| chunk.map(|chunk| chunk.len())))
    }

    fn jobs(&mut self) -> usize {
        std::iter::from_fn(|| self.jobs.try_recv().ok()).count()
    }
}

#[test]
fn a_reader_is_woken_once_for_many_rows() {
    let mut bench = Bench::new();
    assert!(bench.message().is_pending());
    for uid in 1..=100 {
        assert_eq!(bench.row(uid), Flow::Ready);
    }
    assert_eq!(bench.wakes.0.load(Ordering::Relaxed), 0);
    bench.fate.wake_readers();
    assert_eq!(bench.wakes.0.load(Ordering::Relaxed), 1);
    assert!((1..=100).all(|uid| bench.uid() == uid));
    assert!(bench.message().is_pending());
    bench.ender.take().unwrap().end(Ok(()));
    assert_eq!(bench.wakes.0.load(Ordering::Relaxed), 2);
    assert!(matches!(bench.message(), Poll::Ready(None)));
}

#[test]
fn reading_stops_when_full_and_goes_on_below_half() {
    let mut bench = Bench::new();
    bench.start(1);
    assert_eq!((bench.chunk(HIGH / 2), bench.chunk(HIGH / 4)), (Flow::Ready, Flow::Ready));
    assert_eq!(bench.chunk(HIGH / 4), Flow::Full);
    let Poll::Ready(Some(Ok(Arrived::Open(serial, _)))) = bench.message() else { panic!("a message has begun") };
    assert!(matches!(bench.octets(serial), Poll::Ready(Ok(Some(_)))));
    assert_eq!(bench.jobs(), 0, "half is not below half");
    assert!(matches!(bench.octets(serial), Poll::Ready(Ok(Some(_)))));
    assert_eq!(bench.jobs(), 1);
}

#[test]
fn while_another_answer_is_awaited_more_is_taken_in() {
    let mut bench = Bench::new();
    let (promise, _slot) = Promise::<()>::new(&bench.fate);
    bench.start(1);
    assert_eq!(bench.chunk(2 * HIGH), Flow::Ready);
    assert_eq!(bench.chunk(HARD), Flow::Full);
    drop(promise);
    assert_eq!(bench.chunk(1), Flow::Full);
}

#[test]
fn going_on_passes_over_what_was_not_read() {
    let mut bench = Bench::new();
    bench.start(1);
    bench.chunk(10);
    let Poll::Ready(Some(Ok(Arrived::Open(first, _)))) = bench.message() else { panic!("a message has begun") };
    // The rest of the first message has not arrived when the second is asked for.
    assert!(bench.message().is_pending());
    assert!(matches!(bench.octets(first), Poll::Ready(Err(_))));
    bench.chunk(HIGH);
    bench.end();
    bench.row(1);
    assert_eq!(bench.jobs(), 0, "what is passed over does not fill the queue");
    bench.start(2);
    assert_eq!(bench.uid(), 2);
}

#[test]
fn without_a_stream_only_the_open_message_is_kept() {
    let mut bench = Bench::new();
    bench.start(1);
    let Poll::Ready(Some(Ok(Arrived::Open(serial, _)))) = bench.message() else { panic!("a message has begun") };
    bench.intake.leave();
    bench.chunk(10);
    assert!(matches!(bench.octets(serial), Poll::Ready(Ok(Some(10)))));
    bench.end();
    bench.row(1);
    bench.row(2);
    assert!(matches!(bench.octets(serial), Poll::Ready(Ok(None))));
    let waker = Arc::clone(&bench.wakes).into();
    let cx = Context::from_waker(&waker);
    assert!(matches!(bench.intake.poll_behind(&cx, serial), Poll::Ready(Ok(Behind::Row(_)))));
    assert_eq!(bench.row(3), Flow::Ready);
    assert!(bench.intake.pipe.lock().parts.is_empty());
}

#[test]
fn what_arrived_is_read_before_the_error() {
    let mut bench = Bench::new();
    bench.row(1);
    drop(bench.ender.take());
    assert_eq!(bench.uid(), 1);
    assert!(matches!(bench.message(), Poll::Ready(Some(Err(error))) if error.kind() == ErrorKind::Closed));
}

#[test]
fn the_last_reader_cancels_what_still_runs() {
    let mut bench = Bench::new();
    let Bench { intake, ender, .. } = &mut bench;
    let _running = ender.take();
    drop(std::mem::replace(intake, Intake::new(intake.link.clone())));
    assert_eq!(bench.jobs(), 1);
}
