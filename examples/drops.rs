use topple::dataset::recipe::*;
use topple::rollout::*;
use topple::scene::*;
use topple::scene::families::Family;
fn main() {
    let n: u64 = std::env::args().nth(1).map_or(20, |s| s.parse().unwrap());
    let r = Recipe { seed: 11, families: Family::ALL.to_vec(), boxes_max: 12 };
    for gk in ["suction", "jaw"] { println!("== {gk}");
    let (mut never, mut mid, mut end, mut ok, mut steps_reach, mut steps_all)= (0,0,0,0, 0.0, 0.0);
    for s in 0..n { for e in r.episodes(s).unwrap() {
        let Action::Remove{grasp, motion} = &e.action else {continue};
        let g = &e.workcell.robot.grippers[grasp.gripper];
        if matches!(g, Gripper::Suction{..}) != (gk == "suction") {continue}
        let onset = e.action.onset();
        steps_reach += onset*240.0; steps_all += e.rollout.physics_steps as f64;
        let drop = e.rollout.accidents.iter().find(|a| a.kind == AccidentKind::Drop);
        match drop { None => ok += 1, Some(a) => {
            let dt = a.t - onset;
            let gh = grasp.hand_in_world(&e.workcell.scene.boxes[grasp.box_index].pose).rotation.inverse() * topple::pose::Vec3::new(0.0,0.0,-1.0); let st = topple::grasp::statics_margin(&e.workcell, grasp, gh, 0.0);
            let what = if dt < 0.40 && dt > 0.33 { never += 1; "never" } else if (a.t - motion.duration()).abs() < 0.03 { end += 1; "end" } else { mid += 1; "mid" };
            let mins: Vec<f64> = e.rollout.frames.iter().map(|f| (f.grip_margin*100.0).round()/100.0).take(6).collect();
            println!("{what} {} face {:?} dt {:.2} dur {:.2} statics {:?} margins {:?} others {:?}", e.family, grasp.face, dt, motion.duration()-onset, st, mins, e.rollout.accidents.iter().filter(|b| b.t < a.t).map(|b| b.kind.name()).collect::<Vec<_>>());
        }}
    }}
    println!("never {never} mid {mid} end {end} ok {ok} reach {:.0} all {:.0}", steps_reach/(never+mid+end+ok) as f64, steps_all/(never+mid+end+ok) as f64);
    }
}
