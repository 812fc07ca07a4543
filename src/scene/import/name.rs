//! Names of files and boxes, from the keys of a file that another program wrote.
//!
//! Owns what goes into such a name, so that no key leads out of the output folder, ends a comment or gives a box an
//! id that no task file takes; and that two stacks never share a name.

use std::collections::{BTreeMap, BTreeSet};

use super::stack::ImportedStack;
use crate::files::sha256;

/// The most characters of one key: an id with a number of three digits then stays within a task file's 64.
const MOST_CHARS: usize = 60;

/// `key` in letters and digits of ASCII, dashes and underscores; every other sign becomes a dash.
pub(super) fn plain(key: &str) -> String {
    let kept = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    key.chars()
        .take(MOST_CHARS)
        .map(|c| if kept(c) { c } else { '-' })
        .collect()
}

/// [`plain`], and where that lost a sign some digits of the key's hash, so that no other key has the same.
pub(super) fn unique(key: &str) -> String {
    let plain = plain(key);
    match plain == key {
        true => plain,
        false => format!("{plain}-{}", &sha256(key.as_bytes())[..8]),
    }
}

/// An article's name without its number, in small letters, digits and dashes.
pub(super) fn slug(article: &str) -> String {
    let name = article.rsplit_once('-').map_or(article, |(name, _)| name);
    let dashed = plain(name).to_ascii_lowercase().replace('_', "-");
    let words: Vec<&str> = dashed.split('-').filter(|w| !w.is_empty()).collect();
    if words.is_empty() {
        "box".into()
    } else {
        words.join("-")
    }
}

/// Numbers the later ones of stacks that are called the same, so that none replaces another's file; capitals are
/// no difference, since some disks do not tell them apart.
pub(super) fn number_namesakes(stacks: &mut [ImportedStack]) {
    let mut taken = BTreeSet::new();
    let mut last: BTreeMap<String, usize> = BTreeMap::new();
    for stack in stacks {
        let name = stack.name.to_ascii_lowercase();
        let number = last.entry(name.clone()).or_insert(1);
        let mut own = name.clone();
        while !taken.insert(own) {
            *number += 1;
            own = format!("{name}-{number}");
        }
        if *number > 1 {
            stack.name = format!("{}-{number}", stack.name);
        }
    }
}
