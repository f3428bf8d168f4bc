//! The OpenAPI 3.1 description, generated from the handlers and their types. `openapi/portcullis.yaml` is this text,
//! checked in; a test and `portcullis openapi --check` fail when they differ.

mod examples;
mod roles;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::ArrayItems;
use utoipa::openapi::security::{
    ClientCredentials, Flow, HttpAuthScheme, HttpBuilder, OAuth2, Scopes, SecurityScheme,
};
use utoipa::openapi::{
    Components, Content, HeaderBuilder, ObjectBuilder, Ref, RefOr, ResponseBuilder, Schema, Type,
};
use utoipa::{Modify, OpenApi};

use super::handlers::{
    approvals, bans, break_glass, clients, credentials, employers, erasures, exclusions, exports,
    gate_checks, health, impact, imports, issuing, lookups, match_cases, network, oauth, referrals,
    retention, revocations, screenings, sharing, sightings, work_items, workers,
};
use super::problem::ProblemDocument;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Portcullis",
        description = "Shared screened-worker records and credential revocations for the ports of one network, \
            answered at every gate. Every error is a problem document (RFC 9457) with a stable `code`. Lists of names \
            may grow: take a name that you do not know as \"not good\".",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        contact(name = "The operator of this network")
    ),
    servers((url = "/", description = "This server")),
    paths(
        gate_checks::check, gate_checks::check_batch, gate_checks::status,
        network::add_member, network::list_members, network::show_member, network::change_member,
        network::add_facility, network::list_facilities, network::show_facility, network::change_facility,
        network::add_zone, network::list_zones, network::show_zone, network::change_zone,
        network::add_card_system, network::list_card_systems, network::show_card_system, network::change_card_system,
        network::add_gate, network::list_gates, network::show_gate, network::change_gate,
        clients::add_client, clients::list_clients, clients::show_client, clients::change_client, clients::revoke_client,
        clients::add_person, clients::list_people, clients::show_person, clients::change_person,
        workers::register, workers::list, workers::search, workers::show, workers::amend,
        workers::engage, workers::engagements, workers::disengage, impact::of_end, impact::of_lapse,
        employers::lapse,
        lookups::list, work_items::list,
        erasures::ask, erasures::list, erasures::show, erasures::withdraw,
        exports::export, exports::read, retention::show,
        match_cases::list, match_cases::show, match_cases::confirm, match_cases::reject,
        screenings::open, screenings::of_worker, screenings::list, screenings::show, screenings::submit,
        screenings::record, screenings::appeal, screenings::decide_appeal, screenings::finalise,
        screenings::condition_unmet, screenings::withdraw, impact::of_outcome,
        issuing::let_one_issue, sharing::show, sharing::change, sharing::record, sharing::end,
        referrals::list, referrals::show, referrals::send, referrals::adopt, referrals::decline,
        exclusions::propose, exclusions::list, exclusions::show, exclusions::publish, exclusions::adopt,
        exclusions::decline, exclusions::contest, exclusions::decide, exclusions::lift,
        bans::mirror, bans::list, bans::show, bans::end,
        approvals::list, approvals::show, approvals::grant, approvals::decline, approvals::withdraw,
        break_glass::open, break_glass::list, break_glass::show, break_glass::close,
        issuing::issue, credentials::list, credentials::show, issuing::add_badge, issuing::hand_over, issuing::recover, issuing::replace,
        credentials::suspend,
        credentials::lift, impact::of_revocation, revocations::revoke, revocations::revoke_batch, revocations::correct,
        imports::bring, imports::show, imports::apply,
        sightings::list,
        oauth::token, oauth::jwks,
        health::livez, health::readyz, health::openapi, health::problem,
    ),
    components(schemas(ProblemDocument)),
    security(("token" = []), ("client" = [])),
    tags(
        (name = "Gates", description = "Is this card good, here, now?"),
        (name = "Credentials", description = "Issuing them, and what happens to them afterwards."),
        (name = "Workers", description = "Who works in the ports, and for whom."),
        (name = "Match cases", description = "Whether two records that bear one document are of one person."),
        (name = "Screenings", description = "What the State answers about a worker and a function, and until when."),
        (name = "Between ports", description = "What bears on more than one member: port bans, what issuers tell each other, and whom they exclude."),
        (name = "Work", description = "What waits for whom, and until when."),
        (name = "Approvals", description = "The second person."),
        (name = "Personal data", description = "What is held of somebody, for how long, and forgetting who they were."),
        (name = "Imports", description = "Files of workers with their badges, and lists of badges to revoke."),
        (name = "Network", description = "Members, facilities, zones, gates and card systems."),
        (name = "Clients", description = "Machines that talk to this service, and the people who use them."),
        (name = "Tokens", description = "How machines come in."),
        (name = "Operation", description = "For whoever runs this service."),
    ),
    modifiers(&Common)
)]
struct Description;

