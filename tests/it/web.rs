//! The approval page in a real browser, on a phone's screen. That its forms need no JavaScript is tested with the pages themselves.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value as Json, json};

use crate::support::{Project, tool, until};

const PHONE: (u32, u32) = (390, 844);

/// Debian's Chromium, driven over the WebDriver protocol.
struct Browser {
    driver: Child,
    /// Kept open, so that what the driver says later does not fail.
    _said: BufReader<ChildStdout>,
    port: u16,
    session: String,
}

impl Browser {
    /// `None` where there is no browser (see [`tool`]).
    fn start(project: &Project) -> Option<Self> {
        if !tool("chromium") || !tool("chromedriver") {
            return None;
        }
        // The driver chooses its own port: one found free beforehand may be another test's by the time it starts.
        let mut driver = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut said = BufReader::new(driver.stdout.take().unwrap());
        let port = said
            .by_ref()
            .lines()
            .map(Result::unwrap)
            .find_map(|line| line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok())
            .expect("chromedriver did not say its port");
        let mut browser = Self { driver, _said: said, port, session: String::new() };
        let profile = format!("--user-data-dir={}", project.file("profile").display());
        let quiet = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
        let mut arguments: Vec<&str> = quiet.to_vec();
        arguments.extend(["--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", &profile]);
        let options = json!({
            "args": arguments,
            "mobileEmulation": {"deviceMetrics": {"width": PHONE.0, "height": PHONE.1, "pixelRatio": 1.0}},
        });
        let made = browser.send("POST", "/session", &json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}}));
        browser.session = made["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {made}")).to_owned();
        Some(browser)
    }

    fn send(&self, method: &str, path: &str, body: &Json) -> Json {
        let body = if method == "GET" { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        for line in reader.by_ref().lines().map(Result::unwrap).take_while(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').unwrap_or_default();
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let json: Json = serde_json::from_slice(&body).unwrap();
        json["value"].clone()
    }

    fn say(&self, method: &str, path: &str, body: &Json) -> Json {
        self.send(method, &format!("/session/{}{path}", self.session), body)
    }

    fn open(&self, url: &str) {
        self.say("POST", "/url", &json!({"url": url}));
    }

    /// The element of a CSS selector, once it is there.
    fn find(&self, selector: &str) -> String {
        until(selector, || {
            let found = self.say("POST", "/element", &json!({"using": "css selector", "value": selector}));
            found["element-6066-11e4-a52e-4f735466cecf"].as_str().map(str::to_owned)
        })
    }

    /// Asks something of an element. One that the page has just drawn anew is looked for again.
    fn at(&self, selector: &str, method: &str, what: &str, body: &Json) -> Json {
        until(selector, || {
            let element = self.find(selector);
            let answer = self.say(method, &format!("/element/{element}/{what}"), body);
            answer["error"].is_null().then_some(answer)
        })
    }

    fn text(&self, selector: &str) -> String {
        self.at(selector, "GET", "text", &Json::Null).as_str().unwrap_or_default().to_owned()
    }

    fn rect(&self, selector: &str) -> Json {
        self.at(selector, "GET", "rect", &Json::Null)
    }

    fn click(&self, selector: &str) {
        self.at(selector, "POST", "click", &json!({}));
    }

    fn write(&self, selector: &str, text: &str) {
        self.at(selector, "POST", "value", &json!({"text": text}));
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.send("DELETE", &format!("/session/{}", self.session), &Json::Null);
        let _ = self.driver.kill().and_then(|()| self.driver.wait());
    }
}

/// The owner takes the link from the terminal, looks, and answers on the page.
fn answer_on_the_page(button: &str, code: i32) {
    let project = Project::example("payment");
    let Some(browser) = Browser::start(&project) else { return };
    let mut run = project.start("run", &["run", "pay_invoice.flow", "--input", "exceptional.json", "--as", "finance@acme.example"]);
    let card = run.says("/link/");
    let link = card.split_whitespace().find(|word| word.contains("/link/")).unwrap();

    browser.open(link);
    browser.click("main form button");
    // Only the question has this one: what is read before it is there may be the page that was left.
    browser.find("#comment");
    assert_eq!(browser.text("h1"), "Pay 18400.00 EUR to Turbine Works");
    let page = browser.text("main");
    for part in [
        "DE02 5001 0517 0137 0750 30",
        "second instalment",
        "cannot be taken back",
        "Asked by finance@acme.example",
        "left",
        "invoice.amount",
    ] {
        assert!(page.contains(part), "`{part}` is not on the page:\n{page}");
    }
    let (main, form) = (browser.rect("main"), browser.rect("form button.primary"));
    let right = |rect: &Json| rect["x"].as_f64().unwrap() + rect["width"].as_f64().unwrap();
    assert!(right(&main) <= f64::from(PHONE.0) && right(&form) <= f64::from(PHONE.0), "the page is wider than a phone");
    assert!(form["height"].as_f64().unwrap() >= 40.0, "a thumb does not hit the button: {form}");

    browser.write("#comment", "as agreed");
    browser.click(&format!("button[value={button}]"));
    let banner = browser.text(".banner");
    assert!(banner.contains("finance@acme.example") && banner.contains("as agreed"), "{banner}");
    let done = run.end();
    assert_eq!(done.code, code, "{done:?}");
    let payments = project.rows("ledger.db", "select invoice from ledger");
    assert_eq!(payments.len(), usize::from(code == 0));
}

#[test]
fn a_payment_is_approved_on_the_page() {
    answer_on_the_page("approve", 0);
}

#[test]
fn a_payment_is_rejected_on_the_page() {
    answer_on_the_page("reject", 3);
}
