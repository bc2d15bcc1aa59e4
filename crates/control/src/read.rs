//! Reading one message: all of it, its header, or one of its parts, into memory or to a file.
//!
//! Separate from streaming (`stream.rs`), which leaves the pace to the caller. Content is what the server keeps, octet for octet; only
//! attachments are decoded (`attachment.rs`). RFC 9051 §6.4.5.
//!
//! Invariants: what is read into memory has a limit; a file appears complete or not at all, and only its owner can read it.

use std::fs;
use std::io::Write;
use std::path::Path;

use imapkit_blocking::types::{BodyStructure, FetchItem, Items, Partial, SeqNum, Uid};
use imapkit_blocking::{Body, FetchIter, Message, Selected};

use crate::code::ErrorCode;
use crate::constants::{Section, State};
use crate::control::{Control, Inner, Result};
use crate::error::ControlError;
use crate::message::{By, Messages, Which, no_message};
use crate::part;
use crate::transfer::{Transfer, Way};

/// The largest message that is read into memory, in bytes; `open_message` and `store_message` have no limit.
pub const MAX_IN_MEMORY: u64 = 512 << 20;
/// Memory taken before it is known that the server really sends what it announced.
const FIRST: u64 = 1 << 20;
/// The rest of a message that is passed over when it is given up; where more is to come the connection is closed, in bytes.
pub(crate) const PASSED_OVER: u64 = 16 << 20;

/// A message that is coming in, and the answer it is part of.
pub(crate) struct Coming {
    iter: FetchIter,
    pub(crate) message: Message,
}

impl Coming {
    /// The answer's end; only then it is known that all is well.
    pub(crate) fn finish(self) -> Result<Message> {
        let Self { iter, message } = self;
        for other in iter {
            other?;
        }
        Ok(message)
    }

    /// Waits for the rest of the answer, once the content has been read.
    pub(crate) fn end(self) -> Result<()> {
        let Self { iter, message } = self;
        message.finish()?;
        for other in iter {
            other?;
        }
        Ok(())
    }
}

impl Control {
    /// A message, or a part of one, as the server keeps it. Part 0 is the message itself, part 1 the first that is no container. `section` says
    /// what of it: all, its header, its MIME header, or what follows the header; with [`Section::Preview`] it is not marked as read.
    ///
    /// # Errors
    /// [`ErrorCode::MessageNotFound`], [`ErrorCode::PartNotFound`], [`ErrorCode::LimitExceeded`] beyond [`MAX_IN_MEMORY`]. A message that is
    /// given up with more than 16 MiB still to come costs the connection: the server cannot be stopped otherwise.
    pub fn get_message(&self, number: u32, part: u32, section: Section) -> Result<Vec<u8>> {
        self.inner.call("get_message", |inner| inner.read_message(number, By::Seq, part, section))
    }

    /// [`Control::get_message`] by UID.
    pub fn get_message_uid(&self, uid: u32, part: u32, section: Section) -> Result<Vec<u8>> {
        self.inner.call("get_message_uid", |inner| inner.read_message(uid, By::Uid, part, section))
    }

    /// The header of a message as the server keeps it. The message is not marked as read.
    ///
    /// # Errors
    /// [`ErrorCode::MessageNotFound`].
    pub fn get_headers(&self, number: u32) -> Result<Vec<u8>> {
        let section = Section::Header | Section::Preview;
        self.inner.call("get_headers", |inner| inner.read_message(number, By::Seq, 0, section))
    }

    /// [`Control::get_headers`] by UID.
    pub fn get_headers_uid(&self, uid: u32) -> Result<Vec<u8>> {
        let section = Section::Header | Section::Preview;
        self.inner.call("get_headers_uid", |inner| inner.read_message(uid, By::Uid, 0, section))
    }

    /// Writes a message to a file. A file of that name is replaced once the message is complete. The message is marked as read.
    ///
    /// # Errors
    /// [`ErrorCode::MessageNotFound`]; [`ErrorCode::FileError`]. A file that was there before is as it was.
    pub fn store_message(&self, number: u32, file: impl AsRef<Path>) -> Result<()> {
        self.inner.call("store_message", |inner| inner.store_message(number, By::Seq, file.as_ref()))
    }

