//! Every transcript of `corpus/transcripts`, played to each front end: the session alone, the tokio client, the blocking client.
//!
//! A suite of its own because it holds the front ends to one another: what one sends, all send, and what comes of it is the same. The format
//! of the scripts is in `corpus/README.md`; the server's side is testkit's. A failure shows the line, what was expected and the conversation.
//!
//! Each test plays all scripts it can, then reports all failures with their names. RFCs: named in each script.

mod action;
mod blocking_client;
mod outcome;
mod sans_io;
mod sockets;
mod tokio_client;

use imapkit_testkit::corpus;
use imapkit_testkit::peer::Cut;
use imapkit_testkit::script::Script;

use crate::blocking_client::BlockingClient;
use crate::sockets::{Backend, FrontEnd};
use crate::tokio_client::TokioClient;

/// Scripts that mean something else when their bytes are cut: a client that has seen only the first line may answer it.
const WHOLE_WRITES: [&str; 2] = ["starttls/early_ok.imap", "starttls/future_tag_under_tls.imap"];
/// The same on sockets, where the answer to an OK is a TLS handshake; and one that is too long to be sent byte by byte.
const WHOLE_ON_SOCKETS: [&str; 4] = [
    "starttls/trailing_bytes.imap",
    "starttls/alert_suffix.imap",
    "starttls/bye_suffix.imap",
    "greeting/line_too_long.imap",
];

/// What has to hold before a release is played in more ways: these folders over TLS as well, and cut to pieces on sockets too.
const GATES: [&str; 4] = ["/greeting/", "/starttls/", "/login/", "/robust/"];
/// Every byte on its own; and in two, near where lines of some length end.
const CUTS: [Cut; 4] = [Cut::Whole, Cut::Pieces(1), Cut::At(12), Cut::At(31)];

fn scripts() -> Vec<Script> {
    let paths = corpus::transcripts(&corpus::root());
    paths.iter().map(|path| Script::load(path).unwrap_or_else(|error| panic!("{error}"))).collect()
}

fn is_gate(script: &Script) -> bool {
    GATES.iter().any(|folder| script.name().contains(folder))
}

fn is_one_of(script: &Script, names: &[&str]) -> bool {
    names.iter().any(|name| script.name().ends_with(name))
}

/// Plays a script on sockets, a gate at several cuts.
fn on_sockets<F: FrontEnd>(script: &Script) -> Result<(), String> {
    let whole = !is_gate(script) || is_one_of(script, &WHOLE_WRITES) || is_one_of(script, &WHOLE_ON_SOCKETS);
    let cuts = if whole { &CUTS[..1] } else { &CUTS[..] };
    // What is about TLS is played with both libraries.
    let both = cfg!(feature = "legacy-tls") && is_gate(script) && script.uses_tls();
    let backends = if both { &[Backend::Modern, Backend::Legacy][..] } else { &[Backend::Modern] };
    backends.iter().try_for_each(|backend| cuts.iter().try_for_each(|cut| sockets::play::<F>(script, *cut, *backend)))
}

/// Plays the scripts that `can` be played and reports all that fail.
fn play_all(front_end: &str, can: impl Fn(&Script) -> bool, play: impl Fn(&Script) -> Result<(), String>) {
    let mut scripts = scripts();
    let over_tls: Vec<Script> =
        scripts.iter().filter(|script| is_gate(script)).filter_map(Script::over_implicit_tls).collect();
    scripts.extend(over_tls);
    scripts.retain(can);
    let failures: Vec<String> = scripts
        .iter()
        .filter_map(|script| play(script).err().map(|problem| format!("{}\n  {problem}", script.name())))
        .collect();
    let verdict = format!("{front_end}: {} of {} transcripts fail", failures.len(), scripts.len());
    assert!(failures.is_empty(), "{verdict}\n{}\n{verdict}", failures.join("\n"));
    assert!(scripts.len() >= 140, "{front_end}: only {} transcripts can be played", scripts.len());
    #[allow(clippy::print_stdout, reason = "how many were played is the result")]
    {
        println!("{front_end}: {} transcripts", scripts.len());
    }
}

#[test]
fn the_session_plays_every_transcript_however_its_bytes_are_cut() {
    play_all(
        "session",
        |script| !script.refuses_tls(),
        |script| {
            let size = sans_io::play(script, sans_io::Cut::AsWritten)?;
            let whole = is_one_of(script, &WHOLE_WRITES);
            let cuts = if whole { Vec::new() } else { sans_io::Cut::all(size) };
            cuts.into_iter().try_for_each(|cut| {
                sans_io::play(script, cut).map(drop).map_err(|problem| format!("{cut:?}: {problem}"))
            })
        },
    );
}

#[test]
fn the_tokio_client_plays_every_transcript_that_needs_no_virtual_time() {
    play_all("tokio", |script| !script.needs_virtual_time(), on_sockets::<TokioClient>);
}

#[test]
fn the_blocking_client_plays_every_transcript_that_needs_no_virtual_time() {
    play_all("blocking", |script| !script.needs_virtual_time(), on_sockets::<BlockingClient>);
}
