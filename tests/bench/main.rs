//! The measures: Portcullis beside nginx and PostgreSQL, in one run on one machine, as ratios. Run by `scripts/bench`.

mod connection;
mod cores;
mod decide;
mod demo;
mod effects;
mod gate;
mod import;
mod load;
mod network;
mod place;
mod rivals;
mod rules;
mod search;
mod startup;
mod table;
mod writes;

use std::path::PathBuf;

use table::{Measure, render, write_json};

/// As in the program: where memory lies decides how long reading it takes.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What was asked for.
struct Plan {
    json: Option<PathBuf>,
    quick: bool,
    only: Option<String>,
}

impl Plan {
    fn wants(&self, names: &[impl AsRef<str>]) -> bool {
        self.only
            .as_deref()
            .is_none_or(|only| names.iter().any(|name| name.as_ref() == only))
    }
}

fn main() {
    let plan = plan();
    let mut measures: Vec<Measure> = Vec::new();
    if plan.wants(&["decide_ns_1m", "answer_ns_1m"]) {
        measures.extend(decide::measure(
            1_000_000,
            "1m",
            if plan.quick { 10 } else { 300 },
        ));
    }
    if !plan.quick && plan.wants(&["decide_ns_10m", "answer_ns_10m", "bytes_per_credential_10m"]) {
        measures.extend(decide::measure(10_000_000, "10m", 300));
    }
    if !plan.quick && plan.wants(&["load_seconds_10m"]) {
        measures.push(startup::measure(10_000_000));
    }
    if plan.wants(&["demo_ready_seconds"]) {
        measures.push(demo::measure());
    }
    if plan.wants(&writes::names("durable_revocations_sqlite")) {
        measures.extend(writes::measure(
            &place::Place::sqlite(),
            "durable_revocations_sqlite",
            plan.quick,
        ));
    }
    if plan.wants(&writes::names("durable_revocations_postgres")) {
        measures.extend(writes::measure(
            &place::Place::postgres(),
            "durable_revocations_postgres",
            plan.quick,
        ));
    }
    let badges = if plan.quick { 100_000 } else { 1_000_000 };
    let seconds = if plan.quick { 4 } else { 10 };
    let rows = if plan.quick { 10_000 } else { 100_000 };
    let rates = plan.wants(&gate::RATES);
    if rates || plan.wants(&["gate_p99_during_import"]) {
        let bench = gate::Bench::start(place::Place::sqlite(), badges);
        if rates {
            measures.extend(gate::rates(&bench, plan.quick));
        }
        if plan.wants(&["gate_p99_during_import"]) {
            measures.push(import::gate_p99(&bench, rows, seconds));
        }
    }
    if plan.wants(&["gate_p99_database_frozen", "import_vs_copy"]) {
        let bench = gate::Bench::start(place::Place::postgres(), badges);
        if plan.wants(&["gate_p99_database_frozen"]) {
            measures.push(gate::frozen(&bench, seconds));
        }
        if plan.wants(&["import_vs_copy"]) {
            measures.push(import::against_copy(&bench, rows));
        }
    }
    if plan.wants(&["gate_p50_rules", "gate_p99_rules"]) {
        let bench = gate::Bench::of(
            place::Place::sqlite(),
            network::Network::for_cargo(),
            badges / 10,
        );
        measures.extend(rules::measure(&bench, if plan.quick { 2 } else { 8 }));
    }
    if plan.wants(&["outcome_to_denial_ms", "outcome_to_denial_same_node_ms"]) {
        measures.extend(effects::measure(plan.quick));
    }
    let (workers, searches) = if plan.quick {
        (5_000, 200)
    } else {
        (250_000, 2_000)
    };
    if plan.wants(&search::names("sqlite")) {
        let place = place::Place::sqlite();
        measures.extend(search::measure(&place, "sqlite", workers, searches));
    }
    if plan.wants(&search::names("postgres")) {
        let place = place::Place::postgres();
        measures.extend(search::measure(&place, "postgres", workers, searches));
    }
    measures.retain(|measure| plan.wants(&[&measure.name]));
    if measures.is_empty() {
        let only = plan.only.as_deref().unwrap_or_default();
        eprintln!(
            "There is no measure {only}, or none in the short form; the README names them all."
        );
        std::process::exit(2);
    }
    print!("{}", render(&measures));
    if let Some(file) = &plan.json {
        write_json(&measures, file).expect("the file can be written");
    }
}

fn plan() -> Plan {
    let mut plan = Plan {
        json: None,
        quick: false,
        only: None,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            // cargo says so by itself.
            "--bench" => {}
            "--quick" => plan.quick = true,
            "--json" => plan.json = Some(after(&argument, arguments.next()).into()),
            "--only" => plan.only = Some(after(&argument, arguments.next())),
            other => {
                eprintln!(
                    "scripts/bench [--json FILE] [--quick] [--only NAME]; there is no {other}"
                );
                std::process::exit(2);
            }
        }
    }
    plan
}

/// What must follow an option.
fn after(option: &str, value: Option<String>) -> String {
    value.unwrap_or_else(|| {
        eprintln!("{option} needs something after it.");
        std::process::exit(2);
    })
}
