//! The answer as it is written by hand.

use super::*;
use crate::domain::time::Timestamp;

#[test]
fn what_is_written_by_hand_is_what_serde_writes() {
    let statuses = [
        Status::Valid,
        Status::NotValid,
        Status::Expired,
        Status::NotYetValid,
        Status::OutOfScope,
        Status::NotCleared,
        Status::Ambiguous,
        Status::Unknown,
        Status::Undetermined,
    ];
    let instructions = [
        Instruction::Open,
        Instruction::KeepShut,
        Instruction::CallDesk,
    ];
    let classes = Class::ALL.map(Some).into_iter().chain([None]);
    let levels = [SecurityLevel::One, SecurityLevel::Two, SecurityLevel::Three];
    let mut views = 0;
    for class in classes {
        for (nth, status) in statuses.into_iter().enumerate() {
            for instruction in instructions {
                let view = GateCheckView {
                    check_id: CheckId::from_u128(7 << 100 | nth as u128),
                    decision: Decision::ALL[nth % 4],
                    status,
                    class,
                    instruction,
                    credential: (nth % 2 == 0).then(|| CredentialId::from_u128(nth as u128)),
                    r#gen: Gen::from_u128(u128::MAX),
                    seq: [0, 9, u64::MAX][nth % 3],
                    as_of: Timestamp::from_ms(1_772_000_000_123 + nth as i64),
                    fresh_until: Timestamp::MAX,
                    age_ms: nth as u64 * 1_000,
                    stale: nth % 3 == 0,
                    security_level: levels[nth % 3],
                };
                let mut by_hand = Vec::new();
                view.write_json(&mut by_hand);
                let by_serde = serde_json::to_vec(&view).expect("it is JSON");
                assert_eq!(
                    String::from_utf8_lossy(&by_hand),
                    String::from_utf8_lossy(&by_serde)
                );
                views += 1;
            }
        }
    }
    assert_eq!(views, 8 * 9 * 3);
}
