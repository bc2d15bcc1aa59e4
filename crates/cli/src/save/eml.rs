//! One file a message, byte for byte.
//!
//! The name is UIDVALIDITY and UID, `1739134800-7.eml`: it says which message of which life of the mailbox it is, never changes, and is
//! short. The file's time is the message's date of arrival.

use std::path::{Path, PathBuf};

use imapkit::types::{Uid, UidValidity};

use super::Meta;
use crate::errors::{Outcome, Problem};
use crate::exit::Exit;
use crate::files::{self, PartFile};

/// A folder of such files.
#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
    uid_validity: UidValidity,
    current: Option<PartFile>,
}

impl Folder {
    pub(super) fn open(folder: &Path, uid_validity: UidValidity) -> Outcome<Self> {
        files::make_folder(folder)?;
        Ok(Self { root: folder.to_path_buf(), uid_validity, current: None })
    }

    fn path(&self, uid: Uid) -> PathBuf {
        self.root.join(format!("{}-{}.eml", self.uid_validity.get(), uid.get()))
    }

    pub(super) fn existing(&self, uid: Uid) -> Option<PathBuf> {
        let path = self.path(uid);
        files::size_of(&path).map(|_| path)
    }

    pub(super) fn begin(&mut self, meta: &Meta) -> Outcome<()> {
        self.current = Some(PartFile::new(self.path(meta.uid), &self.root)?);
        Ok(())
    }

    pub(super) fn write(&mut self, piece: &[u8]) -> Outcome<()> {
        self.current.as_mut().map_or(Ok(()), |file| file.write(piece))
    }

    pub(super) fn end(&mut self, meta: &Meta) -> Outcome<PathBuf> {
        let file = self.current.take().ok_or_else(not_begun)?;
        file.finish(meta.date.map(imapkit::types::DateTime::unix_seconds))
    }

    pub(super) fn abandon(&mut self) {
        self.current = None;
    }
}

/// A mistake of ours.
pub(super) fn not_begun() -> Problem {
    Problem::new(Exit::Failed, "bug", "a message ended that never began; this is a mistake in imapkit")
}