    /// [`Control::store_message`] by UID.
    pub fn store_message_uid(&self, uid: u32, file: impl AsRef<Path>) -> Result<()> {
        self.inner.call("store_message_uid", |inner| inner.store_message(uid, By::Uid, file.as_ref()))
    }
}

impl Inner {
    fn read_message(&self, number: u32, by: By, part: u32, section: Section) -> Result<Vec<u8>> {
        let selected = self.selected()?;
        let mut coming = self.begin_reading(&selected, number, by, part, section, None)?;
        let mut body = coming.message.body()?;
        if body.len() > MAX_IN_MEMORY {
            self.give_up(body.len());
            let text =
                format!("content of {} bytes exceeds the limit of {MAX_IN_MEMORY}: use open_message", body.len());
            return Err(ControlError::new(ErrorCode::LimitExceeded, text));
        }
        let mut whole = Vec::with_capacity(usize::try_from(body.len().min(FIRST)).unwrap_or(0));
        self.pour(number_of(&coming.message, number), &mut body, |piece| {
            whole.extend_from_slice(piece);
            Ok(())
        })?;
        drop(body);
        coming.end()?;
        Ok(whole)
    }

    fn store_message(&self, number: u32, by: By, path: &Path) -> Result<()> {
        let selected = self.selected()?;
        let mut file = NewFile::create(path)?;
        let mut coming = self.begin_reading(&selected, number, by, 0, Section::Default, None)?;
        let mut body = coming.message.body()?;
        self.pour(number_of(&coming.message, number), &mut body, |piece| file.write(piece))?;
        drop(body);
        coming.end()?;
        file.keep()
    }

    /// Asks for content of one message; it has been found, its content has not been read yet.
    pub(crate) fn begin_reading(
        &self,
        selected: &Selected,
        number: u32,
        by: By,
        part: u32,
        section: Section,
        partial: Option<Partial>,
    ) -> Result<Coming> {
        part::check(section)?;
        let structure = if part == 0 { None } else { Some(self.structure(selected, number, by)?) };
        let what = part::section(structure.as_ref(), part, section)?;
        let peek = section.contains(Section::Preview);
        let items = Items::new().item(FetchItem::Body { section: what, partial, peek });
        self.enter(State::Receiving);
        self.one(selected, &number.into(), by, items)
    }

    /// Passes content on piece by piece, with events.
    pub(crate) fn pour(&self, number: u32, body: &mut Body, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut came = 0_u64;
        let poured = Transfer::begin(self, number, body.len()).and_then(|mut transfer| {
            while let Some(piece) = body.chunk()? {
                came = came.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
                take(&piece)?;
                transfer.add(self, piece.len(), Way::In)?;
            }
            Ok(())
        });
        poured.inspect_err(|_| self.give_up(body.len().saturating_sub(came)))
    }

    /// So much of a message is not wanted any more. Servers cannot be stopped: they send it all the same.
    pub(crate) fn give_up(&self, rest: u64) {
        let is_open = self.live().as_ref().is_some_and(|live| live.client.is_open());
        if rest > PASSED_OVER && is_open {
            self.keep_reply();
            self.let_go();
        }
    }

    /// What the server tells about one message.
    pub(crate) fn row(&self, messages: &Messages, by: By, items: Items) -> Result<Message> {
        let selected = self.selected()?;
        self.one(&selected, messages, by, items)?.finish()
    }

    /// The structure of one message; asked for once in a row.
    pub(crate) fn structure(&self, selected: &Selected, number: u32, by: By) -> Result<BodyStructure> {
        let known = |uid| {
            self.with_selection(|selection| selection.structure.clone())
                .ok()
                .flatten()
                .filter(|(at, _)| Some(*at) == uid)
        };
        if let Some((_, structure)) = (by == By::Uid).then(|| known(Uid::new(number))).flatten() {
            return Ok(structure);
        }
        let message = self.one(selected, &number.into(), by, Items::new().body_structure())?.finish()?;
        let (uid, structure) = (message.uid(), message.body_structure()?.clone());
        self.with_selection(|selection| selection.structure = Some((uid, structure.clone())))?;
        Ok(structure)
    }

