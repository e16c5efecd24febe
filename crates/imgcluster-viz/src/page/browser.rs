//! A test helper: what a page is in a browser, and what its parts are without one.

use std::path::Path;
use std::process::Command;

/// What a browser makes of a page with a script at its end; nothing, with a word on stderr, where
/// there is no browser that runs.
pub(crate) fn seen_by_a_browser(page: &str, script: &str) -> Option<String> {
    let home = tempfile::tempdir().unwrap();
    seen_at_home(page, script, home.path())
}

/// The same in a browser that remembers what it was told before at this `home`, at one address.
pub(crate) fn seen_at_home(page: &str, script: &str, home: &Path) -> Option<String> {
    let path = home.join("report.html");
    std::fs::write(&path, format!("{page}<script>{script}</script>")).unwrap();
    let browsers = ["chromium", "chromium-browser", "google-chrome"];
    let seen = browsers.iter().find_map(|browser| {
        let mut command = Command::new(browser);
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]);
        command.arg("--virtual-time-budget=3000");
        command.arg(format!("--user-data-dir={}", home.display()));
        let output = command.arg(&path).output().ok()?;
        let seen = String::from_utf8_lossy(&output.stdout).into_owned();
        seen.contains("</html>").then_some(seen)
    });
    if seen.is_none() {
        crate::quality::say("skipped: no browser among chromium and google-chrome");
    }
    seen
}

/// The JSON that the page's script reads.
pub(crate) fn data(page: &str) -> serde_json::Value {
    let (_, from) = page.split_once("id=\"data\">").unwrap();
    serde_json::from_str(from.split_once("</script>").unwrap().0).unwrap()
}

/// The lines of all blocks of thumbnails.
pub(crate) fn thumbnails(page: &str) -> Vec<&str> {
    let blocks = page.split("<script type=\"text/plain\"").skip(1);
    let lines = blocks.flat_map(|block| {
        let (text, _) = block
            .split_once('>')
            .unwrap()
            .1
            .split_once("</script>")
            .unwrap();
        text.strip_suffix('\n').unwrap().split('\n')
    });
    lines.collect()
}
