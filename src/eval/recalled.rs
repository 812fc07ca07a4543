//! Answers that took hours, found again by what was asked.
//!
//! Owns [`Recalled`]: of a list of questions, each named by its hash, which are answered already. Where a few questions
//! are replaced by others, or more are asked, only those are answered anew; what is not asked now is kept.

use std::collections::BTreeMap;

/// The questions that are asked now, with the answers that there are.
pub(super) struct Recalled<T> {
    asked: Vec<String>,
    answers: BTreeMap<String, T>,
}

impl<T: Clone> Recalled<T> {
    /// The questions of the hashes `asked`, beside what is stored: `keys` and their `values`, one each.
    pub fn new(asked: Vec<String>, keys: Vec<String>, values: Vec<T>) -> Self {
        let answers = keys.into_iter().zip(values).collect();
        Self { asked, answers }
    }

    /// The places of the questions that nobody has answered.
    pub fn open(&self) -> Vec<usize> {
        let is_open = |i: &usize| !self.answers.contains_key(&self.asked[*i]);
        (0..self.asked.len()).filter(is_open).collect()
    }

    /// Notes the answer to the question at `place`.
    pub fn answer(&mut self, place: usize, answer: T) {
        self.answers.insert(self.asked[place].clone(), answer);
    }

    /// What is to be stored: those that are asked now first, in their order.
    pub fn columns(&self) -> (Vec<String>, Vec<T>) {
        let now = self
            .asked
            .iter()
            .filter_map(|k| self.answers.get_key_value(k));
        let is_other = |(k, _): &(&String, &T)| !self.asked.contains(k);
        let all = now.chain(self.answers.iter().filter(is_other));
        all.map(|(k, v)| (k.clone(), v.clone())).unzip()
    }

    /// The answers to the questions in their order, as far as all before are answered.
    pub fn answers(&self) -> Vec<T> {
        let known = self.asked.iter().map_while(|k| self.answers.get(k));
        known.cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Vec<String> {
        names.iter().map(|&n| n.to_owned()).collect()
    }

    #[test]
    fn what_was_answered_is_found_wherever_it_stands_now_and_nothing_is_lost() {
        let mut all = Recalled::new(
            named(&["a", "new", "c"]),
            named(&["a", "b", "c"]),
            vec![1, 2, 3],
        );
        assert_eq!(all.open(), [1]);
        assert_eq!(all.answers(), [1]);
        all.answer(1, 9);
        assert!(all.open().is_empty());
        assert_eq!(all.answers(), [1, 9, 3]);
        assert_eq!(
            all.columns(),
            (named(&["a", "new", "c", "b"]), vec![1, 9, 3, 2])
        );
    }
}
