use super::*;

/// The whole machine a second time, by hand: for each state the changes that are possible and where they lead.
const BY_HAND: &[(&str, &str)] = &[
    ("draft", "submitted>pending consent_withdrawn>closed"),
    (
        "pending",
        "positive>cleared positive_with_warning>cleared_conditional negative>refused consent_withdrawn>closed",
    ),
    (
        "cleared",
        "negative>refused lapsed>lapsed consent_withdrawn>closed",
    ),
    (
        "cleared_conditional",
        "negative>refused condition_unmet>condition_unmet lapsed>lapsed consent_withdrawn>closed",
    ),
    (
        "refused",
        "appealed>under_appeal finalised>refused_final consent_withdrawn>closed",
    ),
    (
        "under_appeal",
        "appeal_granted>cleared appeal_dismissed>refused_final consent_withdrawn>closed",
    ),
    ("refused_final", ""),
    ("lapsed", ""),
    ("condition_unmet", ""),
    ("closed", ""),
];

fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

fn outcome(date: &str, valid_until: Option<&str>) -> Outcome {
    Outcome {
        authority: Authority::Namb,
        reference: "2026/0042".parse().expect("a reference"),
        date: day(date),
        valid_until: valid_until.map(day),
    }
}

fn screening() -> Screening {
    Screening {
        id: ScreeningId::from_u128(1),
        worker: WorkerId::from_u128(2),
        member: MemberId::from_u128(3),
        function: Function::CargoAccess,
        consented_at: "2026-03-01T23:30:00Z".parse().expect("a moment"),
    }
}

fn changes() -> Vec<Change> {
    let any = || outcome("2026-03-09", None);
    vec![
        Change::Submitted,
        Change::Positive(any()),
        Change::PositiveWithWarning(any()),
        Change::Negative(any()),
        Change::ConditionUnmet,
        Change::Appealed {
            on: day("2026-03-09"),
        },
        Change::AppealGranted(any()),
        Change::AppealDismissed(any()),
        Change::Finalised,
        Change::Lapsed,
        Change::ConsentWithdrawn,
    ]
}

/// As the ledger names it.
fn name(change: &Change) -> String {
    match serde_json::to_value(change).expect("serializes") {
        serde_json::Value::String(name) => name,
        serde_json::Value::Object(fields) => fields.keys().next().expect("a name").clone(),
        other => panic!("{other}"),
    }
}

#[test]
fn every_state_and_every_change_lead_where_the_list_by_hand_says() {
    assert_eq!(State::ALL.len(), BY_HAND.len());
    let mut cells = 0;
    for (&state, (from, possible)) in State::ALL.iter().zip(BY_HAND) {
        assert_eq!(state.as_str(), *from);
        for change in changes() {
            let wanted = possible.split(' ').find_map(|cell| {
                let (on, to) = cell.split_once('>')?;
                (on == name(&change)).then_some(to)
            });
            let got = apply(state, &change);
            assert_eq!(got.ok().map(State::as_str), wanted, "{from} {change:?}");
            if wanted.is_none() {
                assert_eq!(got, Err(Refused::State(state)));
            }
            cells += 1;
        }
        assert_eq!(state.is_open(), !possible.is_empty(), "{from}");
    }
    assert_eq!(cells, 10 * 11);
}

#[test]
fn every_name_and_number_is_one_of_its_list() {
    macro_rules! check {
        ($($list:ident),*) => {$(
            for &one in $list::ALL {
                assert_eq!($list::from_number(one.number()), Some(one));
                assert_eq!(serde_json::to_value(one).expect("serializes"), one.as_str());
            }
        )*};
    }
    check!(Function, Authority, State);
}

/// Recorded on a day: the state that comes of it with its last day, or why nothing does.
fn on(
    standing: &Standing,
    today: &str,
    change: Change,
) -> Result<(State, Option<String>), Refused> {
    let moved = standing.moved(&screening(), &change, day(today))?;
    let due = moved.due().map(|due| due.to_string());
    Ok((moved.state, due))
}

fn standing(state: State, outcome: Outcome) -> Standing {
    Standing {
        state,
        outcome: Some(outcome),
    }
}

#[test]
fn an_outcome_holds_as_long_as_its_kind_does() {
    let date = day("2026-03-09");
    let validity = Validity::default();
    assert_eq!(
        State::Cleared.valid_until(date, validity),
        Some(day("2031-03-09"))
    );
    let shorter = Validity {
        years: 3,
        recheck_years: 1,
    };
    assert_eq!(
        State::Cleared.valid_until(date, shorter),
        Some(day("2029-03-09"))
    );
    assert_eq!(
        State::ClearedConditional.valid_until(date, validity),
        Some(day("2028-03-09"))
    );
    for &state in State::ALL {
        let clears = matches!(state, State::Cleared | State::ClearedConditional);
        assert_eq!(
            state.valid_until(date, validity).is_some(),
            clears,
            "{state:?}"
        );
    }
    let pending = Standing {
        state: State::Pending,
        outcome: None,
    };
    let (for_ever, until) = (
        outcome("2026-03-09", None),
        outcome("2026-03-09", Some("2031-03-09")),
    );
    assert_eq!(
        on(&pending, "2026-03-09", Change::Positive(for_ever.clone())),
        Err(Refused::Validity)
    );
    assert_eq!(
        on(&pending, "2026-03-09", Change::Negative(until.clone())),
        Err(Refused::Validity)
    );
    assert_eq!(
        on(&pending, "2026-03-09", Change::Positive(until)),
        Ok((State::Cleared, Some("2031-03-09".into())))
    );
    // The eighth day is a Tuesday.
    assert_eq!(
        on(&pending, "2026-03-09", Change::Negative(for_ever)),
        Ok((State::Refused, Some("2026-03-17".into())))
    );
}

