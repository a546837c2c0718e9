//! What a program says of itself in its ELF headers.

use std::path::{Path, PathBuf};

use object::Endianness;
use object::elf::{DT_NEEDED, DT_RPATH, DT_RUNPATH, EM_AARCH64, EM_X86_64, FileHeader64};
use object::read::elf::{Dyn, FileHeader, ProgramHeader};

use crate::error::Error;
use crate::platform::Architecture;

/// A program or library.
pub(crate) struct Elf {
    /// What it is compiled for.
    pub(crate) architecture: Architecture,
    /// The loader that it asks for.
    pub(crate) interpreter: Option<String>,
    /// The libraries that it asks for, by their names.
    pub(crate) needed: Vec<String>,
    /// The folders in which it wants them looked for first.
    pub(crate) folders: Vec<PathBuf>,
}

/// A program without what it does not need to run: symbols, debug information and the
/// headers that tell where these are, all of which lie behind what is loaded.
///
/// # Errors
///
/// It is no program.
pub(crate) fn stripped(path: &Path, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let end = loaded(bytes).map_err(|e| Error::NotAProgram {
        path: path.to_owned(),
        why: e.to_string(),
    })?;
    let mut program = bytes[..end.min(bytes.len())].to_vec();
    // `e_shoff`, and `e_shnum` with `e_shstrndx`: there are no sections.
    for field in [0x28..0x30, 0x3c..0x40] {
        program[field].fill(0);
    }
    Ok(program)
}

/// Where the last segment ends in the file.
fn loaded(bytes: &[u8]) -> object::Result<usize> {
    let header = FileHeader64::<Endianness>::parse(bytes)?;
    let endian = header.endian()?;
    let segments = header.program_headers(endian, bytes)?;
    let headers = size_of::<FileHeader64<Endianness>>() + size_of_val(segments);
    let ends = segments.iter().map(|segment| {
        let (start, size) = segment.file_range(endian);
        usize::try_from(start + size).unwrap_or(usize::MAX)
    });
    Ok(ends.max().unwrap_or_default().max(headers))
}

impl Elf {
    /// Reads the headers of the file that lies at `path`.
    pub(crate) fn read(path: &Path, bytes: &[u8]) -> Result<Self, Error> {
        let header = FileHeader64::<Endianness>::parse(bytes);
        let refuse = |why: String| Error::NotAProgram {
            path: path.to_owned(),
            why,
        };
        header
            .and_then(|header| Self::parse(header, path, bytes))
            .map_err(|e| refuse(e.to_string()))?
            .ok_or_else(|| refuse("it is for a processor that images are not made for".to_owned()))
    }

    fn parse(
        header: &FileHeader64<Endianness>,
        path: &Path,
        bytes: &[u8],
    ) -> object::Result<Option<Self>> {
        let endian = header.endian()?;
        let architecture = match header.e_machine(endian) {
            EM_X86_64 => Architecture::Amd64,
            EM_AARCH64 => Architecture::Arm64,
            _ => return Ok(None),
        };
        let mut elf = Self {
            architecture,
            interpreter: None,
            needed: Vec::new(),
            folders: Vec::new(),
        };
        for segment in header.program_headers(endian, bytes)? {
            if let Some(interpreter) = segment.interpreter(endian, bytes)? {
                elf.interpreter = Some(String::from_utf8_lossy(interpreter).into_owned());
            }
        }
        let sections = header.sections(endian, bytes)?;
        let Some((entries, strings)) = sections.dynamic(endian, bytes)? else {
            return Ok(Some(elf));
        };
        let strings = sections.strings(endian, bytes, strings)?;
        let origin = path.parent().unwrap_or(Path::new("/")).to_string_lossy();
        for entry in entries {
            let text = |entry: &object::elf::Dyn64<Endianness>| {
                let bytes = entry.string(endian, strings)?;
                Ok(String::from_utf8_lossy(bytes).into_owned())
            };
            match entry.d_tag(endian) {
                DT_NEEDED => elf.needed.push(text(entry)?),
                DT_RPATH | DT_RUNPATH => {
                    for folder in text(entry)?.split(':') {
                        let folder = folder.replace("${ORIGIN}", "$ORIGIN");
                        elf.folders.push(folder.replace("$ORIGIN", &origin).into());
                    }
                }
                _ => {}
            }
        }
        Ok(Some(elf))
    }
}
