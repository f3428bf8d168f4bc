//! One kept connection of the load generator: a request goes out, an answer comes in, neither waits.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use rustix::event::epoll;
use rustix::fd::OwnedFd;

/// A kept connection to the server.
pub struct Connection {
    stream: TcpStream,
    /// When the request under way was due; `None` while idle.
    pub due: Option<Instant>,
    /// Which of the plan's requests it is, and how much of it the socket has taken.
    request: usize,
    sent: usize,
    /// The answer so far is the first `filled` bytes.
    answer: Vec<u8>,
    filled: usize,
}

/// How far a connection came without waiting.
pub enum Progress {
    Waiting,
    Answered { status: u16 },
    Broken,
}

impl Connection {
    /// Connects and asks `epoll` to report under the number `id`.
    pub fn open(address: SocketAddr, epoll: &OwnedFd, id: usize) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let wanted = epoll::EventFlags::IN
            | epoll::EventFlags::OUT
            | epoll::EventFlags::RDHUP
            | epoll::EventFlags::ET;
        epoll::add(epoll, &stream, epoll::EventData::new_u64(id as u64), wanted)?;
        Ok(Self {
            stream,
            due: None,
            request: 0,
            sent: 0,
            answer: vec![0; ANSWER_ROOM],
            filled: 0,
        })
    }

    /// Puts a request under way, due since `due`.
    pub fn begin(&mut self, due: Instant, request: usize, requests: &[Vec<u8>]) {
        self.due = Some(due);
        self.request = request;
        self.sent = 0;
        self.filled = 0;
        // A connection that breaks here is told by epoll as well, and counted then.
        self.send(requests);
    }

    /// Writes what the socket takes. False when the connection is broken.
    fn send(&mut self, requests: &[Vec<u8>]) -> bool {
        let request = &requests[self.request];
        while self.sent < request.len() {
            match self.stream.write(&request[self.sent..]) {
                Ok(sent) => self.sent += sent,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
        true
    }

    /// Goes as far as it can: sends what is left of the request, reads what there is of the answer.
    pub fn advance(&mut self, requests: &[Vec<u8>]) -> io::Result<Progress> {
        if self.due.is_some() && !self.send(requests) {
            return Ok(Progress::Broken);
        }
        loop {
            let room = self.answer.len() - self.filled;
            let read = match self.stream.read(&mut self.answer[self.filled..]) {
                Ok(0) => return Ok(Progress::Broken),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return Ok(Progress::Waiting);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return Ok(Progress::Broken),
            };
            self.filled += read;
            if let Some(head) = Head::parse(&self.answer[..self.filled])?
                && self.filled >= head.answer_length
            {
                if self.filled > head.answer_length || self.due.is_none() {
                    return Err(io::Error::other(
                        "the server sent more than it was asked for",
                    ));
                }
                return Ok(Progress::Answered {
                    status: head.status,
                });
            }
            if read < room {
                // The socket is empty; epoll tells when there is more.
                return Ok(Progress::Waiting);
            }
            self.answer.resize(self.answer.len() * 2, 0);
        }
    }
}

/// What must be known of an answer's head (RFC 9112 sections 4 and 6).
struct Head {
    status: u16,
    /// Head and body, in bytes.
    answer_length: usize,
}

impl Head {
    /// `None` while the head is not complete.
    fn parse(answer: &[u8]) -> io::Result<Option<Self>> {
        let mut rest = answer;
        let mut status = None;
        let mut body_length = None;
        while let Some(line_end) = rest.iter().position(|byte| *byte == b'\n') {
            let line = &rest[..line_end];
            rest = &rest[line_end + 1..];
            let Some(known_status) = status else {
                status =
                    Some(digits(line.get(9..12).unwrap_or_default()).ok_or_else(not_http)? as u16);
                continue;
            };
            if line == b"\r" {
                let body_length = match body_length {
                    Some(length) => length,
                    None if matches!(known_status, 204 | 304) => 0,
                    None => return Err(io::Error::other("an answer without Content-Length")),
                };
                return Ok(Some(Self {
                    status: known_status,
                    answer_length: answer.len() - rest.len() + body_length,
                }));
            }
            if let Some((name, value)) = line.split_at_checked(CONTENT_LENGTH.len())
                && name.eq_ignore_ascii_case(CONTENT_LENGTH)
            {
                body_length = Some(digits(value.trim_ascii()).ok_or_else(not_http)?);
            }
        }
        Ok(None)
    }
}

fn digits(text: &[u8]) -> Option<usize> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn not_http() -> io::Error {
    io::Error::other("an answer that is not HTTP/1.1")
}

const CONTENT_LENGTH: &[u8] = b"content-length:";
const ANSWER_ROOM: usize = 16 * 1024;
