//! What every handler gets: the services, shared, and what each thread keeps to itself.

use std::cell::RefCell;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrayvec::ArrayString;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::access::permission::Caller;
use crate::access::token::Verified;
use crate::domain::client::{Client, Role};
use crate::domain::ids::ClientId;
use crate::domain::time::Timestamp;
use crate::index::lately::Doer;
use crate::service::health::Health;
use crate::service::{Services, clients};

use super::limits::{LIMIT_CHARS_MAX, TOKENS_REMEMBERED_MAX};
use super::problem::{Problem, ProblemCode};

/// Shared by all threads of the server.
pub struct Shared {
    /// What does the work.
    pub services: Arc<Services>,
    /// What is counted.
    pub metrics: crate::metrics::Metrics,
    /// How the node is.
    pub health: Arc<Health>,
    /// Set when the server is asked to stop. For a while `/readyz` says so and everything else goes on; then the sockets
    /// close.
    pub draining: AtomicBool,
    /// How often clients may ask.
    pub quotas: Quotas,
    allowances: Mutex<HashMap<ClientId, Arc<Allowance>>>,
    lookups: Mutex<HashMap<Doer, Arc<Limiter>>>,
}

/// How often one client may ask, in a second if nothing else is said.
#[derive(Debug, Clone, Copy)]
pub struct Quotas {
    /// A gate's.
    pub gate: NonZeroU32,
    /// Anybody else's.
    pub other: NonZeroU32,
    /// How often anybody may look up who a worker is, in a minute: a person through all their clients together.
    pub lookups_per_minute: NonZeroU32,
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, DefaultClock, StateInformationMiddleware>;

/// What a client may still ask; its state is one atomic number. What is said of it are the headers of
/// draft-ietf-httpapi-ratelimit-headers.
pub struct Allowance {
    limiter: Limiter,
    /// Shared by all clients of one person.
    lookups: Arc<Limiter>,
    per_second: NonZeroU32,
    name: &'static str,
    policy: String,
}

/// What was left of an allowance when a request was taken out of it.
pub struct Remaining {
    /// Whose.
    pub allowance: Arc<Allowance>,
    /// How many.
    pub left: u32,
}

impl Shared {
    /// With these parts.
    pub fn new(
        services: Arc<Services>,
        health: Arc<Health>,
        metrics: crate::metrics::Metrics,
        quotas: Quotas,
    ) -> Self {
        Self {
            services,
            health,
            metrics,
            draining: AtomicBool::new(false),
            quotas,
            allowances: Mutex::default(),
            lookups: Mutex::default(),
        }
    }

    /// Whether the server is asked to stop.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// A client's allowance. Taken once for each token and thread, not at every request.
    fn allowance(&self, client: &Client) -> Arc<Allowance> {
        let lookups = self.lookups(Doer::of(client.id, client.person));
        let mut allowances = self
            .allowances
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if allowances.len() >= TOKENS_REMEMBERED_MAX {
            allowances.clear();
        }
        let made = || {
            let (per_second, name) = match client.role {
                Role::Gate => (self.quotas.gate, "gate"),
                _ => (self.quotas.other, "client"),
            };
            let limiter = RateLimiter::direct(Quota::per_second(per_second)).with_middleware();
            let policy = format!("\"{name}\";q={per_second};w=1");
            Arc::new(Allowance {
                limiter,
                lookups,
                per_second,
                name,
                policy,
            })
        };
        allowances.entry(client.id).or_insert_with(made).clone()
    }

    /// What somebody may still look up.
    fn lookups(&self, doer: Doer) -> Arc<Limiter> {
        let mut lookups = self.lookups.lock().unwrap_or_else(PoisonError::into_inner);
        if lookups.len() >= TOKENS_REMEMBERED_MAX {
            lookups.clear();
        }
        let quota = Quota::per_minute(self.quotas.lookups_per_minute);
        let made = || Arc::new(RateLimiter::direct(quota).with_middleware());
        lookups.entry(doer).or_insert_with(made).clone()
    }
}

impl Allowance {
    /// Takes one request out of it, and answers how many are left.
    pub fn take(&self) -> Result<u32, Problem> {
        take(&self.limiter)
    }

