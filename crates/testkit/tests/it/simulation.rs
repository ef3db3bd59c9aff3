//! What each side gets of a day. `cargo test -p daftar-testkit -- --nocapture` prints the reports; `docs/limits.md` says what they mean.

use std::time::Duration;

use crate::replay::Replay;
use daftar_core::limit::guesses::GuessLimits;
use daftar_core::limit::sending::SendingLimits;
use daftar_core::limit::{Budget, Gcra, LimitKind};
use daftar_core::price::Price;
use daftar_testkit::Installation;
use daftar_testkit::simulation::guesser::Way;
use daftar_testkit::simulation::pumper::Pumping;
use daftar_testkit::simulation::report::{Attempted, Report};
use daftar_testkit::simulation::sprayer::Spray;
use daftar_testkit::simulation::world::Rules;
use daftar_testkit::simulation::{Day, Plan};

const HOUR: Duration = Duration::from_secs(3600);
/// In milliseconds.
const TEN_MINUTES: i64 = 600_000;

/// A small day in which limits are so narrow that every one of them is met.
fn small() -> Plan {
    let mut rules = Rules::of_a_big_installation();
    let sending = &mut rules.limits.sending;
    sending.per_address = Gcra { burst: 4, period: HOUR };
    sending.per_client = Gcra { burst: 6, period: HOUR };
    sending.per_prefix = Budget::of(5, HOUR, Duration::ZERO);
    sending.sms_by_hour = SendingLimits::by_hour(14);
    sending.cost_by_day = SendingLimits::by_day(Price(5_000_000));
    sending.conversion.least = 6;
    rules.guesses.lost_hourly = Some(12);
    Plan {
        people: 150,
        accounts: 120,
        rules,
        pumping: Some(Pumping { addresses: 10, prefixes: 2, hot: 1, verifies: Some(6) }),
        spray: Some(Spray::Blunt { hourly: 30 }),
        sprayer_addresses: 10,
        guesser_addresses: 40,
        has_yesterday: false,
        ..Plan::quiet()
    }
}

/// A small day of people who mistype all the time, in an installation that is easily alarmed.
fn clumsy() -> Plan {
    let plan = small();
    let rules = Rules { guesses: GuessLimits { lost_hourly: Some(3), ..plan.rules.guesses }, ..plan.rules };
    Plan { rules, spray: None, guesser_addresses: 0, clumsiness: 6, ..plan }
}

/// Plays a day in memory and over a real installation.
async fn compare(plan: &Plan, seed: u64) {
    let mut day = Day::new(plan, seed);
    let site = Installation::builder().limited(plan.rules.limits.clone()).guesses(plan.rules.guesses).without_workers().start().await;
    let mut replay = Replay::of(&day, site).await;
    day.world.script = Some(Vec::new());
    day.play();
    for (at, act) in &day.world.script.take().unwrap() {
        replay.act(*at, act).await;
    }
}

#[tokio::test]
async fn row_3_and_row_5_and_row_14_and_row_15_and_row_42_and_row_43_a_real_installation_decides_as_the_simulated_one_event_by_event() {
    compare(&small(), 7).await;
}

#[tokio::test]
async fn row_1_and_row_3_and_row_4_and_row_5_a_real_installation_counts_slips_as_the_simulated_one() {
    compare(&clumsy(), 8).await;
}

/// A day with a pumper of this kind in the middle of a few people.
fn pumped(verifies: Option<u32>, seed: u64, change: fn(&mut Rules)) -> Report {
    let mut plan = Plan { people: 500, pumping: Some(Pumping { addresses: 500, prefixes: 20, hot: 2, verifies }), ..Plan::quiet() };
    change(&mut plan.rules);
    Day::played(&plan, seed)
}

/// A day with a sprayer in the middle of some people.
fn sprayed(spray: Spray, seed: u64, change: fn(&mut Rules)) -> Report {
    let mut plan = Plan { people: 1000, accounts: 5000, spray: Some(spray), ..Plan::quiet() };
    change(&mut plan.rules);
    Day::played(&plan, seed)
}

