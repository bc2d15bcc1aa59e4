//! Going slower when the server says that it is slowing us down.
//!
//! Gmail answers `OK Success [THROTTLED]` before it answers OVERQUOTA and locks the account for a day. From the first such answer on commands
//! go one at a time with a gap between them, which doubles with every further one and halves with every answer without. No RFC; protocol.md
//! §5.5, T110.
//!
//! Invariants: the gap is bounded; IDLE and LOGOUT are not held back.

use core::time::Duration;

use imapkit_types::Code;
use imapkit_wire::StatusLine;

use crate::config::Tick;

/// The first gap, and the longest.
const GAPS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// How fast commands may follow one another.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    gap: Duration,
    next: Tick,
}

impl Pace {
    /// A command was answered. True when the server slows us down.
    pub(crate) fn answered(&mut self, now: Tick, status: &StatusLine) -> bool {
        let throttled = is_throttled(status);
        self.gap = match self.gap {
            gap if throttled => gap.saturating_mul(2).clamp(GAPS.0, GAPS.1),
            gap if gap <= GAPS.0 => Duration::ZERO,
            gap => gap.checked_div(2).unwrap_or_default(),
        };
        self.next = now.after(self.gap);
        throttled
    }

    /// Commands are to go one at a time.
    pub(crate) fn is_slow(&self) -> bool {
        !self.gap.is_zero()
    }

    /// When the next command may be sent, if not now.
    pub(crate) fn held_until(&self, now: Tick) -> Option<Tick> {
        (self.is_slow() && self.next > now).then_some(self.next)
    }
}

/// Gmail puts the word behind the text instead of before it.
fn is_throttled(status: &StatusLine) -> bool {
    const WORD: &[u8] = b"[THROTTLED]";
    let text = status.text.trim_ascii_end();
    let behind = text.len().checked_sub(WORD.len()).and_then(|from| text.get(from..));
    matches!(status.code, Some(Code::Throttled)) || behind.is_some_and(|end| end.eq_ignore_ascii_case(WORD))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use imapkit_wire::StatusKind;

    fn said(code: Option<Code>, text: &'static str) -> StatusLine {
        StatusLine { kind: StatusKind::Ok, code, text: Bytes::from_static(text.as_bytes()) }
    }

    #[test]
    fn t110_the_gap_doubles_up_to_a_bound_and_halves_again() {
        let (mut pace, now) = (Pace::default(), Tick::default());
        let gap = |pace: &mut Pace, text| {
            pace.answered(now, &said(None, text));
            pace.held_until(now).map_or(0, |until| now.until(until).as_millis())
        };
        for wanted in [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000] {
            assert_eq!(gap(&mut pace, "Success [THROTTLED]"), wanted);
        }
        for wanted in [15_000, 7500, 3750, 1875, 937, 468, 0, 0] {
            assert_eq!(gap(&mut pace, "Success"), wanted);
        }
        assert!(!pace.is_slow());
        assert!(is_throttled(&said(Some(Code::Throttled), "x")) && !is_throttled(&said(None, "[THROTTLED] x")));
    }
}
