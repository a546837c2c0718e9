//! Other people's programs, as far as the documents call them. What is not here is a
//! misspelling, or a line to add after a look at the program's own reference.

/// Programs whose subcommands are checked, and those that exist.
const COMMANDS: [(&str, &[&str]); 8] = [
    (
        "kubectl",
        &[
            "apply",
            "config current-context",
            "create job",
            "create namespace",
            "create secret generic",
            "create token",
            "delete",
            "describe",
            "drain",
            "exec",
            "get",
            "logs",
            "patch",
            "port-forward",
            "rollout restart",
            "rollout status",
            "scale",
            "top nodes",
            "top pods",
            "version",
            "wait",
        ],
    ),
    (
        "doctl",
        &[
            "auth list",
            "balance get",
            "compute load-balancer list",
            "compute region list",
            "compute volume list",
            "databases backups",
            "databases connection",
            "databases delete",
            "databases firewalls list",
            "databases fork",
            "databases get",
            "databases list",
            "databases options slugs",
            "databases pool get",
            "databases pool list",
            "databases resize",
            "databases user get",
            "databases user list",
            "databases user reset",
            "invoice list",
            "kubernetes cluster get-upgrades",
            "kubernetes cluster kubeconfig save",
            "kubernetes cluster list",
            "kubernetes cluster node-pool list",
            "kubernetes cluster node-pool replace-node",
            "kubernetes options sizes",
            "registry garbage-collection start",
            "registry login",
            "registry repository delete-manifest",
            "registry repository list-manifests",
            "registry repository list-v2",
            "spaces keys create",
            "version",
        ],
    ),
    (
        "terraform",
        &[
            "apply",
            "destroy",
            "fmt",
            "import",
            "init",
            "output",
            "plan",
            "providers lock",
            "providers schema",
            "state rm",
            "test",
            "validate",
            "version",
        ],
    ),
    ("helm", &["lint", "template", "upgrade", "version"]),
    (
        "gh",
        &[
            "release create",
            "run view",
            "run watch",
            "secret set",
            "variable set",
            "workflow list",
            "workflow run",
        ],
    ),
    ("git", &["clone", "commit", "diff", "push", "revert"]),
    ("docker", &["login", "run"]),
    ("promtool", &["check", "query", "test"]),
];

/// Programs that have none.
const PLAIN: [&str; 29] = [
    "age",
    "age-keygen",
    "amtool",
    "aws",
    "base64",
    "cat",
    "cargo",
    "cd",
    "cp",
    "curl",
    "dig",
    "echo",
    "export",
    "grep",
    "jq",
    "ls",
    "openssl",
    "pg_dump",
    "pg_restore",
    "printf",
    "psql",
    "read",
    "rm",
    "rustup",
    "sed",
    "source",
    "tr",
    "unset",
    "watch",
];

/// Flags before a subcommand that take a value of their own.
const VALUED: [&str; 10] = [
    "-n",
    "--namespace",
    "--context",
    "--kubeconfig",
    "-R",
    "--repo",
    "-C",
    "-t",
    "--access-token",
    "-l",
];

/// What is wrong with a call of such a program.
pub(crate) fn wrong(words: &[String]) -> Option<String> {
    let program = words.first()?.as_str();
    if PLAIN.contains(&program) {
        return None;
    }
    let Some((_, known)) = COMMANDS.iter().find(|(name, _)| *name == program) else {
        return Some(format!(
            "{program} is no program that tests/infra/tests/docs/tools.rs knows"
        ));
    };
    let mut plain = Vec::new();
    let mut rest = words[1..].iter();
    while let Some(word) = rest.next() {
        if VALUED.contains(&word.as_str()) {
            _ = rest.next();
        } else if !word.starts_with('-') {
            plain.push(word.as_str());
        }
    }
    let fits = |known: &&str| {
        let parts: Vec<&str> = known.split(' ').collect();
        plain.len() >= parts.len() && plain.iter().zip(&parts).all(|(word, part)| word == part)
    };
    let asks = words
        .iter()
        .any(|word| word == "--help" || word == "--version");
    if asks || known.iter().any(fits) {
        return None;
    }
    let shown = plain.iter().take(3).copied().collect::<Vec<_>>().join(" ");
    Some(format!(
        "{program} has no command `{shown}` that tests/infra/tests/docs/tools.rs knows"
    ))
}
