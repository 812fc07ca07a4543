//! Across steps: what is tried next where a step was turned down.

use std::sync::atomic::Ordering;

use super::super::order::OrderSearch;
use super::fickle::Fickle;
use super::*;

#[test]
fn where_the_scene_after_a_step_does_not_stand_the_same_box_is_taken_another_way() {
    let taken = duration_of_the_quickest("mid");
    let aside = tower().scene.boxes[3].pose.translation.x;
    let judge = |unsteady: bool| Fake {
        drags: Some(("aside".into(), 1.2 * taken)),
        unsteady: unsteady.then(|| ("aside".into(), aside)),
        ..Fake::default()
    };
    let check = Fake {
        unsteady: Some(("aside".into(), aside)),
        ..Fake::default()
    };
    // Whoever judges finds that it does not stand, or only who checks.
    for (judge, check) in [(judge(true), None), (judge(false), Some(&check))] {
        let plan = planned(&judge, check, &retrieve("mid"));
        assert_eq!(plan.verdict, Verdict::Safe, "{:?}", plan.reason);
        assert_eq!(order(&plan), ["high", "mid"]);
        assert!(duration_of_the_first(&plan) >= 1.2 * taken);
    }
}

#[test]
fn another_way_to_take_a_box_comes_before_taking_its_neighbour_away() {
    let cell = side_by_side();
    let plan = |fake: &Fake| {
        planner(fake, None)
            .plan(&cell, &retrieve("wanted"))
            .unwrap()
    };
    let taken = duration_of_the_first(&plan(&Fake::default()));
    let dreading = Fake {
        dreads: Some(("wanted".into(), 0.0, 1.2 * taken)),
        ..Fake::default()
    };
    assert_eq!(order(&plan(&dreading)), ["wanted"]);
}

#[test]
fn a_box_that_a_draw_of_one_scene_shows_misjudged_has_to_pass_all_draws_in_the_next() {
    let fake = Fake::default();
    let fickle = Fickle::who_fears_at_first("high");
    let goal = Goal::Clear {
        box_ids: ["high", "aside"].map(String::from).to_vec(),
    };
    let plan = planner(&fake, Some(&fickle)).plan(&tower(), &goal).unwrap();
    assert_eq!(order(&plan), ["aside", "high"]);
    assert_eq!(draws(&plan), [Some(4), Some(24)]);
}

/// `wanted` in the middle of a three by three grid.
fn surrounded() -> Workcell {
    let places = (0..9).map(|i| [0.31 * (i / 3 - 1) as f64, 0.31 * (i % 3 - 1) as f64, 0.1]);
    let named = places.enumerate().map(|(i, at)| match i {
        4 => a_box("wanted", SIZE, at, 0.6),
        i => a_box(&format!("beside_{i}"), SIZE, at, 0.6),
    });
    workcell(named.collect(), vec![])
}

#[test]
fn what_cannot_be_reached_at_all_is_refused_without_a_check_of_every_way() {
    let fake = Fake {
        cursed: vec!["wanted".into()],
        ..Fake::default()
    };
    let check = Fake::default();
    let mut planner = planner(&fake, Some(&check));
    // Enough for every box.
    (planner.settings.screen, planner.settings.imagine) = (256, 96);
    let plan = planner.plan(&surrounded(), &retrieve("wanted")).unwrap();
    assert_eq!(plan.verdict, Verdict::NoSafePlan);
    let reason = plan.reason.unwrap();
    assert!(reason.starts_with("there is no safe way"), "{reason}");
    assert!(
        reason.contains("the least risky step, `wanted`"),
        "{reason}"
    );
    // Two steps before it first turns back, in two halves each.
    assert_eq!(check.believed.load(Ordering::Relaxed), 4);
}

#[test]
fn a_search_that_runs_out_of_scenes_says_that_there_is_more_to_look_at() {
    let fake = Fake {
        cursed: vec!["wanted".into()],
        ..Fake::default()
    };
    let (planner, cell, goal) = (planner(&fake, None), surrounded(), retrieve("wanted"));
    for (scenes, more) in [(2, true), (1000, false)] {
        let mut search = OrderSearch::new(&planner, &cell, &goal, (0.0, &[])).unwrap();
        search.expansions_left = scenes;
        assert_eq!(search.run(), Ok(None));
        let reason = search.finish(None, 0.0).reason.unwrap();
        assert_eq!(reason.contains("more to look at"), more, "{reason}");
    }
}

