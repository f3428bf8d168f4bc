//! Garbage at every route, from callers who may use it: random bytes, random JSON of the right field names, good bodies with
//! something changed, bad paths, queries and headers. The seeds are fixed, so that what fails once fails again.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reqwest::Method;
use serde_json::{Value, json};

use super::routes::{Body, Row, Side, Thing, nobody, rows};
use crate::support::World;
use crate::support::actors::{Api, Said, new_key};

/// How many requests each route gets.
const ROUNDS: u64 = 60;

/// Text that has broken something somewhere.
const NASTY: &[&str] = &[
    "",
    " ",
    "\0",
    "\u{1}",
    "a\0b",
    "\u{feff}",
    "\u{202e}abc",
    "\u{2028}",
    "é",
    "e\u{301}",
    "𝕏",
    "👩‍👩‍👧",
    "ﷺ",
    "İ",
    "ß",
    "null",
    "true",
    "NaN",
    "-0",
    "0x10",
    "1e309",
    "99999999999999999999",
    "-1",
    "007",
    "1,23E+15",
    "\\",
    "\"",
    "'",
    "`",
    "''",
    "' OR 1=1 --",
    "'; DROP TABLE workers; --",
    "$1",
    "%s%n",
    "{{7*7}}",
    "${jndi:ldap://a}",
    "<script>",
    "../../etc/passwd",
    "=cmd|' /C calc'!A0",
    "1970-01-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "2026-03-02T24:00:00Z",
    "2026-03-02",
    "04A1B2C3D4E5F6",
    "88010203",
    "08010203",
    "04a1b2c",
    ";1234=5678?",
    "6:1",
    "LEAF:x",
    "crd_",
    "wrk_0",
    "mbr_00000000000070008000000000000000",
    "d670d0c1-0b1b-4c39-9c29-1b1fd0b9d0c5",
    "7fffffffffffffff",
];

/// Every name of a field, and some that are none.
const NAMES: &[&str] = &[
    "name",
    "kind",
    "locodes",
    "max_age_ms",
    "member",
    "locode",
    "security_level",
    "shows_class",
    "facility",
    "zone",
    "direction",
    "card_systems",
    "uid_byte_order",
    "role",
    "family_name",
    "given_names",
    "birth_date",
    "documents",
    "document",
    "country",
    "limit",
    "cursor",
    "employer",
    "staff_number",
    "worker",
    "engagement",
    "valid_from",
    "valid_until",
    "scope",
    "facilities",
    "zones",
    "badges",
    "medium",
    "cards",
    "card_system",
    "format",
    "value",
    "facility_code",
    "number",
    "raw",
    "bit_count",
    "gate",
    "card",
    "credential",
    "at_least",
    "checks",
    "reason",
    "credentials",
    "function",
    "functions",
    "requires",
    "until",
    "consented_at",
    "advice",
    "authority",
    "reference",
    "date",
    "decision",
    "",
    "__proto__",
    "id",
    "a\0",
];

fn text(random: &mut ChaCha8Rng) -> String {
    match random.random_range(0..6) {
        0 => char::from_u32(random.random_range(0..0x11_0000))
            .unwrap_or('\u{fffd}')
            .to_string(),
        1 => NASTY[random.random_range(0..NASTY.len())].repeat(random.random_range(1..200)),
        2 => random.random::<u64>().to_string(),
        _ => NASTY[random.random_range(0..NASTY.len())].to_owned(),
    }
}

fn tree(random: &mut ChaCha8Rng, depth: u32) -> Value {
    match random.random_range(0..if depth == 0 { 6 } else { 9 }) {
        0 => Value::Null,
        1 => json!(random.random::<bool>()),
        2 => json!(random.random::<i64>() >> random.random_range(0..64)),
        3 => json!(random.random::<u64>()),
        4 => json!(f64::from_bits(random.random::<u64>())),
        5 => json!(text(random)),
        6 => (0..random.random_range(0..6))
            .map(|_| tree(random, depth - 1))
            .collect(),
        _ => fields(random, depth - 1),
    }
}

