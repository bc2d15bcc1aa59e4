//! What the server says unasked, for those who listen: [`Events`] of the connection, [`Watch`] of one selected mailbox.
//!
//! Separate from replies because nobody asked for these, so each listener has a bounded queue of its own and is told what it missed.
//! RFC 9051 §5.2, RFC 2177 (IDLE); protocol.md M15–M17, T088.
//!
//! Invariants: a listener that does not read costs at most [`MAX`] events; a watch hears of its own mailbox only and ends with `Stale` when
//! another is selected (or the UIDs have changed); the last event of a connection is why it is over.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use imapkit_session::{Epoch, Error, ErrorKind, Event, MailboxEvent};

use crate::engine::Engine;
use crate::link::{Fate, Link};

/// Events a listener may leave unread; beyond it the oldest are dropped and counted.
const MAX: usize = 1024;
/// Events that are kept for the first listener.
const MAX_KEPT: usize = 64;

/// Everything the server says unasked, as a stream that ends with the connection, which it does not keep open. Dropping it stops listening.
///
/// The first to listen hears alerts, notices and warnings from before, from those at login on.
///
/// A listener that falls behind by 1024 events loses the oldest and is told how many by [`Event::Missed`].
#[derive(Debug)]
pub struct Events {
    ears: Arc<Ears<Event>>,
}

/// Changes of one selected mailbox as they happen: the server is asked to tell them (IDLE, or NOOP now and then) while this exists and
/// nothing else is to be done.
///
/// The stream ends after an error: `Stale` when another mailbox is selected or the UIDs have changed, otherwise why the connection is
/// over. [`MailboxEvent::Resync`] means that something was missed: look at the mailbox again.
#[derive(Debug)]
pub struct Watch {
    ears: Arc<Ears<MailboxEvent>>,
    link: Link,
}

/// All who listen to one connection; the driver's end.
#[derive(Debug)]
pub(crate) struct Listeners {
    all: Vec<Mouth<Event>>,
    /// What is for people, until somebody listens: before "ready" nobody can. `None` from the first listener on.
    kept: Option<Vec<Event>>,
    watches: Vec<(Epoch, Mouth<MailboxEvent>)>,
}

/// The driver's end of one listener's queue. Dropped, it ends that queue with what it was told to say last.
#[derive(Debug)]
pub(crate) struct Mouth<T> {
    ears: Arc<Ears<T>>,
    last: Option<Arc<Fate>>,
}

/// A queue of one listener.
#[derive(Debug)]
struct Ears<T>(Mutex<Heard<T>>);

#[derive(Debug)]
struct Heard<T> {
    queue: VecDeque<T>,
    missed: u64,
    end: End,
    waker: Option<Waker>,
}

/// Whether more will come.
#[derive(Debug)]
enum End {
    Open,
    /// This is still to be told.
    Failed(Error),
    Over,
}

impl Default for Listeners {
    fn default() -> Self {
        Self { all: Vec::new(), kept: Some(Vec::new()), watches: Vec::new() }
    }
}

impl Listeners {
    pub(crate) fn add(&mut self, listener: Mouth<Event>) {
        self.kept.take().into_iter().flatten().for_each(|event| listener.ears.hear(event));
        self.all.push(listener);
    }

    pub(crate) fn add_watch(&mut self, epoch: Epoch, watch: Mouth<MailboxEvent>) {
        self.watches.push((epoch, watch));
    }

    /// Keeps what is for people while nobody listens yet: an alert at login, for one.
    fn keep(&mut self, event: Event) {
        let telling = matches!(event, Event::Alert { .. } | Event::Notice(_) | Event::Warning(_) | Event::Bye(_));
        if let Some(kept) = self.kept.as_mut().filter(|kept| telling && kept.len() < MAX_KEPT) {
            kept.push(event);
        }
    }

