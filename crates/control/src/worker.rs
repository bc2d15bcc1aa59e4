//! The control's own thread: for connecting without blocking, and for watching a mailbox while the program does something else.
//!
//! Separate because it is started when first needed and ends with the control. One thread, one job after another; there is never more than
//! one at a time that matters, since a control that is connecting watches nothing.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::code::ErrorCode;
use crate::error::ControlError;

type Job = Box<dyn FnOnce() + Send>;

#[derive(Default)]
pub(crate) struct Worker(Mutex<Option<Running>>);

struct Running {
    jobs: Sender<Job>,
    thread: JoinHandle<()>,
}

impl Worker {
    /// Has the thread run this, once it has done what came before.
    pub(crate) fn run(&self, job: impl FnOnce() + Send + 'static) -> Result<(), ControlError> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let thread = match running.take() {
            Some(alive) if !alive.thread.is_finished() => alive,
            _ => start()?,
        };
        let thread = running.insert(thread);
        thread.jobs.send(Box::new(job)).map_err(|_| no_thread("it has ended"))
    }

    /// Ends the thread. A job under way has to be cancelled first. Called on the thread itself, it only ends later.
    pub(crate) fn stop(&self) {
        let Some(Running { jobs, thread }) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return;
        };
        drop(jobs);
        if thread.thread().id() != std::thread::current().id() {
            // A job that panicked has told so already.
            let _ = thread.join();
        }
    }
}

fn start() -> Result<Running, ControlError> {
    let (jobs, waiting) = channel::<Job>();
    let work = move || {
        while let Ok(job) = waiting.recv() {
            job();
        }
    };
    let thread = std::thread::Builder::new().name(String::from("imapkit control")).spawn(work);
    Ok(Running { jobs, thread: thread.map_err(|error| no_thread(&error.to_string()))? })
}

fn no_thread(why: &str) -> ControlError {
    ControlError::new(ErrorCode::OutOfMemory, format!("no worker thread: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_run_in_order_on_one_thread_that_ends_with_the_worker() {
        let worker = Worker::default();
        let (told, heard) = channel();
        for n in 0..3 {
            let told = told.clone();
            worker.run(move || told.send((n, std::thread::current().id())).unwrap()).unwrap();
        }
        drop(told);
        let seen: Vec<_> = heard.iter().collect();
        assert_eq!(seen.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [0, 1, 2]);
        assert!(seen.iter().all(|(_, id)| *id == seen[0].1));
        worker.stop();
        worker.run(|| ()).unwrap();
    }
}