fn fields(random: &mut ChaCha8Rng, depth: u32) -> Value {
    let fields = (0..random.random_range(0..6)).map(|_| {
        (
            NAMES[random.random_range(0..NAMES.len())].to_owned(),
            tree(random, depth),
        )
    });
    Value::Object(fields.collect())
}

/// A place somewhere in a value.
fn somewhere<'a>(random: &mut ChaCha8Rng, value: &'a mut Value) -> &'a mut Value {
    let parts = match value {
        Value::Object(fields) => fields.len(),
        Value::Array(items) => items.len(),
        _ => 0,
    };
    if parts == 0 || random.random_range(0..4) == 0 {
        return value;
    }
    let nth = random.random_range(0..parts);
    let part = match value {
        Value::Object(fields) => fields.values_mut().nth(nth),
        Value::Array(items) => items.get_mut(nth),
        _ => None,
    };
    somewhere(random, part.expect("it has so many parts"))
}

/// What the description says, and identifiers of things that are there.
struct Described<'a> {
    description: &'a Value,
    pool: &'a [String],
}

impl Described<'_> {
    /// A value that the description allows, or nearly: optional fields come and go, texts and numbers are odd ones.
    fn value(&self, random: &mut ChaCha8Rng, schema: &Value) -> Value {
        if random.random_range(0..60) == 0 {
            return tree(random, 2);
        }
        if let Some(target) = schema["$ref"].as_str() {
            let target = self.description.pointer(target.trim_start_matches('#'));
            return self.value(random, target.expect("it leads somewhere"));
        }
        if let Some(choices) = schema["oneOf"].as_array() {
            let nth = random.random_range(0..choices.len());
            return self.value(random, &choices[nth]);
        }
        if let Some(names) = schema["enum"].as_array() {
            return names[random.random_range(0..names.len())].clone();
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => &kinds[random.random_range(0..kinds.len())],
            kind => kind,
        };
        match kind.as_str().unwrap_or("null") {
            "object" => {
                let required = schema["required"].as_array().cloned().unwrap_or_default();
                let fields = schema["properties"]
                    .as_object()
                    .cloned()
                    .unwrap_or_default();
                let fields = fields.into_iter().filter_map(|(name, schema)| {
                    let needed = required.iter().any(|required| *required == name);
                    (needed || random.random()).then(|| (name, self.value(random, &schema)))
                });
                Value::Object(fields.collect())
            }
            "array" => {
                let length = random.random_range(0..4);
                (0..length)
                    .map(|_| self.value(random, &schema["items"]))
                    .collect()
            }
            "integer" => {
                let least = schema["minimum"].as_i64().unwrap_or(0);
                let edges = [
                    least,
                    least + 1,
                    schema["maximum"].as_i64().unwrap_or(i64::MAX),
                    255,
                    65_536,
                ];
                json!(edges[random.random_range(0..edges.len())])
            }
            "boolean" => json!(random.random::<bool>()),
            "string" => self.text(random, schema),
            _ => Value::Null,
        }
    }

    fn text(&self, random: &mut ChaCha8Rng, schema: &Value) -> Value {
        let pattern = schema["pattern"].as_str().unwrap_or_default();
        let prefix = pattern
            .trim_start_matches('^')
            .split('[')
            .next()
            .unwrap_or_default();
        let of_pool = self
            .pool
            .iter()
            .find(|id| prefix.ends_with('_') && id.starts_with(prefix));
        match (of_pool, random.random_range(0..6)) {
            (Some(id), 1..) => json!(id),
            (None, 0) => json!(format!("{:x}", random.random::<u128>())),
            (None, 1) => json!(random.random::<u32>().to_string()),
            (None, 2) if schema["format"] == "date-time" => json!("2026-12-31T23:59:60+14:00"),
            (None, 3) if schema["format"] == "date-time" => json!("2027-01-01T00:00:00Z"),
            (None, 4) => json!("Maes"),
            _ => json!(text(random)),
        }
    }
}

