//! The importers on small files in the shape of the real ones, whole, cut, broken and foreign.

use std::path::Path;

use super::*;
use crate::scene::Gripper;
use crate::scene::geometry::overlaps;

const PACKING: &str = r#"{"1": [
 {"item": {"article": "donut-001", "id": "001", "product_group": "c", "length/mm": 600,
   "width/mm": 400, "height/mm": 220, "weight/kg": 6.5, "sequence": 1},
  "flb_coordinates": [0, 0, 0], "orientation": 0},
 {"item": {"article": "lye bread-002", "id": "002", "product_group": "c", "length/mm": 600,
   "width/mm": 400, "height/mm": 300, "weight/kg": 40.0, "sequence": 2},
  "flb_coordinates": [600, 0, 0], "orientation": 1},
 {"item": {"article": "donut-001", "id": "001", "product_group": "c", "length/mm": 600,
   "width/mm": 400, "height/mm": 220, "weight/kg": 6.5, "sequence": 3},
  "flb_coordinates": [0, 0, 220], "orientation": 0}]}"#;

const SCHEDULE: &str = "\
flights: {}
segments:
  AB1-FRA-XYZ:
    built_ulds:
      pmc_md11f_md-0:
        finish: 1
        loaded:
        - {height: 50, lat: 60, lng: 80, piece: 000-1x0, shipment: 000-1, start_height: 0, start_lat: 10, start_lng: 10}
        - {height: 50, lat: 60, lng: 80, piece: 000-1x0, shipment: 000-1, start_height: 50, start_lat: 10, start_lng: 10}
        - {height: 80, lat: 60, lng: 50, piece: 000-1x0, shipment: 000-1, start_height: 0, start_lat: 10, start_lng: 100}
    shipments:
      000-1:
        pieces:
          000-1x0: {height: 50, lat: 60, lng: 80, amount: 3, stack_height: 0.001, stack_lng: 0.01, weight: 20}
";

fn packing(text: &str, cut: &Cut) -> Result<Vec<ImportedStack>, ImportError> {
    bed_bpp(text, None, Path::new("packing_plans.json"), cut).map(|all| all.stacks)
}

fn schedule(text: &str) -> Result<Vec<ImportedStack>, ImportError> {
    aclpp(text, Path::new("x.schedule.yaml"), &Cut::default()).map(|all| all.stacks)
}

#[test]
fn a_pallets_corner_is_where_its_first_box_begins() {
    let stacks = packing(PACKING, &Cut::default()).unwrap();
    let scene = &stacks[0].workcell.scene;
    let first = scene.boxes[0].pose.translation.vector;
    assert!((first - crate::pose::Vec3::new(-0.3, -0.2, 0.254)).norm() < 1e-12);
    assert_eq!(scene.boxes[1].size, crate::pose::Vec3::new(0.4, 0.6, 0.3));
    assert_eq!(scene.boxes[1].id, "lye-bread-2");
    assert!(stacks[0].origin.contains("MIT"));
}

#[test]
fn a_roll_container_is_known_from_the_orders() {
    let orders = r#"{"1": {"item_sequence": {}, "properties": {"target": "rollcontainer"}}}"#;
    let path = Path::new("packing_plans.json");
    let all = bed_bpp(PACKING, Some(orders), path, &Cut::default()).unwrap();
    let scene = &all.stacks[0].workcell.scene;
    assert_eq!(scene.fixtures[0].size.x, 0.8);
    assert_eq!(scene.fixtures.len(), 4, "a base and three walls");
    for wall in &scene.fixtures[1..] {
        for b in &scene.boxes {
            assert!(!overlaps(&wall.obb(), &b.obb(), 0.0), "{}", b.id);
        }
    }
}

#[test]
fn the_cut_leaves_out_what_is_high_and_asks_for_nothing_heavy() {
    let cut = Cut {
        max_height_m: Some(0.5),
        max_mass_kg: Some(10.0),
    };
    let stack = packing(PACKING, &cut).unwrap().remove(0);
    assert_eq!((stack.workcell.scene.boxes.len(), stack.left_out), (2, 1));
    assert_eq!(stack.targets, [0]);
    let low = Cut {
        max_height_m: Some(0.2),
        max_mass_kg: None,
    };
    assert_eq!(packing(PACKING, &low).unwrap(), []);
    assert!(matches!(
        packing("{}", &Cut::default()),
        Err(ImportError::Empty { .. })
    ));
}

#[test]
fn what_floats_above_a_box_in_the_data_goes_with_it() {
    let floating = PACKING.replace("[0, 0, 220]", "[0, 0, 240]");
    let stack = packing(&floating, &Cut::default()).unwrap().remove(0);
    let ids = |stack: &ImportedStack| -> Vec<String> {
        let boxes = &stack.workcell.scene.boxes;
        boxes.iter().map(|b| b.id.clone()).collect()
    };
    assert_eq!(ids(&stack).len(), 3);
    assert_eq!(ids(&stack.without(0)), ["lye-bread-2"]);
}

