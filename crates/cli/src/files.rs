//! Files and folders, with the path in every error, and names that cannot lead anywhere else.
//!
//! Separate because names of mailboxes and attachments are chosen by servers and senders (T077): here they become names, never paths.
//! [`component`] keeps names apart (two names never become one), [`readable`] keeps them readable. No RFC; the rules are those of the
//! strictest file system, Windows', so that a folder can be carried anywhere.
//!
//! Invariant: what these functions make from any text is exactly one component: no separator, no `..`, no device, nothing hidden, and at
//! most 200 bytes.

#![expect(clippy::disallowed_methods, reason = "this is the wrapper that keeps the path")]

mod part;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub(crate) use part::PartFile;

use crate::errors::{Outcome, Problem};
use crate::output::text::clean;

/// Longest name made here, in bytes.
const MAX_NAME: usize = 200;
/// Names that are devices on Windows, with any extension.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Makes a folder and those above it.
pub(crate) fn make_folder(path: &Path) -> Outcome<()> {
    fs::create_dir_all(path).map_err(|error| Problem::file("make the folder", path, &error))
}

/// Size of a file; `None` if there is none, or nothing in it: then it counts as not there.
pub(crate) fn size_of(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|metadata| metadata.len()).filter(|&bytes| bytes > 0)
}

/// The names in a folder; none if there is no such folder.
pub(crate) fn names_in(path: &Path) -> Outcome<Vec<String>> {
    let wrong = |error: &io::Error| Problem::file("read the folder", path, error);
    match fs::read_dir(path) {
        Ok(entries) => {
            let names = entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
            let mut names = names.collect::<io::Result<Vec<_>>>().map_err(|error| wrong(&error))?;
            names.sort_unstable();
            Ok(names)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(wrong(&error)),
    }
}

/// Reads a whole file.
pub(crate) fn read(path: &Path) -> Outcome<Vec<u8>> {
    fs::read(path).map_err(|error| Problem::file("read", path, &error))
}

/// Reads a whole file, if there is one.
pub(crate) fn read_if_there(path: &Path) -> Outcome<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Problem::file("read", path, &error)),
    }
}

/// Makes a folder, and those above it, that nobody else can look into.
pub(crate) fn make_private_folder(path: &Path) -> Outcome<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path).map_err(|error| Problem::file("make the folder", path, &error))
}

/// Opens a file that nobody else can read, and makes it if there is none.
pub(crate) fn open_private(path: &Path) -> Outcome<fs::File> {
    let mut options = fs::OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.read(true).write(true).create(true).truncate(false).open(path);
    file.map_err(|error| Problem::file("open", path, &error))
}

/// Removes a file; whether there was one.
pub(crate) fn remove(path: &Path) -> Outcome<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Problem::file("remove", path, &error)),
    }
}

/// Writes a whole file, at once or not at all.
pub(crate) fn write(path: &Path, content: &[u8]) -> Outcome<()> {
    let mut file = PartFile::new(path.to_path_buf(), above(path))?;
    file.write(content)?;
    file.finish(None).map(drop)
}

/// Makes a file that grows while others read it; what was in it is gone.
pub(crate) fn create(path: &Path) -> Outcome<fs::File> {
    fs::File::create(path).map_err(|error| Problem::file("write", path, &error))
}

/// Opens a file to read.
pub(crate) fn open(path: &Path) -> Outcome<fs::File> {
    fs::File::open(path).map_err(|error| Problem::file("open", path, &error))
}

/// The folder a file lies in.
pub(crate) fn above(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

/// The folder of a mailbox below `root`: one folder for each level of its name.
pub(crate) fn mailbox_folder(root: &Path, mailbox: &str, delimiter: Option<char>) -> PathBuf {
    let mut path = root.to_path_buf();
    match delimiter {
        Some(delimiter) => path.extend(mailbox.split(delimiter).map(component)),
        None => path.push(component(mailbox)),
    }
    path
}

/// A name as one component of a path, so that different names stay different: what is not safe is percent-encoded.
pub(crate) fn component(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for (at, c) in name.char_indices() {
        let last = at + c.len_utf8() == name.len();
        let edge = (at == 0 && matches!(c, '.' | '-' | ' ' | '~')) || (last && matches!(c, '.' | ' '));
        let device = at == 0 && is_device(name);
        if edge || device || c == '%' || is_unsafe(c) {
            let mut octets = [0; 4];
            for octet in c.encode_utf8(&mut octets).bytes() {
                let _ = write!(out, "%{octet:02X}");
            }
        } else {
            out.push(c);
        }
    }
    match out.len() {
        0 => "%".to_owned(),
        length if length > MAX_NAME => {
            // Cut, and told apart from others that begin alike by a hash of the whole.
            let hash = format!("%{:016x}", fnv(name.as_bytes()));
            out.truncate(floor(&out, MAX_NAME - hash.len()));
            out + &hash
        }
        _ => out,
    }
}

/// A name for people as one component of a path: what is not safe becomes `_`. Different names may become one.
pub(crate) fn readable(name: &str) -> String {
    let safe: String = clean(name).chars().map(|c| if is_unsafe(c) { '_' } else { c }).collect();
    let safe = safe.trim_matches([' ', '.']).trim_start_matches(['-', '~']);
    if safe.is_empty() {
        return "unnamed".to_owned();
    }
    let safe = if is_device(safe) { format!("_{safe}") } else { safe.to_owned() };
    if safe.len() <= MAX_NAME {
        return safe;
    }
    // The extension says what it is; the rest can be cut.
    let extension = safe.rfind('.').filter(|&at| safe.len() - at <= 16).map_or("", |at| &safe[at..]);
    let stem = &safe[..floor(&safe, MAX_NAME - extension.len())];
    format!("{}{extension}", stem.trim_end_matches([' ', '.']))
}

/// The same name with a number, for the second file that would be called so.
pub(crate) fn numbered(name: &str, number: usize) -> String {
    match name.rfind('.').filter(|&at| at > 0) {
        Some(at) => format!("{} ({number}){}", &name[..at], &name[at..]),
        None => format!("{name} ({number})"),
    }
}

fn is_unsafe(c: char) -> bool {
    let invisible = c != ' ' && clean(c.encode_utf8(&mut [0; 4])).is_empty();
    invisible || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end().to_ascii_lowercase();
    let numbered = |word: &str| {
        stem.strip_prefix(word).is_some_and(|rest| {
            rest.chars().count() == 1 && rest.chars().all(|c| matches!(c, '0'..='9' | '¹' | '²' | '³'))
        })
    };
    DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt")
}

/// The greatest index up to `at` where the text can be cut; never inside a percent-encoded octet.
fn floor(text: &str, at: usize) -> usize {
    let at = text.floor_char_boundary(at);
    match text[..at].rfind('%') {
        Some(percent) if at - percent < 3 => percent,
        _ => at,
    }
}

/// FNV-1a: the same on every machine and in every version, which is all that is asked of it here.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
