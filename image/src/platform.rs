//! What an image runs on.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// A platform, by the names of Go, which images use: `linux/amd64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Platform {
    /// The processor.
    pub architecture: Architecture,
    /// The system.
    pub os: Os,
}

/// A processor's architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// x86-64.
    Amd64,
    /// AArch64.
    Arm64,
}

/// A system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Os {
    /// Linux.
    Linux,
}

impl Platform {
    /// Linux on an architecture.
    pub(crate) fn linux(architecture: Architecture) -> Self {
        Self {
            architecture,
            os: Os::Linux,
        }
    }
}

impl Architecture {
    /// What Debian calls the folders of its libraries.
    pub(crate) fn multiarch(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64-linux-gnu",
            Self::Arm64 => "aarch64-linux-gnu",
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.architecture {
            Architecture::Amd64 => "linux/amd64",
            Architecture::Arm64 => "linux/arm64",
        })
    }
}

impl FromStr for Platform {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "linux/amd64" => Ok(Self::linux(Architecture::Amd64)),
            "linux/arm64" => Ok(Self::linux(Architecture::Arm64)),
            _ => Err(format!(
                "`{text}` is no platform that is known: linux/amd64 or linux/arm64"
            )),
        }
    }
}
