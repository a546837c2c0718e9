//! The frame of every page. Used by the function and by its build script.

/// A whole page around `main`, which is HTML.
pub(crate) fn page(title: &str, main: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title>\
         <link rel=\"icon\" href=\"{ICON}\"><link rel=\"stylesheet\" href=\"/api/docs/style.css\">\
         </head><body><a class=\"skip\" href=\"#main\">Skip to the content</a>\
         <header><a href=\"/\">Spindrift</a> <a href=\"/api/docs\">API</a></header>\
         <main id=\"main\">{main}</main></body></html>"
    )
}

/// A wave.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E\
                    %3Cpath d='M1 10q3.5-7 7 0t7 0' fill='none' stroke='%230a7ea4' stroke-width='3'/%3E%3C/svg%3E";

/// Text as HTML, for elements and for attributes in quotation marks.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Paragraphs with `code` between backticks.
pub(crate) fn prose(text: &str) -> String {
    let paragraphs = text.split("\n\n").filter(|paragraph| !paragraph.is_empty());
    paragraphs
        .map(|paragraph| format!("<p>{}</p>", code(&escape(paragraph))))
        .collect()
}

fn code(escaped: &str) -> String {
    let mut out = String::with_capacity(escaped.len());
    for (index, part) in escaped.split('`').enumerate() {
        match index {
            0 => {}
            odd if odd % 2 == 1 => out.push_str("<code>"),
            _ => out.push_str("</code>"),
        }
        out.push_str(part);
    }
    out
}
