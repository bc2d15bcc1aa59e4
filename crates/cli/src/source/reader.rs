//! The octets of a message in a file, with CRLF line ends and without an mbox's quoting, streamed.
//!
//! Separate because it is pure transformation: a [`Crlf`] works on any reader. Only LF without a CR before it changes.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};

/// Where a message lies.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    /// The file.
    pub(super) path: PathBuf,
    /// From where to where in it; all of it if not said.
    range: Option<(u64, u64)>,
    /// A temporary file that has to last as long.
    held: Option<Arc<tempfile::TempPath>>,
}

impl Content {
    pub(super) fn whole(path: &Path) -> Self {
        Self { path: path.to_path_buf(), range: None, held: None }
    }

    pub(super) fn in_mbox(path: &Path, from: u64, to: u64) -> Self {
        Self { path: path.to_path_buf(), range: Some((from, to)), held: None }
    }

    pub(super) fn keep(&mut self, file: Arc<tempfile::TempPath>) {
        self.held = Some(file);
    }

    /// A file of its own, rather than a part of an mbox.
    pub(super) fn is_lone_file(&self) -> bool {
        self.range.is_none()
    }

    /// Opens it.
    pub(crate) fn reader(&self) -> io::Result<Crlf<BufReader<Box<dyn Read + Send>>>> {
        let mut file = File::open(&self.path)?;
        let source: Box<dyn Read + Send> = match self.range {
            Some((from, to)) => {
                file.seek(SeekFrom::Start(from))?;
                Box::new(file.take(to.saturating_sub(from)))
            }
            None => Box::new(file),
        };
        Ok(Crlf::new(BufReader::with_capacity(64 << 10, source), self.range.is_some()))
    }
}

/// Gives text CRLF line ends; takes one `>` off each line that mboxrd quoted, if asked to.
///
/// It may block, as files do: verbs run on a thread of their own.
#[derive(Debug)]
pub(crate) struct Crlf<R> {
    source: R,
    unquote: bool,
    /// The octet before.
    last: u8,
    /// Converted and not taken yet.
    ready: Vec<u8>,
    taken: usize,
}

impl<R: BufRead> Crlf<R> {
    pub(super) fn new(source: R, unquote: bool) -> Self {
        Self { source, unquote, last: b'\n', ready: Vec::new(), taken: 0 }
    }

    /// Converts what the source has at hand. False at its end.
    fn fill(&mut self) -> io::Result<bool> {
        self.ready.clear();
        self.taken = 0;
        if self.unquote {
            return self.fill_line();
        }
        let piece = self.source.fill_buf()?;
        let count = piece.len();
        for &octet in piece {
            if octet == b'\n' && self.last != b'\r' {
                self.ready.push(b'\r');
            }
            self.ready.push(octet);
            self.last = octet;
        }
        self.source.consume(count);
        Ok(count > 0)
    }

    /// A line, or the next part of a long one.
    fn fill_line(&mut self) -> io::Result<bool> {
        let mut line = Vec::new();
        let starts = self.last == b'\n';
        let count = (&mut self.source).take(8192).read_until(b'\n', &mut line)?;
        let quoted = starts
            && line.first() == Some(&b'>')
            && line
                .trim_ascii_start()
                .iter()
                .position(|&octet| octet != b'>')
                .is_some_and(|at| line[at..].starts_with(b"From "));
        for &octet in &line[usize::from(quoted)..] {
            if octet == b'\n' && self.last != b'\r' {
                self.ready.push(b'\r');
            }
            self.ready.push(octet);
            self.last = octet;
        }
        Ok(count > 0)
    }
}

impl<R: BufRead> Read for Crlf<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.ready.len() {
            if !self.fill()? {
                return Ok(0);
            }
        }
        let rest = &self.ready[self.taken..];
        let count = rest.len().min(buf.len());
        buf[..count].copy_from_slice(&rest[..count]);
        self.taken += count;
        Ok(count)
    }
}

impl<R: BufRead + Unpin> AsyncRead for Crlf<R> {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let count = self.get_mut().read(buf.initialize_unfilled())?;
        buf.advance(count);
        Poll::Ready(Ok(()))
    }
}
