//! Seeds out of other seeds: of a stack, a file, an epoch or one of a planner's many uses.
//!
//! Owns SplitMix64's increment and output function (Steele, Lea, Flood, "Fast splittable pseudorandom number
//! generators", OOPSLA 2014). How the parts of a seed are joined is its user's: bits on disk hang on it.

/// 2^64 over the golden ratio, odd: multiples of it are as far apart as they can be.
pub const INCREMENT: u64 = 0x9e37_79b9_7f4a_7c15;

/// Every bit of what comes out depends on every bit of `z`; no two of `z` give the same.
pub const fn scrambled(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_splitmix64() {
        // The first two of seed 1234567 in the reference implementation's test vector.
        let seed = 1_234_567u64;
        let first = scrambled(seed.wrapping_add(INCREMENT));
        let second = scrambled(seed.wrapping_add(INCREMENT.wrapping_mul(2)));
        assert_eq!(first, 6_457_827_717_110_365_317);
        assert_eq!(second, 3_203_168_211_198_807_973);
    }
}
