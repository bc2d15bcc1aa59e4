//! Attachments and other parts, decoded: into memory or to a file, by their number or by their name.
//!
//! Separate from reading messages as they are (`read.rs`). What to decode is what the server's BODYSTRUCTURE says of the part. RFC 2045 §6,
//! RFC 2183 (file names are the sender's, and not to be trusted).
//!
//! Invariants: octets are decoded while they come, so size does not matter; a name from a message never leaves the folder it is saved in, and
//! never replaces a file there.

use std::path::{Path, PathBuf};

use imapkit_blocking::Selected;

use crate::code::ErrorCode;
use crate::constants::Section;
use crate::control::{Control, Inner, Result};
use crate::decode::Decoder;
use crate::error::ControlError;
use crate::message::By;
use crate::part::{self, MessagePart};
use crate::read::{MAX_IN_MEMORY, NewFile, number_of};
use crate::words;

/// Files of one name that are tried with a number behind it.
const MAX_COPIES: u32 = 1000;

/// A part of a message: its number, or its name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PartName {
    /// Counted from 1, see [`MessagePart`].
    Number(u32),
    /// The file name its sender gave it, in any case; or its place, as IMAP writes it (`2.1`).
    Name(String),
}

impl From<u32> for PartName {
    fn from(number: u32) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for PartName {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<String> for PartName {
    fn from(name: String) -> Self {
        Self::Name(name)
    }
}

impl Control {
    /// A part of a message, decoded. The message is marked as read.
    ///
    /// # Errors
    /// [`ErrorCode::PartNotFound`], [`ErrorCode::LimitExceeded`] beyond [`MAX_IN_MEMORY`], and those of [`Control::get_message`].
    pub fn get_part(&self, number: u32, part: impl Into<PartName>) -> Result<Vec<u8>> {
        let part = part.into();
        self.inner.call("get_part", |inner| inner.part_in_memory(number, By::Seq, &part))
    }

    /// [`Control::get_part`] by UID.
    pub fn get_part_uid(&self, uid: u32, part: impl Into<PartName>) -> Result<Vec<u8>> {
        let part = part.into();
        self.inner.call("get_part_uid", |inner| inner.part_in_memory(uid, By::Uid, &part))
    }

    /// Saves a part of a message, decoded; tells where. A `file` is replaced once the part is complete. When `file` is a folder, the part is
    /// saved in it by the name its sender gave it, made harmless, with a number behind it if there is such a file already.
    ///
    /// # Errors
    /// [`ErrorCode::PartNotFound`], [`ErrorCode::FileError`], and those of [`Control::get_message`].
    pub fn get_attachment(&self, number: u32, part: impl Into<PartName>, file: impl AsRef<Path>) -> Result<PathBuf> {
        let part = part.into();
        self.inner.call("get_attachment", |inner| inner.part_to_file(number, By::Seq, &part, file.as_ref()))
    }

    /// [`Control::get_attachment`] by UID.
    pub fn get_attachment_uid(&self, uid: u32, part: impl Into<PartName>, file: impl AsRef<Path>) -> Result<PathBuf> {
        let part = part.into();
        self.inner.call("get_attachment_uid", |inner| inner.part_to_file(uid, By::Uid, &part, file.as_ref()))
    }

    /// The parts of a message.
    ///
    /// # Errors
    /// [`ErrorCode::MessageNotFound`].
    pub fn get_parts(&self, number: u32) -> Result<Vec<MessagePart>> {
        self.inner.call("get_parts", |inner| Ok(part::list(&inner.structure(&inner.selected()?, number, By::Seq)?)))
    }

    /// [`Control::get_parts`] by UID.
    pub fn get_parts_uid(&self, uid: u32) -> Result<Vec<MessagePart>> {
        self.inner.call("get_parts_uid", |inner| Ok(part::list(&inner.structure(&inner.selected()?, uid, By::Uid)?)))
    }
}

impl Inner {
    fn find(&self, selected: &Selected, number: u32, by: By, name: &PartName) -> Result<MessagePart> {
        let parts = part::list(&self.structure(selected, number, by)?);
        let count = parts.len();
        // A part without a file name is not called nothing.
        if matches!(name, PartName::Name(name) if name.is_empty()) {
            return Err(ControlError::invalid("the name of the part is empty"));
        }
        let found = parts.into_iter().find(|part| match name {
            PartName::Number(number) => part.number == *number,
            PartName::Name(name) => part.section == *name || part.file_name.to_lowercase() == name.to_lowercase(),
        });
        found.ok_or_else(|| {
            let shown = match name {
                PartName::Number(number) => number.to_string(),
                PartName::Name(name) => format!("`{}`", name.escape_debug()),
            };
            ControlError::new(ErrorCode::PartNotFound, format!("there is no part {shown}: the message has {count}"))
        })
    }

    fn part_in_memory(&self, number: u32, by: By, name: &PartName) -> Result<Vec<u8>> {
        let selected = self.selected()?;
        let part = self.find(&selected, number, by, name)?;
        let mut whole = Vec::new();
        self.decoded(&selected, number, by, &part, |piece| {
            whole.extend_from_slice(piece);
            if u64::try_from(whole.len()).is_ok_and(|len| len <= MAX_IN_MEMORY) {
                return Ok(());
            }
            let text = format!("the part exceeds the limit of {MAX_IN_MEMORY} bytes: use get_attachment");
            Err(ControlError::new(ErrorCode::LimitExceeded, text))
        })?;
        Ok(whole)
    }

    fn part_to_file(&self, number: u32, by: By, name: &PartName, path: &Path) -> Result<PathBuf> {
        let selected = self.selected()?;
        let part = self.find(&selected, number, by, name)?;
        let folder = path.is_dir();
        let named = if folder { path.join(words::safe_file_name(&own_name(&part))) } else { path.to_owned() };
        // Files are made aside, so a folder of that name does not matter yet.
        let aside = if folder { path.join(".part") } else { path.to_owned() };
        let mut file = NewFile::create(&aside)?;
        self.decoded(&selected, number, by, &part, |piece| file.write(piece))?;
        if folder {
            return keep_beside(file, &named);
        }
        file.keep()?;
        Ok(named)
    }

    /// The content of a part, decoded piece by piece.
    fn decoded(
        &self,
        selected: &Selected,
        number: u32,
        by: By,
        part: &MessagePart,
        mut take: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let mut coming = self.begin_reading(selected, number, by, part.number, Section::Default, None)?;
        let mut body = coming.message.body()?;
        let mut decoder = Decoder::new(Some(part.encoding.as_bytes()));
        let mut plain = Vec::new();
        self.pour(number_of(&coming.message, number), &mut body, |piece| {
            plain.clear();
            decoder.push(piece, &mut plain);
            take(&plain)
        })?;
        plain.clear();
        decoder.finish(&mut plain);
        take(&plain)?;
        drop(body);
        coming.end()
    }
}

/// What a part without a name is called.
fn own_name(part: &MessagePart) -> String {
    if !part.file_name.is_empty() {
        return part.file_name.clone();
    }
    let ending = match part.media_type.as_str() {
        "text/plain" => "txt",
        "text/html" => "html",
        "message/rfc822" => "eml",
        other => other.rsplit('/').next().filter(|ending| ending.len() < 8).unwrap_or("bin"),
    };
    format!("part-{}.{ending}", part.section)
}

/// Under its name or, where that is taken, under the first one with a number that is not.
fn keep_beside(mut file: NewFile<'_>, named: &Path) -> Result<PathBuf> {
    for copy in 1..MAX_COPIES {
        let path = if copy == 1 { named.to_owned() } else { numbered(named, copy) };
        match file.keep_new(&path)? {
            None => return Ok(path),
            Some(again) => file = again,
        }
    }
    let taken = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
    Err(ControlError::file(named, "writing", &taken))
}

/// `report.pdf` → `report (2).pdf`
fn numbered(path: &Path, copy: u32) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = match path.extension() {
        Some(ending) => format!("{stem} ({copy}).{}", ending.to_string_lossy()),
        None => format!("{stem} ({copy})"),
    };
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_file_of_a_name_gets_a_number() {
        let folder = tempfile::tempdir().unwrap();
        let named = folder.path().join("report.pdf");
        let keep = || {
            let aside = folder.path().join(".part");
            let mut file = NewFile::create(&aside).unwrap();
            file.write(b"x").unwrap();
            keep_beside(file, &named).unwrap()
        };
        assert_eq!(keep(), named);
        assert_eq!(keep(), folder.path().join("report (2).pdf"));
        assert_eq!(keep(), folder.path().join("report (3).pdf"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3, "nothing is left aside");
    }
}
