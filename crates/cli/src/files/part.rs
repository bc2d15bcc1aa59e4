//! A file that is there completely or not at all.
//!
//! Separate so that every writer gets it: content goes to a hidden temporary file in the same folder, and only [`PartFile::finish`] gives
//! it its name, by a rename. Interrupted, it is removed; killed, its name is not one that counts as complete.

use std::fs::{File, FileTimes};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::{Builder, NamedTempFile};

use crate::errors::{Outcome, Problem};

/// A file in the making.
#[derive(Debug)]
pub(crate) struct PartFile {
    out: BufWriter<NamedTempFile>,
    path: PathBuf,
    bytes: u64,
}

impl PartFile {
    /// Begins the file that will be `path`; its temporary form lies in `folder`, on the same file system.
    pub(crate) fn new(path: PathBuf, folder: &Path) -> Outcome<Self> {
        let file = Builder::new()
            .prefix(".imapkit-")
            .suffix(".part")
            .tempfile_in(folder)
            .map_err(|error| Problem::file("write into", folder, &error))?;
        Ok(Self { out: BufWriter::with_capacity(64 << 10, file), path, bytes: 0 })
    }

    /// Adds content.
    pub(crate) fn write(&mut self, content: &[u8]) -> Outcome<()> {
        self.bytes += content.len() as u64;
        self.out.write_all(content).map_err(|error| Problem::file("write", &self.path, &error))
    }

    /// Bytes so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Gives the file its name, and the time of the message if there is one.
    pub(crate) fn finish(self, unix_seconds: Option<i64>) -> Outcome<PathBuf> {
        let path = self.path;
        let wrong = |error: &std::io::Error| Problem::file("write", &path, error);
        let file = self.out.into_inner().map_err(|error| wrong(error.error()))?;
        if let Some(time) = unix_seconds.and_then(system_time) {
            set_time(file.as_file(), time);
        }
        file.persist(&path).map_err(|error| wrong(&error.error))?;
        Ok(path)
    }
}

fn system_time(unix_seconds: i64) -> Option<SystemTime> {
    let distance = Duration::from_secs(unix_seconds.unsigned_abs());
    if unix_seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    }
}

fn set_time(file: &File, time: SystemTime) {
    // Some file systems keep no times, or not this one. The content is what counts.
    let _ = file.set_times(FileTimes::new().set_modified(time));
}
