//! What the server says unasked, for those who listen: [`Events`] of the connection, [`Watch`] of one selected mailbox.
//!
//! Separate from replies because nobody asked for these, so each listener has a bounded queue of its own and is told what it missed. They
//! are read from the socket by whoever waits for anything; while nobody does, they stay there. RFC 9051 §5.2, RFC 2177 (IDLE); protocol.md
//! M15–M17, T088.
//!
//! Invariants: a listener that does not listen costs at most [`MAX`] events; a watch hears of its own mailbox only and ends with `Stale` when
//! another is selected (or the UIDs have changed); the last event of a connection is why it is over.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use imapkit_session::{Epoch, Error, ErrorKind, Event, MailboxEvent};

use crate::cancel::{Patience, Told};
use crate::driver::Driver;

/// Events a listener may leave unread; beyond it the oldest are dropped and counted.
const MAX: usize = 1024;

/// Everything the server says unasked, since the connection was made or somebody else took the events. Dropping it stops listening.
///
/// A listener that falls behind by 1024 events loses the oldest and is told how many by [`Event::Missed`].
#[derive(Debug)]
pub struct Events {
    ears: Arc<Ears<Event>>,
    driver: Arc<Driver>,
}

/// Changes of one selected mailbox: the server is asked to tell them (IDLE, or NOOP now and then) while this exists, is waited on, and
/// nothing else is to be done.
///
/// IDLE lasts from one wait to the next, but nothing is read in between: wait again soon. [`MailboxEvent::Resync`] means that something
/// was missed: look at the mailbox again.
#[derive(Debug)]
pub struct Watch {
    ears: Arc<Ears<MailboxEvent>>,
    cancels: Told,
    driver: Arc<Driver>,
}

/// The changes of one stretch of time; see [`Watch::within`].
#[derive(Debug)]
pub struct Within<'w> {
    watch: &'w Watch,
    patience: Patience,
    over: bool,
}

/// All who listen to one connection; the driver's end.
#[derive(Debug, Default)]
pub(crate) struct Listeners {
    all: Vec<Arc<Ears<Event>>>,
    watches: Vec<(Epoch, Arc<Ears<MailboxEvent>>)>,
    /// What was told while nobody listened to all.
    kept: Heard<Event>,
}

/// A queue of one listener.
#[derive(Debug)]
struct Ears<T>(Mutex<Heard<T>>);

#[derive(Debug)]
struct Heard<T> {
    queue: VecDeque<T>,
    missed: u64,
    /// Nothing more will come, and why.
    end: Option<Error>,
}

impl<T> Default for Heard<T> {
    fn default() -> Self {
        Self { queue: VecDeque::new(), missed: 0, end: None }
    }
}

impl<T> Heard<T> {
    fn hear(&mut self, event: T) {
        if self.queue.len() >= MAX {
            self.queue.pop_front();
            self.missed += 1;
        }
        self.queue.push_back(event);
    }
}

impl<T> Ears<T> {
    fn lock(&self) -> MutexGuard<'_, Heard<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_heard(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) > 1 && self.lock().end.is_none()
    }

    /// The next event; `missed` makes one of the number of those that were dropped.
    fn take(&self, missed: impl FnOnce(u64) -> T) -> Option<Result<T, Error>> {
        let mut heard = self.lock();
        if heard.missed > 0 {
            return Some(Ok(missed(std::mem::take(&mut heard.missed))));
        }
        heard.queue.pop_front().map(Ok).or_else(|| heard.end.clone().map(Err))
    }
}

impl Listeners {
    /// True when the events may stay where they are.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty() && self.watches.is_empty()
    }

    /// Passes an event on; `epoch` is that of the mailbox it is about.
    pub(crate) fn hear(&mut self, epoch: Option<Epoch>, event: Event) {
        for (theirs, watch) in &self.watches {
            match &event {
                Event::Mailbox(change) if Some(*theirs) == epoch => watch.lock().hear(change.clone()),
                Event::Missed(_) => watch.lock().hear(MailboxEvent::Resync),
                _ => {}
            }
        }
        self.all.retain(Ears::is_heard);
        for listener in &self.all {
            let mut heard = listener.lock();
            if let Event::Closed(why) = &event {
                heard.end = Some(why.clone());
            }
            heard.hear(event.clone());
        }
        if self.all.is_empty() {
            self.keep(event);
        }
    }

    /// Nobody listens to all now, but somebody may later.
    pub(crate) fn keep(&mut self, event: Event) {
        if let Event::Closed(why) = &event {
            self.kept.end = Some(why.clone());
        }
        self.kept.hear(event);
    }

    /// Ends the watches of mailboxes that are not selected any more (or of a connection that is over), and forgets those that nobody holds.
    /// True when the last one has gone.
    pub(crate) fn settle(&mut self, epoch: Option<Epoch>, over: Option<&Error>) -> bool {
        let before = self.watches.len();
        self.watches.retain(|(theirs, watch)| {
            if Some(*theirs) != epoch {
                watch.lock().end.get_or_insert_with(|| over.cloned().unwrap_or_else(stale));
            }
            Some(*theirs) == epoch && watch.is_heard()
        });
        before > 0 && self.watches.is_empty()
    }
}

/// The handle's mailbox is not the selected one any more.
pub(crate) fn stale() -> Error {
    Error::new(ErrorKind::Stale, "the mailbox is not selected any more, or its UIDs have changed")
}

impl Events {
    pub(crate) fn new(driver: &Arc<Driver>) -> Self {
        let mut engine = driver.lock();
        let kept = std::mem::take(&mut engine.listeners.kept);
        let ears = Arc::new(Ears(Mutex::new(kept)));
        engine.listeners.all.push(Arc::clone(&ears));
        engine.tell();
        Self { ears, driver: Arc::clone(driver) }
    }

