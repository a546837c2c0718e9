//! Numbers that are added to, where the host does the sum.

/// Adds to a number: eight bytes, the lowest first, as Spin keeps it in its file.
pub(super) fn add(key: &str, held: Vec<u8>, delta: i64) -> Result<i64, String> {
    let Ok(held) = <[u8; 8]>::try_from(held) else {
        return Err(format!(
            "the value of \"{key}\" is no number: a counter is eight bytes, the lowest first"
        ));
    };
    i64::from_le_bytes(held)
        .checked_add(delta)
        .ok_or_else(|| format!("the sum of \"{key}\" and {delta} does not fit 64 bits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_adds_up_or_says_why_not() {
        assert_eq!(add("k", 40_i64.to_le_bytes().to_vec(), 2), Ok(42));
        assert_eq!(add("k", (-1_i64).to_le_bytes().to_vec(), -1), Ok(-2));
        assert!(add("k", b"40".to_vec(), 2).unwrap_err().contains("\"k\""));
        let most = i64::MAX.to_le_bytes().to_vec();
        assert!(add("k", most, 1).unwrap_err().contains("does not fit"));
    }
}
