//! Routes and paths.

use proptest::prelude::*;
use spindrift_manifest::{Route, Router};
use spindrift_test_fuzz::{config, inputs, lines};

const WORDS: &[&str] = &[
    "/", ":", "...", "/...", "//", "%2F", "..", "?", "#", "\u{fc}", "*",
];

proptest! {
    #![proptest_config(config())]

    /// A route that is one says so again, and finds what is written like itself.
    #[test]
    fn a_route_is_what_it_says(bytes in inputs(lines("routes.txt"), WORDS)) {
        let text = String::from_utf8_lossy(&bytes);
        if let Ok(route) = Route::parse(&text) {
            prop_assert_eq!(Route::parse(route.as_str()).map(|again| again.as_str().to_owned()), Ok(route.as_str().to_owned()));
            let path = route.as_str().replace("...", "x");
            let router = Router::new([(route, ())]);
            prop_assert!(router.route(&path).is_some(), "{}", path);
        }
    }

    /// No path is too much for a router, and what it says of one is of it.
    #[test]
    fn every_path_has_a_route_or_none(bytes in inputs(lines("routes.txt"), WORDS)) {
        let path = String::from_utf8_lossy(&bytes);
        let routes = lines("routes.txt");
        let routes = routes.iter().filter_map(|line| Route::parse(std::str::from_utf8(line).ok()?).ok());
        let router = Router::new(routes.map(|route| (route, ())));
        if let Some((found, ())) = router.route(&path) {
            prop_assert!(path.contains(found.path_info));
        }
    }
}
