//! Gate checks, answered straight from the connection: they are asked thousands of times a second, and most of what a server
//! does for a request is nothing that they need.
//!
//! In front of the app, and nothing but faster. A connection begins here. As long as what comes in is a gate check as usual
//! (whole in one piece, no header that would change its meaning, a token that is good, a question that can be answered at
//! once) it is answered here, by the rules that the app uses too. With the first byte of anything else the connection is the
//! app's for good, which sees that request from its beginning: every refusal is the app's, and none is worded here.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, UNIX_EPOCH};

use actix_web::web::Data;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::connection::Connection;
use super::envelope::request_id;
use super::extract::{bearer_token, is_json, parse_json};
use super::handlers::gate_checks::{self, GateCheckBody};
use super::limits::{DIRECT_BYTES_MAX, HEAD_PATIENCE, HEADERS_MAX};
use super::state::{Remembered, Shared};
use crate::access::permission::CheckGate;
use crate::domain::time::Timestamp;

/// Answers gate checks on the connections of one thread.
pub struct Direct {
    shared: Data<Shared>,
    remembered: Rc<Remembered>,
    desk: RefCell<Desk>,
}

/// What one thread works on; nothing on it outlasts a turn.
struct Desk {
    /// What came in.
    read: Vec<u8>,
    /// Answers on their way out.
    answers: Vec<u8>,
    body: Vec<u8>,
    date: Date,
}

/// The Date header's value, written anew each second.
#[derive(Default)]
struct Date {
    second: i64,
    text: String,
}

/// How a turn on a connection ended.
enum Turn {
    /// Go on.
    Answered,
    /// The rest, from the first byte of a request that is for the app.
    ForTheApp(Vec<u8>),
    /// The other side has gone.
    Ended,
}

impl Direct {
    /// Of a thread that shares what it remembers of tokens with its app.
    pub fn new(shared: Data<Shared>, remembered: Rc<Remembered>) -> Self {
        let desk = Desk {
            read: vec![0; DIRECT_BYTES_MAX],
            answers: Vec::with_capacity(DIRECT_BYTES_MAX),
            body: Vec::with_capacity(1024),
            date: Date::default(),
        };
        Self {
            shared,
            remembered,
            desk: RefCell::new(desk),
        }
    }

    /// Answers what it can, until something comes that is for the app: then the connection, which gives the app all that
    /// it has not answered. `None` when the connection has ended or, between two requests, when `stopping` is.
    pub async fn serve<T: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut connection: Connection<T>,
        stopping: impl Future<Output = ()>,
    ) -> io::Result<Option<Connection<T>>> {
        let mut stopping = std::pin::pin!(stopping);
        // What the other side has not taken yet; on nearly all turns there is none.
        let mut unsent: Vec<u8> = Vec::new();
        let mut for_the_app = None;
        // Who connects and says nothing is the app's too, which is short with such callers.
        let mut silence = Some(Box::pin(tokio::time::sleep(HEAD_PATIENCE)));
        poll_fn(|cx| {
            loop {
                while !unsent.is_empty() {
                    let sent = ready!(Pin::new(&mut connection).poll_write(cx, &unsent))?;
                    unsent.drain(..sent);
                }
                if for_the_app.is_some() {
                    return Poll::Ready(Ok(()));
                }
                match self.turn(&mut connection, &mut unsent, cx) {
                    Poll::Ready(Ok(Turn::Answered)) => silence = None,
                    Poll::Ready(Ok(Turn::ForTheApp(rest))) => for_the_app = Some(rest),
                    Poll::Ready(Ok(Turn::Ended)) => return Poll::Ready(Ok(())),
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => {
                        let is_long = |silence: &mut Pin<Box<Sleep>>| silence.as_mut().poll(cx);
                        if silence
                            .as_mut()
                            .map(is_long)
                            .is_some_and(|poll| poll.is_ready())
                        {
                            for_the_app = Some(Vec::new());
                            continue;
                        }
                        return stopping.as_mut().poll(cx).map(Ok);
                    }
                }
            }
        })
        .await
        .map(|()| for_the_app.map(|rest| connection.giving_first(rest)))
    }

    fn turn<T: AsyncRead + AsyncWrite + Unpin>(
        &self,
        connection: &mut Connection<T>,
        unsent: &mut Vec<u8>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Turn>> {
        let mut desk = self.desk.borrow_mut();
        let Desk {
            read,
            answers,
            body,
            date,
        } = &mut *desk;
        let mut into = ReadBuf::new(read);
        ready!(Pin::new(&mut *connection).poll_read(cx, &mut into))?;
        let mut rest = into.filled();
        if rest.is_empty() {
            return Poll::Ready(Ok(Turn::Ended));
        }
        answers.clear();
        while !rest.is_empty() {
            match self.answer(rest, answers, body, date) {
                Some(length) => rest = &rest[length..],
                None => break,
            }
        }
        if !answers.is_empty() {
            match Pin::new(connection).poll_write(cx, answers) {
                Poll::Ready(sent) => unsent.extend_from_slice(&answers[sent?..]),
                Poll::Pending => unsent.extend_from_slice(answers),
            }
        }
        Poll::Ready(Ok(if rest.is_empty() {
            Turn::Answered
        } else {
            Turn::ForTheApp(rest.to_vec())
        }))
    }

    /// Answers the request that these bytes begin with, and says how many it has; `None` if it is for the app.
    fn answer(
        &self,
        bytes: &[u8],
        answers: &mut Vec<u8>,
        json: &mut Vec<u8>,
        date: &mut Date,
    ) -> Option<usize> {
        let shared = &*self.shared;
        // Not set to anything, as each would be paid for whether it comes or not.
        let mut headers = [const { MaybeUninit::uninit() }; HEADERS_MAX];
        let (request, body, length) = whole_request(bytes, &mut headers)?;
        let token = bearer_token(request.authorization?)?;
        let now = shared.services.environment.now();
        let (caller, allowance) = self.remembered.caller(shared, token, now).ok()?;
        let permit = caller.permit::<CheckGate>().ok()?;
        let question: GateCheckBody = parse_json(body).ok()?;
        if question
            .at_least
            .is_some_and(|seq| seq > shared.services.index.seq())
        {
            return None;
        }
        let (view, line) = gate_checks::ask(shared, &permit, &question, now).ok()?;
        json.clear();
        view.write_json(json);
        let id = request_id(request.request_id, request.trace_parent, Some(shared));
        let left = allowance.take().ok()?;
        date.at(now);
        let mut number = itoa::Buffer::new();
        for part in [
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-content-type-options: nosniff\r\n\
             cache-control: no-store\r\nx-request-id: ",
            &id,
            "\r\nratelimit-policy: ",
            allowance.policy(),
            "\r\nratelimit: ",
            &allowance.says(left),
            "\r\ndate: ",
            &date.text,
            "\r\ncontent-length: ",
            number.format(json.len()),
            "\r\n\r\n",
        ] {
            answers.extend_from_slice(part.as_bytes());
        }
        answers.extend_from_slice(json);
        gate_checks::note(shared, line);
        shared.metrics.gate_checks_answered.inc();
        Some(length)
    }
}

