//! Commands that wait and commands in flight, and the tags that tell them apart.
//!
//! RFC 9051 §2.2.1, §5.5. Tags start with 64 random bits a connection, so that nobody can answer a command before it is sent
//! (CVE-2026-42246, T011), and with a letter, since some servers want that (163.com).

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::vec::Vec;

use imapkit_types::Tag;
use imapkit_wire::{Encoder, Untagged};

use crate::command::{Claims, Command, Completion, Erased, Gather, Offer, Rules, Running};
use crate::error::Error;
use crate::opening::Fed;

/// Names a submitted command within its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(u64);

impl CommandId {
    pub(crate) const fn new(n: u64) -> Self {
        Self(n)
    }
}

/// A command that has not been sent; its types are forgotten but for what the vtable knows.
pub(crate) trait Waiting: Send {
    fn name(&self) -> &'static str;
    fn rules(&self) -> Rules;
    fn encode(&self, out: &mut Encoder);
    fn start(self: Box<Self>) -> Box<dyn Running>;
}

struct Submitted<C, F> {
    command: C,
    reply: F,
}

impl<C, F> Waiting for Submitted<C, F>
where
    C: Command,
    F: FnOnce(Result<C::Output, Error>) -> Option<Fed> + Send + 'static,
{
    fn name(&self) -> &'static str {
        self.command.name()
    }
    fn rules(&self) -> Rules {
        self.command.rules()
    }
    fn encode(&self, out: &mut Encoder) {
        self.command.encode(out);
    }
    fn start(self: Box<Self>) -> Box<dyn Running> {
        Box::new(Erased { gather: self.command.gather(), reply: self.reply })
    }
}

/// Forgets the types of a command and its reply.
pub(crate) fn submitted<C, F>(command: C, reply: F) -> Box<dyn Waiting>
where
    C: Command,
    C::Gather: Gather<Output = C::Output>,
    F: FnOnce(Result<C::Output, Error>) -> Option<Fed> + Send + 'static,
{
    Box::new(Submitted { command, reply })
}

pub(crate) struct Queued {
    pub(crate) id: CommandId,
    pub(crate) rules: Rules,
    pub(crate) command: Box<dyn Waiting>,
}

pub(crate) struct InFlight {
    pub(crate) id: CommandId,
    pub(crate) tag: Tag,
    pub(crate) name: &'static str,
    pub(crate) rules: Rules,
    pub(crate) running: Box<dyn Running>,
    /// The caller has given it up: octets read for it since then.
    pub(crate) abandoned: Option<u64>,
    /// The server has said `+` to a literal of it.
    pub(crate) continued: bool,
    /// It has failed already, whatever the server answers.
    pub(crate) failed: Option<Error>,
}

/// All commands of a session that have not ended.
pub(crate) struct Queue {
    pub(crate) waiting: VecDeque<Queued>,
    /// For the moment somebody is logged in.
    pub(crate) early: Vec<Queued>,
    pub(crate) in_flight: Vec<InFlight>,
    prefix: Box<str>,
    next_tag: u64,
    next_id: u64,
}

impl Queue {
    pub(crate) fn new(nonce: u64) -> Self {
        Self {
            waiting: VecDeque::new(),
            early: Vec::new(),
            in_flight: Vec::new(),
            prefix: prefix(nonce),
            next_tag: 0,
            next_id: 0,
        }
    }

    pub(crate) fn next_id(&mut self) -> CommandId {
        self.next_id = self.next_id.saturating_add(1);
        CommandId(self.next_id)
    }

    /// A tag never used before in this session.
    pub(crate) fn next_tag(&mut self) -> Result<Tag, Error> {
        self.next_tag = self.next_tag.saturating_add(1);
        Ok(Tag::new(&format!("{}{}", self.prefix, self.next_tag))?)
    }

    pub(crate) fn by_tag(&self, tag: &Tag) -> Option<usize> {
        self.in_flight.iter().position(|entry| entry.tag == *tag)
    }

    pub(crate) fn find(&mut self, id: CommandId) -> Option<&mut InFlight> {
        self.in_flight.iter_mut().find(|entry| entry.id == id)
    }

    /// Takes a command back that was not sent.
    pub(crate) fn take_unsent(&mut self, id: CommandId) -> Option<Queued> {
        if let Some(at) = self.early.iter().position(|queued| queued.id == id) {
            return Some(self.early.remove(at));
        }
        let at = self.waiting.iter().position(|queued| queued.id == id)?;
        self.waiting.remove(at)
    }

    /// Offers data to the commands in flight, oldest first. Whose it was, and whether to pause; or the data back.
    pub(crate) fn route(&mut self, mut response: Untagged) -> Result<(CommandId, bool), Untagged> {
        for entry in &mut self.in_flight {
            match entry.running.offer(response) {
                Offer::Taken => return Ok((entry.id, false)),
                Offer::Pause => return Ok((entry.id, true)),
                Offer::NotMine(back) => response = back,
            }
        }
        Err(response)
    }

    /// This response could not be read, or was too long: whoever claims its kind has to know.
    pub(crate) fn unread(&mut self, response: &[u8]) {
        let mut words = response.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let name = words.next().filter(|star| *star == b"*").and_then(|_| words.next()).unwrap_or_default();
        let claims = Claims::of_numbers(name);
        for entry in self.in_flight.iter_mut().filter(|entry| entry.rules.claims.overlap(claims)) {
            entry.running.unread();
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.in_flight.is_empty()
    }

    /// Takes everything out: the connection is over. A command that was sent and writes has an unknown end (M31).
    pub(crate) fn drain(&mut self) -> (Vec<InFlight>, VecDeque<Queued>) {
        let mut waiting = core::mem::take(&mut self.waiting);
        waiting.extend(core::mem::take(&mut self.early));
        (core::mem::take(&mut self.in_flight), waiting)
    }
}

/// Ends a command that never started.
pub(crate) fn fail_waiting(command: Box<dyn Waiting>, error: Error) -> Option<Fed> {
    command.start().end(Err(error))
}

/// Ends a command with the server's OK.
pub(crate) fn complete(entry: InFlight, completion: Completion) -> Option<Fed> {
    match entry.failed {
        Some(error) => entry.running.end(Err(error)),
        None => entry.running.end(Ok(completion)),
    }
}

/// 64 bits in 13 characters of base 32 without 0, 1, 8 and 9, so that the counter behind it can be told apart by eye; a letter first.
fn prefix(nonce: u64) -> Box<str> {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let letter = |shift: u32, mask: u64| {
        let index = usize::try_from(nonce.checked_shr(shift).unwrap_or_default() & mask).unwrap_or_default();
        char::from(LETTERS.get(index).copied().unwrap_or(b'A'))
    };
    core::iter::once(letter(60, 0x0f)).chain((0..12_u32).map(|n| letter(n.saturating_mul(5), 0x1f))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;

    #[test]
    fn t011_tags_carry_64_random_bits_and_start_with_a_letter() {
        let mut seen = BTreeSet::new();
        for bit in 0..64 {
            let prefix = prefix(1 << bit);
            assert!(prefix.starts_with(|c: char| c.is_ascii_uppercase()) && prefix.len() == 13);
            assert!(seen.insert(prefix), "bit {bit} does not show");
        }
        let mut queue = Queue::new(u64::MAX);
        assert_ne!(queue.next_tag().unwrap(), queue.next_tag().unwrap());
    }
}
