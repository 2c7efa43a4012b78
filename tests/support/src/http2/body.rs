//! Bodies of HTTP/2 responses, and the settling of the record when they end.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::body::{Bytes, Frame, SizeHint};
use tokio::sync::mpsc;

use crate::pattern::Filler;
use crate::state::{Outcome, Shared};

/// Settles the record when the exchange ends, whoever ends it.
pub(super) struct Settle {
    pub shared: Arc<Shared>,
    pub request: u64,
    pub outcome: Outcome,
}

impl Drop for Settle {
    fn drop(&mut self) {
        self.shared.finished(self.request, self.outcome);
    }
}

pub(super) enum Source {
    Text(Bytes),
    Fill {
        filler: Filler,
        at: u64,
        end: u64,
    },
    /// Comes piece by piece from a task that waits in between.
    Stream(mpsc::Receiver<io::Result<Bytes>>, u64),
}

pub(super) struct Body {
    pub source: Source,
    pub settle: Settle,
}

impl Body {
    pub fn left(&self) -> u64 {
        match &self.source {
            Source::Text(text) => text.len() as u64,
            Source::Fill { at, end, .. } => end - at,
            Source::Stream(_, left) => *left,
        }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left() == 0 {
            return Poll::Ready(None);
        }
        let piece = match &mut self.source {
            Source::Text(text) => std::mem::take(text),
            Source::Fill { filler, at, end } => {
                let slice = filler.slice(*at, *end - *at);
                *at += slice.len() as u64;
                Bytes::from_static(slice)
            }
            Source::Stream(pieces, left) => match pieces.poll_recv(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(piece))) => {
                    *left -= piece.len() as u64;
                    piece
                }
                Poll::Ready(Some(Err(error))) => {
                    self.settle.outcome = Outcome::Dropped;
                    return Poll::Ready(Some(Err(error)));
                }
                Poll::Ready(None) => return Poll::Ready(Some(Err(io::Error::other("the server stops")))),
            },
        };
        if self.left() == 0 {
            self.settle.outcome = Outcome::Answered;
        }
        self.settle.shared.update(|state| state.body_bytes_sent += piece.len() as u64);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left())
    }
}

pub(super) fn text(text: &str) -> Source {
    Source::Text(Bytes::copy_from_slice(text.as_bytes()))
}

pub(super) fn fill(filler: Filler, count: u64) -> Source {
    let (at, end) = (0, count);
    Source::Fill { filler, at, end }
}

pub(super) fn stream(length: u64) -> (mpsc::Sender<io::Result<Bytes>>, Source) {
    let (sender, receiver) = mpsc::channel(1);
    (sender, Source::Stream(receiver, length))
}

pub(super) async fn send_pattern(sender: &mpsc::Sender<io::Result<Bytes>>, from: u64, to: u64) -> bool {
    let mut at = from;
    while at < to {
        let piece = Filler::Pattern.slice(at, to - at);
        at += piece.len() as u64;
        if sender.send(Ok(Bytes::from_static(piece))).await.is_err() {
            return false;
        }
    }
    true
}