    /// Takes one look at who somebody is, of which there are fewer.
    pub fn take_lookup(&self) -> Result<(), Problem> {
        take(&self.lookups).map(drop)
    }

    /// The RateLimit-Policy header.
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// The RateLimit header, when so many are left.
    pub fn says(&self, left: u32) -> ArrayString<LIMIT_CHARS_MAX> {
        let mut text = ArrayString::new();
        let mut number = itoa::Buffer::new();
        for part in ["\"", self.name, "\";r=", number.format(left), ";t=1"] {
            // It is as long as the longest name and number need.
            let _ = text.try_push_str(part);
        }
        text
    }

    /// Takes so many more out of it: what is asked in one request counts as much as if each were asked alone. A request
    /// that asks for more than a second's allowance takes all of it.
    pub fn take_more(&self, more: usize) -> Result<(), Problem> {
        let more = u32::try_from(more).unwrap_or(u32::MAX);
        let Some(more) = NonZeroU32::new(more.min(self.per_second.get() - 1)) else {
            return Ok(());
        };
        match self.limiter.check_n(more) {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(too_often(1)),
        }
    }
}

fn take(limiter: &Limiter) -> Result<u32, Problem> {
    match limiter.check() {
        Ok(snapshot) => Ok(snapshot.remaining_burst_capacity()),
        Err(not_until) => {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            Err(too_often(wait.as_secs() + 1))
        }
    }
}

fn too_often(seconds: u64) -> Problem {
    let mut problem = Problem::new(
        ProblemCode::TooManyRequests,
        "This client asks more often than it may. Slow down.",
    );
    problem.retry_after_s = Some(seconds);
    problem
}

/// By the end of a token, which is the end of its signature and so as random as any hash.
type TokenMap = HashMap<[u8; 16], Token, foldhash::fast::RandomState>;

/// A token that was verified.
struct Token {
    whole: Box<[u8]>,
    verified: Verified,
    allowance: Arc<Allowance>,
}

/// What one thread of the server remembers: tokens that it has verified, so that a check does not pay for a signature
/// each time. Nobody else reads or writes it, so there is no lock.
#[derive(Default)]
pub struct Remembered {
    tokens: RefCell<TokenMap>,
}

impl Remembered {
    /// Who shows this token, and what they may still ask. A remembered token still loses its force when it expires or its
    /// client is revoked.
    pub fn caller(
        &self,
        shared: &Shared,
        token: &[u8],
        now: Timestamp,
    ) -> Result<(Caller, Arc<Allowance>), Problem> {
        let invalid = || {
            Problem::new(
                ProblemCode::Unauthorized,
                "The access token is missing or not valid. Ask for a new one.",
            )
        };
        if let Some(known) = self.known(shared, token, now) {
            return known.ok_or_else(invalid);
        }
        let services = &shared.services;
        let text = std::str::from_utf8(token).map_err(|_| invalid())?;
        let verified = services.tokens.verify(text, now).map_err(|_| invalid())?;
        let places = services.index.places();
        let client = places.caller(verified.client).ok_or_else(invalid)?;
        let allowance = shared.allowance(client);
        let mut tokens = self.tokens.borrow_mut();
        if tokens.len() >= TOKENS_REMEMBERED_MAX {
            tokens.clear();
        }
        if let Some(end) = token.last_chunk() {
            let token = Token {
                whole: token.into(),
                verified,
                allowance: allowance.clone(),
            };
            tokens.insert(*end, token);
        }
        Ok((clients::caller(client), allowance))
    }

    /// The same, if this thread remembers the token: `Some(None)` if its client was revoked since.
    fn known(
        &self,
        shared: &Shared,
        token: &[u8],
        now: Timestamp,
    ) -> Option<Option<(Caller, Arc<Allowance>)>> {
        let tokens = self.tokens.borrow();
        let known = tokens.get(token.last_chunk()?)?;
        // One whose time is up is looked at as if it came for the first time: clocks may differ a little.
        if *known.whole != *token || now >= known.verified.expires {
            return None;
        }
        let places = shared.services.index.places();
        let client = places.caller(known.verified.client);
        Some(client.map(|client| (clients::caller(client), known.allowance.clone())))
    }
}