#[test]
fn nothing_is_dated_before_what_it_follows_or_after_today() {
    let pending = Standing {
        state: State::Pending,
        outcome: None,
    };
    // Consent was given half past midnight in Brussels, which is the 2nd of March.
    let consent = day("2026-03-02");
    let negative = |date: &str| Change::Negative(outcome(date, None));
    assert_eq!(
        on(&pending, "2026-03-09", negative("2026-03-01")),
        Err(Refused::Backdated(consent))
    );
    assert!(on(&pending, "2026-03-09", negative("2026-03-02")).is_ok());
    let future = Err(Refused::InFuture(day("2026-03-09")));
    assert_eq!(on(&pending, "2026-03-09", negative("2026-03-10")), future);

    let cleared = standing(State::Cleared, outcome("2026-03-09", Some("2031-03-09")));
    let first = Refused::Backdated(day("2026-03-09"));
    assert_eq!(
        on(&cleared, "2027-01-01", negative("2026-03-08")),
        Err(first)
    );
    assert!(on(&cleared, "2027-01-01", negative("2026-03-09")).is_ok());

    let refused = standing(State::Refused, outcome("2026-03-09", None));
    let appealed = |on: &str| Change::Appealed { on: day(on) };
    assert_eq!(
        on(&refused, "2026-03-20", appealed("2026-03-08")),
        Err(first)
    );
    assert_eq!(
        on(&refused, "2026-03-10", appealed("2026-03-11")),
        Err(Refused::InFuture(day("2026-03-10")))
    );
}

#[test]
fn an_appeal_is_in_time_up_to_its_deadline_and_the_refusal_final_only_after_it() {
    let refused = standing(State::Refused, outcome("2026-03-09", None));
    let appealed = |on: &str| Change::Appealed { on: day(on) };
    let under_appeal = Ok((State::UnderAppeal, None));
    assert_eq!(
        on(&refused, "2026-03-17", appealed("2026-03-17")),
        under_appeal
    );
    // Lodged in time and noted later: it counts.
    assert_eq!(
        on(&refused, "2026-03-20", appealed("2026-03-17")),
        under_appeal
    );
    let late = Err(Refused::AppealLate(day("2026-03-17")));
    assert_eq!(on(&refused, "2026-03-18", appealed("2026-03-18")), late);

    let early = Err(Refused::NotBefore(day("2026-03-17")));
    assert_eq!(on(&refused, "2026-03-17", Change::Finalised), early);
    assert_eq!(
        on(&refused, "2026-03-18", Change::Finalised),
        Ok((State::RefusedFinal, None))
    );
}

#[test]
fn who_is_cleared_lapses_only_after_the_last_day() {
    for (state, until) in [
        (State::Cleared, "2031-03-09"),
        (State::ClearedConditional, "2028-03-09"),
    ] {
        let cleared = standing(state, outcome("2026-03-09", Some(until)));
        assert_eq!(
            on(&cleared, until, Change::Lapsed),
            Err(Refused::NotBefore(day(until)))
        );
        let lapsed = cleared
            .moved(&screening(), &Change::Lapsed, day("2031-03-10"))
            .expect("is over");
        assert_eq!((lapsed.state, lapsed.due()), (State::Lapsed, None));
        assert_eq!(
            lapsed.outcome, cleared.outcome,
            "what it rested on is still known"
        );
    }
}

#[test]
fn a_reference_is_short_and_no_name() {
    for good in ["1", "NAMB-2026/00042.b_1", &"7".repeat(64)] {
        assert_eq!(good.parse::<Reference>().expect("good").as_str(), good);
    }
    for wrong in [
        "",
        "Peeters",
        "Mara Peeters 1",
        "1\u{0}",
        "é1",
        "1;2",
        "<1>",
        "\"1\"",
        &"7".repeat(65),
    ] {
        assert_eq!(wrong.parse::<Reference>(), Err(NotAReference), "{wrong}");
    }
}

#[test]
fn a_screening_holds_for_one_to_five_years_and_is_checked_again_within_them() {
    for (years, recheck_years, allowed) in [
        (5, 2, true),
        (5, 5, true),
        (1, 1, true),
        (2, 3, false),
        (6, 2, false),
        (5, 0, false),
        (0, 0, false),
    ] {
        let validity = Validity {
            years,
            recheck_years,
        };
        assert_eq!(validity.is_allowed(), allowed, "{validity:?}");
    }
}