/// A day with a guesser in the middle of a few people.
fn besieged(seed: u64, change: fn(&mut Rules)) -> Report {
    let mut plan = Plan { people: 500, guesser_addresses: 10_000, ..Plan::quiet() };
    change(&mut plan.rules);
    Day::played(&plan, seed)
}

fn as_they_are(_: &mut Rules) {}

/// What is demanded of a day (`docs/limits.md`).
fn demand(plan: &Plan, seed: u64) -> Report {
    let report = Day::played(plan, seed);
    let (cost, cap) = report.cost;
    assert!(cost <= cap, "row 42: no more than may be spent: {report}");
    assert!(report.pumper.cost < cap / 20, "row 42: what pumping earns is a trifle of it: {report}");
    assert!(report.sprayer.by_code < 0.01, "row 5: {report}");
    assert!(report.guesser.by_code + report.by_password(&report.guesser) < 0.01, "rows 3, 14 and 15: {report}");
    let crowd = &report.crowd;
    assert!(crowd.soon() >= 0.995, "people finish at the first or second try: {report}");
    assert!(crowd.kept_out_by.keys().all(|kind| *kind == LimitKind::SendPause.name()), "nobody waits for anything but a paused prefix: {report}");
    assert!(crowd.never * 400 < crowd.people, "and hardly anybody for that: {report}");
    assert_eq!(crowd.locked_out, 0, "nobody who has an account is kept out of it: {report}");
    let lane = |way| report.owner.iter().filter(move |attempt| attempt.way == way && attempt.is_known);
    assert!(lane(Way::Password).count() > 2 && lane(Way::Password).all(|attempt| attempt.refused == 0), "row 15: the owner's own lane: {report}");
    let soon = |attempt: &Attempted| attempt.after.is_some_and(|after| after < TEN_MINUTES);
    assert!(lane(Way::Code).count() > 1 && lane(Way::Code).all(soon), "row 43: a code for the owner, too: {report}");
    report
}

#[test]
fn row_3_and_row_5_and_row_15_and_row_42_and_row_43_the_day_comes_to_what_is_demanded() {
    println!("{}", demand(&Plan::full(), 1));
}

/// The same bad people in the middle of a fifth of the others, and of the money.
fn smaller() -> Plan {
    let mut plan = Plan { people: 10_000, accounts: 20_000, ..Plan::full() };
    let sending = &mut plan.rules.limits.sending;
    (sending.sms_by_hour, sending.cost_by_day) = (SendingLimits::by_hour(1200), SendingLimits::by_day(Price(600_000_000)));
    plan
}

#[test]
fn row_3_and_row_5_and_row_15_and_row_42_and_row_43_another_day_does_too() {
    println!("{}", demand(&smaller(), 2));
}

#[test]
fn row_3_and_row_5_and_row_15_and_row_42_and_row_43_and_a_third_one() {
    println!("{}", demand(&smaller(), 3));
}

#[test]
fn row_42_whoever_verifies_a_quarter_gets_the_budget_of_his_prefixes_and_no_more() {
    for seed in 1..=3 {
        let report = pumped(Some(4), seed, as_they_are);
        assert!((9000..=9600).contains(&report.pumper.codes), "20 prefixes, 20 an hour, 24 hours: {report}");
        assert_eq!(report.crowd.at_home, 0, "he takes nothing from owners: {report}");
    }
    let unbounded = pumped(Some(4), 1, |rules| rules.limits.sending.per_prefix = Budget::of(60, HOUR, Duration::ZERO));
    assert!(unbounded.pumper.codes > 20_000, "it is the budget that bounds him: {unbounded}");
}

#[test]
fn row_42_no_more_is_spent_than_may_be_spent_in_a_day() {
    for seed in 1..=3 {
        let (cost, cap) = pumped(Some(4), seed, |rules| rules.limits.sending.cost_by_day = SendingLimits::by_day(Price(100_000_000))).cost;
        assert!(cost <= cap && cost + 60_000 > cap, "{cost} of {cap}");
    }
}

