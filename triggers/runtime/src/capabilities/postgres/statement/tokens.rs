//! Splitting a statement.

/// A piece of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A keyword or unquoted name, in lower case.
    Word(String),
    /// A quoted name.
    Quoted,
    /// A number, string or parameter.
    Value,
    /// Any other character.
    Symbol(char),
}

/// Splits a statement. `None` for what it does not understand.
pub(super) fn tokens(sql: &str) -> Option<Vec<Token>> {
    let mut found = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            c if c.is_whitespace() => c.len_utf8(),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => comment(rest)?,
            '\'' => {
                found.push(Token::Value);
                quoted(rest, '\'')?
            }
            '"' => {
                found.push(Token::Quoted);
                quoted(rest, '"')?
            }
            // Dollar quotes hide text; a parameter is a dollar and digits.
            '$' => {
                let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
                if digits == 0 {
                    return None;
                }
                found.push(Token::Value);
                1 + digits
            }
            c if c.is_ascii_digit() => {
                found.push(Token::Value);
                rest.bytes()
                    .take_while(|b| b.is_ascii_alphanumeric() || *b == b'.')
                    .count()
            }
            c if c.is_ascii_alphabetic() || c == '_' => {
                let length = rest
                    .bytes()
                    .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
                    .count();
                // E'', B'', U&'' and the like have rules of their own.
                if matches!(rest.as_bytes().get(length), Some(b'\'' | b'&' | b'$')) {
                    return None;
                }
                found.push(Token::Word(rest[..length].to_ascii_lowercase()));
                length
            }
            c if c.is_ascii() => {
                found.push(Token::Symbol(c));
                1
            }
            _ => return None,
        };
        rest = &rest[length..];
    }
    Some(found)
}

/// The length of a quoted text; a doubled quote stands for itself. A backslash
/// is not understood: what it means depends on a setting.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut at = 1;
    loop {
        let end = at + text[at..].find(quote)?;
        if text[at..end].contains('\\') {
            return None;
        }
        if text[end + 1..].starts_with(quote) {
            at = end + 2;
        } else {
            return Some(end + 1);
        }
    }
}

/// The length of a comment; comments nest.
fn comment(text: &str) -> Option<usize> {
    let (mut at, mut depth) = (2, 1);
    while depth > 0 {
        let rest = text.get(at..)?;
        let (open, close) = (rest.find("/*"), rest.find("*/")?);
        match open {
            Some(open) if open < close => {
                depth += 1;
                at += open + 2;
            }
            _ => {
                depth -= 1;
                at += close + 2;
            }
        }
    }
    Some(at)
}
