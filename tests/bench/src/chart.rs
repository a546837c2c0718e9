//! The throughputs as a picture (SVG 1.1).

use std::fmt::Write as _;

/// Lengths in pixels.
const WIDTH: f64 = 760.0;
const NAMES: f64 = 190.0;
const FIGURES: f64 = 80.0;
const LINE: f64 = 18.0;
const GAP: f64 = 14.0;

/// A bar for each side of each comparison, in shares of the longest of its comparison.
pub(crate) fn chart(comparisons: &[(&str, Vec<(&str, f64)>)]) -> String {
    let lines: usize = comparisons.iter().map(|(_, sides)| sides.len() + 1).sum();
    let height = lines as f64 * LINE + comparisons.len() as f64 * GAP + GAP;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <title>Requests a second</title>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
    );
    let mut y = GAP;
    for (title, sides) in comparisons {
        y += LINE;
        text(
            &mut svg,
            8.0,
            y - 5.0,
            "start",
            title,
            "font-weight=\"bold\"",
        );
        let most = sides.iter().map(|(_, rate)| *rate).fold(1.0, f64::max);
        for (n, (side, rate)) in sides.iter().enumerate() {
            y += LINE;
            let long = (WIDTH - NAMES - FIGURES) * rate / most;
            let colour = if n == 0 { "#0b6e8f" } else { "#b8c4cc" };
            text(&mut svg, NAMES - 8.0, y - 5.0, "end", side, "");
            // Writing into a String cannot fail.
            _ = writeln!(
                svg,
                "<rect x=\"{NAMES}\" y=\"{:.1}\" width=\"{long:.1}\" height=\"{}\" fill=\"{colour}\"/>",
                y - LINE + 2.0,
                LINE - 4.0
            );
            text(
                &mut svg,
                NAMES + long + 6.0,
                y - 5.0,
                "start",
                &format!("{rate:.0}"),
                "",
            );
        }
        y += GAP;
    }
    svg.push_str("</svg>\n");
    svg
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, words: &str, more: &str) {
    _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" {more}>{words}</text>"
    );
}

#[cfg(test)]
mod tests {
    use super::chart;

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        let svg = chart(&[("GET /hello", vec![("ours", 200.0), ("theirs", 100.0)])]);
        assert!(
            svg.contains("width=\"490.0\"") && svg.contains("width=\"245.0\""),
            "{svg}"
        );
    }
}