    /// Passes an event on; `epoch` is that of the mailbox it is about.
    pub(crate) fn hear(&mut self, epoch: Option<Epoch>, event: Event) {
        for (theirs, watch) in &self.watches {
            match &event {
                Event::Mailbox(change) if Some(*theirs) == epoch => watch.ears.hear(change.clone()),
                Event::Missed(_) => watch.ears.hear(MailboxEvent::Resync),
                _ => {}
            }
        }
        if self.all.is_empty() {
            return self.keep(event);
        }
        self.all.retain(Mouth::is_heard);
        for listener in self.all.iter().skip(1) {
            listener.ears.hear(event.clone());
        }
        if let Some(listener) = self.all.first() {
            listener.ears.hear(event);
        }
    }

    /// Ends the watches of mailboxes that are not selected any more, and forgets those that nobody holds. True when some are left.
    pub(crate) fn watch_on(&mut self, epoch: Option<Epoch>) -> bool {
        if self.watches.is_empty() {
            return false;
        }
        self.watches.retain(|(theirs, watch)| {
            if Some(*theirs) != epoch {
                watch.ears.end(Some(stale()));
            }
            Some(*theirs) == epoch && watch.is_heard()
        });
        !self.watches.is_empty()
    }
}

impl<T> Mouth<T> {
    fn is_heard(&self) -> bool {
        Arc::strong_count(&self.ears) > 1 && matches!(self.ears.lock().end, End::Open)
    }
}

impl<T> Drop for Mouth<T> {
    fn drop(&mut self) {
        self.ears.end(self.last.as_ref().map(|fate| fate.error()));
    }
}

/// The handle's mailbox is not the selected one any more.
pub(crate) fn stale() -> Error {
    Error::new(ErrorKind::Stale, "the mailbox is not selected any more, or its UIDs have changed")
}

impl<T> Ears<T> {
    fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Heard { queue: VecDeque::new(), missed: 0, end: End::Open, waker: None })))
    }

    fn lock(&self) -> MutexGuard<'_, Heard<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self, event: T) {
        let mut heard = self.lock();
        if heard.queue.len() >= MAX {
            heard.queue.pop_front();
            heard.missed = heard.missed.saturating_add(1);
        }
        heard.queue.push_back(event);
        heard.wake();
    }

    fn end(&self, error: Option<Error>) {
        let mut heard = self.lock();
        if matches!(heard.end, End::Open) {
            heard.end = error.map_or(End::Over, End::Failed);
        }
        heard.wake();
    }

    /// The next event; `missed` makes one of the number of those that were dropped.
    fn poll(&self, cx: &Context<'_>, missed: impl FnOnce(u64) -> T) -> Poll<Option<Result<T, Error>>> {
        let mut heard = self.lock();
        if heard.missed > 0 {
            let count = std::mem::take(&mut heard.missed);
            return Poll::Ready(Some(Ok(missed(count))));
        }
        if let Some(event) = heard.queue.pop_front() {
            return Poll::Ready(Some(Ok(event)));
        }
        if matches!(heard.end, End::Open) {
            heard.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        match std::mem::replace(&mut heard.end, End::Over) {
            End::Failed(error) => Poll::Ready(Some(Err(error))),
            End::Open | End::Over => Poll::Ready(None),
        }
    }
}

impl<T> Heard<T> {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl Events {
    pub(crate) fn new(link: &Link) -> Self {
        let ears = Ears::new();
        let mouth = Mouth { ears: Arc::clone(&ears), last: None };
        link.send(move |engine| engine.listeners.add(mouth));
        Self { ears }
    }
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.ears.poll(cx, Event::Missed).map(|item| item.and_then(Result::ok))
    }
}

impl Watch {
    pub(crate) fn new(link: &Link, epoch: Epoch) -> Self {
        let ears = Ears::new();
        let mouth = Mouth { ears: Arc::clone(&ears), last: Some(Arc::clone(link.fate())) };
        link.send(move |engine| {
            engine.listeners.add_watch(epoch, mouth);
            engine.settle_watches();
        });
        Self { ears, link: link.clone() }
    }
}

impl Stream for Watch {
    type Item = Result<MailboxEvent, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.ears.poll(cx, |_| MailboxEvent::Resync)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.ears.end(None);
        self.link.send(Engine::settle_watches);
    }
}
