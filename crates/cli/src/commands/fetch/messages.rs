//! Whole messages: one FETCH for all, each streamed into its file as it comes.

use std::collections::BTreeMap;
use std::path::Path;

use futures_util::TryStreamExt;
use imapkit::types::{Flags, Items, Uid, UidSet};
use imapkit::{Error, ErrorKind, Message};

use super::Run;
use crate::args::low::Format;
use crate::errors::{Outcome, Problem};
use crate::output::text::messages;
use crate::save::{Meta, Writer};

impl Run<'_> {
    /// Saves those that are not there yet; without a folder they go to stdout.
    pub(in crate::commands) async fn messages(
        &mut self,
        uids: &UidSet,
        format: Format,
        folder: Option<&Path>,
    ) -> Outcome<()> {
        if folder.is_none() && format == Format::Eml && uids.len() != 1 {
            return Err(Problem::usage(format!("{} match, and stdout takes one", messages(uids.len())))
                .next("say where with --to FOLDER, choose one with uid:7, or use --format mbox or jsonl"));
        }
        if uids.is_empty() {
            return Ok(());
        }
        let mut writer = Writer::open(format, folder, self.validity())?;
        let metas = self.metas(uids).await?;
        let mut wanted = UidSet::new();
        let mut bytes = 0_u64;
        for (&uid, meta) in &metas {
            if writer.existing(uid).is_some() {
                self.skipped += 1;
            } else {
                wanted.push(uid);
                bytes = bytes.saturating_add(meta.size);
            }
        }
        let gone = uids.difference(&metas.keys().copied().collect());
        self.leave_out(gone, "gone: somebody deleted it meanwhile");
        self.expect(wanted.len(), bytes);
        if !wanted.is_empty() {
            self.stream(&wanted, &metas, &mut writer).await?;
        }
        if let (Some(file), false) = (writer.close()?, self.interrupted) {
            self.output.detail(&format!("wrote {}", file.display()));
        }
        Ok(())
    }

    /// Flags, dates and sizes of all, in one flight: for the names, and for a total that is true.
    async fn metas(&self, uids: &UidSet) -> Outcome<BTreeMap<Uid, Meta>> {
        let mut rows = self.mailbox.fetch(uids, Items::new().flags().internal_date().size()).stream();
        let mut metas = BTreeMap::new();
        while let Some(row) = rows.try_next().await.map_err(|error| self.link.problem(&error, "reading the list"))? {
            if !uids.contains(row.uid()) {
                continue;
            }
            let flags = row.flags().cloned().unwrap_or_else(|_| Flags::new());
            let meta = Meta { uid: row.uid(), flags, date: row.internal_date(), size: row.size().unwrap_or(0) };
            metas.insert(row.uid(), meta);
        }
        Ok(metas)
    }

    async fn stream(&mut self, wanted: &UidSet, metas: &BTreeMap<Uid, Meta>, writer: &mut Writer) -> Outcome<()> {
        let mut rows = self.mailbox.fetch(wanted, Items::new().body_peek()).stream();
        let mut missing = wanted.clone();
        loop {
            let row = tokio::select! {
                row = rows.try_next() => row.map_err(|error| self.broken(&error))?,
                () = self.interrupt.pressed() => {
                    self.interrupted = true;
                    return Ok(());
                }
            };
            let Some(mut row) = row else { break };
            // A row that was not asked for, or comes a second time, is none of ours.
            let Some(meta) = metas.get(&row.uid()).filter(|meta| missing.contains(meta.uid)) else { continue };
            missing.remove(meta.uid);
            match self.one(&mut row, meta, writer).await? {
                Ok(()) => {}
                Err(_) if self.interrupted => return Ok(()),
                Err(error) => self.left_out(meta.uid, &error)?,
            }
        }
        self.leave_out(missing, "the server did not send it");
        Ok(())
    }

    /// One message into the writer. The inner result is the server's, the outer one the disk's.
    async fn one(&mut self, row: &mut Message, meta: &Meta, writer: &mut Writer) -> Outcome<Result<(), Error>> {
        let mut body = match row.body() {
            Ok(body) if body.is_empty() => return Ok(Err(Error::new(ErrorKind::No, "the server sent nothing in it"))),
            Ok(body) => body,
            Err(error) => return Ok(Err(error)),
        };
        writer.begin(meta, self.output)?;
        loop {
            let piece = tokio::select! {
                piece = body.chunk() => piece,
                () = self.interrupt.pressed() => {
                    self.interrupted = true;
                    Err(Error::new(ErrorKind::Cancelled, "interrupted"))
                }
            };
            match piece {
                Ok(Some(piece)) => {
                    writer.write(&piece, self.output)?;
                    self.meter.bytes(piece.len() as u64);
                    self.bytes += piece.len() as u64;
                }
                Ok(None) => break,
                Err(error) => {
                    writer.abandon()?;
                    return Ok(Err(error));
                }
            }
        }
        let file = writer.end(meta, self.output)?;
        self.done.push(meta.uid);
        self.meter.item();
        if let Some(file) = file {
            self.saved(meta.uid, &file, body.len(), None)?;
        }
        Ok(Ok(()))
    }
}
