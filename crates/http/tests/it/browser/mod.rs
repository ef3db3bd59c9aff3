//! The pages in a real Chromium, driven through its WebDriver: what a person sees and presses, what the browser's console says about it, and how it
//! looks (pictures in `target/screenshots`). `scripts/test` installs the browser; without one these tests fail and say so.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod confirm;
mod customer;
mod docs;
mod inbox;
mod looks;
mod mails;

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use axum::http::Method;
use base64::Engine as _;
use fantoccini::error::CmdError;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

const MISSING: &str =
    "these tests need Chromium and its driver: run ./scripts/test, which installs them, or apt-get install chromium chromium-driver";
/// The pages behind links, which answer with a status over 400 when a link is dead.
const LINKS: [&str; 2] = ["/signup/confirm", "/b2b/customer/register/authorize"];
/// How long a page may take to appear.
const PATIENCE: Duration = Duration::from_secs(20);
/// A phone's and a desk's window.
const PHONE: (u32, u32) = (390, 844);
const DESK: (u32, u32) = (1280, 900);

/// A browser with one window.
struct Browser {
    client: Client,
    driver: Driver,
}

/// The WebDriver's process. Its end is the browser's: they talk through a pipe.
struct Driver {
    process: Child,
    profile: TempDir,
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Browser {
    /// Opens a browser whose reader wants `language`.
    async fn open(language: &str) -> Self {
        let mut process = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect(MISSING);
        let output = BufReader::new(process.stdout.take().unwrap());
        let profile = TempDir::new().unwrap();
        let driver = Driver { process, profile };
        let port =
            output.lines().map_while(Result::ok).find_map(|line| line.split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok());
        let port: u16 = port.expect(MISSING);
        let mut arguments: Vec<String> = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--remote-debugging-pipe",
        ]
        .map(str::to_owned)
        .to_vec();
        arguments.push(format!("--user-data-dir={}", driver.profile.path().display()));
        let capabilities = json!({
            "goog:chromeOptions": { "args": arguments, "prefs": { "intl.accept_languages": language } },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let Value::Object(capabilities) = capabilities else { unreachable!() };
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = builder.capabilities(capabilities).connect(&format!("http://127.0.0.1:{port}")).await.expect(MISSING);
        Self { client, driver }
    }

    /// Closes the browser.
    async fn close(self) {
        self.client.close().await.unwrap();
        drop(self.driver);
    }

    async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// The text of the first element that `css` selects, as a person sees it.
    async fn text(&self, css: &str) -> String {
        self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await.unwrap().text().await.unwrap()
    }

    /// How many elements `css` selects.
    async fn count(&self, css: &str) -> usize {
        self.client.find_all(Locator::Css(css)).await.unwrap().len()
    }

    /// Presses what `css` selects and waits for the page behind it, which must be called `title`.
    async fn press(&self, css: &str, title: &str) {
        // The page behind it may be called as this one is: this one must be gone.
        let old = self.client.find(Locator::Css("html")).await.unwrap();
        self.client.find(Locator::Css(css)).await.unwrap().click().await.unwrap();
        let arrived = async {
            let mut pause = tokio::time::interval(Duration::from_millis(20));
            while old.tag_name().await.is_ok() || !self.client.title().await.unwrap().starts_with(title) {
                pause.tick().await;
            }
        };
        tokio::time::timeout(PATIENCE, arrived).await.unwrap_or_else(|_| panic!("no page called {title:?} came"));
    }

    /// What the console has said since it was last asked: a policy that was broken, a script that failed, a file that was not there. That a page
    /// came with a status over 400 is said there too, and is left out.
    async fn complaints(&self) -> Vec<String> {
        let log = self.issue("se/log", json!({ "type": "browser" })).await.unwrap();
        let messages = log.as_array().unwrap().iter().map(|entry| entry["message"].as_str().unwrap().to_owned());
        messages.filter(|message| !(message.contains("Failed to load resource") && LINKS.iter().any(|link| message.contains(link)))).collect()
    }

    /// Whether the page's own scripts would run.
    async fn set_scripts(&self, enabled: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": !enabled })).await;
    }

    /// Makes the window a phone's or a desk's, light or dark.
    async fn dress(&self, (width, height): (u32, u32), dark: bool) {
        let mobile = width < 600;
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": if mobile { 2 } else { 1 }, "mobile": mobile });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
        let scheme = if dark { "dark" } else { "light" };
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] })).await;
    }

    /// Whether the page can be read without scrolling sideways.
    async fn fits(&self) -> bool {
        let metrics = self.devtools("Page.getLayoutMetrics", json!({})).await;
        metrics["cssContentSize"]["width"].as_f64().unwrap() <= metrics["cssLayoutViewport"]["clientWidth"].as_f64().unwrap()
    }

    /// Takes a picture of the whole page.
    async fn picture(&self, name: &str) {
        let metrics = self.devtools("Page.getLayoutMetrics", json!({})).await;
        let size = &metrics["cssContentSize"];
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        let taken = self.devtools("Page.captureScreenshot", json!({ "captureBeyondViewport": true, "clip": clip })).await;
        let png = base64::engine::general_purpose::STANDARD.decode(taken["data"].as_str().unwrap()).unwrap();
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), png).unwrap();
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.issue("goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await.unwrap()
    }

    async fn issue(&self, path: &'static str, body: Value) -> Result<Value, CmdError> {
        self.client.issue_cmd(Extension { path, body }).await
    }
}

/// A command that Chromium's driver has beyond the standard.
#[derive(Debug)]
struct Extension {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}