#[test]
fn row_42_whoever_verifies_nothing_is_paused() {
    for seed in 1..=3 {
        let report = pumped(None, seed, as_they_are);
        assert_eq!(report.paused.1, 20);
        assert!(report.pumper.codes < 900, "{report}");
    }
    let unjudged = pumped(None, 1, |rules| rules.limits.sending.conversion.percent = 0);
    assert!(unjudged.pumper.codes > 9000, "it is the breaker that stops him: {unjudged}");
}

#[test]
fn row_5_spraying_stops_paying_however_it_is_done_at_once() {
    for spray in [Spray::Blunt { hourly: 10_000 }, Spray::Patient { batch: 4000, times: 1 }] {
        for seed in 1..=3 {
            let report = sprayed(spray, seed, as_they_are);
            assert!(report.sprayer.by_code < 0.01, "{spray:?}: {report}");
        }
        let blind = sprayed(spray, 1, |rules| rules.guesses.lost_hourly = None);
        assert!(blind.sprayer.by_code > 0.03, "lost codes are what is seen of him: {blind}");
    }
}

#[test]
fn row_3_and_row_15_one_account_is_not_worth_ten_thousand_addresses() {
    for seed in 1..=3 {
        let report = besieged(seed, as_they_are);
        assert!(report.guesser.by_code + report.by_password(&report.guesser) < 0.01, "{report}");
    }
    let short = besieged(1, |rules| rules.guesses = GuessLimits { per_subject: 1_000_000, lost_hourly: None, hourly: 1_000_000 });
    assert!(short.guesser.by_code > 0.003, "codes that grow are what holds him: {short}");
    let open = besieged(1, |rules| rules.limits.passwords.strangers.burst = 1_000_000);
    assert!(open.by_password(&open.guesser) > 0.01, "the strangers' limit is what holds him: {open}");
}

#[test]
fn row_5_and_row_56_hardened_nobody_gets_anywhere_however_he_does_it() {
    let hardened = |plan: Plan| Plan { rules: plan.rules.clone().hardened(), ..plan };
    // Two tries at each of as many accounts as there are, which no limit sees.
    let report = Day::played(&hardened(Plan { people: 1000, accounts: 100_000, stuffing: true, ..Plan::quiet() }), 1);
    assert!(report.stuffer.passwords > 190_000 && report.by_password(&report.stuffer) < 0.01, "{report}");
    for spray in [Spray::Patient { batch: 4000, times: 20 }, Spray::Under] {
        let report = Day::played(&hardened(Plan { people: 1000, accounts: 5000, spray: Some(spray), ..Plan::quiet() }), 1);
        assert!(report.sprayer.by_code < 0.01, "{spray:?}: {report}");
        let short = sprayed(spray, 1, as_they_are);
        assert!(short.sprayer.by_code > 0.01, "it is the length that holds him: {spray:?}: {short}");
    }
}

#[test]
#[ignore = "prints what docs/limits.md says: five minutes"]
fn the_table() {
    let of = |name: &str, plan: &Plan| println!("--- {name}\n{}\n", Day::played(plan, 1));
    let spraying = |spray, app_digits| {
        let mut plan = Plan { spray: Some(spray), ..Plan::quiet() };
        plan.rules.app_digits = app_digits;
        plan
    };
    of("nobody bad", &Plan::quiet());
    for seed in 1..=3 {
        println!("--- the day\n{}\n", Day::played(&Plan::full(), seed));
    }
    for verifies in [None, Some(4)] {
        let pumping = Some(Pumping { addresses: 500, prefixes: 20, hot: 2, verifies });
        of(&format!("pumping, verifying {verifies:?}"), &Plan { pumping, ..Plan::quiet() });
    }
    let sprays = [Spray::Blunt { hourly: 10_000 }, Spray::Patient { batch: 5000, times: 1 }, Spray::Patient { batch: 5000, times: 20 }, Spray::Under];
    for digits in [4, 6] {
        for spray in sprays {
            of(&format!("{spray:?}, {digits} digits"), &spraying(spray, digits));
        }
    }
    let full = Plan::full();
    println!("--- the day, hardened\n{}\n", Day::played(&Plan { rules: full.rules.clone().hardened(), ..full }, 1));
    of("guessing", &Plan { guesser_addresses: 10_000, ..Plan::quiet() });
}
