//! Words for what the server's library refuses by itself. What is no request at all (a head that cannot be read, two lengths
//! that contradict each other, a head too long or too slow) never reaches the app, and is answered without a body; here that
//! answer gets what every other refusal has: a problem document and a request id.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::http::StatusCode;
use actix_web::web::Data;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::envelope::request_id;
use super::problem::{Problem, ProblemCode};
use super::state::Shared;

/// A connection of the app's on which no refusal goes out bare.
pub struct Worded<T> {
    stream: T,
    shared: Data<Shared>,
    /// What goes out instead of the refusal that is being written, and how much of it has gone.
    instead: Vec<u8>,
    gone: usize,
}

impl<T> Worded<T> {
    /// Around this stream.
    pub fn new(stream: T, shared: Data<Shared>) -> Self {
        Self {
            stream,
            shared,
            instead: Vec::new(),
            gone: 0,
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Worded<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Worded<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.instead.is_empty() {
            match bare(bytes) {
                None => return Pin::new(&mut this.stream).poll_write(cx, bytes),
                Some((0, head, code)) => {
                    (this.instead, this.gone) = (worded(head, code, &this.shared), 0)
                }
                // Answers to requests before it go first.
                Some((before, ..)) => {
                    return Pin::new(&mut this.stream).poll_write(cx, &bytes[..before]);
                }
            }
        }
        while this.gone < this.instead.len() {
            let rest = &this.instead[this.gone..];
            match ready!(Pin::new(&mut this.stream).poll_write(cx, rest))? {
                0 => return Poll::Ready(Ok(0)),
                sent => this.gone += sent,
            }
        }
        this.instead.clear();
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Where in these bytes a refusal without a body begins, its head, and what it means. It is the last thing that is written on a
/// connection. Whatever the app answers has a request id, and so is none.
fn bare(bytes: &[u8]) -> Option<(usize, &str, ProblemCode)> {
    const BEGINS: &[u8] = b"HTTP/1.1 ";
    if !bytes.ends_with(b"\r\n\r\n") {
        return None;
    }
    let from = bytes.len().saturating_sub(BARE_BYTES_MAX);
    let start = from
        + bytes[from..]
            .windows(BEGINS.len())
            .rposition(|some| some == BEGINS)?;
    let head = std::str::from_utf8(&bytes[start..]).ok()?;
    let status = head.get(BEGINS.len()..)?.get(..3)?.parse().ok()?;
    let code = match StatusCode::from_u16(status).ok()? {
        StatusCode::BAD_REQUEST => ProblemCode::MalformedRequest,
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => ProblemCode::HeadTooLarge,
        StatusCode::REQUEST_TIMEOUT => ProblemCode::Timeout,
        _ => return None,
    };
    let is_bare = head.contains(NO_BODY) && !head.contains("\r\nx-request-id: ");
    is_bare.then_some((start, head, code))
}

/// The same refusal with its body.
fn worded(head: &str, code: ProblemCode, shared: &Shared) -> Vec<u8> {
    let id = request_id(None, None, Some(shared));
    let problem = Problem::new(code, code.explanation());
    let body = serde_json::to_string(&problem.document(Some(&id))).unwrap_or_default();
    let more = format!(
        "\r\ncontent-length: {}\r\ncontent-type: application/problem+json\r\ncache-control: no-store\r\n\
         x-content-type-options: nosniff\r\nx-request-id: {id}\r\n",
        body.len()
    );
    (head.replacen(NO_BODY, &more, 1) + &body).into_bytes()
}

const NO_BODY: &str = "\r\ncontent-length: 0\r\n";
/// More than the library writes.
const BARE_BYTES_MAX: usize = 256;