#[test]
fn a_piece_bears_what_its_upright_axis_bears_and_its_own_weight() {
    let stack = schedule(SCHEDULE).unwrap().remove(0);
    let boxes = &stack.workcell.scene.boxes;
    // 0.001 kg/cm² over 80 by 60 cm is 4.8 kg, and 20 kg stand on the first piece.
    assert_eq!(stack.overloaded, ["000-1x0-1"]);
    assert_eq!(boxes[0].max_force_n, None);
    assert!((boxes[1].max_force_n.unwrap() - 24.8 * 9.81).abs() < 1e-9);
    // Stood on end it bears 0.01 kg/cm² over 60 by 50 cm: 30 kg.
    assert!((boxes[2].max_force_n.unwrap() - 50.0 * 9.81).abs() < 1e-9);
    assert!(stack.origin.contains("CC BY 4.0"));
}

#[test]
fn the_gripper_holds_at_least_six_boxes_in_ten() {
    for stack in [packing(PACKING, &Cut::default()), schedule(SCHEDULE)] {
        let stack = stack.unwrap().remove(0);
        let Gripper::Suction { max_pull, .. } = stack.workcell.robot.grippers[0] else {
            panic!("a cup comes first");
        };
        let boxes = &stack.workcell.scene.boxes;
        let held = boxes
            .iter()
            .filter(|b| b.mass.mean() * 9.81 * 1.2 < max_pull);
        assert!(held.count() * 10 >= boxes.len() * 6);
    }
}

#[test]
fn a_file_that_breaks_off_is_an_error_or_what_was_whole_of_it_and_no_panic() {
    for end in (1..PACKING.len() - 1).filter(|&e| PACKING.is_char_boundary(e)) {
        let error = packing(&PACKING[..end], &Cut::default()).unwrap_err();
        assert!(
            matches!(error, ImportError::Truncated { .. }),
            "{end}: {error}"
        );
    }
    for end in (1..SCHEDULE.len()).filter(|&e| SCHEDULE.is_char_boundary(e)) {
        // YAML has no closing bracket: what is cut off between two units cannot be told.
        let left = schedule(&SCHEDULE[..end]).unwrap_or_default();
        let whole = schedule(SCHEDULE).unwrap();
        let names = |stacks: &[ImportedStack]| -> Vec<String> {
            stacks.iter().map(|stack| stack.name.clone()).collect()
        };
        assert!(names(&whole).starts_with(&names(&left)), "{end}");
    }
    let end = SCHEDULE.find("shipments:").unwrap();
    assert!(schedule(&SCHEDULE[..end]).is_err());
}

#[test]
fn missing_keys_and_foreign_files_name_the_line_or_the_remedy() {
    let broken = PACKING.replacen("\"flb_coordinates\": [0, 0, 0], ", "", 1);
    let error = packing(&broken, &Cut::default()).unwrap_err();
    assert!(
        error.to_string().contains("packing_plans.json:4"),
        "{error}"
    );
    assert!(error.to_string().contains("flb_coordinates"), "{error}");
    let orders = r#"{"1": {"item_sequence": {"1": {"article": "a"}}}}"#;
    match packing(orders, &Cut::default()).unwrap_err() {
        ImportError::Malformed { remedy, .. } => assert!(remedy.contains("packing_plans")),
        other => panic!("{other}"),
    }
    let path = Path::new("packing_plans.json");
    match bed_bpp(PACKING, Some(orders), path, &Cut::default()).unwrap_err() {
        ImportError::Malformed { place, remedy, .. } => {
            assert!(place.file.ends_with("orders.json") && remedy.contains("move it away"));
        }
        other => panic!("{other}"),
    }
    let error = schedule(&SCHEDULE.replacen("start_lat: 10, ", "", 1)).unwrap_err();
    assert!(error.to_string().contains("x.schedule.yaml:8"), "{error}");
    assert!(schedule("uld_types:\n  ake: {inner_lng_size: 144}\n").is_err());
    assert!(schedule("just words").is_err());
}

