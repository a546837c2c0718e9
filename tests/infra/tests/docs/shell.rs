//! As much of a shell's grammar as documents use: which programs a text calls, and how.

/// One call: the program, and its arguments with quotes taken off.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) words: Vec<String>,
}

impl Call {
    pub(crate) fn program(&self) -> &str {
        &self.words[0]
    }

    /// Everything behind the program.
    pub(crate) fn arguments(&self) -> &[String] {
        &self.words[1..]
    }
}

/// The calls of a script, those within `$(...)` and `<(...)` included. The text of a here
/// document is not looked at.
pub(crate) fn calls(script: &str) -> Vec<Call> {
    let mut found = Vec::new();
    let mut lines = script.lines();
    while let Some(first) = lines.next() {
        let mut line = first.trim().to_owned();
        while line.ends_with('\\') || open(&line) {
            let joint = if line.ends_with('\\') { " " } else { "\n" };
            line.truncate(line.trim_end_matches('\\').len());
            let Some(next) = lines.next() else { break };
            line = line + joint + next.trim();
        }
        if let Some((_, end)) = line.split_once("<<") {
            let end = end.split_whitespace().next().unwrap_or_default();
            let end = end.trim_matches(['\'', '"', '-']).to_owned();
            _ = lines.by_ref().find(|line| line.trim() == end);
        }
        Reader::new(&line).read(&mut found);
    }
    found
}

/// Whether a quote is open at the end.
fn open(line: &str) -> bool {
    let mut quote = None;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (None | Some('"'), '\\') => _ = characters.next(),
            (None, '#') => return false,
            (None, '\'' | '"') => quote = Some(c),
            (Some(q), _) if q == c => quote = None,
            _ => {}
        }
    }
    quote.is_some()
}

struct Reader<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    words: Vec<String>,
    word: Option<String>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            rest: text.chars().peekable(),
            words: Vec::new(),
            word: None,
        }
    }

    fn read(mut self, found: &mut Vec<Call>) {
        let mut quote = None;
        while let Some(c) = self.rest.next() {
            match (quote, c) {
                (Some('\''), _) if c != '\'' => self.push(c),
                (Some(q), _) if q == c => quote = None,
                (None, '\'' | '"') => {
                    quote = Some(c);
                    self.push_str("");
                }
                (_, '\\') => {
                    let next = self.rest.next();
                    self.push_str(&next.map(String::from).unwrap_or_default());
                }
                (_, '$') if self.rest.peek() == Some(&'(') => self.within(found),
                (Some(_), _) => self.push(c),
                (None, '<') if self.rest.peek() == Some(&'(') => self.within(found),
                (None, '#') if self.word.is_none() => break,
                (None, ' ' | '\t') => self.end_word(),
                (None, '|' | ';' | '&' | '\n' | '(' | ')')
                    if c != '&' || !self.word.as_deref().is_some_and(|w| w.ends_with('>')) =>
                {
                    self.end_call(found);
                }
                (None, _) => self.push(c),
            }
        }
        self.end_call(found);
    }

    /// `$(...)`: its calls, and nothing for the word that it stands in.
    fn within(&mut self, found: &mut Vec<Call>) {
        let mut depth = 0;
        let mut inside = String::new();
        for c in self.rest.by_ref() {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            inside.push(c);
        }
        found.extend(calls(inside.trim_start_matches('(')));
        self.push_str("$()");
    }

    fn push(&mut self, c: char) {
        self.word.get_or_insert_default().push(c);
    }

    fn push_str(&mut self, text: &str) {
        self.word.get_or_insert_default().push_str(text);
    }

    fn end_word(&mut self) {
        self.words.extend(self.word.take());
    }

    fn end_call(&mut self, found: &mut Vec<Call>) {
        self.end_word();
        let mut words = std::mem::take(&mut self.words);
        // What stands before a program: a prompt, variables, words of the grammar.
        let before = |word: &String| {
            let variable = word
                .split_once('=')
                .is_some_and(|(name, _)| is_variable(name));
            variable
                || matches!(
                    word.as_str(),
                    "$" | "if"
                        | "then"
                        | "else"
                        | "do"
                        | "while"
                        | "until"
                        | "!"
                        | "{"
                        | "time"
                        | "exec"
                )
        };
        while words.first().is_some_and(before) {
            _ = words.remove(0);
        }
        let grammar = ["fi", "done", "}", "for"];
        if words
            .first()
            .is_some_and(|word| !grammar.contains(&word.as_str()))
        {
            found.push(Call { words });
        }
    }
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[test]
fn a_script_is_read_as_a_shell_does() {
    let script = "$ A=1 B='x y' make up LISTEN=a  # why\n\
                  spindrift deploy --image \"$(cat image)\" \\\n  --wait 10m && echo 'a | b'\n\
                  psql \"$URL\" <<'SQL'\nselect spindrift;\nSQL\n\
                  for i in 1 2; do doctl auth list >out 2>&1 | jq -r '.[]\n| .id'; done";
    let calls = calls(script);
    let texts: Vec<String> = calls.iter().map(|call| call.words.join("·")).collect();
    assert_eq!(
        texts,
        [
            "make·up·LISTEN=a",
            "cat·image",
            "spindrift·deploy·--image·$()·--wait·10m",
            "echo·a | b",
            "psql·$URL·<<SQL",
            "doctl·auth·list·>out·2>&1",
            "jq·-r·.[]\n| .id",
        ]
    );
}