/// A body that a route does not expect, or one that it does.
fn body(random: &mut ChaCha8Rng, good: &str, described: Option<Value>) -> Vec<u8> {
    if let Some(described) = described.filter(|_| random.random()) {
        return described.to_string().into();
    }
    match random.random_range(0..8) {
        0 => (0..random.random_range(0..300))
            .map(|_| random.random::<u8>())
            .collect(),
        1 => tree(random, 4).to_string().into(),
        2 => fields(random, 4).to_string().into(),
        3 | 4 => {
            // One byte of a good body changed, one taken away, and the end cut off.
            let mut bytes = good.as_bytes().to_vec();
            let at = random.random_range(0..bytes.len());
            bytes[at] = random.random();
            bytes.remove(random.random_range(0..bytes.len()));
            let length = if random.random() {
                bytes.len()
            } else {
                random.random_range(0..=bytes.len())
            };
            bytes.truncate(length);
            bytes
        }
        5 => good.repeat(random.random_range(2..4)).into(),
        _ => match serde_json::from_str::<Value>(good) {
            Ok(mut good) => {
                for _ in 0..random.random_range(1..4) {
                    *somewhere(random, &mut good) = tree(random, 2);
                }
                good.to_string().into()
            }
            // No JSON: a form or a file, with something pushed into its middle.
            Err(_) => {
                let at = random.random_range(0..=good.len());
                let (one, other) = good.as_bytes().split_at(at);
                [one, text(random).as_bytes(), other].concat()
            }
        },
    }
}

/// Text for a path or a query, with everything but letters and digits escaped.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() {
                (b as char).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}

