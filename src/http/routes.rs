//! The table of paths. Each path stands here once, with its methods; a method that is not there is answered with 405
//! and the ones that are.

use actix_web::Route;
use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};

use super::handlers::{
    approvals, bans, break_glass, clients, credentials, employers, erasures, exclusions, exports,
    gate_checks, health, impact, imports, lookups, match_cases, network, oauth, referrals,
    replacements, retention, revocations, screenings, sharing, sightings, work_items, workers,
};
use super::resource::{not_found, resource};

/// A path with its methods and who answers them.
pub struct Path {
    /// The path, with its variable parts in braces.
    pub path: &'static str,
    /// Its methods. GET stands for HEAD too (RFC 9110 section 9.3.2).
    pub methods: Vec<(Method, Route)>,
}

/// Puts the routes into a server.
pub fn configure(server: &mut ServiceConfig) {
    for path in table() {
        server.service(resource(path));
    }
    server.default_service(web::to(not_found));
}

/// The path of the question that everything is for.
pub const GATE_CHECKS: &str = "/v1/gate-checks";

/// Every path.
pub fn table() -> Vec<Path> {
    let at = |path, methods| Path { path, methods };
    vec![
        at(
            GATE_CHECKS,
            vec![(Method::POST, web::to(gate_checks::check))],
        ),
        at(
            "/v1/gate-checks:batch",
            vec![(Method::POST, web::to(gate_checks::check_batch))],
        ),
        at(
            "/v1/credentials/{id}/status",
            vec![(Method::GET, web::to(gate_checks::status))],
        ),
        at(
            "/v1/members",
            vec![
                (Method::GET, web::to(network::list_members)),
                (Method::POST, web::to(network::add_member)),
            ],
        ),
        at(
            "/v1/members/{id}",
            vec![
                (Method::GET, web::to(network::show_member)),
                (Method::PUT, web::to(network::change_member)),
            ],
        ),
        at(
            "/v1/members/{id}/legal-bases",
            vec![(Method::POST, web::to(sharing::record))],
        ),
        at(
            "/v1/members/{id}/legal-bases/ends",
            vec![(Method::POST, web::to(sharing::end))],
        ),
        at(
            "/v1/settings",
            vec![
                (Method::GET, web::to(sharing::show)),
                (Method::POST, web::to(sharing::change)),
            ],
        ),
        at(
            "/v1/facilities",
            vec![
                (Method::GET, web::to(network::list_facilities)),
                (Method::POST, web::to(network::add_facility)),
            ],
        ),
        at(
            "/v1/facilities/{id}",
            vec![
                (Method::GET, web::to(network::show_facility)),
                (Method::PUT, web::to(network::change_facility)),
            ],
        ),
        at(
            "/v1/zones",
            vec![
                (Method::GET, web::to(network::list_zones)),
                (Method::POST, web::to(network::add_zone)),
            ],
        ),
        at(
            "/v1/zones/{id}",
            vec![
                (Method::GET, web::to(network::show_zone)),
                (Method::PUT, web::to(network::change_zone)),
            ],
        ),
        at(
            "/v1/card-systems",
            vec![
                (Method::GET, web::to(network::list_card_systems)),
                (Method::POST, web::to(network::add_card_system)),
            ],
        ),
        at(
            "/v1/card-systems/{id}",
            vec![
                (Method::GET, web::to(network::show_card_system)),
                (Method::PUT, web::to(network::change_card_system)),
            ],
        ),
        at(
            "/v1/gates",
            vec![
                (Method::GET, web::to(network::list_gates)),
                (Method::POST, web::to(network::add_gate)),
            ],
        ),
        at(
            "/v1/gates/{id}",
            vec![
                (Method::GET, web::to(network::show_gate)),
                (Method::PUT, web::to(network::change_gate)),
            ],
        ),
        at(
            "/v1/clients",
            vec![
                (Method::GET, web::to(clients::list_clients)),
                (Method::POST, web::to(clients::add_client)),
            ],
        ),
        at(
            "/v1/clients/{id}",
            vec![
                (Method::GET, web::to(clients::show_client)),
                (Method::PUT, web::to(clients::change_client)),
            ],
        ),
        at(
            "/v1/clients/{id}/revocations",
            vec![(Method::POST, web::to(clients::revoke_client))],
        ),
        at(
            "/v1/people",
            vec![
                (Method::GET, web::to(clients::list_people)),
                (Method::POST, web::to(clients::add_person)),
            ],
        ),
        at(
            "/v1/people/{id}",
            vec![
                (Method::GET, web::to(clients::show_person)),
                (Method::PUT, web::to(clients::change_person)),
            ],
        ),
        at(
            "/v1/workers",
            vec![
                (Method::GET, web::to(workers::list)),
                (Method::POST, web::to(workers::register)),
            ],
        ),
        at(
            "/v1/workers:search",
            vec![(Method::POST, web::to(workers::search))],
        ),
        at(
            "/v1/workers/{id}",
            vec![
                (Method::GET, web::to(workers::show)),
                (Method::PUT, web::to(workers::amend)),
            ],
        ),
        at(
            "/v1/workers/{id}/engagements",
            vec![
                (Method::GET, web::to(workers::engagements)),
                (Method::POST, web::to(workers::engage)),
            ],
        ),
        at(
            "/v1/engagements/{id}/end",
            vec![(Method::POST, web::to(workers::disengage))],
        ),
        at(
            "/v1/work-items",
            vec![(Method::GET, web::to(work_items::list))],
        ),
        at(
            "/v1/engagements:lapse",
            vec![(Method::POST, web::to(employers::lapse))],
        ),
        at(
            "/v1/workers/{id}/erasures",
            vec![(Method::POST, web::to(erasures::ask))],
        ),
        at(
            "/v1/workers/{id}/export",
            vec![(Method::GET, web::to(exports::export))],
        ),
        at(
            "/v1/workers/{id}/export/page",
            vec![(Method::GET, web::to(exports::read))],
        ),
        at("/v1/erasures", vec![(Method::GET, web::to(erasures::list))]),
        at(
            "/v1/erasures/{id}",
            vec![(Method::GET, web::to(erasures::show))],
        ),
        at(
            "/v1/erasures/{id}/withdrawals",
            vec![(Method::POST, web::to(erasures::withdraw))],
        ),
        at("/v1/lookups", vec![(Method::GET, web::to(lookups::list))]),
        at(
            "/v1/retention",
            vec![(Method::GET, web::to(retention::show))],
        ),
        at(
            "/v1/match-cases",
            vec![(Method::GET, web::to(match_cases::list))],
        ),
        at(
            "/v1/match-cases/{id}",
            vec![(Method::GET, web::to(match_cases::show))],
        ),
        at(
            "/v1/match-cases/{id}/confirmations",
            vec![(Method::POST, web::to(match_cases::confirm))],
        ),
        at(
            "/v1/match-cases/{id}/rejections",
            vec![(Method::POST, web::to(match_cases::reject))],
        ),
        at(
            "/v1/workers/{id}/screenings",
            vec![
                (Method::GET, web::to(screenings::of_worker)),
                (Method::POST, web::to(screenings::open)),
            ],
        ),
        at(
            "/v1/screenings",
            vec![(Method::GET, web::to(screenings::list))],
        ),
        at(
            "/v1/screenings/{id}",
            vec![(Method::GET, web::to(screenings::show))],
        ),
        at(
            "/v1/screenings/{id}/submissions",
            vec![(Method::POST, web::to(screenings::submit))],
        ),
        at(
            "/v1/screenings/{id}/outcomes",
            vec![(Method::POST, web::to(screenings::record))],
        ),
        at(
            "/v1/screenings/{id}/appeals",
            vec![(Method::POST, web::to(screenings::appeal))],
        ),
        at(
            "/v1/screenings/{id}/appeal-outcomes",
            vec![(Method::POST, web::to(screenings::decide_appeal))],
        ),
        at(
            "/v1/screenings/{id}/finalisations",
            vec![(Method::POST, web::to(screenings::finalise))],
        ),
        at(
            "/v1/screenings/{id}/unmet-conditions",
            vec![(Method::POST, web::to(screenings::condition_unmet))],
        ),
        at(
            "/v1/screenings/{id}/withdrawals",
            vec![(Method::POST, web::to(screenings::withdraw))],
        ),
        at(
            "/v1/screenings/{id}/impact",
            vec![(Method::GET, web::to(impact::of_outcome))],
        ),
        at(
            "/v1/bans",
            vec![
                (Method::GET, web::to(bans::list)),
                (Method::POST, web::to(bans::mirror)),
            ],
        ),
        at("/v1/bans/{id}", vec![(Method::GET, web::to(bans::show))]),
        at(
            "/v1/bans/{id}/ends",
            vec![(Method::POST, web::to(bans::end))],
        ),
        at(
            "/v1/referrals",
            vec![(Method::GET, web::to(referrals::list))],
        ),
        at(
            "/v1/referrals/{id}",
            vec![(Method::GET, web::to(referrals::show))],
        ),
        at(
            "/v1/referrals/{id}/dispatches",
            vec![(Method::POST, web::to(referrals::send))],
        ),
        at(
            "/v1/referrals/{id}/adoptions",
            vec![(Method::POST, web::to(referrals::adopt))],
        ),
        at(
            "/v1/referrals/{id}/declines",
            vec![(Method::POST, web::to(referrals::decline))],
        ),
        at(
            "/v1/exclusions",
            vec![
                (Method::GET, web::to(exclusions::list)),
                (Method::POST, web::to(exclusions::propose)),
            ],
        ),
        at(
            "/v1/exclusions/{id}",
            vec![(Method::GET, web::to(exclusions::show))],
        ),
        at(
            "/v1/exclusions/{id}/publications",
            vec![(Method::POST, web::to(exclusions::publish))],
        ),
        at(
            "/v1/exclusions/{id}/adoptions",
            vec![(Method::POST, web::to(exclusions::adopt))],
        ),
        at(
            "/v1/exclusions/{id}/declines",
            vec![(Method::POST, web::to(exclusions::decline))],
        ),
        at(
            "/v1/exclusions/{id}/contests",
            vec![(Method::POST, web::to(exclusions::contest))],
        ),
        at(
            "/v1/exclusions/{id}/contest-outcomes",
            vec![(Method::POST, web::to(exclusions::decide))],
        ),
        at(
            "/v1/exclusions/{id}/lifts",
            vec![(Method::POST, web::to(exclusions::lift))],
        ),
        at(
            "/v1/approvals",
            vec![(Method::GET, web::to(approvals::list))],
        ),
        at(
            "/v1/approvals/{id}",
            vec![(Method::GET, web::to(approvals::show))],
        ),
        at(
            "/v1/approvals/{id}/grants",
            vec![(Method::POST, web::to(approvals::grant))],
        ),
        at(
            "/v1/approvals/{id}/declines",
            vec![(Method::POST, web::to(approvals::decline))],
        ),
        at(
            "/v1/approvals/{id}/withdrawals",
            vec![(Method::POST, web::to(approvals::withdraw))],
        ),
        at(
            "/v1/break-glass",
            vec![
                (Method::GET, web::to(break_glass::list)),
                (Method::POST, web::to(break_glass::open)),
            ],
        ),
        at(
            "/v1/break-glass/{id}",
            vec![(Method::GET, web::to(break_glass::show))],
        ),
        at(
            "/v1/break-glass/{id}/closures",
            vec![(Method::POST, web::to(break_glass::close))],
        ),
        at(
            "/v1/credentials",
            vec![
                (Method::GET, web::to(credentials::list)),
                (Method::POST, web::to(credentials::issue)),
            ],
        ),
        at(
            "/v1/credentials/{id}",
            vec![(Method::GET, web::to(credentials::show))],
        ),
        at(
            "/v1/credentials/{id}/impact",
            vec![(Method::GET, web::to(impact::of_revocation))],
        ),
        at(
            "/v1/credentials/{id}/badges",
            vec![(Method::POST, web::to(credentials::add_badge))],
        ),
        at(
            "/v1/credentials/{id}/replacements",
            vec![(Method::POST, web::to(replacements::replace))],
        ),
        at(
            "/v1/credentials/{id}/suspensions",
            vec![(Method::POST, web::to(credentials::suspend))],
        ),
        at(
            "/v1/credentials/{id}/lifts",
            vec![(Method::POST, web::to(credentials::lift))],
        ),
        at(
            "/v1/credentials/{id}/revocations",
            vec![(Method::POST, web::to(revocations::revoke))],
        ),
        at(
            "/v1/credentials/{id}/corrections",
            vec![(Method::POST, web::to(revocations::correct))],
        ),
        at(
            "/v1/revocations:batch",
            vec![(Method::POST, web::to(revocations::revoke_batch))],
        ),
        at("/v1/imports", vec![(Method::POST, web::to(imports::bring))]),
        at(
            "/v1/imports/{id}",
            vec![(Method::GET, web::to(imports::show))],
        ),
        at(
            "/v1/imports/{id}/apply",
            vec![(Method::POST, web::to(imports::apply))],
        ),
        at(
            "/v1/sightings",
            vec![(Method::GET, web::to(sightings::list))],
        ),
        at("/oauth/token", vec![(Method::POST, web::to(oauth::token))]),
        at(
            "/.well-known/jwks.json",
            vec![(Method::GET, web::to(oauth::jwks))],
        ),
        at("/livez", vec![(Method::GET, web::to(health::livez))]),
        at("/readyz", vec![(Method::GET, web::to(health::readyz))]),
        at(
            "/openapi.json",
            vec![(Method::GET, web::to(health::openapi))],
        ),
        at(
            "/problems/{code}",
            vec![(Method::GET, web::to(health::problem))],
        ),
        at("/docs", vec![(Method::GET, web::to(health::docs_begin))]),
        at(
            "/docs/{file:.*}",
            vec![(Method::GET, web::to(health::docs))],
        ),
    ]
}

/// A method by name, which may be anything of any length.
pub fn short(method: &Method) -> String {
    method.as_str().chars().take(20).collect()
}
