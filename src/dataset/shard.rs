//! One part of several of a data set, to be made on its own and merged.
//!
//! Owns [`Shard`] and how it is written: `2/4` is the second of four.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::DatasetError;

/// One of several equal parts of a data set, made on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// From 1 to `count`.
    pub index: u64,
    /// How many parts there are.
    pub count: u64,
}

impl FromStr for Shard {
    type Err = DatasetError;

    fn from_str(text: &str) -> Result<Self, DatasetError> {
        let bad = |reason: &str| DatasetError::BadShard {
            text: text.to_owned(),
            reason: reason.to_owned(),
        };
        let (index, count) = text
            .split_once('/')
            .ok_or_else(|| bad("there is no slash"))?;
        let number = |part: &str| part.parse::<u64>().map_err(|e| bad(&e.to_string()));
        let shard = Self {
            index: number(index)?,
            count: number(count)?,
        };
        if shard.index == 0 {
            return Err(bad("shards are counted from 1"));
        }
        if shard.index > shard.count {
            return Err(bad("it comes after the last one"));
        }
        Ok(shard)
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_written_as_one_of_so_many() {
        let shard: Shard = "2/3".parse().unwrap();
        assert_eq!((shard.index, shard.count), (2, 3));
        for bad in ["0/3", "4/3", "1", "a/b", "1/0", "-1/2", ""] {
            assert!(bad.parse::<Shard>().is_err(), "{bad}");
        }
    }
}