fn query(random: &mut ChaCha8Rng) -> String {
    let names = [
        "limit", "cursor", "member", "worker", "state", "zzz", "%00", "",
    ];
    let pairs = (0..random.random_range(0..4)).map(|_| {
        let name = names[random.random_range(0..names.len())];
        let value = if random.random_range(0..5) == 0 {
            String::from("%ff%fe")
        } else {
            escaped(&text(random))
        };
        format!("{name}={}", value.chars().take(2_000).collect::<String>())
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// Text that HTTP allows in a header.
fn header(random: &mut ChaCha8Rng) -> String {
    let text: String = text(random)
        .chars()
        .filter(|c| matches!(c, ' '..='~'))
        .take(200)
        .collect();
    match random.random_range(0..4) {
        0 => format!("\"{text}\""),
        1 => format!("\"{}\"", random.random::<u64>()),
        2 => new_key(),
        _ => text,
    }
}

struct Caller<'a> {
    side: &'a Side,
    network: &'a Api,
    described: Described<'a>,
}

impl Caller<'_> {
    async fn throw(&self, row: &Row, random: &mut ChaCha8Rng) -> Said {
        let thing = match row.thing {
            // One of each is enough for all that is thrown at them.
            thing if thing.is_screened() => {
                let prefix = &nobody(thing)[..4];
                let known = self.described.pool.iter().find(|id| id.starts_with(prefix));
                known.expect("the pool has one").clone()
            }
            thing => self.side.one(thing).await,
        };
        let id = match random.random_range(0..4) {
            0 => escaped(&text(random)).chars().take(2_000).collect(),
            1 => nobody(row.thing).to_owned(),
            // Not a client or a credential: nothing is to be ended that others need.
            _ => match row.thing {
                Thing::Client | Thing::Engagement | Thing::Suspended | Thing::Import => {
                    nobody(row.thing).to_owned()
                }
                _ => thing.clone(),
            },
        };
        let mut path = row.at(&id);
        let good = match row.body {
            Body::Json(body) => body(self.side, &thing).to_string(),
            Body::Form(body) => body(self.side),
            Body::File(file) => {
                let (query, bytes) = file(&self.side.hr.card_system);
                path = format!("{path}?{query}");
                bytes
            }
            Body::None => String::from("{}"),
        };
        let method = row.method.as_str().to_lowercase();
        let operation = &self.described.description["paths"][row.path][&method];
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let described = schema
            .is_object()
            .then(|| self.described.value(random, schema));
        let body = body(random, &good, described);
        if random.random_range(0..4) == 0 {
            path = format!(
                "{}?{}",
                path.split('?').next().unwrap_or_default(),
                query(random)
            );
        }
        let (key, etag) = (header(random), header(random));
        let content_type = match row.body {
            Body::Form(_) => "application/x-www-form-urlencoded",
            Body::File(_) => "text/csv",
            Body::None | Body::Json(_) => "application/json",
        };
        let headers = [
            ("content-type", content_type),
            (
                "idempotency-key",
                if random.random_range(0..4) == 0 {
                    &key
                } else {
                    ""
                },
            ),
            ("if-match", &etag),
            ("if-none-match", &etag),
        ];
        let fresh = new_key();
        let headers = headers.map(|(name, value)| {
            let missing = name == "idempotency-key" && value.is_empty();
            (name, if missing { fresh.as_str() } else { value })
        });
        let body = if row.method == Method::GET {
            Vec::new()
        } else {
            body
        };
        row.by(self.side, self.network)
            .send(row.method.clone(), &path, &headers, body)
            .await
    }
}

pub async fn garbage_is_refused_by_every_route_and_nothing_breaks(world: World) {
    let network = world.admin().await;
    let side = Side::of(
        &world,
        &network.administrator_of(&world, &network.member).await,
    )
    .await;
    let description = serde_json::from_str(portcullis::http::openapi::json().0).expect("JSON");
    let pool = [
        Thing::Member,
        Thing::Facility,
        Thing::Zone,
        Thing::CardSystem,
        Thing::Gate,
        Thing::Worker,
        Thing::Engagement,
        Thing::Screening,
        Thing::MatchCase,
        Thing::Approval,
        Thing::BreakGlass,
        Thing::Erasure,
        Thing::Ban,
        Thing::Referral,
        Thing::HeldBack,
        Thing::Credential,
    ];
    let pool = futures_util::future::join_all(pool.map(|thing| side.one(thing))).await;
    let caller = Caller {
        side: &side,
        network: &network.api,
        described: Described {
            description: &description,
            pool: &pool,
        },
    };
    let (mut taken, mut refused) = (0, 0);
    for (nth, row) in rows().iter().enumerate() {
        for round in 0..ROUNDS {
            let seed = (nth as u64) << 32 | round;
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            // A panic in a handler would close the connection, and this would not return an answer.
            let said = caller.throw(row, &mut random).await;
            let told = format!("{} with seed {seed}: {}", row.name(), said.text);
            match said.status.as_u16() {
                200..=399 => taken += 1,
                400..=499 => {
                    refused += 1;
                    if said.status == 404 && row.path.starts_with("/docs") {
                        continue;
                    }
                    assert_eq!(
                        said.headers["content-type"], "application/problem+json",
                        "{told}"
                    );
                    let code = said.json()["code"].as_str().unwrap_or_default().to_owned();
                    said.refused(&code);
                }
                _ => panic!("{told}"),
            }
        }
    }
    // Most of it is garbage, and not all is refused for one first reason.
    assert!(
        refused > taken && taken > 100,
        "{taken} taken, {refused} refused"
    );
    // The server and its ledger are as good as before; the world's own examination follows.
    let said = network.api.get("/readyz").await;
    assert_eq!(said.ok()["ready"], true);
    assert!(!side.one(Thing::Credential).await.is_empty());
}
