//! `spindrift build`

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Command, FromArgMatches, ValueEnum};
use spindrift_image::{Platform, Reference};

use super::{AppArgs, OutputArgs};

/// `spindrift build`
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  spindrift build                    every component
  spindrift build -c tasks -c auth   these two
  spindrift build --image registry.example/todo:1.2          an image, pushed
  spindrift build --image localhost:5000/todo --quiet        the same; prints its digest alone
  spindrift build --image todo:1.2 --output todo.tar         an image, as a file
  spindrift build --image registry.example/todo:spin --format spin     for stock Spin

Runs each component's build command from the manifest, then compiles the results to machine
code in the state folder, so that serving never has to. Components of URLs and registries are
fetched before that, once, and those with dependencies are composed with them. Calls of
`cargo build` that differ only in their package run as one call with all the packages.

An image holds this program with the libraries that it needs, the manifest, what it names, and
the compiled code, for any processor of the architecture. It is made without Docker, and the
same input gives the same digest: set SOURCE_DATE_EPOCH where it shall tell a time. Credentials
are those of `docker login`, or SPINDRIFT_REGISTRY_USER and SPINDRIFT_REGISTRY_PASSWORD.")]
pub(crate) struct BuildArgs {
    #[command(flatten)]
    pub(crate) app: AppArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// Build this component only; can be given several times.
    #[arg(
        short,
        long = "component-id",
        value_name = "ID",
        conflicts_with = "image"
    )]
    pub(crate) component_id: Vec<String>,
    /// Leave out the build commands: compile the components that are there.
    #[arg(long)]
    pub(crate) compile_only: bool,
    /// Compile for every processor of this architecture, not for this machine's alone.
    #[arg(long)]
    pub(crate) portable: bool,
    #[command(flatten)]
    pub(crate) image: ImageArgs,
}

impl BuildArgs {
    /// Those of `spindrift build --image NAME`, with everything else as by default or from
    /// the environment. `insecure` are the registries that are spoken to without TLS.
    ///
    /// # Errors
    /// It is no name of an image.
    pub(crate) fn of_image(
        app: &AppArgs,
        name: &str,
        insecure: &[String],
    ) -> Result<Self, clap::Error> {
        let mut given: Vec<OsString> = vec!["build".into(), "--image".into(), name.into()];
        for host in insecure {
            given.extend(["--insecure-registry".into(), host.into()]);
        }
        let command = Self::augment_args(Command::new("build"));
        let mut args = Self::from_arg_matches(&command.try_get_matches_from(given)?)?;
        args.app = app.clone();
        Ok(args)
    }
}

/// The image that is made of it.
#[derive(Args, Debug)]
#[command(next_help_heading = "Image")]
pub(crate) struct ImageArgs {
    /// Make an image and push it: HOST/REPOSITORY[:TAG]. Prints HOST/REPOSITORY@DIGEST.
    #[arg(long, value_name = "NAME", value_parser = reference)]
    pub(crate) image: Option<Reference>,
    /// What is made: an image that containers run, or an artifact that stock Spin runs.
    #[arg(long, value_enum, default_value_t, requires = "image")]
    pub(crate) format: ImageFormat,
    /// Write the image to a file (*.tar) or folder, as an OCI image layout, instead of pushing it.
    #[arg(long = "output", value_name = "PATH", requires = "image")]
    pub(crate) path: Option<PathBuf>,
    /// Push the image, although it is written, too.
    #[arg(long, requires = "image")]
    pub(crate) push: bool,
    /// The program to run there [default: this one]; one for each platform: linux/amd64=PATH.
    /// It compiles the components itself, so it has to run here.
    #[arg(long, value_name = "PLATFORM=PATH", requires = "image")]
    pub(crate) binary: Vec<Binary>,
    /// A registry, HOST[:PORT], that is spoken to without TLS; can be given several times.
    #[arg(long, value_name = "HOST", requires = "image")]
    pub(crate) insecure_registry: Vec<String>,
    /// Who pushes.
    #[arg(
        long,
        value_name = "NAME",
        env = "SPINDRIFT_REGISTRY_USER",
        requires = "image"
    )]
    pub(crate) registry_user: Option<String>,
    /// The password, or an access token: from the environment alone.
    #[arg(
        long,
        hide = true,
        env = "SPINDRIFT_REGISTRY_PASSWORD",
        hide_env_values = true
    )]
    pub(crate) registry_password: Option<String>,
    /// Where the source is, for the image's labels [default: the origin of the Git repository].
    #[arg(long, value_name = "URL", requires = "image")]
    pub(crate) source: Option<String>,
    /// The commit [default: Git's, when nothing differs from it].
    #[arg(long, value_name = "COMMIT", requires = "image")]
    pub(crate) revision: Option<String>,
    /// The application's licence, an SPDX expression.
    #[arg(long, value_name = "SPDX", requires = "image")]
    pub(crate) licenses: Option<String>,
    /// The crates that the SBOM lists [default: the Cargo.lock beside or above the manifest].
    #[arg(long, value_name = "PATH", requires = "image")]
    pub(crate) cargo_lock: Option<PathBuf>,
    /// Who builds, for the provenance: a URI.
    #[arg(long, value_name = "URI", requires = "image")]
    pub(crate) builder: Option<String>,
    /// The time that the image tells, in seconds since 1970.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 0,
        env = "SOURCE_DATE_EPOCH"
    )]
    pub(crate) created: u32,
}

/// What is made of an application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImageFormat {
    /// An image with this program and compiled code.
    #[default]
    Container,
    /// The components alone, as `spin registry push` writes them: for `spin up --from`
    /// and SpinKube.
    Spin,
}

/// A program for a platform.
#[derive(Clone, Debug)]
pub(crate) struct Binary {
    pub(crate) platform: Platform,
    pub(crate) path: PathBuf,
}

impl FromStr for Binary {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (platform, path) = text
            .split_once('=')
            .ok_or("write PLATFORM=PATH, such as linux/amd64=target/release/spindrift")?;
        Ok(Self {
            platform: platform.parse()?,
            path: path.into(),
        })
    }
}

fn reference(name: &str) -> Result<Reference, String> {
    spindrift_image::reference(name).map_err(|e| e.to_string())
}