#[test]
fn numbers_that_no_box_has_are_named_with_the_line_of_their_piece() {
    let negative = PACKING.replacen("\"weight/kg\": 40.0", "\"weight/kg\": -40.0", 1);
    let error = packing(&negative, &Cut::default()).unwrap_err();
    assert!(error.to_string().contains("weight/kg is -40"), "{error}");
    assert!(
        error.to_string().contains("packing_plans.json:5: "),
        "{error}"
    );
    // By its key and in its unit in the data, also of a piece that is turned.
    let turned = PACKING.replacen("\"orientation\": 0", "\"orientation\": 1", 1);
    let narrow = turned.replacen("\"width/mm\": ", "\"width/mm\": -", 1);
    let error = packing(&narrow, &Cut::default()).unwrap_err();
    assert!(error.to_string().contains("width/mm is -400"), "{error}");
    assert!(
        error.to_string().contains("packing_plans.json:2: "),
        "{error}"
    );
    let error = packing(&PACKING.replacen("n\": 1}", "n\": 3}", 1), &Cut::default()).unwrap_err();
    assert!(
        error.to_string().contains("json:5: piece `lye-bread-2`"),
        "{error}"
    );
    let error = schedule(&SCHEDULE.replace("weight: 20", "weight: .nan")).unwrap_err();
    assert!(
        error.to_string().contains("x.schedule.yaml:14: "),
        "{error}"
    );
    let error = schedule(&SCHEDULE.replace("start_lng: 100", "start_lng: .inf")).unwrap_err();
    assert!(
        error.to_string().contains("x.schedule.yaml:10: "),
        "{error}"
    );
    let error = schedule(&SCHEDULE.replacen("piece: 000-1x0", "piece: 000-9", 1)).unwrap_err();
    assert!(matches!(error, ImportError::UnknownPiece { .. }), "{error}");
    assert!(error.to_string().contains("x.schedule.yaml:8: "), "{error}");
}

/// Whether a file system and a task file take `name` as it is.
fn is_plain(name: &str) -> bool {
    let kept = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    name.chars().all(kept) && name.len() < 100
}

#[test]
fn no_key_of_a_foreign_file_leads_out_of_the_folder_or_out_of_a_comment() {
    let far = "../../etc/x\\e[2J\\r\\nversion: 2";
    let plans = packing(
        &PACKING.replacen("\"1\"", "\"../a/b\\u001b[2J\\r\"", 1),
        &Cut::default(),
    );
    let flight = SCHEDULE
        .replace("AB1-FRA-XYZ", &format!("\"{far}\""))
        .replace("pmc_md11f_md-0", "\"pmc/..\"")
        .replace("000-1x0", "\"../p/1\"");
    for stacks in [plans, schedule(&flight)] {
        for stack in stacks.unwrap() {
            assert!(is_plain(&stack.name), "{}", stack.name);
            for b in &stack.workcell.scene.boxes {
                assert!(is_plain(&b.id), "{}", b.id);
            }
            let signs = stack.origin.chars();
            assert_eq!(signs.filter(|c| c.is_control() && *c != '\n').count(), 0);
            assert!(!stack.origin.contains("version:"), "{}", stack.origin);
        }
    }
}

#[test]
fn names_of_the_real_data_stay_as_they_are() {
    let stack = schedule(SCHEDULE).unwrap().remove(0);
    assert_eq!(stack.name, "aclpp-AB1-FRA-XYZ-pmc_md11f_md-0");
    assert_eq!(stack.workcell.scene.boxes[1].id, "000-1x0-2");
    assert_eq!(
        packing(PACKING, &Cut::default()).unwrap()[0].name,
        "bed-bpp-1"
    );
}

#[test]
fn orders_of_two_files_have_two_names_in_whatever_letters_they_are_named() {
    let named = |key: &str| {
        let file = PACKING.replacen("\"1\"", &format!("\"{key}\""), 1);
        packing(&file, &Cut::default()).unwrap().remove(0)
    };
    let (one, other) = (named("заказ"), named("тесто"));
    assert!(
        is_plain(&one.name) && one.name != other.name,
        "{}",
        one.name
    );
    assert_ne!(one.origin, other.origin);
    assert_eq!(named("заказ").name, one.name);
}

#[test]
fn two_keys_that_become_one_name_give_two_names() {
    let order = PACKING.trim_start_matches("{\"1\": ").trim_end_matches('}');
    let all = ["a/b", "A-B", "a-b", "a-b-2"].map(|key| format!("\"{key}\": {order}"));
    let stacks = packing(&format!("{{{}}}", all.join(", ")), &Cut::default()).unwrap();
    let names: std::collections::BTreeSet<String> =
        stacks.iter().map(|s| s.name.to_ascii_lowercase()).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    // And two pieces that become the same are counted on.
    let kind = "          000-1x0: {height";
    let twice = SCHEDULE
        .replacen("piece: 000-1x0", "piece: 000-1/0", 1)
        .replacen("piece: 000-1x0", "piece: 000-1+0", 1)
        .replace(kind, "          000-1/0: &kind {height")
        + "          000-1+0: *kind\n          000-1x0: *kind\n";
    let stack = schedule(&twice).unwrap().remove(0);
    let ids: Vec<&str> = stack
        .workcell
        .scene
        .boxes
        .iter()
        .map(|b| b.id.as_str())
        .collect();
    assert_eq!(ids, ["000-1-0-1", "000-1-0-2", "000-1x0-1"]);
}
