//! Components: what strangers give to be compiled.

use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::{TestCaseResult, TestRunner};
use spindrift_manifest::{App, Checks, load};
use spindrift_runtime::{Target, compile};
use spindrift_test_fuzz::{config, inputs};

const MANIFEST: &str = "spin_manifest_version = 2\n\
    [application]\n\
    name = \"fuzzed\"\n\
    [[trigger.http]]\n\
    route = \"/\"\n\
    component = \"it\"\n\
    [component.it]\n\
    source = \"it.wasm\"\n";

/// An empty component, an empty module, and the beginning of compiled code.
const SEEDS: [&[u8]; 3] = [
    b"\0asm\x0d\0\x01\0",
    b"\0asm\x01\0\0\0",
    b"\x7fELF\x02\x01\x01\xc8",
];

fn written(folder: &Path, bytes: &[u8]) -> std::io::Result<App> {
    std::fs::write(folder.join("spin.toml"), MANIFEST)?;
    std::fs::write(folder.join("it.wasm"), bytes)?;
    load(folder, &Checks::default()).map_err(std::io::Error::other)
}

/// What is no component is refused, and compiled code is: it is never taken for one.
#[test]
fn bytes_are_compiled_or_refused() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let app = written(folder.path(), SEEDS[0])?;
    let state = folder.path().join("state");
    let made = compile(&app, &state, Target::Machine, |_| {})?;
    let code = made
        .iter()
        .find(|file| file.extension().is_some_and(|end| end == "cwasm"));
    let code = std::fs::read(code.ok_or("nothing was compiled")?)?;
    let mut seeds: Vec<Vec<u8>> = SEEDS.iter().map(|seed| seed.to_vec()).collect();
    seeds.push(code.clone());

    let tried = |bytes: &[u8]| -> Result<bool, std::io::Error> {
        let app = written(folder.path(), bytes)?;
        let state = tempfile::tempdir()?;
        Ok(compile(&app, state.path(), Target::Machine, |_| {}).is_ok())
    };
    assert!(tried(SEEDS[0])? && !tried(&code)?);
    let words = &["\0", "\x01", "\u{7f}", "asm"];
    let mut runner = TestRunner::new(config());
    runner.run(&inputs(seeds, words), |bytes| -> TestCaseResult {
        let compiled = tried(&bytes).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert!(!compiled || bytes.starts_with(b"\0asm\x0d\0\x01\0"));
        Ok(())
    })?;
    Ok(())
}
