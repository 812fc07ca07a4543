//! A map of which no key may be given twice: the second would take the first one's place without a word.
//!
//! Owns [`Unique`], for what is read with serde.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// Values by key, each key once.
#[derive(Debug, PartialEq)]
pub(super) struct Unique<V>(pub(super) BTreeMap<String, V>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Unique<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Once(PhantomData))
    }
}

struct Once<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Once<V> {
    type Value = Unique<V>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = BTreeMap::new();
        while let Some((key, value)) = map.next_entry::<String, V>()? {
            match values.entry(key) {
                Entry::Vacant(free) => {
                    free.insert(value);
                }
                Entry::Occupied(taken) => {
                    return Err(A::Error::custom(format!(
                        "`{}` is there twice",
                        taken.key()
                    )));
                }
            }
        }
        Ok(Unique(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_given_twice_is_an_error_that_names_it_and_its_line() {
        let read = |text: &str| serde_json::from_str::<Unique<u8>>(text);
        assert_eq!(read(r#"{"a": 1, "b": 2}"#).unwrap().0.len(), 2);
        let twice = read("{\"a\": 1,\n\"a\": 2}").unwrap_err();
        assert!(twice.to_string().contains("`a` is there twice"), "{twice}");
        assert_eq!(twice.line(), 2);
    }
}
