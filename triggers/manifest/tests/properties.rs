//! What holds for every route, path and manifest.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::path::PathBuf;

use proptest::prelude::*;
use spindrift_manifest::{Checks, Route, Router, load};

/// Routes over few words, so that they get into each other's way.
fn route() -> impl Strategy<Value = String> {
    let segment = prop_oneof![Just("a"), Just("b"), Just("ab"), Just(":x")];
    (prop::collection::vec(segment, 0..5), any::<bool>()).prop_map(|(segments, wildcard)| {
        let mut text = String::new();
        for (index, segment) in segments.iter().enumerate() {
            text.push('/');
            text.push_str(segment);
            // Each parameter has a name of its own.
            if *segment == ":x" {
                text.push_str(&index.to_string());
            }
        }
        match (wildcard, text.is_empty()) {
            (true, _) => text + "/...",
            (false, true) => "/".to_owned(),
            (false, false) => text,
        }
    })
}

fn path() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("/"),
        Just("/a"),
        Just("/b"),
        Just("/ab"),
        Just("/c"),
        Just("a")
    ];
    prop::collection::vec(piece, 0..7).prop_map(|pieces| pieces.concat())
}

/// How specific each segment of a route is, from the left: 0 is a literal.
fn specificity(route: &str) -> Vec<u8> {
    let rank = |segment: &str| match segment {
        "..." => 3,
        "" => 1,
        _ if segment.starts_with(':') => 2,
        _ => 0,
    };
    // A route that ends is more specific than one that goes on with `...`.
    route
        .trim_end_matches('/')
        .split('/')
        .skip(1)
        .map(rank)
        .chain([1])
        .collect()
}

proptest! {
    #[test]
    fn the_router_finds_what_trying_every_route_finds(
        routes in prop::collection::vec(route(), 0..12),
        path in path(),
    ) {
        let parsed: Vec<Route> = routes.iter().map(|text| Route::parse(text).unwrap()).collect();
        let naive = parsed
            .iter()
            .filter(|route| route.matches(&path).is_some())
            .min_by_key(|route| specificity(route.as_str()));
        let router = Router::new(parsed.iter().cloned().map(|route| (route.clone(), route)));
        let found = router.route(&path);
        prop_assert_eq!(found.as_ref().map(|(_, route)| specificity(route.as_str())),
            naive.map(|route| specificity(route.as_str())));
        prop_assert_eq!(found.as_ref().map(|(found, _)| found.clone()),
            found.as_ref().and_then(|(_, route)| route.matches(&path)));
    }

    #[test]
    fn parsing_a_route_never_panics(text in any::<String>(), path in any::<String>()) {
        for text in [text.clone(), format!("/{text}")] {
            if let Ok(route) = Route::parse(&text) {
                let _ = route.matches(&path);
            }
        }
    }

    #[test]
    fn loading_a_mutated_manifest_never_panics(
        which in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
        length in 0_usize..40,
        inserted in prop_oneof![
            any::<String>(), Just("= 1".to_owned()), Just("\n[[trigger.http]]\n".to_owned()),
            Just("{}".to_owned()), Just("[".to_owned()), Just("{{ é }}".to_owned()),
            Just("\u{feff}".to_owned()), Just("-9223372036854775808".to_owned()),
        ],
    ) {
        let mut manifests = ["tests/good/spin.toml", "tests/events/spin.toml"].map(PathBuf::from).to_vec();
        for entry in std::fs::read_dir("tests/bad").unwrap() {
            let path = entry.unwrap().path();
            manifests.extend(Some(path).filter(|path| path.extension().is_some_and(|e| e == "toml")));
        }
        manifests.sort();
        let text = std::fs::read_to_string(which.get(&manifests)).unwrap();
        let letters: Vec<char> = text.chars().collect();
        let from = cut.index(letters.len() + 1);
        let to = (from + length).min(letters.len());
        let mutated: String =
            letters[..from].iter().copied().chain(inserted.chars()).chain(letters[to..].iter().copied()).collect();

        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("spin.toml"), mutated).unwrap();
        let checks = Checks { sources: true, provided: Some([].into()), ..Checks::default() };
        if let Err(diagnostics) = load(folder.path(), &checks) {
            prop_assert!(diagnostics.iter().next().is_some());
            prop_assert!(diagnostics.iter().all(|one| one.line.is_some()));
        }
    }
}
