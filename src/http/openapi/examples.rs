//! Requests as they are sent, for the description: each main body once.

use serde_json::{Value, json};

const MEMBER: &str = "mbr_0192f3c45d6e7f809123456789abcdef";
const CARD_SYSTEM: &str = "cas_0192f3c45d6e7f809123456789abcdef";
const CREDENTIAL: &str = "crd_0192f3c45d6e7f809123456789abcdef";
const GATE: &str = "gat_0192f3c45d6e7f809123456789abcdef";
const WORKER: &str = "wrk_0192f3c45d6e7f809123456789abcdef";
const FACILITY: &str = "fac_0192f3c45d6e7f809123456789abcdef";

/// The names of bodies, and an example of each.
pub fn all() -> Vec<(&'static str, Value)> {
    let uid = json!({ "format": "card_uid", "value": "04A1B2C3D4E5F6" });
    let wiegand = json!({ "format": "wiegand26", "facility_code": 118, "number": 1603 });
    let badge = json!({ "medium": "card", "cards": [
        { "card_system": CARD_SYSTEM, "format": "card_uid", "value": "04A1B2C3D4E5F6" },
    ]});
    vec![
        ("GateCheckBody", json!({ "gate": GATE, "card": uid })),
        (
            "GateCheckBatchBody",
            json!({ "checks": [{ "gate": GATE, "card": wiegand }, { "gate": GATE, "credential": CREDENTIAL }] }),
        ),
        (
            "WorkerBody",
            json!({
                "family_name": "Peeters", "given_names": "Zoë", "birth_date": "1984-02-29",
                "documents": [{ "kind": "passport", "country": "BEL", "number": "EH123456" }],
            }),
        ),
        (
            "EngagementBody",
            json!({ "employer": "Stuwadoors nv", "staff_number": "00417" }),
        ),
        ("LapseBody", json!({ "employer": "Stuwadoors nv" })),
        (
            "CredentialBody",
            json!({
                "worker": WORKER, "valid_until": "2027-12-31T23:00:00Z", "scope": { "facilities": [FACILITY] },
                "badges": [badge],
            }),
        ),
        ("BadgeBody", badge),
        (
            "BanBody",
            json!({
                "document": { "kind": "passport", "country": "BEL", "number": "EH123456" },
                "reference": "AIGIS-2026/0042", "starts_at": "2026-03-01T23:00:00Z", "ends_at": "2031-03-01T23:00:00Z",
            }),
        ),
        ("ReasonBody", json!({ "reason": "stolen" })),
        (
            "TokenForm",
            json!({ "grant_type": "client_credentials", "client_id": "cli_0192f3c45d6e7f809123456789abcdef", "client_secret": "pcs_0123456789abcdef" }),
        ),
        (
            "RevocationBatchBody",
            json!({ "credentials": [CREDENTIAL], "reason": "employment_ended" }),
        ),
        (
            "ClientBody",
            json!({ "member": MEMBER, "name": "Poort 1", "role": "gate" }),
        ),
        (
            "GateBody",
            json!({ "facility": FACILITY, "name": "Poort 1", "direction": "in", "card_systems": [CARD_SYSTEM] }),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::handlers::{
        bans, clients, credentials, employers, gate_checks, issuing, network, oauth, revocations,
        workers,
    };

    #[test]
    fn each_is_read_as_what_it_is_an_example_of() {
        fn reads<T: serde::de::DeserializeOwned>(example: Value) -> bool {
            serde_json::from_value::<T>(example).is_ok()
        }
        for (name, example) in all() {
            let read = match name {
                "GateCheckBody" => reads::<gate_checks::GateCheckBody>(example),
                "GateCheckBatchBody" => reads::<gate_checks::GateCheckBatchBody>(example),
                "WorkerBody" => reads::<workers::WorkerBody>(example),
                "EngagementBody" => reads::<workers::EngagementBody>(example),
                "LapseBody" => reads::<employers::LapseBody>(example),
                "CredentialBody" => reads::<issuing::CredentialBody>(example),
                "BadgeBody" => reads::<credentials::BadgeBody>(example),
                "BanBody" => reads::<bans::BanBody>(example),
                "TokenForm" => reads::<oauth::TokenForm>(example),
                "ReasonBody" => reads::<credentials::ReasonBody>(example),
                "RevocationBatchBody" => reads::<revocations::RevocationBatchBody>(example),
                "ClientBody" => reads::<clients::ClientBody>(example),
                "GateBody" => reads::<network::GateBody>(example),
                _ => false,
            };
            assert!(read, "{name}");
        }
    }
}
