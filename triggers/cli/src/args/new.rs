//! `spindrift new` and `spindrift add`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `spindrift new`
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  spindrift new hello                        a function that answers requests, in hello/
  spindrift new on-order --template kafka    one that handles events
  spindrift new tidy-up --template cron      one that is called at certain times
  spindrift new shop --language typescript   in TypeScript rather than in Rust
  cd hello && spindrift up --build           builds and serves it

A function is written with Spin's SDK. What builds it must be on this machine:
  rust         cargo with its target wasm32-wasip2: `rustup target add wasm32-wasip2`
  python       Python 3.10 or newer, with its venv module
  typescript   Node.js 20 or newer, with npm
The packages of the last two come from their registries at the first build. Stock Spin runs what
answers requests, too.")]
pub(crate) struct NewArgs {
    #[command(flatten)]
    pub(crate) function: FunctionArgs,
    /// The folder to make [default: as it is called].
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
}

/// `spindrift add`
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  spindrift add orders                     another function, in orders/ beside spin.toml
  spindrift add on-order --template kafka
  spindrift add report --template cron --language python

The manifest keeps what is in it: the function's trigger and component are added at its end.")]
pub(crate) struct AddArgs {
    #[command(flatten)]
    pub(crate) function: FunctionArgs,
    /// The manifest, or the folder with its spin.toml.
    #[arg(
        short = 'f',
        long = "from",
        alias = "file",
        value_name = "PATH",
        default_value = "spin.toml"
    )]
    pub(crate) from: PathBuf,
}

/// A function that is not there yet.
#[derive(Args, Debug)]
pub(crate) struct FunctionArgs {
    /// What to call it: words of lower-case letters and digits, joined by hyphens.
    #[arg(value_name = "NAME", value_parser = name)]
    pub(crate) name: String,
    /// What calls it.
    #[arg(short, long, value_name = "KIND", value_enum, default_value_t = Template::Http)]
    pub(crate) template: Template,
    /// What it is written in.
    #[arg(short, long, value_name = "LANGUAGE", value_enum, default_value_t = Language::Rust)]
    pub(crate) language: Language,
}

/// What calls a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Template {
    /// Requests.
    #[value(alias = "http-rust")]
    Http,
    /// Events of a Kafka topic.
    Kafka,
    /// A schedule.
    Cron,
}

/// What a function is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// The smallest components, and the quickest.
    #[value(alias = "rs")]
    Rust,
    /// With Python itself in the component.
    #[value(alias = "py")]
    Python,
    /// With an engine for JavaScript in the component.
    #[value(name = "typescript", alias = "ts")]
    TypeScript,
}

fn name(text: &str) -> Result<String, String> {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
    if begins && text.len() <= 63 && text.split('-').all(is_word) {
        Ok(text.to_owned())
    } else {
        Err(
            "write words of lower-case letters and digits joined by hyphens, as in `sign-in`"
                .into(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_for_crates_components_and_services() {
        for good in ["a", "sign-in", "v2", "on-order-2"] {
            assert_eq!(name(good), Ok(good.to_owned()));
        }
        for bad in [
            "", "Sign", "sign_in", "2nd", "-a", "a-", "a--b", "../a", "a b",
        ] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }
}
