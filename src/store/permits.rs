//! Many permits in one row. Nearly all checks are permits, of few clients at few gates, so a row names each pair of them
//! once and a permit takes 38 bytes: busy nodes write thousands a second.
//!
//! A row is, all numbers big-endian: the lowest ledger seq (8 bytes); how many pairs (2); the pairs, client and gate (32
//! each); and for each permit the check (16), the number of its pair (2), the credential (16) and how far its seq lies
//! above the lowest (4). When it was answered is in the check's identifier, whose first 48 bits are the time.

use super::logs::CheckLine;
use crate::domain::ids::{CheckId, ClientId, CredentialId, GateId};

/// One permit as a row keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PermitLine {
    /// Which check, and by its first 48 bits when.
    pub id: CheckId,
    /// Who asked.
    pub client: ClientId,
    /// For which gate.
    pub gate: GateId,
    /// About which credential.
    pub credential: CredentialId,
    /// Up to which entry the copy had got that answered.
    pub seq: u64,
}

const PAIR_BYTES: usize = 32;
const LINE_BYTES: usize = 38;

/// The body of a row. Takes at most 65,536 different pairs, of which a batch has fewer lines.
pub fn pack(lines: &[&CheckLine]) -> Vec<u8> {
    let mut pairs: Vec<(ClientId, GateId)> = Vec::new();
    let mut last = 0;
    let mut number_of = |line: &CheckLine, pairs: &mut Vec<(ClientId, GateId)>| {
        let pair = (line.client, line.gate);
        // A gate's lines come in runs.
        if pairs.get(last) != Some(&pair) {
            let known = pairs.iter().position(|known| *known == pair);
            last = known.unwrap_or_else(|| {
                pairs.push(pair);
                pairs.len() - 1
            });
        }
        last as u16
    };
    let numbers: Vec<u16> = lines
        .iter()
        .map(|line| number_of(line, &mut pairs))
        .collect();
    let lowest = lines.iter().map(|line| line.seq).min().unwrap_or(0);
    let mut row = Vec::with_capacity(10 + pairs.len() * PAIR_BYTES + lines.len() * LINE_BYTES);
    row.extend_from_slice(&lowest.to_be_bytes());
    row.extend_from_slice(&(pairs.len() as u16).to_be_bytes());
    for (client, gate) in &pairs {
        row.extend_from_slice(client.as_bytes());
        row.extend_from_slice(gate.as_bytes());
    }
    for (line, number) in lines.iter().zip(numbers) {
        row.extend_from_slice(line.id.as_bytes());
        row.extend_from_slice(&number.to_be_bytes());
        let credential = line.credential.map_or(0, |(id, _)| id.as_u128());
        row.extend_from_slice(&credential.to_be_bytes());
        row.extend_from_slice(&((line.seq - lowest) as u32).to_be_bytes());
    }
    row
}

/// The permits of a row, or `None` when it is damaged.
pub fn unpack(row: &[u8]) -> Option<Vec<PermitLine>> {
    let (lowest, rest) = row.split_first_chunk()?;
    let (count, rest) = rest.split_first_chunk()?;
    let pairs_length = usize::from(u16::from_be_bytes(*count)) * PAIR_BYTES;
    let (pairs, lines) = rest.split_at_checked(pairs_length)?;
    let bits = |bytes: &[u8]| bytes.try_into().ok().map(u128::from_be_bytes);
    if lines.len() % LINE_BYTES != 0 {
        return None;
    }
    lines
        .chunks_exact(LINE_BYTES)
        .map(|line| {
            let number = u16::from_be_bytes(line[16..18].try_into().ok()?);
            let pair = pairs.chunks_exact(PAIR_BYTES).nth(number.into())?;
            let above = u32::from_be_bytes(line[34..].try_into().ok()?);
            Some(PermitLine {
                id: CheckId::from_u128(bits(&line[..16])?),
                client: ClientId::from_u128(bits(&pair[..16])?),
                gate: GateId::from_u128(bits(&pair[16..])?),
                credential: CredentialId::from_u128(bits(&line[18..34])?),
                seq: u64::from_be_bytes(*lowest).checked_add(above.into())?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::decision::{Decision, Status};
    use crate::domain::ids::MemberId;
    use crate::domain::time::Timestamp;

    fn line() -> impl Strategy<Value = CheckLine> {
        (
            any::<u128>(),
            0..3_u128,
            0..3_u128,
            any::<u128>(),
            1_000..9_000_u64,
        )
            .prop_map(|(id, client, gate, credential, seq)| CheckLine {
                id: CheckId::from_u128(id),
                at: Timestamp::EPOCH,
                client: ClientId::from_u128(client),
                gate: GateId::from_u128(gate),
                gate_member: MemberId::from_u128(1),
                credential: Some((CredentialId::from_u128(credential), MemberId::from_u128(1))),
                decision: Decision::Permit,
                status: Status::Valid,
                seq,
            })
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_out_again(lines in prop::collection::vec(line(), 0..60), cut in 0..2_000_usize) {
            let row = pack(&lines.iter().collect::<Vec<_>>());
            let expected: Vec<PermitLine> = lines
                .iter()
                .map(|line| PermitLine {
                    id: line.id,
                    client: line.client,
                    gate: line.gate,
                    credential: line.credential.expect("it has one").0,
                    seq: line.seq,
                })
                .collect();
            prop_assert_eq!(unpack(&row), Some(expected));
            // Damaged rows are refused or read short, and nothing panics.
            let _ = unpack(&row[..cut.min(row.len())]);
        }
    }
}
