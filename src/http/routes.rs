//! The table of paths. Each path stands here once, with its methods; a method that is not there is answered with 405
//! and the ones that are.

use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, Resource, Route, guard};

use super::handlers::{
    clients, credentials, gate_checks, health, imports, network, oauth, sightings, workers,
};
use super::problem::{Problem, ProblemCode};

/// Puts the routes into a server.
pub fn configure(server: &mut ServiceConfig) {
    server
        .service(resource(
            "/v1/gate-checks",
            [(Method::POST, web::to(gate_checks::check))],
        ))
        .service(resource(
            "/v1/gate-checks:batch",
            [(Method::POST, web::to(gate_checks::check_batch))],
        ))
        .service(resource(
            "/v1/credentials/{id}/status",
            [(Method::GET, web::to(gate_checks::status))],
        ))
        .service(resource(
            "/v1/members",
            [
                (Method::GET, web::to(network::list_members)),
                (Method::POST, web::to(network::add_member)),
            ],
        ))
        .service(resource(
            "/v1/members/{id}",
            [
                (Method::GET, web::to(network::show_member)),
                (Method::PUT, web::to(network::change_member)),
            ],
        ))
        .service(resource(
            "/v1/facilities",
            [
                (Method::GET, web::to(network::list_facilities)),
                (Method::POST, web::to(network::add_facility)),
            ],
        ))
        .service(resource(
            "/v1/facilities/{id}",
            [
                (Method::GET, web::to(network::show_facility)),
                (Method::PUT, web::to(network::change_facility)),
            ],
        ))
        .service(resource(
            "/v1/zones",
            [
                (Method::GET, web::to(network::list_zones)),
                (Method::POST, web::to(network::add_zone)),
            ],
        ))
        .service(resource(
            "/v1/zones/{id}",
            [
                (Method::GET, web::to(network::show_zone)),
                (Method::PUT, web::to(network::change_zone)),
            ],
        ))
        .service(resource(
            "/v1/card-systems",
            [
                (Method::GET, web::to(network::list_card_systems)),
                (Method::POST, web::to(network::add_card_system)),
            ],
        ))
        .service(resource(
            "/v1/card-systems/{id}",
            [
                (Method::GET, web::to(network::show_card_system)),
                (Method::PUT, web::to(network::change_card_system)),
            ],
        ))
        .service(resource(
            "/v1/gates",
            [
                (Method::GET, web::to(network::list_gates)),
                (Method::POST, web::to(network::add_gate)),
            ],
        ))
        .service(resource(
            "/v1/gates/{id}",
            [
                (Method::GET, web::to(network::show_gate)),
                (Method::PUT, web::to(network::change_gate)),
            ],
        ))
        .service(resource(
            "/v1/clients",
            [
                (Method::GET, web::to(clients::list_clients)),
                (Method::POST, web::to(clients::add_client)),
            ],
        ))
        .service(resource(
            "/v1/clients/{id}",
            [
                (Method::GET, web::to(clients::show_client)),
                (Method::PUT, web::to(clients::change_client)),
            ],
        ))
        .service(resource(
            "/v1/clients/{id}/revocations",
            [(Method::POST, web::to(clients::revoke_client))],
        ))
        .service(resource(
            "/v1/workers",
            [
                (Method::GET, web::to(workers::list)),
                (Method::POST, web::to(workers::register)),
            ],
        ))
        .service(resource(
            "/v1/workers/{id}",
            [
                (Method::GET, web::to(workers::show)),
                (Method::PUT, web::to(workers::amend)),
            ],
        ))
        .service(resource(
            "/v1/workers/{id}/engagements",
            [
                (Method::GET, web::to(workers::engagements)),
                (Method::POST, web::to(workers::engage)),
            ],
        ))
        .service(resource(
            "/v1/engagements/{id}/end",
            [(Method::POST, web::to(workers::disengage))],
        ))
        .service(resource(
            "/v1/credentials",
            [
                (Method::GET, web::to(credentials::list)),
                (Method::POST, web::to(credentials::issue)),
            ],
        ))
        .service(resource(
            "/v1/credentials/{id}",
            [(Method::GET, web::to(credentials::show))],
        ))
        .service(resource(
            "/v1/credentials/{id}/badges",
            [(Method::POST, web::to(credentials::add_badge))],
        ))
        .service(resource(
            "/v1/credentials/{id}/suspensions",
            [(Method::POST, web::to(credentials::suspend))],
        ))
        .service(resource(
            "/v1/credentials/{id}/lifts",
            [(Method::POST, web::to(credentials::lift))],
        ))
        .service(resource(
            "/v1/credentials/{id}/revocations",
            [(Method::POST, web::to(credentials::revoke))],
        ))
        .service(resource(
            "/v1/revocations:batch",
            [(Method::POST, web::to(credentials::revoke_batch))],
        ))
        .service(resource(
            "/v1/sightings",
            [(Method::GET, web::to(sightings::list))],
        ))
        .service(resource(
            "/oauth/token",
            [(Method::POST, web::to(oauth::token))],
        ))
        .service(resource(
            "/.well-known/jwks.json",
            [(Method::GET, web::to(oauth::jwks))],
        ))
        .service(resource(
            "/v1/imports",
            [(Method::POST, web::to(imports::bring))],
        ))
        .service(resource(
            "/v1/imports/{id}",
            [(Method::GET, web::to(imports::show))],
        ))
        .service(resource(
            "/v1/imports/{id}/apply",
            [(Method::POST, web::to(imports::apply))],
        ))
        .service(resource("/livez", [(Method::GET, web::to(health::livez))]))
        .service(resource(
            "/readyz",
            [(Method::GET, web::to(health::readyz))],
        ))
        .service(resource(
            "/openapi.json",
            [(Method::GET, web::to(health::openapi))],
        ))
        .service(resource(
            "/problems/{code}",
            [(Method::GET, web::to(health::problem))],
        ))
        .service(super::openapi::pages())
        .default_service(web::to(not_found));
}

/// A path with its methods. GET also answers HEAD (RFC 9110 section 9.3.2).
fn resource<const N: usize>(path: &'static str, methods: [(Method, Route); N]) -> Resource {
    let mut allow: Vec<String> = methods
        .iter()
        .map(|(method, _)| method.to_string())
        .collect();
    if allow.iter().any(|method| method == "GET") {
        allow.push("HEAD".into());
    }
    allow.sort();
    let allow = allow.join(", ");
    let mut resource = web::resource(path);
    for (method, route) in methods {
        resource = match method {
            Method::GET => resource.route(route.guard(guard::Any(guard::Get()).or(guard::Head()))),
            other => resource.route(route.method(other)),
        };
    }
    resource.default_service(web::to(move |request: HttpRequest| {
        let allow = allow.clone();
        async move {
            let detail = format!(
                "This path does not take {}; see the Allow header.",
                short(request.method())
            );
            let mut problem = Problem::new(ProblemCode::MethodNotAllowed, detail);
            problem.allow = Some(allow);
            Err::<actix_web::HttpResponse, Problem>(problem)
        }
    }))
}

fn short(method: &Method) -> String {
    method.as_str().chars().take(20).collect()
}

async fn not_found() -> Result<actix_web::HttpResponse, Problem> {
    Err(Problem::new(
        ProblemCode::NotFound,
        "There is nothing under this path.",
    ))
}
