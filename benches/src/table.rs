//! Runs cases in turn and prints a table of what they cost.
//!
//! Cases are interleaved (A B C A B C …, not A A B B …), so that whatever else the machine does disturbs all of them alike. The
//! clock is the thread's time on the processor, which neighbours lengthen less than the time on the wall.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::count::Allocations;

/// What one case does once: gives the number of responses it saw.
type Work<'a> = Box<dyn FnMut() -> usize + 'a>;

/// Cases over one input.
pub struct Table<'a> {
    title: String,
    octets: usize,
    responses: usize,
    cases: Vec<Case<'a>>,
}

struct Case<'a> {
    name: String,
    work: Work<'a>,
    times: Vec<Duration>,
    allocations: Allocations,
}

/// Time this thread has had on a processor.
///
/// # Panics
/// Never on Linux: seconds of a process are not negative.
pub fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).expect("a time after the beginning")
}

impl<'a> Table<'a> {
    /// For an input of `octets` octets that holds `responses` responses.
    pub fn new(title: impl Into<String>, octets: usize, responses: usize) -> Self {
        Self { title: title.into(), octets, responses, cases: Vec::new() }
    }

    /// Adds a case. `work` handles the whole input and gives the number of responses it saw, which is checked.
    pub fn case(&mut self, name: impl Into<String>, work: impl FnMut() -> usize + 'a) {
        let (name, work) = (name.into(), Box::new(work));
        self.cases.push(Case { name, work, times: Vec::new(), allocations: Allocations::default() });
    }

    /// Runs each case once to warm up and then `runs` times, in turn.
    ///
    /// # Panics
    /// When a case does not see every response.
    pub fn run(mut self, runs: usize) -> String {
        for round in 0..=runs {
            for case in &mut self.cases {
                let (before, start) = (Allocations::now(), cpu_time());
                let seen = black_box((case.work)());
                let took = cpu_time().saturating_sub(start);
                assert_eq!(seen, self.responses, "{} lost responses", case.name);
                case.allocations = Allocations::now().since(before);
                if round > 0 {
                    case.times.push(took);
                }
            }
        }
        self.print()
    }

    fn print(&mut self) -> String {
        let mut out = format!("\n{}: {} octets, {} responses\n\n", self.title, self.octets, self.responses);
        out.push_str(
            "| case | MB/s | ns/response | best–worst ns | allocations/response | octets allocated/response |\n",
        );
        out.push_str("|---|---:|---:|---:|---:|---:|\n");
        for case in &mut self.cases {
            case.times.sort();
            let (best, worst) = (0, case.times.len() - 1);
            let nanoseconds = |at: usize| ratio(case.times[at].as_nanos(), self.responses);
            let _ = writeln!(
                out,
                "| {} | {:.0} | {:.0} | {:.0}–{:.0} | {:.3} | {:.0} |",
                case.name,
                ratio(self.octets as u128 * 1000, self.responses) / nanoseconds(worst / 2),
                nanoseconds(worst / 2),
                nanoseconds(best),
                nanoseconds(worst),
                ratio(case.allocations.calls.into(), self.responses),
                ratio(case.allocations.octets.into(), self.responses),
            );
        }
        out
    }
}

#[allow(clippy::cast_precision_loss, reason = "printed with four digits")]
fn ratio(sum: u128, count: usize) -> f64 {
    sum as f64 / count as f64
}