/// What every operation has in common: how to come in, and how it fails.
struct Common;

impl Modify for Common {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let components = description.components.get_or_insert_default();
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("at+jwt")
            .build();
        components.add_security_scheme("token", SecurityScheme::Http(token));
        // The same tokens, for programs that get one by themselves.
        let flow = Flow::ClientCredentials(ClientCredentials::new("/oauth/token", Scopes::new()));
        components.add_security_scheme("client", SecurityScheme::OAuth2(OAuth2::new([flow])));
        for (name, example) in examples::all() {
            if let Some(RefOr::T(Schema::Object(body))) = components.schemas.get_mut(name) {
                body.examples = vec![example];
            }
        }
        let problem = |description: &str| {
            let schema = RefOr::Ref(Ref::from_schema_name("ProblemDocument"));
            ResponseBuilder::new()
                .description(description)
                .content("application/problem+json", Content::new(Some(schema)))
        };
        let seconds = || {
            HeaderBuilder::new()
                .schema(Some(ObjectBuilder::new().schema_type(Type::Integer)))
                .build()
        };
        components.responses.insert(
            "Problem".into(),
            problem("Something is wrong with the request")
                .build()
                .into(),
        );
        components.responses.insert(
            "TooMany".into(),
            problem("This client asks more often than it may")
                .header("Retry-After", seconds())
                .build()
                .into(),
        );
        components.responses.insert(
            "Later".into(),
            problem("The service cannot do this just now")
                .header("Retry-After", seconds())
                .build()
                .into(),
        );
        for (name, description, length) in HEADERS {
            let text = ObjectBuilder::new()
                .schema_type(Type::String)
                .max_length(Some(length));
            let header = HeaderBuilder::new()
                .schema(Some(text))
                .description(Some(description))
                .build();
            components.headers.insert(name.into(), header.into());
        }
        pages_refer_to_their_items(components);
        for (path, item) in &mut description.paths.paths {
            for (operation, changes) in [
                (&mut item.get, false),
                (&mut item.post, true),
                (&mut item.put, true),
            ] {
                if let Some(operation) = operation {
                    say_who_may(operation);
                    say_how_it_fails(path, operation, changes);
                    say_what_heads_carry(path, operation);
                }
            }
        }
    }
}

/// The headers that answers carry: name, what it says, characters at most.
const HEADERS: [(&str, &str, usize); 7] = [
    (
        "X-Request-Id",
        "Names this request, for asking us about it; your own X-Request-Id if you sent one, else the trace of your traceparent.",
        64,
    ),
    (
        "RateLimit-Policy",
        "How often this client may ask: q requests in w seconds (draft-ietf-httpapi-ratelimit-headers).",
        64,
    ),
    (
        "RateLimit",
        "How many requests are left: r in the next t seconds.",
        64,
    ),
    (
        "ETag",
        "The version; send it as If-Match with a change, or as If-None-Match to hear of one.",
        100,
    ),
    ("Location", "Where the new thing is.", 200),
    ("Link", "The next page, where there is one (RFC 8288).", 400),
    (
        "Idempotency-Replayed",
        "`true` on an answer that was given before to the same request.",
        4,
    ),
];

/// A page has its items written out in it; makers of clients would make each type twice of that.
fn pages_refer_to_their_items(components: &mut Components) {
    for (name, page) in &mut components.schemas {
        let Some(item) = name.strip_prefix("Items_") else {
            continue;
        };
        if let RefOr::T(Schema::Object(page)) = page
            && let Some(RefOr::T(Schema::Array(items))) = page.properties.get_mut("items")
        {
            items.items = ArrayItems::RefOrSchema(Box::new(Ref::from_schema_name(item).into()));
        }
    }
}

/// Adds the roles that an operation demands to what it says of itself.
fn say_who_may(operation: &mut Operation) {
    let roles = roles::of(operation.operation_id.as_deref().unwrap_or_default());
    if roles.is_empty() {
        return;
    }
    let demands = format!("Roles: {}.", roles.join(", "));
    operation.description = Some(match operation.description.take() {
        Some(said) => format!("{said}\n\n{demands}"),
        None => demands,
    });
}

