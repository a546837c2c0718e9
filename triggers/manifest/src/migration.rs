//! What a migration says of itself.

/// The word of the first line.
const WORD: &str = "contract";

/// Whether a migration, by its text, takes away what the release before still needs: its
/// first line is the comment `-- contract`, perhaps with more words.
pub fn is_contract(sql: &str) -> bool {
    let line = sql.lines().next().unwrap_or_default().trim();
    let Some(comment) = line.strip_prefix("--").map(str::trim_start) else {
        return false;
    };
    let word = comment.get(..WORD.len()).unwrap_or_default();
    let after = comment.chars().nth(WORD.len());
    let ends = after.is_none_or(|c| !c.is_alphanumeric() && c != '-' && c != '_');
    word.eq_ignore_ascii_case(WORD) && ends
}
