//! Choices that a seed decides.

/// SplitMix64: the same numbers on every machine.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number of the range, both ends included.
    pub(crate) fn between(&mut self, least: i64, most: i64) -> i64 {
        let span = u64::try_from(most - least).unwrap() + 1;
        least + i64::try_from(self.next() % span).unwrap()
    }

    /// True once in `n` times.
    pub(crate) fn one_in(&mut self, n: i64) -> bool {
        self.between(1, n) == 1
    }

    /// One of the items.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let last = i64::try_from(items.len()).unwrap() - 1;
        &items[usize::try_from(self.between(0, last)).unwrap()]
    }

    /// One to `most` items, with commas between them.
    pub(crate) fn list(&mut self, most: i64, mut item: impl FnMut(&mut Self) -> String) -> String {
        let count = self.between(1, most);
        let items: Vec<String> = (0..count).map(|_| item(self)).collect();
        items.join(",")
    }
}
