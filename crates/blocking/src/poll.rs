//! Waits for sockets: poll(2), and a way to end the wait from another thread.
//!
//! The only place where a thread of this crate sleeps. poll(2) and not epoll or the `polling` crate: a connection waits for two descriptors,
//! so there is nothing to register, to forget or to re-arm, and no `unsafe` (ADR 11). No RFC.
//!
//! Invariants: no wait outlives its timeout; a wake-up is never lost, since it stands in the waker's own socket until somebody drains it; a
//! signal ends a wait early and nothing else.

use std::io::{self, Read, Write};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd};
use rustix::io::Errno;

/// No single poll(2) lasts longer: some systems refuse timeouts beyond 24 days. Callers look at the clock anyway.
const LONGEST: Duration = Duration::from_secs(3600);

/// What to wait for on a descriptor, and what it turned out to be ready for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ready {
    pub(crate) read: bool,
    pub(crate) write: bool,
}

impl Ready {
    fn flags(self) -> PollFlags {
        let read = if self.read { PollFlags::IN } else { PollFlags::empty() };
        let write = if self.write { PollFlags::OUT } else { PollFlags::empty() };
        read | write
    }

    /// An error or the end of the stream shows by reading or writing, so both count as ready.
    fn of(flags: PollFlags) -> Self {
        let broken = flags.intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL);
        Self { read: broken || flags.contains(PollFlags::IN), write: broken || flags.contains(PollFlags::OUT) }
    }
}

/// Waits until `fd` is ready for what `interest` asks, the waker was woken, or the time is up. Wake-ups so far are forgotten on return.
pub(crate) fn wait_for(fd: BorrowedFd<'_>, interest: Ready, waker: &Waker, timeout: Duration) -> io::Result<Ready> {
    let mut fds = [waker.poll_fd(), PollFd::from_borrowed_fd(fd, interest.flags())];
    // A socket that is asked for nothing would still tell that it is broken, again and again.
    let asked = if interest == Ready::default() { 1 } else { 2 };
    sleep(&mut fds[..asked], timeout)?;
    if !fds[0].revents().is_empty() {
        waker.drain();
    }
    Ok(Ready::of(fds[1].revents()))
}

/// What `fd` is ready for now.
pub(crate) fn look(fd: BorrowedFd<'_>) -> Ready {
    let mut fds = [PollFd::from_borrowed_fd(fd, PollFlags::IN | PollFlags::OUT)];
    match sleep(&mut fds, Duration::ZERO) {
        Ok(()) => Ready::of(fds[0].revents()),
        Err(_) => Ready::default(),
    }
}

/// The same where reading and writing are two descriptors, or one.
pub(crate) fn wait_for_ends(
    (input, output): (BorrowedFd<'_>, BorrowedFd<'_>),
    interest: Ready,
    waker: &Waker,
    timeout: Duration,
) -> io::Result<Ready> {
    if input.as_raw_fd() == output.as_raw_fd() {
        return wait_for(input, interest, waker, timeout);
    }
    let mut fds = vec![waker.poll_fd()];
    // A pipe that is asked for nothing would still tell that it is broken, again and again.
    let reading = interest.read.then(|| PollFd::from_borrowed_fd(input, PollFlags::IN));
    let writing = interest.write.then(|| PollFd::from_borrowed_fd(output, PollFlags::OUT));
    fds.extend(reading.into_iter().chain(writing));
    sleep(&mut fds, timeout)?;
    if !fds[0].revents().is_empty() {
        waker.drain();
    }
    let ready = |at: usize| fds.get(at).is_some_and(|fd| !fd.revents().is_empty());
    let write_at = if interest.read { 2 } else { 1 };
    Ok(Ready { read: interest.read && ready(1), write: interest.write && ready(write_at) })
}

/// Waits until one of `fds` is writable, which is when a connection attempt has ended, or the waker was woken; tells which are. Wake-ups
/// so far are forgotten on return.
pub(crate) fn wait_writable<'a>(
    fds: impl Iterator<Item = BorrowedFd<'a>>,
    waker: &'a Waker,
    timeout: Duration,
) -> io::Result<Vec<bool>> {
    let mut fds: Vec<_> = fds.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::OUT)).collect();
    fds.push(waker.poll_fd());
    sleep(&mut fds, timeout)?;
    let woken = fds.pop().is_some_and(|fd| !fd.revents().is_empty());
    if woken {
        waker.drain();
    }
    Ok(fds.iter().map(|fd| Ready::of(fd.revents()).write).collect())
}