#[test]
fn what_leans_on_a_neighbour_is_taken_before_it_though_it_was_buried_when_that_could_be_taken() {
    // About as quickly taken, and so all among what is imagined.
    let cell = workcell(
        vec![
            a_box("leaning", SIZE, [0.0, 0.4, 0.1], 0.6),
            a_box("on_it", [0.3, 0.3, 0.02], [0.0, 0.4, 0.21], 0.6),
            a_box("plinth", [0.3, 0.3, 0.01], [0.0, -0.4, 0.005], 0.6),
            a_box("wall", SIZE, [0.0, -0.4, 0.11], 0.6),
        ],
        vec![],
    );
    let goal = Goal::Clear {
        box_ids: ["wall", "leaning"].map(String::from).to_vec(),
    };
    let fake = Fake {
        leans: Some(("leaning".into(), "wall".into())),
        ..Fake::default()
    };
    let check = Fake::default();
    let mut planner = planner(&fake, Some(&check));
    // Enough for both boxes that are free at first.
    (planner.settings.screen, planner.settings.imagine) = (256, 96);
    let plan = planner.plan(&cell, &goal).unwrap();
    assert_eq!(plan.verdict, Verdict::Safe, "{:?}", plan.reason);
    assert_eq!(order(&plan), ["on_it", "leaning", "wall"]);
    // The wall was taken first, in vain: more than three steps were checked, in two halves each.
    assert!(check.believed.load(Ordering::Relaxed) > 6);
}

#[test]
fn what_only_a_check_can_tell_is_asked_though_a_neighbour_that_must_stay_is_judged_safe_to_take() {
    // About as quickly taken, and so both among what is imagined; the farther one is the less risky.
    let cell = workcell(
        vec![
            a_box("wanted", SIZE, [0.0, 0.0, 0.1], 0.6),
            a_box("beside", SIZE, [0.0, 0.306, 0.1], 0.6),
            a_box("other", SIZE, [0.0, -0.314, 0.1], 0.6),
        ],
        vec![],
    );
    let fake = Fake {
        cursed: vec!["wanted".into()],
        toppling: 0.2,
        leans: Some(("wanted".into(), "beside".into())),
        ..Fake::default()
    };
    let check = Fake {
        cursed: vec!["beside".into()],
        ..Fake::default()
    };
    let mut planner = planner(&fake, Some(&check));
    // Enough for both neighbours.
    (planner.settings.screen, planner.settings.imagine) = (256, 96);
    let plan = planner.plan(&cell, &retrieve("wanted")).unwrap();
    assert_eq!(plan.verdict, Verdict::Safe, "{:?}", plan.reason);
    assert_eq!(order(&plan), ["other", "wanted"]);
}

#[test]
fn what_was_screened_for_too_risky_is_taken_where_it_is_safe_once_it_is_imagined() {
    let cell = workcell(vec![a_box("wanted", SIZE, [0.0, 0.0, 0.1], 0.6)], vec![]);
    let plan = |fake: &Fake, check: Option<&dyn Dynamics>| {
        let planner = planner(fake, check);
        planner.plan(&cell, &retrieve("wanted")).unwrap()
    };
    let taken = duration_of_the_first(&plan(&Fake::default(), None));
    // All is screened for what only a check can tell, and what is quick goes wrong in the check too.
    let nervous = |seconds: f64| Some(("wanted".to_owned(), 1.0, seconds));
    let judge = Fake {
        nervous: nervous(f64::INFINITY),
        looks_closer: true,
        toppling: 0.1,
        dreads: Some(("wanted".into(), 0.0, 1.2 * taken)),
        ..Fake::default()
    };
    let check = Fake {
        nervous: nervous(1.2 * taken),
        ..Fake::default()
    };
    let plan = plan(&judge, Some(&check));
    assert_eq!(plan.verdict, Verdict::Safe, "{:?}", plan.reason);
    assert!(duration_of_the_first(&plan) >= 1.2 * taken);
}
