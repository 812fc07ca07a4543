//! Given scenes as the config of a data set names them.
//!
//! Owns what is read from such a config: which packings its stacks are parts of, how it is told to a person, and where
//! two of them differ. Refuses a config whose scenes name no packing.

use serde_json::{Value, json};

/// The packing's hash of each scene of a set with this config, in the order in which its stacks take them in turn;
/// `None` where its scenes are made up.
///
/// # Errors
/// Why it is the config of no set.
pub(in crate::dataset) fn packings(config: &Value) -> Result<Option<Vec<String>>, String> {
    let Some(scenes) = config.get("scenes").and_then(Value::as_array) else {
        return Ok(None);
    };
    let packing = |scene: &Value| Some(scene.get("packing")?.as_str()?.to_owned());
    match scenes.iter().map(packing).collect::<Option<Vec<_>>>() {
        Some(packings) if !packings.is_empty() => Ok(Some(packings)),
        _ => Err("its config names no `packing` for each of its `scenes`".to_owned()),
    }
}

/// Whether a set of this config is made of given scenes.
pub fn is_of_given(config: &Value) -> bool {
    config.get("scenes").is_some()
}

/// A config as a person reads it: of scenes, which may be hundreds, their number alone.
pub fn in_brief(config: &Value) -> Value {
    let mut brief = config.clone();
    if let Some(scenes) = brief.get_mut("scenes")
        && let Some(all) = scenes.as_array()
    {
        *scenes = json!(all.len());
    }
    brief
}

/// The first scene of a config that another one does not have in its place; empty where there is none.
pub(in crate::dataset) fn scene_unlike(config: &Value, other: &Value) -> String {
    let scenes = |config: &Value| config.get("scenes").and_then(Value::as_array).cloned();
    let (ours, theirs) = (
        scenes(config).unwrap_or_default(),
        scenes(other).unwrap_or_default(),
    );
    let unlike = (ours.iter().enumerate()).find(|(i, scene)| theirs.get(*i) != Some(scene));
    unlike.map_or_else(String::new, |(_, scene)| scene.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::GivenScene;
    use super::super::tests::{given, orders};
    use super::*;

    #[test]
    fn the_packings_of_a_set_are_those_of_its_scenes() {
        let scenes: Vec<GivenScene> = orders().iter().map(given).collect();
        let config =
            json!({ "scenes": scenes.iter().map(GivenScene::config_json).collect::<Vec<_>>() });
        let expected: Vec<String> = scenes.iter().map(|s| s.packing.clone()).collect();
        assert_eq!(packings(&config), Ok(Some(expected)));
        assert_eq!(in_brief(&config), json!({ "scenes": 2 }));
        assert_eq!(packings(&json!({ "families": [] })), Ok(None));
        for damaged in [
            json!({ "scenes": [] }),
            json!({ "scenes": [{ "name": "a" }] }),
        ] {
            assert!(packings(&damaged).is_err(), "{damaged}");
        }
    }
}