    /// Asks for items of one message and waits until it comes.
    fn one(&self, selected: &Selected, messages: &Messages, by: By, items: Items) -> Result<Coming> {
        self.check_cancelled()?;
        let which = Which::new(messages, by, selected)?;
        let exists = selected.exists().unwrap_or(0);
        let missing = || no_message(&shown(messages), exists);
        let (seq, uid) = match &which {
            Which::Seq(set) if set.len() == 1 && !set.has_star() => (set.first(), None),
            Which::Uid(set) if set.len() == 1 && !set.has_star() => (None, set.first()),
            _ => return Err(ControlError::invalid(format!("`{}` is not one message", shown(messages)))),
        };
        let request = match &which {
            Which::Seq(seqs) => selected.fetch_seq(seqs, items),
            Which::Uid(uids) => selected.fetch(uids, items),
        };
        let mut iter = request.into_iter();
        while let Some(message) = iter.next() {
            let message = message?;
            // Flags of others may come in between.
            if is_it(&message, seq, uid) {
                return Ok(Coming { iter, message });
            }
        }
        Err(missing())
    }
}

fn is_it(message: &Message, seq: Option<SeqNum>, uid: Option<Uid>) -> bool {
    match uid {
        Some(uid) => message.uid() == uid,
        None => message.seq() == seq,
    }
}

fn shown(messages: &Messages) -> String {
    match messages {
        Messages::One(number) => number.to_string(),
        Messages::List(numbers) => format!("{numbers:?}"),
        Messages::Text(text) => text.escape_debug().to_string(),
    }
}

/// The number that events tell.
pub(crate) fn number_of(message: &Message, asked: u32) -> u32 {
    message.seq().map_or(asked, SeqNum::get)
}

/// A file that is written aside and put in its place when it is complete.
pub(crate) struct NewFile<'p> {
    file: tempfile::NamedTempFile,
    path: &'p Path,
}

impl<'p> NewFile<'p> {
    pub(crate) fn create(path: &'p Path) -> Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        if path.is_dir() || path.file_name().is_none() {
            let error = std::io::Error::other("it is a directory");
            return Err(ControlError::file(path, "writing", &error));
        }
        let file = tempfile::NamedTempFile::new_in(folder);
        let file = file.map_err(|error| ControlError::file(path, "writing", &error))?;
        Ok(Self { file, path })
    }

    pub(crate) fn write(&mut self, piece: &[u8]) -> Result<()> {
        self.file.write_all(piece).map_err(|error| ControlError::file(self.path, "writing", &error))
    }

    /// Puts it in its place.
    pub(crate) fn keep(self) -> Result<()> {
        let path = self.path;
        let kept = self.file.persist(path).map_err(|error| error.error);
        kept.map(drop).map_err(|error| ControlError::file(path, "writing", &error))
    }

    /// Puts it in its place, if nothing is there; false otherwise.
    pub(crate) fn keep_new(self, path: &Path) -> Result<Option<Self>> {
        let (file, own) = (self.file, self.path);
        match file.persist_noclobber(path) {
            Ok(_) => Ok(None),
            Err(taken) if taken.error.kind() == std::io::ErrorKind::AlreadyExists => {
                Ok(Some(Self { file: taken.file, path: own }))
            }
            Err(other) => Err(ControlError::file(path, "writing", &other.error)),
        }
    }
}

/// The size of a file that is to be sent.
pub(crate) fn size(path: &Path) -> Result<u64> {
    let facts = fs::metadata(path).map_err(|error| ControlError::file(path, "reading", &error))?;
    if facts.is_file() {
        return Ok(facts.len());
    }
    Err(ControlError::file(path, "reading", &std::io::Error::other("it is no file")))
}
