//! A Maildir: one file a message, its flags in the name.
//!
//! Names are `SECONDS.VvalidityUuid.imapkit:2,FLAGS`: the time of arrival, then which message it is. Another program may change the flags
//! behind the `:`; a message is found again by what stands before it. Keywords have no letter and are not kept. `;` stands for `:` on
//! Windows, which has no `:` in names. <https://cr.yp.to/proto/maildir.html>

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use imapkit::types::{DateTime, Flags, Uid, UidValidity};

use super::Meta;
use super::lines::ToLf;
use crate::errors::Outcome;
use crate::files::{self, PartFile};

/// What stands before the flags.
const MARK: char = if cfg!(windows) { ';' } else { ':' };

/// A Maildir.
#[derive(Debug)]
pub(crate) struct Maildir {
    folder: PathBuf,
    uid_validity: UidValidity,
    /// Messages that are there, by their UID.
    there: HashMap<u32, PathBuf>,
    current: Option<PartFile>,
    lines: ToLf,
    buffer: Vec<u8>,
}

impl Maildir {
    pub(super) fn open(folder: &Path, uid_validity: UidValidity) -> Outcome<Self> {
        for name in ["cur", "new", "tmp"] {
            files::make_folder(&folder.join(name))?;
        }
        let key = format!("V{}U", uid_validity.get());
        let mut there = HashMap::new();
        for sub in ["cur", "new"] {
            let sub = folder.join(sub);
            for name in files::names_in(&sub)? {
                let unique = name.split('.').nth(1);
                let uid = unique.and_then(|unique| unique.strip_prefix(&key)).and_then(|uid| uid.parse().ok());
                if let Some(uid) = uid {
                    there.insert(uid, sub.join(name));
                }
            }
        }
        let folder = folder.to_path_buf();
        Ok(Self { folder, uid_validity, there, current: None, lines: ToLf::default(), buffer: Vec::new() })
    }

    pub(super) fn existing(&self, uid: Uid) -> Option<PathBuf> {
        self.there.get(&uid.get()).filter(|path| files::size_of(path).is_some()).cloned()
    }

    pub(super) fn begin(&mut self, meta: &Meta) -> Outcome<()> {
        let seconds = meta.date.map_or(0, DateTime::unix_seconds);
        let (validity, uid) = (self.uid_validity.get(), meta.uid.get());
        let name = format!("{seconds}.V{validity}U{uid}.imapkit{MARK}2,{}", letters(&meta.flags));
        self.current = Some(PartFile::new(self.folder.join("cur").join(name), &self.folder.join("tmp"))?);
        self.lines = ToLf::default();
        Ok(())
    }

    pub(super) fn write(&mut self, piece: &[u8]) -> Outcome<()> {
        self.buffer.clear();
        self.lines.push(piece, &mut self.buffer);
        self.current.as_mut().map_or(Ok(()), |file| file.write(&self.buffer))
    }

    pub(super) fn end(&mut self, meta: &Meta) -> Outcome<PathBuf> {
        let mut file = self.current.take().ok_or_else(super::eml::not_begun)?;
        self.buffer.clear();
        self.lines.finish(&mut self.buffer);
        file.write(&self.buffer)?;
        file.finish(meta.date.map(DateTime::unix_seconds))
    }

    pub(super) fn abandon(&mut self) {
        self.current = None;
    }
}

/// Flags as letters, in ASCII order as the format asks: D(raft), F(lagged), R(eplied), S(een), T(rashed).
fn letters(flags: &Flags) -> String {
    let all = [
        (flags.draft(), 'D'),
        (flags.flagged(), 'F'),
        (flags.answered(), 'R'),
        (flags.seen(), 'S'),
        (flags.deleted(), 'T'),
    ];
    all.iter().filter(|(set, _)| *set).map(|(_, letter)| letter).collect()
}
