//! The verbs, one file each. Each gets what is meant, does it, and says how the run ends.
//!
//! Verbs run on the main thread, where they may block on files and terminals; connections live on the runtime's worker.

mod accounts;
mod demo;
mod doctor;
mod fetch;
mod generate;
mod login;
mod logout;
mod ls;
mod put;
mod search;
mod show;
mod token;
mod watch;

use crate::args::high::Task;
use crate::errors::Outcome;
use crate::output::Output;

/// Does it.
pub(crate) async fn run(task: Task, output: &mut Output) -> Outcome {
    let exit = match task {
        Task::Demo { keep, to } => demo::run(keep, to, output).await,
        Task::Doctor(doctor) => doctor::run(&doctor, output).await,
        Task::Ls { target, subscribed, status } => ls::run(&target, subscribed, status, output).await,
        Task::Search { target, key, limit } => search::run(&target, key, limit, output).await,
        Task::Show { target, uid, view } => show::run(&target, uid, view, output).await,
        Task::Fetch(fetch) => fetch::run(&fetch, output).await,
        Task::Put(put) => put::run(&put, output).await,
        Task::Watch { target, exec, count, time } => {
            watch::run(&target, watch::Wanted { exec, count, time }, output).await
        }
        Task::Login(wanted) => login::run(&wanted, output).await,
        Task::Token { account, fresh } => token::run(account.as_deref(), fresh, output),
        Task::Accounts => accounts::run(output),
        Task::Logout { account, revoke, forget } => logout::run(&account, revoke, forget, output),
        Task::Generate(what) => generate::run(&what),
    }?;
    output.flush()?;
    Ok(exit)
}
