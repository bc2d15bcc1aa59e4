//! `fetch --attachments`: the files in messages, decoded, each message's in a folder of its own.
//!
//! Only the parts that are files are downloaded; their transfer encoding is undone while they stream by. Names are what senders wrote, made
//! harmless (T077). RFC 2183, RFC 9051 §6.4.5 (sections).

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use futures_util::TryStreamExt;
use imapkit::types::{BodySection, Items, NumSet, Section, Uid, UidSet};
use imapkit::{Body, Error, ErrorKind};

use super::Run;
use crate::errors::Outcome;
use crate::files::{self, PartFile};
use crate::message::structure;
use crate::message::transfer::Decoder;
use crate::output::json::Attachment;

/// A file to be.
struct Wanted {
    uid: Uid,
    section: Section,
    encoding: Option<Vec<u8>>,
    number: String,
    size: u64,
    folder: PathBuf,
    path: PathBuf,
}

impl Run<'_> {
    /// Saves the attachments that are not there yet.
    pub(super) async fn attachments(&mut self, uids: &UidSet, folder: &Path) -> Outcome<()> {
        if uids.is_empty() {
            return Ok(());
        }
        let mut wanted = self.look(uids, folder).await?;
        let all = wanted.len();
        wanted.retain(|file| files::size_of(&file.path).is_none());
        self.skipped = (all - wanted.len()) as u64;
        self.expect(wanted.len() as u64, wanted.iter().fold(0, |sum: u64, file| sum.saturating_add(file.size)));
        let mut interrupt = self.interrupt.clone();
        for file in &wanted {
            let outcome = tokio::select! {
                outcome = self.attachment(file) => outcome?,
                () = interrupt.pressed() => {
                    self.interrupted = true;
                    return Ok(());
                }
            };
            match outcome {
                Ok(()) => self.done.push(file.uid),
                Err(error) => self.left_out(file.uid, &error)?,
            }
        }
        Ok(())
    }

    /// Which files there are, and what they will be called.
    async fn look(&self, uids: &UidSet, folder: &Path) -> Outcome<Vec<Wanted>> {
        let mut wanted = Vec::new();
        let mut rows = self.mailbox.fetch(uids, Items::new().body_structure()).stream();
        while let Some(row) =
            rows.try_next().await.map_err(|error| self.link.problem(&error, "looking for attachments"))?
        {
            let Ok(tree) = row.body_structure() else { continue };
            let folder = folder.join(format!("{}-{}", self.validity().get(), row.uid().get()));
            let mut taken = HashMap::new();
            for (part, attachment, encoding) in structure::attachments(tree) {
                let path = folder.join(unique(&name(&attachment), &mut taken));
                let (section, number) = (Section::part(part), attachment.part);
                wanted.push(Wanted {
                    uid: row.uid(),
                    section,
                    encoding,
                    number,
                    size: attachment.size,
                    folder: folder.clone(),
                    path,
                });
            }
        }
        Ok(wanted)
    }

    /// One file. The inner result is the server's, the outer one the disk's.
    async fn attachment(&mut self, file: &Wanted) -> Outcome<Result<(), Error>> {
        let mut rows =
            self.mailbox.fetch(&NumSet::from(file.uid), Items::new().section_peek(file.section.clone())).stream();
        let is_it =
            |body: &Body| matches!(body.section(), BodySection::Body(section) if section.same_as(&file.section));
        let mut body = loop {
            let body = match rows.try_next().await {
                Ok(Some(mut row)) => row.next_body().await,
                Ok(None) => Err(Error::new(ErrorKind::No, "the server did not send it")),
                Err(error) => Err(error),
            };
            match body {
                Ok(Some(body)) if is_it(&body) => break body,
                Ok(_) => {}
                Err(error) => return Ok(Err(error)),
            }
        };
        files::make_folder(&file.folder)?;
        let mut part = PartFile::new(file.path.clone(), &file.folder)?;
        let mut decoder = Decoder::new(file.encoding.as_deref());
        let mut decoded = Vec::new();
        loop {
            decoded.clear();
            match body.chunk().await {
                Ok(Some(piece)) => {
                    decoder.push(&piece, &mut decoded);
                    part.write(&decoded)?;
                    self.meter.bytes(piece.len() as u64);
                }
                Ok(None) => break,
                Err(error) => return Ok(Err(error)),
            }
        }
        decoder.finish(&mut decoded);
        part.write(&decoded)?;
        let bytes = part.bytes();
        let path = part.finish(None)?;
        self.bytes += bytes;
        self.meter.item();
        self.saved(file.uid, &path, bytes, Some(file.number.clone()))?;
        Ok(Ok(()))
    }
}

/// A name for the file; the sender's if there is one.
fn name(attachment: &Attachment) -> String {
    let given = attachment.name.as_deref().map(files::readable);
    given.unwrap_or_else(|| format!("part-{}.{}", files::readable(&attachment.part), extension(&attachment.media_type)))
}

fn extension(media_type: &str) -> &'static str {
    match media_type {
        "message/rfc822" | "message/global" => "eml",
        "text/plain" => "txt",
        "text/html" => "html",
        "text/calendar" => "ics",
        "text/vcard" | "text/x-vcard" => "vcf",
        "text/csv" => "csv",
        "application/pdf" => "pdf",
        "application/zip" => "zip",
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/gif" => "gif",
        _ => "bin",
    }
}

/// Two files of a message never have one name, also where the file system ignores case. `taken` has the number tried last for each name, so
/// that a thousand files of one name are a thousand steps.
fn unique(name: &str, taken: &mut HashMap<String, usize>) -> String {
    let key = name.to_lowercase();
    let mut candidate = name.to_owned();
    while taken.contains_key(&candidate.to_lowercase()) {
        let number = taken.get_mut(&key).map_or(2, |number| {
            *number += 1;
            *number
        });
        candidate = files::numbered(name, number);
    }
    taken.insert(candidate.to_lowercase(), 1);
    candidate
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_one_message_have_different_names() {
        let mut taken = HashMap::new();
        let names = ["a.txt", "A.TXT", "a.txt", "b"].map(|name| unique(name, &mut taken));
        assert_eq!(names, ["a.txt", "A (2).TXT", "a (3).txt", "b"]);
    }

    #[test]
    fn t077_a_name_that_is_a_path_is_none() {
        let attachment = |name: Option<&str>| Attachment {
            part: "2.1".into(),
            name: name.map(str::to_owned),
            media_type: "application/pdf".into(),
            size: 0,
        };
        assert_eq!(name(&attachment(Some("../../.bashrc"))), "_.._.bashrc");
        assert_eq!(name(&attachment(None)), "part-2.1.pdf");
    }
}
