//! What jobs act on: the session, and what this front end keeps beside it. No socket here.
//!
//! Separate from the driver so that moving bytes ([`crate::driver`]) and serving handles stay two things. No RFC.
//!
//! Invariant: the session is only ever touched by the driver's task, so nothing here locks.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use imapkit_session::{Command, CommandId, Epoch, Error, ErrorKind, Event, Login, Opened, Session, State, TraceLine};
use tokio::sync::mpsc;

use crate::events::Listeners;
use crate::link::Fate;
use crate::reply::Promise;

/// Octets of an upload that are handed to the session at a time.
const PIECE: usize = 64 << 10;
/// Events kept until somebody can listen.
const MAX_HEARD: usize = 256;

/// Takes the lines of the trace; runs on the driver's task, so it must not block.
pub(crate) type Tracer = Arc<dyn Fn(&TraceLine) + Send + Sync>;

/// The driver's state apart from bytes and sockets.
pub(crate) struct Engine {
    pub(crate) session: Session,
    pub(crate) fate: Arc<Fate>,
    pub(crate) listeners: Listeners,
    pub(crate) tracer: Option<Tracer>,
    /// Who waits for the opening.
    pub(crate) opening: Option<Promise<Opened>>,
    /// What the server has said unasked, as long as nobody can listen yet.
    pub(crate) heard: Option<Vec<Event>>,
    /// Somebody wants the connection closed without LOGOUT, and why.
    pub(crate) closing: Option<Error>,
    uploads: VecDeque<Feed>,
    watching: bool,
}

/// The content of the literals of one command, on its way from its caller.
struct Feed {
    id: CommandId,
    pieces: mpsc::Receiver<Bytes>,
    current: Bytes,
}

impl Feed {
    /// The next octets, `most` at most; `None` when the caller has gone.
    fn poll(&mut self, most: u64, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if self.current.is_empty() {
            match ready!(self.pieces.poll_recv(cx)) {
                Some(piece) => self.current = piece,
                None => return Poll::Ready(None),
            }
        }
        let room = usize::try_from(most).unwrap_or(usize::MAX).min(PIECE);
        Poll::Ready(Some(self.current.split_to(room.min(self.current.len()))))
    }
}

impl Engine {
    pub(crate) fn new(session: Session, fate: Arc<Fate>, tracer: Option<Tracer>) -> Self {
        let listeners = Listeners::default();
        Self {
            session,
            fate,
            listeners,
            tracer,
            opening: None,
            heard: Some(Vec::new()),
            closing: None,
            uploads: VecDeque::new(),
            watching: false,
        }
    }

    /// Submits a command. Reading goes on even if the reader of a stream is behind: what it has to take until this command is answered
    /// is bounded by the stream (see [`crate::pipe`]).
    pub(crate) fn submit<C: Command>(
        &mut self,
        command: C,
        reply: impl FnOnce(Result<C::Output, Error>) + Send + 'static,
    ) -> CommandId {
        let id = self.session.submit(command, reply);
        self.session.resume();
        id
    }

    /// Submits a command whose literals come through `pieces`.
    pub(crate) fn submit_with<C: Command>(
        &mut self,
        command: C,
        pieces: mpsc::Receiver<Bytes>,
        reply: impl FnOnce(Result<C::Output, Error>) + Send + 'static,
    ) -> CommandId {
        let id = self.submit(command, reply);
        self.uploads.push_back(Feed { id, pieces, current: Bytes::new() });
        id
    }

    /// Ends the connection; the first reason stands.
    pub(crate) fn close(&mut self, why: Error) {
        self.closing.get_or_insert(why);
    }

    /// Nothing is under way, and nobody watches: what is asked next is answered next.
    pub(crate) fn is_clean(&self) -> bool {
        let state = self.session.state();
        matches!(state, State::Authenticated | State::Selected) && self.session.is_quiet() && !self.watching
    }

    /// Logs in after an opening that stopped before it.
    pub(crate) fn login(&mut self, login: Box<dyn Login>, promise: Promise<Opened>) {
        match self.session.login(login) {
            Ok(()) => self.opening = Some(promise),
            Err(error) => promise.complete(Err(error)),
        }
    }

    /// Watches while somebody wants it, and as long as the mailbox is selected.
    pub(crate) fn settle_watches(&mut self) {
        if self.session.error().is_some() {
            return; // they end with the connection, and say why that is over
        }
        let wanted = self.listeners.watch_on(self.epoch());
        if wanted != self.watching {
            self.watching = wanted;
            self.session.watch(wanted);
        }
    }

    /// Which mailbox is selected.
    pub(crate) fn epoch(&self) -> Option<Epoch> {
        self.session.mailbox().map(imapkit_session::MailboxView::epoch)
    }

    /// Gives the session content of the literal it waits for; `Pending` when its caller has none at hand.
    pub(crate) fn feed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(upload) = self.session.poll_upload() else { return Poll::Ready(()) };
        let feed = self.uploads.iter_mut().find(|feed| feed.id == upload.id);
        let piece = match feed.map(|feed| feed.poll(upload.remaining, cx)) {
            Some(Poll::Pending) => return Poll::Pending,
            Some(Poll::Ready(piece)) => piece,
            None => None,
        };
        let fed = match piece {
            Some(piece) => self.session.push_upload(upload.id, piece),
            None => Err(Error::new(ErrorKind::Cancelled, "its caller gave it up in the middle of a literal")),
        };
        if let Err(error) = fed {
            self.session.fail_upload(upload.id, &error);
        }
        Poll::Ready(())
    }

    /// Looks after what ends by itself: watches of mailboxes that are not selected any more, uploads whose callers have gone.
    pub(crate) fn tidy(&mut self) {
        self.settle_watches();
        if self.session.poll_upload().is_none() {
            self.uploads.retain(|feed| !feed.pieces.is_closed());
        }
    }

    /// Passes an event to those who listen.
    pub(crate) fn tell(&mut self, event: Event) {
        match &event {
            Event::Ready(opened) => {
                if let Some(promise) = self.opening.take() {
                    promise.complete(Ok(Opened::clone(opened)));
                }
            }
            Event::LoginRefused(error) => {
                if let Some(promise) = self.opening.take() {
                    promise.complete(Err(error.clone()));
                }
            }
            Event::Closed(error) => {
                self.fate.seal(error.clone());
                if let Some(promise) = self.opening.take() {
                    promise.complete(Err(error.clone()));
                }
            }
            Event::Upgrade(_) => {}
            _ => {
                if let Some(heard) = self.heard.as_mut().filter(|heard| heard.len() < MAX_HEARD) {
                    heard.push(event.clone());
                }
            }
        }
        let epoch = self.epoch();
        self.listeners.hear(epoch, event);
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("state", &self.session.state()).finish_non_exhaustive()
    }
}