fn sleep(fds: &mut [PollFd<'_>], timeout: Duration) -> io::Result<()> {
    // Rounded up to milliseconds, which is what some systems count in: a wait that ends early would only be begun again.
    let timeout = timeout.min(LONGEST).saturating_add(Duration::from_nanos(999_999));
    let whole = Timespec {
        tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: (timeout.subsec_millis() * 1_000_000).into(),
    };
    match rustix::event::poll(fds, Some(&whole)) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Ends waits from other threads: a socket connected to one of our own.
#[derive(Debug)]
pub(crate) struct Waker {
    #[cfg(unix)]
    pair: (std::os::unix::net::UnixStream, std::os::unix::net::UnixStream),
    #[cfg(not(unix))]
    itself: std::net::UdpSocket,
}

#[cfg(unix)]
impl Waker {
    pub(crate) fn new() -> io::Result<Self> {
        let pair = std::os::unix::net::UnixStream::pair()?;
        pair.0.set_nonblocking(true)?;
        pair.1.set_nonblocking(true)?;
        Ok(Self { pair })
    }

    /// Ends the wait under way, or the next one.
    pub(crate) fn wake(&self) {
        // A full socket wakes as well as one more octet in it would.
        let _ = (&self.pair.1).write(&[1]);
    }

    /// Forgets wake-ups so far.
    fn drain(&self) {
        let mut scratch = [0; 64];
        while matches!((&self.pair.0).read(&mut scratch), Ok(64)) {}
    }

    fn poll_fd(&self) -> PollFd<'_> {
        PollFd::from_borrowed_fd(self.pair.0.as_fd(), PollFlags::IN)
    }
}

#[cfg(not(unix))]
impl Waker {
    pub(crate) fn new() -> io::Result<Self> {
        let itself = std::net::UdpSocket::bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
        itself.connect(itself.local_addr()?)?;
        itself.set_nonblocking(true)?;
        Ok(Self { itself })
    }

    /// Ends the wait under way, or the next one.
    pub(crate) fn wake(&self) {
        let _ = self.itself.send(&[1]);
    }

    /// Forgets wake-ups so far.
    fn drain(&self) {
        let mut scratch = [0; 1];
        while self.itself.recv(&mut scratch).is_ok() {}
    }

    fn poll_fd(&self) -> PollFd<'_> {
        PollFd::from_borrowed_fd(self.itself.as_fd(), PollFlags::IN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};
    use std::time::Instant;

    const LONG: Duration = Duration::from_secs(60);
    const READ: Ready = Ready { read: true, write: false };

    fn connected() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (near, listener.accept().unwrap().0)
    }

    #[test]
    fn a_wake_up_ends_the_wait_also_when_it_came_before() {
        let (near, _far) = connected();
        let waker = Waker::new().unwrap();
        for _ in 0..1000 {
            waker.wake();
        }
        let begun = Instant::now();
        assert_eq!(wait_for(near.as_fd(), READ, &waker, LONG).unwrap(), Ready::default());
        assert!(begun.elapsed() < LONG);
        let soon = Duration::from_millis(5);
        let begun = Instant::now();
        assert_eq!(wait_for(near.as_fd(), READ, &waker, soon).unwrap(), Ready::default());
        assert!(begun.elapsed() >= soon, "forgotten: nothing ends this wait but its time");
    }

    #[test]
    fn data_room_and_the_end_of_the_stream_are_seen() {
        let (near, far) = connected();
        let waker = Waker::new().unwrap();
        let both = Ready { read: true, write: true };
        assert_eq!(wait_for(near.as_fd(), both, &waker, LONG).unwrap(), Ready { read: false, write: true });
        drop(far);
        assert!(wait_for(near.as_fd(), READ, &waker, LONG).unwrap().read);
        assert_eq!(wait_writable([near.as_fd()].into_iter(), &waker, LONG).unwrap(), [true]);
    }
}
