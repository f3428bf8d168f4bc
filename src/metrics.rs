//! What is counted, in the text format of Prometheus. Labels are few and fixed: no identifier, no path as it was sent.

use prometheus::{
    Encoder, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
    TextEncoder,
};

use crate::domain::decision::Decision;
use crate::service::Services;
use crate::service::health::is_alarming;

/// The counters of a node.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    /// Gate checks that were answered with 200: the counter of `requests` for them, found beforehand.
    pub gate_checks_answered: IntCounter,
    checks: [IntCounter; 4],
    /// Seconds that a request took which was not answered straight from its connection.
    pub request_seconds: Histogram,
    seq: IntGauge,
    age_ms: IntGauge,
    alarm: IntGauge,
    credentials: IntGauge,
    whole: IntGauge,
    broken: IntGauge,
    log: IntCounterVec,
}

impl Metrics {
    /// Counters at zero.
    pub fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        let requests = IntCounterVec::new(
            Opts::new(
                "portcullis_requests_total",
                "Answered requests by route and status",
            ),
            &["route", "status"],
        )?;
        let checks = IntCounterVec::new(
            Opts::new(
                "portcullis_gate_checks_total",
                "Answered gate checks by decision",
            ),
            &["decision"],
        )?;
        let request_seconds = Histogram::with_opts(HistogramOpts::new(
            "portcullis_request_seconds",
            "Seconds that requests took, but for gate checks answered straight from their connection",
        ))?;
        let seq = IntGauge::new(
            "portcullis_ledger_seq",
            "The last ledger entry that this node's index holds",
        )?;
        let age_ms = IntGauge::new(
            "portcullis_copy_age_milliseconds",
            "Milliseconds since this node last confirmed the ledger's head",
        )?;
        let alarm = IntGauge::new(
            "portcullis_copy_alarm",
            "1 while this node's copy is older than the alarm limit of the strictest security level at any gate",
        )?;
        let credentials = IntGauge::new(
            "portcullis_credentials",
            "Credentials that this node's index holds",
        )?;
        let whole = IntGauge::new(
            "portcullis_copy_whole",
            "1 while nothing speaks against this node's copy of the ledger",
        )?;
        let broken = IntGauge::new(
            "portcullis_break_glass_open",
            "Members at which the glass is broken, so that many credentials are revoked without a second person",
        )?;
        let log = IntCounterVec::new(
            Opts::new(
                "portcullis_check_log_lines_total",
                "Lines of the check log by what became of them, and by decision",
            ),
            &["fate", "decision"],
        )?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(checks.clone()))?;
        registry.register(Box::new(request_seconds.clone()))?;
        for gauge in [&seq, &age_ms, &alarm, &credentials, &whole, &broken] {
            registry.register(Box::new(gauge.clone()))?;
        }
        registry.register(Box::new(log.clone()))?;
        let by_decision =
            Decision::ALL.map(|decision| checks.with_label_values(&[decision.as_str()]));
        Ok(Self {
            registry,
            gate_checks_answered: requests.with_label_values(&["/v1/gate-checks", "200"]),
            requests,
            checks: by_decision,
            request_seconds,
            seq,
            age_ms,
            alarm,
            credentials,
            whole,
            broken,
            log,
        })
    }

    /// Counts an answered request.
    pub fn answered(&self, route: &str, status: &str) {
        self.requests.with_label_values(&[route, status]).inc();
    }

    /// Counts an answered check.
    pub fn checked(&self, decision: Decision) {
        self.checks[decision as usize].inc();
    }

    /// The text for a scrape.
    pub fn render(&self, services: &Services) -> Vec<u8> {
        let index = &services.index;
        let gauge = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        self.seq.set(gauge(index.seq()));
        let age_ms = index.age_ms(services.environment.uptime_ms());
        self.age_ms.set(gauge(age_ms));
        self.alarm.set(is_alarming(index, age_ms).into());
        self.credentials.set(index.credentials_len().into());
        self.whole.set(index.is_whole().into());
        let now = services.environment.now();
        let places = index.places();
        let glasses = places.glasses.values();
        let open = glasses.filter(|(_, glass)| glass.is_open(now)).count();
        self.broken.set(gauge(open as u64));
        let counts = services.check_log.counts();
        for decision in Decision::ALL {
            for (fate, count) in [
                ("written", counts.written(decision)),
                ("dropped", counts.dropped(decision)),
            ] {
                let counter = self.log.with_label_values(&[fate, decision.as_str()]);
                counter.inc_by(count.saturating_sub(counter.get()));
            }
        }
        let mut text = Vec::new();
        // Encoding into memory fails only for metrics without values; there are none.
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut text);
        text
    }
}
