//! What may be called what, as Spin has it.

/// Checks the name of a variable: `lower_snake_case`.
pub(crate) fn check_variable_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("a variable's name can't be empty".to_owned());
    }
    for (index, word) in name.split('_').enumerate() {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let begins = word
            .bytes()
            .next()
            .is_some_and(|b| index > 0 || b.is_ascii_lowercase());
        if !begins || !word.bytes().all(fits) {
            return Err(
                "a variable's name is lower-case words of letters and digits, joined by single \
                 underscores, beginning with a letter, as in `api_key_2`"
                    .to_owned(),
            );
        }
    }
    Ok(())
}

/// Whether `name` is words joined by single hyphens, each of letters and digits,
/// all lower or all upper case, the first beginning with a letter.
pub(crate) fn is_kebab_case(name: &str) -> bool {
    name.split('-')
        .enumerate()
        .all(|(index, word)| is_word(index, word))
}

/// The same with underscores.
pub(crate) fn is_snake_case(name: &str) -> bool {
    name.split('_')
        .enumerate()
        .all(|(index, word)| is_word(index, word))
}

/// Whether `name` may be part of topics, consumer groups and service names: at most
/// 63 letters, digits, `-`, `_` and `.`, beginning with a letter.
pub(crate) fn is_resource_name(name: &str) -> bool {
    let begins = name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    begins && name.len() <= 63 && name.bytes().all(is_topic_byte)
}

/// Whether Kubernetes takes it as a label of a name, beginning with a letter, as
/// services must.
pub fn is_dns_label(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let begins = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    begins && name.len() <= 63 && !name.ends_with('-') && name.bytes().all(fits)
}

/// Whether Kafka takes it as the name of a topic.
pub(crate) fn is_topic_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && name.len() <= 249 && name.bytes().all(is_topic_byte)
}

/// Whether a topic's name may have it.
pub(crate) fn is_topic_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')
}

fn is_word(index: usize, word: &str) -> bool {
    let one_case = !word.bytes().any(|b| b.is_ascii_lowercase())
        || !word.bytes().any(|b| b.is_ascii_uppercase());
    let begins = word
        .bytes()
        .next()
        .is_some_and(|b| index > 0 || b.is_ascii_alphabetic());
    begins && one_case && word.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_as_spin_judges_them() {
        for good in ["a", "abc", "a1b2c3", "a_1", "a_1_b_3"] {
            assert!(check_variable_name(good).is_ok(), "{good}");
        }
        for bad in ["", "aX", "1bc", "_x", "x.y", "x_", "a__b", "x-y", "ä"] {
            assert!(check_variable_name(bad).is_err(), "{bad}");
        }
        for good in ["a", "tasks", "sign-in", "v-2", "API-docs"] {
            assert!(is_kebab_case(good), "{good}");
        }
        for bad in ["", "-a", "a-", "a--b", "2a", "a_b", "aB", "a.b"] {
            assert!(!is_kebab_case(bad), "{bad}");
        }
        assert!(is_topic_name("0.todo_events-1") && is_topic_name(&"a".repeat(249)));
        assert!(!is_topic_name("..") && !is_topic_name("a b") && !is_topic_name(&"a".repeat(250)));
        assert!(is_resource_name("my-app") && !is_resource_name("2") && !is_resource_name(""));
        assert!(is_snake_case("my_store") && !is_snake_case("my-store"));
    }
}
