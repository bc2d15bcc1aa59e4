//! Every way that matters to cut bytes in pieces.
//!
//! TCP and TLS deliver bytes in pieces of any size, and a decoder that works on whole responses only is a decoder that
//! fails on the first slow link. Tests feed each input in all the cuts listed here and demand the same result
//! (hazard bar T097; RFC 9051 §2.2 says nothing of segments, so nothing may be read from them).
//!
//! The work is bounded: up to [`EXHAUSTIVE`] bytes each two-way split is tried, which is quadratic in the small input;
//! above it the splits are a sample whose number does not grow. All choices are repeatable: no clock, no system
//! randomness.

/// Inputs up to this many bytes are split at each byte; longer ones at [`SAMPLES`] places.
pub const EXHAUSTIVE: usize = 4096;

/// Number of two-way splits tried on inputs longer than [`EXHAUSTIVE`].
pub const SAMPLES: usize = 96;

/// The fixed piece sizes that [`for_each_cut`] tries besides single bytes.
const SIZES: [usize; 5] = [2, 3, 7, 64, 1460];

/// Number of seeded random cuts that [`for_each_cut`] tries.
const RANDOM_CUTS: u64 = 6;

/// Calls `check` with each way to cut `bytes` that matters: whole, single bytes, small fixed sizes, two-way splits and
/// seeded random cuts.
///
/// The pieces joined always are `bytes`; no piece is empty, unless `bytes` is.
pub fn for_each_cut(bytes: &[u8], mut check: impl FnMut(&[&[u8]])) {
    check(&[bytes]);
    if bytes.len() < 2 {
        return;
    }
    check(&pieces(bytes, 1));
    for size in SIZES {
        if size < bytes.len() {
            check(&pieces(bytes, size));
        }
    }
    for at in split_points(bytes) {
        let (head, tail) = bytes.split_at(at);
        check(&[head, tail]);
    }
    for seed in 0..RANDOM_CUTS {
        check(&random(bytes, seed));
    }
}

/// Pieces of `size` bytes; the last one may be shorter. A `size` of 0 counts as 1.
pub fn pieces(bytes: &[u8], size: usize) -> Vec<&[u8]> {
    bytes.chunks(size.max(1)).collect()
}

/// Pieces of random sizes, the same for the same `seed`. Small pieces are likelier than large ones, as bugs are.
pub fn random(bytes: &[u8], seed: u64) -> Vec<&[u8]> {
    let mut rng = Rng::new(seed);
    let mut cut = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let scale = 1 << rng.below(12);
        let size = 1 + rng.below(scale).min(rest.len() - 1);
        let (head, tail) = rest.split_at(size);
        cut.push(head);
        rest = tail;
    }
    cut
}

/// Where to split in two: everywhere in small inputs; in large ones near the ends, around line ends and braces (where
/// framers change their mind) and evenly between.
fn split_points(bytes: &[u8]) -> Vec<usize> {
    let last = bytes.len() - 1;
    if bytes.len() <= EXHAUSTIVE {
        return (1..=last).collect();
    }
    let edges = [1, 2, 3, last - 1, last];
    let turns =
        bytes.iter().enumerate().filter(|(_, byte)| matches!(byte, b'\r' | b'\n' | b'{' | b'}')).map(|(at, _)| at);
    let even = (1..SAMPLES / 3).map(|step| step * bytes.len() / (SAMPLES / 3));
    let mut points: Vec<usize> =
        edges.into_iter().chain(turns.filter(|at| *at > 0).take(SAMPLES / 2)).chain(even).collect();
    points.sort_unstable();
    points.dedup();
    points
}

/// A small repeatable source of numbers (`SplitMix64`) for tests that mutate or cut; not for anything secret.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// A source that always gives the same numbers for the same `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`; 0 when `bound` is 0. The tiny bias towards low numbers does not matter to tests.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = bound.max(1);
        usize::try_from(self.next_u64() % (bound as u64)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_cut_joins_to_the_input() {
        let input: Vec<u8> = (0..=255).cycle().take(300).collect();
        for_each_cut(&input, |pieces| {
            assert_eq!(pieces.concat(), input);
            assert!(pieces.iter().all(|piece| !piece.is_empty()));
        });
    }

    #[test]
    fn small_inputs_are_split_everywhere() {
        let mut heads = BTreeSet::new();
        let mut single = false;
        for_each_cut(b"* 1 EXISTS\r\n", |pieces| {
            if let [head, _] = pieces {
                heads.insert(head.len());
            }
            single |= pieces.len() == 12;
        });
        assert_eq!(heads, (1..12).collect());
        assert!(single);
    }

    #[test]
    fn work_on_large_inputs_does_not_grow_with_their_size() {
        let count = |size: usize| {
            let mut count = 0;
            for_each_cut(&vec![b'\n'; size], |_| count += 1);
            count
        };
        assert!(count(100_000) <= SAMPLES + 20);
        assert!(count(1_000_000) <= count(100_000) + 2);
    }

    #[test]
    fn large_inputs_are_split_around_line_ends() {
        let mut input = vec![b'x'; EXHAUSTIVE * 2];
        input[5000] = b'\n';
        assert!(split_points(&input).contains(&5000));
    }

    #[test]
    fn empty_and_single_byte_inputs_come_once() {
        for input in [&b""[..], b"x"] {
            let mut seen = Vec::new();
            for_each_cut(input, |pieces| seen.push(pieces.concat()));
            assert_eq!(seen, [input]);
        }
    }

    #[test]
    fn random_cuts_repeat() {
        let input = [7; 1000];
        assert_eq!(random(&input, 3), random(&input, 3));
        assert_ne!(random(&input, 3).len(), random(&input, 4).len());
    }
}
