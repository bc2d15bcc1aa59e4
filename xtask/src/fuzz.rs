//! `cargo xtask fuzz`: the targets of `fuzz/`, built by the stable compiler, each run for a while.
//!
//! libFuzzer wants to know which edges an input takes. The compiler can tell without nightly: the passes are LLVM's and named by flags.
//! Seeds are the captured responses and what servers say in the transcripts. A crash leaves its input in `fuzz/artifacts`.

use crate::cargo;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;

const TARGETS: [&str; 6] = ["framer_split", "session_peer", "encoder", "names", "sasl", "inflate"];
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing";
/// The longest input; most are far shorter.
const MAX_LEN: usize = 16 * 1024;

/// Runs all targets, or those named, each for so many seconds. False when one of them found something.
pub(crate) fn run(root: &Path, options: &[&str]) -> Result<bool> {
    let (mut seconds, mut chosen) = (60_u32, Vec::new());
    let mut words = options.iter();
    while let Some(word) = words.next() {
        match *word {
            "--seconds" => seconds = words.next().context("--seconds wants a number")?.parse()?,
            name if TARGETS.contains(&name) => chosen.push(name),
            other => bail!("no such target: {other} (there are {})", TARGETS.join(", ")),
        }
    }
    if chosen.is_empty() {
        chosen = TARGETS.to_vec();
    }
    let home = root.join("fuzz");
    // With a target named, the flags reach the targets and their libraries but no build script.
    let host = host()?;
    let mut build = cargo(&home);
    build.args(["build", "--release", "--target", &host]).env("RUSTFLAGS", COVERAGE);
    if !build.status()?.success() {
        return Ok(false);
    }
    let mut good = true;
    for target in chosen {
        println!("\n==> {target}, {seconds} s");
        let corpus = home.join("corpus").join(target);
        let artifacts = home.join("artifacts").join(target);
        fs::create_dir_all(&corpus)?;
        fs::create_dir_all(&artifacts)?;
        seed(root, &corpus)?;
        let program = home.join("target").join(&host).join("release").join(target);
        let mut fuzzer = std::process::Command::new(program);
        fuzzer.arg(&corpus).arg(format!("-artifact_prefix={}/", artifacts.display()));
        fuzzer.args([format!("-max_total_time={seconds}"), format!("-max_len={MAX_LEN}")]);
        fuzzer.args(["-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1", "-verbosity=0"]);
        good &= fuzzer.status()?.success();
    }
    Ok(good)
}

fn host() -> Result<String> {
    let output = std::process::Command::new("rustc").arg("-vV").output()?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc -vV names no host")?;
    Ok(host.to_owned())
}

/// Starts the corpus with what servers have said; a leading octet chooses the target's variant.
fn seed(root: &Path, corpus: &Path) -> Result<()> {
    let mut folders = vec![root.join("corpus")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(root)?.display().to_string().replace(['/', '\\'], "-");
            let said = match path.extension().and_then(|ending| ending.to_str()) {
                Some("resp" | "txt" | "bin") => fs::read(&path)?,
                Some("imap") => spoken(&fs::read_to_string(&path)?),
                _ => continue,
            };
            fs::write(corpus.join(name), [b"\x01", said.as_slice()].concat())?;
        }
    }
    Ok(())
}

/// What the server says in a transcript, its tags replaced by the sign that stands for one.
fn spoken(script: &str) -> Vec<u8> {
    let lines = script.lines().filter_map(|line| line.strip_prefix("S: "));
    lines
        .flat_map(|line| {
            let tagged = line.starts_with('A') && line[1..].starts_with(|c: char| c.is_ascii_digit());
            let rest = if tagged { line.split_once(' ').map_or("", |(_, rest)| rest) } else { line };
            [if tagged { "\x01 " } else { "" }, rest, "\r\n"].concat().into_bytes()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::spoken;

    #[test]
    fn a_transcript_seeds_what_the_server_says() {
        let script = "# x\nS: * OK hi\nC: A1 NOOP\nS: A1 OK done\nS: AB x\n";
        assert_eq!(spoken(script), b"* OK hi\r\n\x01 OK done\r\nAB x\r\n");
    }
}
