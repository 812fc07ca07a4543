//! Within a step: the search over grasps and lifts.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::*;

#[test]
fn the_same_seed_gives_the_same_plan_with_every_sampler() {
    for kind in [PlannerKind::Cem, PlannerKind::Icem, PlannerKind::Mppi] {
        let fake = Fake::default();
        let mut planner = planner(&fake, None);
        planner.settings.kind = kind;
        let mut first = planner.plan(&tower(), &retrieve("mid")).unwrap();
        let mut second = planner.plan(&tower(), &retrieve("mid")).unwrap();
        first.timing = Timing::default();
        second.timing = Timing::default();
        assert_eq!(first, second);
    }
}

#[test]
fn searching_the_lift_never_ends_worse_than_the_plain_lifts() {
    let fake = Fake::default();
    let scene = fake.believe(&tower(), 0).unwrap();
    let best = |iterations| {
        let settings = PlannerSettings {
            iterations,
            ..quick()
        };
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let found = search_step(
            scene.as_ref(),
            &tower(),
            &[Wish::remove(2)],
            &settings,
            &Objective::default(),
            &mut rng,
        );
        found.safe[0].score.as_cost()
    };
    assert!(best(4) < best(0));
}

/// How many actions are screened for the tower's top where whatever is done to it topples with this risk.
fn screened(toppling: f64, settings: PlannerSettings) -> usize {
    let fake = Fake {
        cursed: vec!["high".into()],
        toppling,
        ..Fake::default()
    };
    let scene = fake.believe(&tower(), 0).unwrap();
    search_step(
        scene.as_ref(),
        &tower(),
        &[Wish::remove(2)],
        &settings,
        &Objective::default(),
        &mut ChaCha8Rng::seed_from_u64(1),
    );
    fake.screened.load(std::sync::atomic::Ordering::Relaxed)
}

#[test]
fn rounds_end_once_they_better_by_little_what_is_safe_and_go_on_where_nothing_is() {
    let screened = |toppling, iterations, patience| {
        let settings = PlannerSettings {
            iterations,
            patience,
            ..quick()
        };
        screened(toppling, settings)
    };
    let counts = [0, 1, 8].map(|patience| screened(0.001, 8, patience));
    assert!(counts.is_sorted_by(|a, b| a < b), "{counts:?}");
    assert_eq!(counts[0], screened(0.001, 0, 0));
    assert_eq!(screened(0.5, 8, 0), screened(0.5, 8, 8));
    assert!(screened(0.5, 8, 0) > screened(0.5, 0, 0));
}

#[test]
fn no_more_is_screened_than_the_budget_allows() {
    let fake = Fake::default();
    let scene = fake.believe(&tower(), 0).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let settings = quick();
    search_step(
        scene.as_ref(),
        &tower(),
        &[Wish::remove(2), Wish::remove(3)],
        &settings,
        &Objective::default(),
        &mut rng,
    );
    let asked = fake.screened.load(std::sync::atomic::Ordering::Relaxed);
    assert!(asked <= settings.screen + settings.iterations * settings.imagine);
}

#[test]
fn where_one_grasp_is_all_there_is_a_gentler_lift_of_it_stands_by() {
    // Off its middle the cup could not hold it.
    let heavy = workcell(vec![a_box("heavy", SIZE, [0.0, 0.0, 0.1], 13.0)], vec![]);
    let fake = Fake::default();
    let scene = fake.believe(&heavy, 0).unwrap();
    let found = search_step(
        scene.as_ref(),
        &heavy,
        &[Wish::remove(0)],
        &quick(),
        &Objective::default(),
        &mut ChaCha8Rng::seed_from_u64(1),
    );
    let [first, second] = &found.safe[..] else {
        panic!("{} safe actions", found.safe.len());
    };
    assert_eq!(first.grasp, second.grasp);
    assert_ne!(first.lift, second.lift);
    assert!(second.risk.bound < first.risk.bound);
}

#[test]
fn no_grasp_is_given_up_before_other_lifts_of_it_were_screened_however_few_are_at_a_time() {
    // In parts of twelve.
    let settings = PlannerSettings {
        screen: 48,
        elites: 3,
        iterations: 0,
        ..quick()
    };
    // A part more is enough to see that there is no hope, and where there is some all of them are screened.
    let counts = [0.99, 0.5].map(|toppling| screened(toppling, settings));
    assert_eq!(counts, [36, 48]);
}