    /// The next event that has been read already; does not wait.
    pub fn poll(&self) -> Option<Event> {
        self.ears.take(Event::Missed)?.ok()
    }

    /// Waits for the next event, at most so long: `None` when the time is over.
    ///
    /// # Errors
    /// Why the connection is over, when [`Event::Closed`] has been told; `Cancelled`.
    pub fn next_within(&self, timeout: Duration) -> Result<Option<Event>, Error> {
        let patience = self.driver.patience(Some(timeout));
        timely(self.driver.wait(patience, |_, _| self.ears.take(Event::Missed)))
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        let mut engine = self.driver.lock();
        engine.listeners.all.retain(|ears| !Arc::ptr_eq(ears, &self.ears));
    }
}

impl Watch {
    pub(crate) fn new(driver: &Arc<Driver>, epoch: Epoch) -> Result<Self, Error> {
        let mut engine = driver.lock();
        if engine.epoch() != Some(epoch) {
            return Err(engine.session.error().cloned().unwrap_or_else(stale));
        }
        let ears = Arc::new(Ears(Mutex::default()));
        // What was said so far is not news.
        engine.tell_all();
        engine.listeners.watches.push((epoch, Arc::clone(&ears)));
        engine.session.watch(true);
        Ok(Self { ears, cancels: driver.cancel().told(), driver: Arc::clone(driver) })
    }

    /// Waits for the next change, at most so long: `None` when the time is over.
    ///
    /// # Errors
    /// `Stale` when another mailbox is selected or the UIDs have changed; why the connection is over; `Cancelled`, also when that was
    /// called since the last wait.
    pub fn next_within(&self, timeout: Duration) -> Result<Option<MailboxEvent>, Error> {
        self.next_with(self.driver.patience(Some(timeout)))
    }

    /// The changes from now on for so long, as an iterator: it ends when the time is over, or after an error.
    pub fn within(&self, timeout: Duration) -> Within<'_> {
        Within { watch: self, patience: self.driver.patience(Some(timeout)), over: false }
    }

    fn next_with(&self, patience: Patience) -> Result<Option<MailboxEvent>, Error> {
        let patience = patience.since(&self.cancels);
        let waited = timely(self.driver.wait(patience, |_, _| self.ears.take(|_| MailboxEvent::Resync)));
        if matches!(&waited, Err(error) if error.kind() == ErrorKind::Cancelled) {
            self.driver.cancel().tell(&self.cancels);
        }
        waited
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut engine = self.driver.lock();
        engine.listeners.watches.retain(|(_, ears)| !Arc::ptr_eq(ears, &self.ears));
        if engine.listeners.watches.is_empty() {
            engine.session.watch(false);
            drop(engine);
            // Tells the server now (DONE), not with the next command.
            self.driver.flush();
        }
    }
}

impl Iterator for Within<'_> {
    type Item = Result<MailboxEvent, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let next = self.watch.next_with(self.patience).transpose();
        self.over = !matches!(next, Some(Ok(_)));
        next
    }
}

/// The end of the time is no error to those who wait for what may never come.
fn timely<T>(waited: Result<Result<T, Error>, Error>) -> Result<Option<T>, Error> {
    match waited {
        Ok(found) => found.map(Some),
        Err(over) if over.kind() == ErrorKind::Timeout => Ok(None),
        Err(over) => Err(over),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listener() -> (Listeners, Arc<Ears<Event>>) {
        let ears = Arc::new(Ears(Mutex::default()));
        (Listeners { all: vec![Arc::clone(&ears)], ..Listeners::default() }, ears)
    }

    #[test]
    fn t088_who_does_not_listen_is_told_how_much_was_missed() {
        let (mut listeners, ears) = listener();
        for n in 0..1500 {
            listeners.hear(None, Event::Mailbox(MailboxEvent::Exists(n)));
        }
        assert!(matches!(ears.take(Event::Missed), Some(Ok(Event::Missed(476)))));
        assert!(matches!(ears.take(Event::Missed), Some(Ok(Event::Mailbox(MailboxEvent::Exists(476))))));
    }

    #[test]
    fn a_watch_hears_of_its_mailbox_only_and_ends_with_it() {
        let ears = Arc::new(Ears(Mutex::default()));
        let (mine, other) = (Epoch::default(), None);
        let mut listeners = Listeners { watches: vec![(mine, Arc::clone(&ears))], ..Listeners::default() };
        listeners.hear(other, Event::Mailbox(MailboxEvent::Exists(1)));
        listeners.hear(Some(mine), Event::Alert { text: "hello".into(), count: 1 });
        listeners.hear(Some(mine), Event::Mailbox(MailboxEvent::Exists(2)));
        assert!(!listeners.settle(Some(mine), None) && listeners.settle(other, None));
        let next = || ears.take(|_| MailboxEvent::Resync);
        assert!(matches!(next(), Some(Ok(MailboxEvent::Exists(2)))));
        assert!(matches!(next(), Some(Err(error)) if error.kind() == ErrorKind::Stale));
        assert_eq!(listeners.kept.queue.len(), 3, "nothing is lost for those who listen to all later");
    }

    #[test]
    fn the_last_event_is_why_it_is_over() {
        let (mut listeners, ears) = listener();
        listeners.hear(None, Event::Closed(Error::new(ErrorKind::Closed, "gone")));
        assert!(matches!(ears.take(Event::Missed), Some(Ok(Event::Closed(_)))));
        assert!(matches!(ears.take(Event::Missed), Some(Err(_))));
    }
}
