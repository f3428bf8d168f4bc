//! What every handler gets: the services, shared, and what each thread keeps to itself.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::header::HeaderValue;
use arrayvec::ArrayString;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::access::permission::Caller;
use crate::access::token::Verified;
use crate::domain::client::Role;
use crate::domain::ids::ClientId;
use crate::service::health::Health;
use crate::service::{Services, clients};

use super::limits::TOKENS_REMEMBERED_MAX;
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
}

/// How often one client may ask, in a second.
#[derive(Debug, Clone, Copy)]
pub struct Quotas {
    /// A gate's.
    pub gate: NonZeroU32,
    /// Anybody else's.
    pub other: NonZeroU32,
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, DefaultClock, StateInformationMiddleware>;

/// What a client may still ask. Its state is one atomic number.
pub struct Allowance {
    limiter: Limiter,
    per_second: NonZeroU32,
    name: &'static str,
    policy: HeaderValue,
}

/// The RateLimit headers of an answer (draft-ietf-httpapi-ratelimit-headers): the allowance, and what was left of it.
#[derive(Debug, Clone)]
pub struct Remaining {
    /// RateLimit-Policy.
    pub policy: HeaderValue,
    /// RateLimit.
    pub left: HeaderValue,
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
        }
    }

    /// Whether the server is asked to stop.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// A client's allowance. Taken once for each token and thread, not at every request.
    fn allowance(&self, client: ClientId, role: Role) -> Arc<Allowance> {
        let mut allowances = self
            .allowances
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if allowances.len() >= TOKENS_REMEMBERED_MAX {
            allowances.clear();
        }
        let made = || {
            let (per_second, name) = match role {
                Role::Gate => (self.quotas.gate, "gate"),
                Role::HrOfficer | Role::MemberAdmin | Role::NetworkAdmin => {
                    (self.quotas.other, "client")
                }
            };
            let limiter = RateLimiter::direct(Quota::per_second(per_second)).with_middleware();
            let policy = header(format_args!("\"{name}\";q={per_second};w=1"));
            Arc::new(Allowance {
                limiter,
                per_second,
                name,
                policy,
            })
        };
        allowances.entry(client).or_insert_with(made).clone()
    }
}

impl Allowance {
    /// Takes one request out of it: what is left, and the refusal if there was none left.
    pub fn take(&self) -> (Remaining, Option<Problem>) {
        let remaining = |left: u32| Remaining {
            policy: self.policy.clone(),
            left: header(format_args!("\"{}\";r={left};t=1", self.name)),
        };
        match self.limiter.check() {
            Ok(snapshot) => (remaining(snapshot.remaining_burst_capacity()), None),
            Err(not_until) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now());
                (remaining(0), Some(too_often(wait.as_secs() + 1)))
            }
        }
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

fn too_often(seconds: u64) -> Problem {
    let mut problem = Problem::new(
        ProblemCode::TooManyRequests,
        "This client asks more often than it may. Slow down.",
    );
    problem.retry_after_s = Some(seconds);
    problem
}

/// A header of a few letters and numbers, none of which it could refuse.
fn header(text: std::fmt::Arguments<'_>) -> HeaderValue {
    let mut on_stack = ArrayString::<64>::new();
    let written = on_stack.write_fmt(text).is_ok();
    HeaderValue::from_str(if written { &on_stack } else { "" })
        .unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// By token: what it proves, and what its client may still ask.
type TokenMap = HashMap<Box<[u8]>, (Verified, Arc<Allowance>), foldhash::fast::RandomState>;

/// What one thread of the server remembers: tokens that it has verified, so that a check does not pay for a signature
/// each time. Nobody else reads or writes it, so there is no lock. Only tokens that we signed get in, so nobody can choose
/// them to collide and their hash may be a fast one: a token is some hundred bytes long and is looked up at every request.
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
    ) -> Result<(Caller, Arc<Allowance>), Problem> {
        let invalid = || {
            Problem::new(
                ProblemCode::Unauthorized,
                "The access token is missing or not valid. Ask for a new one.",
            )
        };
        let services = &shared.services;
        let now = services.environment.now();
        let mut tokens = self.tokens.borrow_mut();
        let (verified, allowance) = match tokens.get(token) {
            Some((verified, allowance)) if now < verified.expires => (*verified, allowance.clone()),
            _ => {
                tokens.remove(token);
                let text = std::str::from_utf8(token).map_err(|_| invalid())?;
                let verified = services.tokens.verify(text, now).map_err(|_| invalid())?;
                let places = services.index.places();
                let client = places.caller(verified.client).ok_or_else(invalid)?;
                let allowance = shared.allowance(client.id, client.role);
                if tokens.len() >= TOKENS_REMEMBERED_MAX {
                    tokens.clear();
                }
                tokens.insert(token.into(), (verified, allowance.clone()));
                (verified, allowance)
            }
        };
        drop(tokens);
        let places = services.index.places();
        let client = places.caller(verified.client).ok_or_else(invalid)?;
        let caller = clients::caller(client);
        Ok((caller, allowance))
    }
}