fn say_how_it_fails(path: &str, operation: &mut Operation, changes: bool) {
    let open = operation
        .security
        .as_ref()
        .is_some_and(|security| !security.is_empty());
    let takes = |name: &str| {
        let mut parameters = operation.parameters.iter().flatten();
        parameters
            .any(|parameter| matches!(parameter, RefOr::T(parameter) if parameter.name == name))
    };
    let mut refusals = Vec::new();
    if !open {
        refusals.extend(["400", "401", "403", "429", "500", "503"]);
        if changes {
            refusals.extend(["404", "409"]);
        }
    }
    if path.contains('{') {
        refusals.push("404");
    }
    if takes("If-Match") {
        refusals.extend(["412", "428"]);
    }
    if operation.request_body.is_some() {
        refusals.extend(["400", "408", "413", "415"]);
        if open {
            refusals.extend(["401", "500"]);
        } else {
            refusals.push("422");
        }
    } else if changes {
        // One that takes no body refuses one.
        refusals.extend(["408", "413", "422"]);
    }
    for status in refusals {
        let name = match status {
            "429" => "TooMany",
            "503" => "Later",
            _ => "Problem",
        };
        operation
            .responses
            .responses
            .entry(status.into())
            .or_insert_with(|| RefOr::Ref(Ref::new(format!("#/components/responses/{name}"))));
    }
}

/// The headers of good answers, by what the operation is. Those of problems are the same for all.
fn say_what_heads_carry(path: &str, operation: &mut Operation) {
    let open = operation
        .security
        .as_ref()
        .is_some_and(|security| !security.is_empty());
    let parameters = operation.parameters.iter().flatten();
    let takes = |names: &[&str]| {
        parameters.clone().any(|parameter| {
            matches!(parameter, RefOr::T(parameter) if names.contains(&parameter.name.as_str()))
        })
    };
    let lists = takes(&["cursor"]);
    let versioned =
        !lists && !path.contains("imports") && !path.ends_with("/impact") && path.contains("{id}");
    let once = takes(&["Idempotency-Key"]);
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else {
            continue;
        };
        let mut names = vec!["X-Request-Id"];
        if !open {
            names.extend(["RateLimit", "RateLimit-Policy"]);
        }
        if lists {
            names.push("Link");
        }
        if versioned || status == "201" || status == "304" {
            names.push("ETag");
        }
        if status == "201" {
            names.push("Location");
        }
        if once {
            names.push("Idempotency-Replayed");
        }
        for name in names {
            let header = Ref::new(format!("#/components/headers/{name}"));
            response.headers.insert(name.into(), RefOr::Ref(header));
        }
    }
}

/// The description as YAML, as it is checked in.
pub fn yaml() -> Result<String, String> {
    Description::openapi()
        .to_yaml()
        .map_err(|error| error.to_string())
}

/// The description as JSON with its ETag, made once.
pub fn json() -> (&'static str, &'static str) {
    static JSON: OnceLock<(String, String)> = OnceLock::new();
    let (json, tag) = JSON.get_or_init(|| {
        let json = Description::openapi().to_json().unwrap_or_default();
        let tag = format!("\"{}\"", blake3::hash(json.as_bytes()).to_hex());
        (json, tag)
    });
    (json, tag)
}

/// A file of the page that shows the description.
pub struct PageFile {
    /// What is in it.
    pub bytes: Cow<'static, [u8]>,
    /// Its media type.
    pub content_type: String,
    /// Whether the bytes are compressed.
    pub gzipped: bool,
}

/// A file of the page that shows the description; the page itself has no name. They are part of this program.
pub fn page(file: &str) -> Result<Option<PageFile>, crate::service::Error> {
    static CONFIG: OnceLock<Arc<utoipa_swagger_ui::Config<'static>>> = OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        let config = utoipa_swagger_ui::Config::from("/openapi.json");
        // Without this the page sends the whole description to somebody else's validator.
        Arc::new(config.validator_url("none"))
    });
    let found = utoipa_swagger_ui::serve(file, config.clone())
        .map_err(|error| crate::service::Error::internal(error.to_string()))?;
    Ok(found.map(|file| PageFile {
        bytes: file.bytes,
        content_type: file.content_type,
        gzipped: file.gzpipped,
    }))
}
