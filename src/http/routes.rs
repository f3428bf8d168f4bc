//! The table of paths. Each path stands here once, with its methods; a method that is not there is answered with 405
//! and the ones that are.

use actix_web::Route;
use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};

use super::console::{assets, docs, start};
use super::handlers::{
    approvals, bans, break_glass, clients, credentials, employers, erasures, exclusions, exports,
    gate_checks, health, impact, imports, issuing, lookups, match_cases, network, oauth, referrals,
    retention, revocations, screenings, sharing, sightings, work_items, workers,
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

/// Paths with their methods and who answers them.
macro_rules! paths {
    ($($path:expr => $($method:ident $handler:path),+;)+) => {
        vec![$(Path {
            path: $path,
            methods: vec![$((Method::$method, web::to($handler))),+],
        }),+]
    };
}

/// Every path.
pub fn table() -> Vec<Path> {
    paths! {
        GATE_CHECKS => POST gate_checks::check;
        "/v1/gate-checks:batch" => POST gate_checks::check_batch;
        "/v1/credentials/{id}/status" => GET gate_checks::status;
        "/v1/members" => GET network::list_members, POST network::add_member;
        "/v1/members/{id}" => GET network::show_member, PUT network::change_member;
        "/v1/members/{id}/issuing-by-one" => POST issuing::let_one_issue;
        "/v1/members/{id}/legal-bases" => POST sharing::record;
        "/v1/members/{id}/legal-bases/ends" => POST sharing::end;
        "/v1/settings" => GET sharing::show, POST sharing::change;
        "/v1/facilities" => GET network::list_facilities, POST network::add_facility;
        "/v1/facilities/{id}" => GET network::show_facility, PUT network::change_facility;
        "/v1/zones" => GET network::list_zones, POST network::add_zone;
        "/v1/zones/{id}" => GET network::show_zone, PUT network::change_zone;
        "/v1/card-systems" => GET network::list_card_systems, POST network::add_card_system;
        "/v1/card-systems/{id}" => GET network::show_card_system, PUT network::change_card_system;
        "/v1/gates" => GET network::list_gates, POST network::add_gate;
        "/v1/gates/{id}" => GET network::show_gate, PUT network::change_gate;
        "/v1/clients" => GET clients::list_clients, POST clients::add_client;
        "/v1/clients/{id}" => GET clients::show_client, PUT clients::change_client;
        "/v1/clients/{id}/revocations" => POST clients::revoke_client;
        "/v1/people" => GET clients::list_people, POST clients::add_person;
        "/v1/people/{id}" => GET clients::show_person, PUT clients::change_person;
        "/v1/workers" => GET workers::list, POST workers::register;
        "/v1/workers:search" => POST workers::search;
        "/v1/workers/{id}" => GET workers::show, PUT workers::amend;
        "/v1/workers/{id}/engagements" => GET workers::engagements, POST workers::engage;
        "/v1/engagements/{id}/end" => POST workers::disengage;
        "/v1/engagements/{id}/impact" => GET impact::of_end;
        "/v1/work-items" => GET work_items::list;
        "/v1/engagements:lapse" => POST employers::lapse;
        "/v1/engagements:lapse-impact" => POST impact::of_lapse;
        "/v1/workers/{id}/erasures" => POST erasures::ask;
        "/v1/workers/{id}/export" => GET exports::export;
        "/v1/workers/{id}/export/page" => GET exports::read;
        "/v1/erasures" => GET erasures::list;
        "/v1/erasures/{id}" => GET erasures::show;
        "/v1/erasures/{id}/withdrawals" => POST erasures::withdraw;
        "/v1/lookups" => GET lookups::list;
        "/v1/retention" => GET retention::show;
        "/v1/match-cases" => GET match_cases::list;
        "/v1/match-cases/{id}" => GET match_cases::show;
        "/v1/match-cases/{id}/confirmations" => POST match_cases::confirm;
        "/v1/match-cases/{id}/rejections" => POST match_cases::reject;
        "/v1/workers/{id}/screenings" => GET screenings::of_worker, POST screenings::open;
        "/v1/screenings" => GET screenings::list;
        "/v1/screenings/{id}" => GET screenings::show;
        "/v1/screenings/{id}/submissions" => POST screenings::submit;
        "/v1/screenings/{id}/outcomes" => POST screenings::record;
        "/v1/screenings/{id}/appeals" => POST screenings::appeal;
        "/v1/screenings/{id}/appeal-outcomes" => POST screenings::decide_appeal;
        "/v1/screenings/{id}/finalisations" => POST screenings::finalise;
        "/v1/screenings/{id}/unmet-conditions" => POST screenings::condition_unmet;
        "/v1/screenings/{id}/withdrawals" => POST screenings::withdraw;
        "/v1/screenings/{id}/impact" => GET impact::of_outcome;
        "/v1/bans" => GET bans::list, POST bans::mirror;
        "/v1/bans/{id}" => GET bans::show;
        "/v1/bans/{id}/ends" => POST bans::end;
        "/v1/referrals" => GET referrals::list;
        "/v1/referrals/{id}" => GET referrals::show;
        "/v1/referrals/{id}/dispatches" => POST referrals::send;
        "/v1/referrals/{id}/adoptions" => POST referrals::adopt;
        "/v1/referrals/{id}/declines" => POST referrals::decline;
        "/v1/exclusions" => GET exclusions::list, POST exclusions::propose;
        "/v1/exclusions/{id}" => GET exclusions::show;
        "/v1/exclusions/{id}/publications" => POST exclusions::publish;
        "/v1/exclusions/{id}/adoptions" => POST exclusions::adopt;
        "/v1/exclusions/{id}/declines" => POST exclusions::decline;
        "/v1/exclusions/{id}/contests" => POST exclusions::contest;
        "/v1/exclusions/{id}/contest-outcomes" => POST exclusions::decide;
        "/v1/exclusions/{id}/lifts" => POST exclusions::lift;
        "/v1/approvals" => GET approvals::list;
        "/v1/approvals/{id}" => GET approvals::show;
        "/v1/approvals/{id}/grants" => POST approvals::grant;
        "/v1/approvals/{id}/declines" => POST approvals::decline;
        "/v1/approvals/{id}/withdrawals" => POST approvals::withdraw;
        "/v1/break-glass" => GET break_glass::list, POST break_glass::open;
        "/v1/break-glass/{id}" => GET break_glass::show;
        "/v1/break-glass/{id}/closures" => POST break_glass::close;
        "/v1/credentials" => GET credentials::list, POST issuing::issue;
        "/v1/credentials/{id}" => GET credentials::show;
        "/v1/credentials/{id}/impact" => GET impact::of_revocation;
        "/v1/credentials/{id}/badges" => POST issuing::add_badge;
        "/v1/credentials/{id}/handovers" => POST issuing::hand_over;
        "/v1/credentials/{id}/recoveries" => POST issuing::recover;
        "/v1/credentials/{id}/replacements" => POST issuing::replace;
        "/v1/credentials/{id}/suspensions" => POST credentials::suspend;
        "/v1/credentials/{id}/lifts" => POST credentials::lift;
        "/v1/credentials/{id}/revocations" => POST revocations::revoke;
        "/v1/credentials/{id}/corrections" => POST revocations::correct;
        "/v1/revocations:batch" => POST revocations::revoke_batch;
        "/v1/imports" => POST imports::bring;
        "/v1/imports/{id}" => GET imports::show;
        "/v1/imports/{id}/apply" => POST imports::apply;
        "/v1/sightings" => GET sightings::list;
        "/oauth/token" => POST oauth::token;
        "/.well-known/jwks.json" => GET oauth::jwks;
        "/livez" => GET health::livez;
        "/readyz" => GET health::readyz;
        "/openapi.json" => GET health::openapi;
        "/problems/{code}" => GET health::problem;
        "/" => GET start::start;
        "/accessibility" => GET start::accessibility;
        "/docs" => GET docs::docs;
        "/docs/areas/{area}" => GET docs::area;
        "/docs/types/{name}" => GET docs::one_type;
        "/docs/try" => GET docs::trial_begin;
        "/docs/try/{file:.*}" => GET docs::trial;
        "/assets/{version}/{file}" => GET assets::asset;
    }
}

/// A method by name, which may be anything of any length.
pub fn short(method: &Method) -> String {
    method.as_str().chars().take(20).collect()
}
