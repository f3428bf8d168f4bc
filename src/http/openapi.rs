//! The OpenAPI 3.1 description, generated from the handlers and their types. `openapi/portcullis.yaml` is this text,
//! checked in; a test and `portcullis openapi --check` fail when they differ.

use std::sync::OnceLock;

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, HeaderBuilder, ObjectBuilder, Ref, RefOr, ResponseBuilder, Type};
use utoipa::{Modify, OpenApi};
use utoipa_swagger_ui::SwaggerUi;

use super::handlers::{
    clients, credentials, gate_checks, health, imports, network, oauth, sightings, workers,
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
        workers::register, workers::list, workers::show, workers::amend,
        workers::engage, workers::engagements, workers::disengage,
        credentials::issue, credentials::list, credentials::show, credentials::add_badge, credentials::suspend,
        credentials::lift, credentials::revoke, credentials::revoke_batch,
        imports::bring, imports::show, imports::apply,
        sightings::list,
        oauth::token, oauth::jwks,
        health::livez, health::readyz,
    ),
    components(schemas(ProblemDocument)),
    security(("token" = [])),
    tags(
        (name = "Gates", description = "Is this card good, here, now?"),
        (name = "Credentials", description = "Issuing them, and what happens to them afterwards."),
        (name = "Workers", description = "Who works in the ports, and for whom."),
        (name = "Imports", description = "Files of workers with their badges, and lists of badges to revoke."),
        (name = "Network", description = "Members, facilities, zones, gates and card systems."),
        (name = "Clients", description = "Machines that talk to this service."),
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
        for (path, item) in &mut description.paths.paths {
            let operations = [&mut item.get, &mut item.post, &mut item.put];
            for operation in operations.into_iter().flatten() {
                let open = operation
                    .security
                    .as_ref()
                    .is_some_and(|security| !security.is_empty());
                if path == "/livez" || path == "/readyz" || path == "/.well-known/jwks.json" {
                    continue;
                }
                let responses = &mut operation.responses.responses;
                let mut refer = |status: &str, name: &str| {
                    responses.entry(status.into()).or_insert_with(|| {
                        RefOr::Ref(Ref::new(format!("#/components/responses/{name}")))
                    });
                };
                refer("400", "Problem");
                refer("401", "Problem");
                if !open {
                    refer("403", "Problem");
                    refer("404", "Problem");
                    refer("409", "Problem");
                    refer("412", "Problem");
                    refer("428", "Problem");
                }
                refer("408", "Problem");
                refer("413", "Problem");
                refer("415", "Problem");
                refer("422", "Problem");
                refer("429", "TooMany");
                refer("500", "Problem");
                refer("503", "Later");
            }
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

/// The pages that show the description, served by the program itself.
pub fn pages() -> SwaggerUi {
    SwaggerUi::new("/docs/{_:.*}").config(utoipa_swagger_ui::Config::from("/openapi.json"))
}
