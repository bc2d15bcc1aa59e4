//! The answer of THREAD: messages grouped by conversation (RFC 5256 §4).
//!
//! Stored flat, in the order of reading, each message with the end of its subtree: a thread a million messages deep is
//! walked and dropped without recursion. A thread may lack its root, when the first message of a conversation is not in the
//! mailbox (H92).

use alloc::vec::Vec;
use core::iter;

/// All threads of a THREAD response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Threads {
    nodes: Vec<Node>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Node {
    /// The UID or sequence number, 0 for a missing root.
    number: u32,
    depth: u32,
    /// The index behind the last message of the subtree.
    end: usize,
}

impl Threads {
    /// Builds the threads from messages in reading order: depth (0 for the root of a thread) and number (`None`, or 0, for
    /// a root that is missing). A depth that skips a level counts as one level down. Linear.
    pub fn from_preorder(messages: impl IntoIterator<Item = (u32, Option<u32>)>) -> Self {
        let mut nodes: Vec<Node> = Vec::new();
        // The messages whose subtree is still growing; their depths are 0, 1, 2 …
        let mut growing: Vec<usize> = Vec::new();
        for (depth, number) in messages {
            let depth = usize::try_from(depth).unwrap_or(usize::MAX).min(growing.len());
            let end = nodes.len();
            finish(&mut nodes, growing.drain(depth..), end);
            growing.push(end);
            let depth = u32::try_from(depth).unwrap_or(u32::MAX);
            nodes.push(Node { number: number.unwrap_or(0), depth, end });
        }
        let end = nodes.len();
        finish(&mut nodes, growing.drain(..), end);
        Self { nodes }
    }

    /// How many messages there are, missing roots included.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no thread.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The threads, in the server's order.
    pub fn iter(&self) -> impl Iterator<Item = Thread<'_>> + Clone {
        siblings(&self.nodes, 0)
    }

    /// All messages in reading order, with their depths; missing roots have no number.
    pub fn walk(&self) -> impl DoubleEndedIterator<Item = (u32, Option<u32>)> + ExactSizeIterator + Clone {
        self.nodes.iter().map(|node| (node.depth, known(node.number)))
    }
}

fn finish(nodes: &mut [Node], indices: impl Iterator<Item = usize>, end: usize) {
    for index in indices {
        if let Some(node) = nodes.get_mut(index) {
            node.end = end;
        }
    }
}

fn known(number: u32) -> Option<u32> {
    (number != 0).then_some(number)
}

/// The trees that `nodes` consists of, given the index of the first node in the arena.
fn siblings(nodes: &[Node], offset: usize) -> impl Iterator<Item = Thread<'_>> + Clone {
    let mut rest = (nodes, offset);
    iter::from_fn(move || {
        let (nodes, offset) = rest;
        let len = nodes.first()?.end.saturating_sub(offset);
        let (thread, after) = nodes.split_at_checked(len)?;
        rest = (after, offset.saturating_add(len));
        Some(Thread { nodes: thread, offset })
    })
}

/// A message and all that answers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thread<'a> {
    /// The subtree, its root first; never empty.
    nodes: &'a [Node],
    offset: usize,
}

impl<'a> Thread<'a> {
    /// The UID or sequence number (as the command was) of the message at the top; `None` if it is missing.
    pub fn root(&self) -> Option<u32> {
        self.nodes.first().and_then(|node| known(node.number))
    }

    /// The direct answers, each with its own answers.
    pub fn children(&self) -> impl Iterator<Item = Thread<'a>> + Clone + use<'a> {
        siblings(self.nodes.get(1..).unwrap_or_default(), self.offset.saturating_add(1))
    }

    /// The numbers of all messages of the thread, in reading order.
    pub fn numbers(&self) -> impl DoubleEndedIterator<Item = u32> + Clone + use<'a> {
        self.nodes.iter().filter_map(|node| known(node.number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `((352)(381))(2)(3 6 (4 23)(44 7 96))`
    fn sample() -> Threads {
        Threads::from_preorder([
            (0, None),
            (1, Some(352)),
            (1, Some(381)),
            (0, Some(2)),
            (0, Some(3)),
            (1, Some(6)),
            (2, Some(4)),
            (3, Some(23)),
            (2, Some(44)),
            (3, Some(7)),
            (4, Some(96)),
        ])
    }

    fn roots<'a>(threads: impl Iterator<Item = Thread<'a>>) -> Vec<Option<u32>> {
        threads.map(|thread| thread.root()).collect()
    }

    #[test]
    fn walks_roots_children_and_numbers() {
        let threads = sample();
        assert_eq!(roots(threads.iter()), [None, Some(2), Some(3)]);
        let all: Vec<_> = threads.iter().collect();
        assert_eq!(roots(all[0].children()), [Some(352), Some(381)]);
        assert_eq!(all[1].children().count(), 0);
        let six = all[2].children().next().unwrap();
        assert_eq!(roots(six.children()), [Some(4), Some(44)]);
        assert_eq!(all[2].numbers().collect::<Vec<_>>(), [3, 6, 4, 23, 44, 7, 96]);
        assert_eq!(threads.walk().next_back(), Some((4, Some(96))));
    }

    #[test]
    fn survives_any_depth_and_broken_depths() {
        let deep = Threads::from_preorder((0..1_000_000).map(|depth| (depth, Some(depth + 1))));
        assert_eq!(deep.iter().next().unwrap().numbers().count(), 1_000_000);
        drop(deep);
        let skipping = Threads::from_preorder([(7, Some(1)), (9, Some(2)), (u32::MAX, Some(3)), (1, Some(4))]);
        assert_eq!(skipping.walk().map(|(depth, _)| depth).collect::<Vec<_>>(), [0, 1, 2, 1]);
        assert!(Threads::default().iter().next().is_none());
    }
}
