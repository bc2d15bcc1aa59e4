//! `generate`: man pages and shell completions, from the definitions of the command line itself. For packagers, so it is not in the help.

use clap::CommandFactory;

use crate::args::low::{Generate, Generated, Low};
use crate::errors::{Outcome, Problem};
use crate::exit::Exit;
use crate::files;

pub(super) fn run(what: &Generate) -> Outcome {
    files::make_folder(&what.to)?;
    let wrong = |error: std::io::Error| Problem::file("write into", &what.to, &error);
    let mut command = Low::command();
    match (what.what, what.shell) {
        (Generated::Man, None) => clap_mangen::generate_to(command, &what.to).map_err(wrong)?,
        (Generated::Man, Some(_)) => {
            return Err(Problem::usage("man pages are the same for every shell: leave --shell out"));
        }
        (Generated::Completions, Some(shell)) => {
            clap_complete::generate_to(shell, &mut command, "imapkit", &what.to).map_err(wrong)?;
        }
        (Generated::Completions, None) => {
            return Err(Problem::usage("completions for which shell is not said")
                .next("add --shell bash, zsh, fish, elvish or powershell"));
        }
    }
    Ok(Exit::Done)
}
