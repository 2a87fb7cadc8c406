//! What every page must fulfil, and how a reader sees it.

/// What a reader sees: no style, no script, no tags.
pub(crate) fn text(html: &str) -> String {
    let mut html = html.to_owned();
    for (start, end) in [("<style", "</style>"), ("<script", "</script>")] {
        while let Some(a) = html.find(start) {
            let b = html[a..].find(end).expect("a closing tag") + a + end.len();
            html.replace_range(a..b, "");
        }
    }
    let (mut out, mut tag) = (String::new(), false);
    for c in html.chars() {
        match c {
            '<' => (tag, _) = (true, out.push('\n')),
            '>' => tag = false,
            c if !tag => out.push(c),
            _ => {}
        }
    }
    let lines = out.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// Whatever the input, a page has these properties.
pub(crate) fn check(html: &str) {
    let lower = html.to_lowercase();
    for part in [
        "src=",
        "@import",
        "url(",
        "<link",
        "<iframe",
        "<img",
        "javascript:",
    ] {
        assert!(!lower.contains(part), "{part}");
    }
    for href in lower.split("href=\"").skip(1) {
        assert!(href.starts_with('#'), "{}", &href[..href.len().min(60)]);
    }
    let numbers = lower.replace("no number", "");
    for broken in [
        "nan%", "nan ", ">nan", "\"nan", ">inf", " inf ", "\"inf", "infinity",
    ] {
        assert!(!numbers.contains(broken), "{broken}");
    }
    assert!(html.starts_with("<!DOCTYPE html>") && html.ends_with("</html>"));
    balanced(html);
    unique_ids(html);
    assert_eq!(
        html.matches("<svg class=\"chart\"").count(),
        html.matches("<desc id=").count()
    );
}

/// Every element that opens closes, in order.
pub(crate) fn balanced(html: &str) {
    let mut open = Vec::new();
    let script = |at: usize| html[at..].starts_with("<script") || html[at..].starts_with("<style");
    let mut at = 0;
    while let Some(next) = html[at..].find('<').map(|i| at + i) {
        let end = html[next..]
            .find('>')
            .map(|i| next + i)
            .expect("a closing bracket");
        let tag = &html[next + 1..end];
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(|c| c.is_alphanumeric())
            .collect();
        at = end + 1;
        if tag.starts_with('!') || matches!(name.as_str(), "meta" | "br") {
            continue;
        }
        if tag.starts_with('/') {
            assert_eq!(
                open.pop().as_deref(),
                Some(name.as_str()),
                "near {}",
                &html[next..end]
            );
        } else {
            if script(next) {
                let close = format!("</{name}>");
                at = html[next..].find(&close).expect("a closing tag") + next;
            }
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

fn unique_ids(html: &str) {
    let mut ids: Vec<&str> = html
        .split(" id=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap_or_default())
        .collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

/// Every table has a caption and headers with a scope, every figure a caption.
pub(crate) fn labelled(html: &str) {
    assert_eq!(
        html.matches("<th ").count(),
        html.matches("<th scope=").count()
    );
    assert!(!html.contains("<th>"));
    assert_eq!(
        html.matches("<table").count(),
        html.matches("<caption>").count()
    );
    assert_eq!(
        html.matches("<figure").count(),
        html.matches("<figcaption>").count()
    );
}
