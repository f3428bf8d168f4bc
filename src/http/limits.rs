//! Every limit of the HTTP surface by name. The OpenAPI description says each of them.

use std::time::Duration;

/// Bytes of a JSON body.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a batch of gate checks or revocations.
pub const BATCH_BYTES_MAX: usize = 512 * 1024;
/// Bytes of a file to import.
pub const IMPORT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How long a body may take to arrive.
pub const BODY_PATIENCE: Duration = Duration::from_secs(10);
/// How long a file may take to arrive.
pub const IMPORT_PATIENCE: Duration = Duration::from_secs(120);
/// How long the head of a connection's first request may take to arrive, once something of it came; whoever says nothing
/// at first has up to twice as long in all.
pub const HEAD_PATIENCE: Duration = Duration::from_secs(5);
/// Bytes that a thread takes in at once to answer gate checks straight from the connection; more is for the app.
pub const DIRECT_BYTES_MAX: usize = 16 * 1024;
/// Headers of a request that is answered so.
pub const HEADERS_MAX: usize = 24;
/// How long a connection is kept on which nothing is answered; at most one and a half times that.
pub const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Items on a page, if not said otherwise.
pub const PAGE_DEFAULT: usize = 50;
/// Items on a page at most.
pub const PAGE_MAX: usize = 200;
/// Characters of an Idempotency-Key.
pub const KEY_CHARS_MAX: usize = 64;
/// Characters of the RateLimit header: the longest name of a limit, and the largest number.
pub const LIMIT_CHARS_MAX: usize = 32;
/// Characters of a request's id.
pub const REQUEST_ID_CHARS_MAX: usize = 64;
/// How long a check waits for the copy to hold an `at_least` before it answers without.
pub const AT_LEAST_PATIENCE: Duration = Duration::from_millis(500);
/// Tokens that one thread remembers as verified.
pub const TOKENS_REMEMBERED_MAX: usize = 50_000;
