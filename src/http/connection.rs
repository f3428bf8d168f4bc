//! A connection that nobody can hold without using it. The server's library times the head of a connection's first request;
//! whoever is slow with a later one, or reads no answer, or says nothing any more, is its own to bear without this.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::coop::has_budget_remaining;
use tokio::time::{Instant, Sleep, sleep};

/// What must have moved in half the patience to count as use where it is less than an answer: a file on its way in does,
/// and a head that is sent letter by letter does not; nor do answers that are read so.
const BYTES_MIN: u64 = 16 * 1024;

/// A connection that breaks when for the time of `patience`, at most one and a half times that, it was not used: nothing
/// was answered on it. A request may take half the patience at least, whenever it came.
///
/// The time is looked at only when it is up, so a request costs two additions.
pub struct Connection<T> {
    stream: T,
    /// What was read and is to be read again, and how much of it was.
    ahead: Vec<u8>,
    given: usize,
    half: Duration,
    /// Whether all of the half before this one went by unused.
    was_unused: bool,
    timer: Pin<Box<Sleep>>,
    /// Who is woken when the time is up, once it runs.
    waiting: Option<Waker>,
    bytes_in: u64,
    bytes_out: u64,
}

impl<T> Connection<T> {
    /// Around this stream.
    pub fn new(stream: T, patience: Duration) -> Self {
        Self {
            stream,
            ahead: Vec::new(),
            given: 0,
            half: patience / 2,
            was_unused: false,
            timer: Box::pin(sleep(patience / 2)),
            waiting: None,
            bytes_in: 0,
            bytes_out: 0,
        }
    }

    /// The same, giving these bytes before any other.
    pub fn giving_first(self, ahead: Vec<u8>) -> Self {
        Self {
            ahead,
            given: 0,
            ..self
        }
    }

    /// Nothing can be done just now: still time? `bytes_out_min` must have gone out for this half to count as used.
    fn poll_patience(&mut self, cx: &mut Context<'_>, bytes_out_min: u64) -> Poll<io::Error> {
        loop {
            let is_set = self
                .waiting
                .as_ref()
                .is_some_and(|waiting| waiting.will_wake(cx.waker()));
            if !self.timer.is_elapsed() {
                if is_set {
                    return Poll::Pending;
                }
                // A task that has had its turn is woken again at once, and its timer not even looked at.
                self.waiting = has_budget_remaining().then(|| cx.waker().clone());
                if self.timer.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
            }
            let is_unused = self.bytes_out < bytes_out_min && self.bytes_in < BYTES_MIN;
            if is_unused && self.was_unused {
                return Poll::Ready(io::ErrorKind::TimedOut.into());
            }
            self.was_unused = is_unused;
            (self.bytes_in, self.bytes_out) = (0, 0);
            self.timer.as_mut().reset(Instant::now() + self.half);
            self.waiting = None;
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Connection<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.ahead.is_empty() {
            let given = self.given;
            let most = into.remaining().min(self.ahead.len() - given);
            into.put_slice(&self.ahead[given..given + most]);
            self.given += most;
            if self.given == self.ahead.len() {
                self.ahead = Vec::new();
            }
            return Poll::Ready(Ok(()));
        }
        let before = into.filled().len();
        match Pin::new(&mut self.stream).poll_read(cx, into) {
            Poll::Pending => self.poll_patience(cx, 1).map(Err),
            ready => {
                self.bytes_in += (into.filled().len() - before) as u64;
                ready
            }
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Connection<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(cx, bytes) {
            Poll::Pending => self.poll_patience(cx, BYTES_MIN).map(Err),
            Poll::Ready(written) => {
                self.bytes_out += *written.as_ref().unwrap_or(&0) as u64;
                Poll::Ready(written)
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
