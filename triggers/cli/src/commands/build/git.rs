//! What Git knows of the application's source.

use std::path::Path;

use tokio::process::Command;

/// The commit that a folder is at; `None` when its files differ from it, or without Git.
pub(super) async fn revision(folder: &Path) -> Option<String> {
    let changes = ask(folder, &["status", "--porcelain", "--untracked-files=no"]).await?;
    match changes.is_empty() {
        true => ask(folder, &["rev-parse", "HEAD"]).await,
        false => None,
    }
}

/// Where the repository comes from, as a URL that anybody may see.
pub(super) async fn origin(folder: &Path) -> Option<String> {
    public(&ask(folder, &["remote", "get-url", "origin"]).await?)
}

async fn ask(folder: &Path, arguments: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    git.arg("-C").arg(folder).args(arguments);
    let output = git.kill_on_drop(true).output().await.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// A remote as a URL without credentials; `None` for a folder.
fn public(remote: &str) -> Option<String> {
    if let Some((_, rest)) = remote.split_once("://") {
        let (host, path) = rest.split_once('/')?;
        let host = host.rsplit('@').next()?;
        return Some(format!("https://{host}/{path}"));
    }
    let (user_and_host, path) = remote.split_once(':')?;
    let (_, host) = user_and_host.split_once('@')?;
    Some(format!("https://{host}/{path}"))
}

#[cfg(test)]
mod tests {
    use super::public;

    #[test]
    fn credentials_in_a_remote_stay_out_of_the_image() {
        for remote in [
            "https://name:token@git.example/team/todo.git",
            "https://git.example/team/todo.git",
            "ssh://git@git.example/team/todo.git",
            "git@git.example:team/todo.git",
        ] {
            let expected = "https://git.example/team/todo.git";
            assert_eq!(public(remote).as_deref(), Some(expected), "{remote}");
        }
        assert_eq!(public("/srv/todo.git"), None);
        assert_eq!(public("../todo.git"), None);
    }
}
