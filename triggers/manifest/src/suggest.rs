//! "Did you mean": the nearest of the words that would have been right.

/// ``; did you mean `x`?`` for the nearest candidate that is near enough to be a
/// slip of the fingers; empty when there is none.
pub(crate) fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> String {
    let allowed = (word.chars().count() / 3).max(1);
    let distances = candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate));
    match distances.min() {
        Some((distance, best)) if distance <= allowed => format!("; did you mean `{best}`?"),
        _ => String::new(),
    }
}

/// The number of letters to insert, delete, replace or swap with their neighbour
/// to get from one word to the other (optimal string alignment), case aside.
fn distance(a: &str, b: &str) -> usize {
    let [a, b] = [a, b].map(|word| word.to_lowercase().chars().collect::<Vec<_>>());
    // Row `i` holds the distances from the first `i` letters of `a`.
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_other_words_are_not() {
        let keys = ["source", "allowed_outbound_hosts", "build"];
        for (word, expected) in [
            (
                "allowed_outbond_hosts",
                "; did you mean `allowed_outbound_hosts`?",
            ),
            ("Source", "; did you mean `source`?"),
            ("buidl", "; did you mean `build`?"),
            ("memory", ""),
            ("x", ""),
        ] {
            assert_eq!(did_you_mean(word, keys), expected, "{word}");
        }
        assert_eq!(did_you_mean("x", []), "");
    }

    #[test]
    fn distances_count_swaps_as_one() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("ab", "ba"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