impl Date {
    fn at(&mut self, now: Timestamp) {
        let second = now.as_seconds();
        if self.second != second || self.text.is_empty() {
            let since = Duration::from_secs(u64::try_from(second).unwrap_or(0));
            self.second = second;
            self.text = httpdate::fmt_http_date(UNIX_EPOCH + since);
        }
    }
}

/// What a gate check's answer depends on beside its body.
#[derive(Default)]
struct Headers<'a> {
    authorization: Option<&'a [u8]>,
    request_id: Option<&'a [u8]>,
    trace_parent: Option<&'a [u8]>,
    content_type: Option<&'a [u8]>,
    content_length: Option<&'a [u8]>,
}

/// The gate check that these bytes begin with, its body, and how many bytes it has; `None` if it is not all there, or is
/// not one, or has anything about it that is the app's to judge.
fn whole_request<'a>(
    bytes: &'a [u8],
    headers: &mut [MaybeUninit<httparse::Header<'a>>; HEADERS_MAX],
) -> Option<(Headers<'a>, &'a [u8], usize)> {
    if !bytes.starts_with(b"POST /v1/gate-checks HTTP/1.1\r\n") {
        return None;
    }
    let mut request = httparse::Request::new(&mut []);
    let parsed = request.parse_with_uninit_headers(bytes, headers).ok()?;
    let head = match parsed {
        httparse::Status::Complete(head) => head,
        httparse::Status::Partial => return None,
    };
    let mut known = Headers::default();
    let mut hosts = 0;
    for header in request.headers.iter() {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        let once = |place: &mut Option<&'a [u8]>| place.replace(header.value).is_none();
        let as_usual = if is("authorization") {
            once(&mut known.authorization)
        } else if is("content-length") {
            once(&mut known.content_length)
        } else if is("content-type") {
            once(&mut known.content_type)
        } else if is("host") {
            hosts += 1;
            hosts == 1
        } else if is("x-request-id") {
            once(&mut known.request_id)
        } else if is("traceparent") {
            once(&mut known.trace_parent)
        } else if is("connection") {
            header.value.eq_ignore_ascii_case(b"keep-alive")
        } else {
            IDLE.iter().any(|name| is(name))
        };
        if !as_usual {
            return None;
        }
    }
    let length = digits(known.content_length?)?;
    let body = bytes.get(head..head + length)?;
    (hosts == 1 && is_json(known.content_type?)).then_some((known, body, head + length))
}

/// Headers that say nothing to the app. One that is not here may mean something to it.
const IDLE: [&str; 13] = [
    "accept",
    "user-agent",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "date",
    "forwarded",
    "tracestate",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
];

/// A Content-Length as RFC 9110 section 8.6 has it, and short enough for a number.
fn digits(text: &[u8]) -> Option<usize> {
    let all_digits = !text.is_empty() && text.len() <= 9 && text.iter().all(u8::is_ascii_digit);
    let value = |value: usize, digit: &u8| value * 10 + usize::from(digit - b'0');
    all_digits.then(|| text.iter().fold(0, value))
}
