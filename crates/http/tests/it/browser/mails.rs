//! How every mail looks in a browser, in every language: pictures for people, and what a program can check of them — that nothing sticks out sideways,
//! that every text can be read in light and dark, and that a thumb meets the button.

use daftar_core::brand::{Brand, Brands};
use daftar_core::identifier::EmailAddress;
use daftar_core::locale::Locale;
use daftar_core::message::{CodeUse, ContactKind, Content, Message, Recipient};
use daftar_delivery::{Overrides, Renderer};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Browser, DESK, PHONE};

/// The narrowest window that must do (WCAG 2.2, 1.4.10).
const NARROW: (u32, u32) = (320, 640);
const LINK: &str = "https://accounts.example.test/signup/confirm?key=pV9xQ2mK7sT4wZ1bN6cH8jL3dF5gR0yA-e_uXiOoPqE";
/// Every text on the page with the contrast that it has with what it lies on, the lowest first (WCAG 2.2, 1.4.3).
const CONTRASTS: &str = r#"
    const luminance = c => { const [r, g, b] = c.map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const parse = text => text.match(/[\d.]+/g).map(Number);
    const ground = element => { for (; element; element = element.parentElement) { const c = parse(getComputedStyle(element).backgroundColor);
        if (c.length < 4 || c[3] === 1) return c.slice(0, 3); } return [255, 255, 255]; };
    const found = [];
    for (const element of document.body.querySelectorAll('*')) {
        const own = [...element.childNodes].filter(n => n.nodeType === 3).map(n => n.data).join('').trim();
        if (!own || !element.checkVisibility()) continue;
        const [a, b] = [luminance(parse(getComputedStyle(element).color).slice(0, 3)) + 0.05, luminance(ground(element)) + 0.05];
        found.push([Math.max(a, b) / Math.min(a, b), own]);
    }
    return found.sort((x, y) => x[0] - y[0]);
"#;
/// The size of the button, if there is one: the link inside, which is what a thumb meets.
const BUTTON: &str = "const button = document.querySelector('.button a'); return button && [button.offsetWidth, button.offsetHeight];";

fn renderer() -> Renderer {
    let platforms = [("DARK", "#0b1f3a"), ("BRIGHT", "#ffd400"), ("PALE", "#ffffff"), ("MID", "#0b9e6f")];
    let logo = Brand { logo: Some("https://cdn.invalid/logo.png".to_owned()), ..Brand::plain("Toko Serba Ada", "#c0392b") };
    let mut platforms = platforms.map(|(name, color)| (name.to_owned(), Brand::plain(name, color))).to_vec();
    platforms.push(("LOGO".to_owned(), logo));
    Renderer::new(Brands { default: Brand::plain("ONMART", "#c0392b"), platforms }, &Overrides::default()).unwrap()
}

fn contents() -> Vec<(&'static str, Content)> {
    let signup = |link: Option<&str>| Content::SignupCode {
        name: "Siti".to_owned(),
        code: "83920571".to_owned(),
        code_minutes: 10,
        link: link.map(str::to_owned),
        link_minutes: 30,
    };
    let code = |good_for| Content::Code { good_for, code: "83920571".to_owned(), code_minutes: 10 };
    vec![
        ("signup-link", signup(Some(LINK))),
        ("signup-code", signup(None)),
        ("customer-link", Content::CustomerLink { name: "Wolfeschlegelsteinhausenbergerdorff".repeat(5), link: LINK.to_owned(), link_minutes: 30 }),
        ("sign-in", code(CodeUse::SignIn)),
        ("reset", code(CodeUse::ResetPassword)),
        ("contact", code(CodeUse::ChangeContact)),
        ("password", Content::GeneratedPassword { password: "Kq7mWx2RtzHdKq7mWx2RtzHdKq7mWx2RtzHdKq7m".to_owned() }),
        ("contact-lost", Content::ContactLost { contact: ContactKind::Phone, masked: "+62*****890".to_owned() }),
        ("contact-changed", Content::ContactChanged { contact: ContactKind::Email }),
    ]
}

/// A folder of mails as files, and the browser that reads them.
struct Mailbox {
    folder: TempDir,
    browser: Browser,
    renderer: Renderer,
}

impl Mailbox {
    async fn open() -> Self {
        Self { folder: TempDir::new().unwrap(), browser: Browser::open("en").await, renderer: renderer() }
    }

    async fn read(&self, name: &str, locale: Locale, platform: Option<&str>, content: Content) {
        let to = Recipient::Email(EmailAddress::parse("siti@example.test").unwrap());
        let message = Message { to, locale, platform: platform.map(str::to_owned), content };
        let html = self.renderer.render(&message).unwrap().html.unwrap();
        let path = self.folder.path().join(format!("{name}.html"));
        std::fs::write(&path, html).unwrap();
        self.browser.goto(&format!("file://{}", path.display())).await;
    }

    async fn ask(&self, script: &str) -> Value {
        self.browser.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Takes the mail's pictures and checks what can be checked.
    async fn examine(&self, name: &str) {
        for (window, size) in [("phone", PHONE), ("desk", DESK)] {
            for (scheme, dark) in [("light", false), ("dark", true)] {
                self.browser.dress(size, dark).await;
                assert!(self.browser.fits().await, "{name} is wider than a {window}");
                let contrasts = self.ask(CONTRASTS).await;
                let lowest = &contrasts[0];
                assert!(contrasts.as_array().unwrap().len() >= 4 && lowest[0].as_f64().unwrap() >= 4.5, "{name}, {window}, {scheme}: {lowest}");
                let button = self.ask(BUTTON).await;
                if button != Value::Null {
                    let (width, height) = (button[0].as_u64().unwrap(), button[1].as_u64().unwrap());
                    assert!(width >= 120 && height >= 44, "{name}, {window}: a button of {width} x {height}");
                }
                self.browser.picture(&format!("mail-{name}-{window}-{scheme}")).await;
            }
        }
        self.browser.dress(NARROW, false).await;
        assert!(self.browser.fits().await, "{name} is wider than 320 pixels");
    }
}

#[tokio::test]
async fn every_mail_fits_and_can_be_read_in_every_language() {
    let mailbox = Mailbox::open().await;
    for locale in Locale::ALL {
        for (kind, content) in contents() {
            let name = format!("{kind}-{}", locale.tag());
            mailbox.read(&name, locale, None, content).await;
            mailbox.examine(&name).await;
        }
    }
    assert_eq!(mailbox.browser.complaints().await, Vec::<String>::new());
    mailbox.browser.close().await;
}

#[tokio::test]
async fn a_mail_can_be_read_in_the_colours_of_every_brand_and_without_its_logo() {
    let mailbox = Mailbox::open().await;
    for platform in ["DARK", "BRIGHT", "PALE", "MID", "LOGO"] {
        let (_, content) = contents().swap_remove(0);
        let name = format!("brand-{}", platform.to_lowercase());
        mailbox.read(&name, Locale::English, Some(platform), content).await;
        mailbox.examine(&name).await;
    }
    // The picture does not load, and its name stands in its place.
    let named = mailbox.ask("const logo = document.querySelector('img'); return [logo.alt, logo.naturalWidth, logo.offsetHeight];").await;
    assert_eq!(named, json!(["Toko Serba Ada", 0, 40]));
    mailbox.browser.close().await;
}

#[tokio::test]
async fn what_a_list_of_mails_shows_never_reaches_the_code() {
    let mailbox = Mailbox::open().await;
    for (kind, content) in contents() {
        let secret = match &content {
            Content::SignupCode { code, .. } | Content::Code { code, .. } => code.clone(),
            Content::GeneratedPassword { password } => password.clone(),
            Content::CustomerLink { .. } | Content::ContactLost { .. } | Content::ContactChanged { .. } => continue,
        };
        mailbox.read(kind, Locale::English, None, content).await;
        // A list takes the first few hundred characters of the body, hidden or not.
        let body = mailbox.ask("return document.body.textContent").await.as_str().unwrap().trim_start().to_owned();
        let shown: String = body.chars().take(300).collect();
        assert!(!shown.contains(&secret) && body.contains(&secret), "{kind}: {shown}");
        let preview: String = shown.chars().take_while(|c| *c != '\u{34f}').collect();
        assert!(preview.chars().count() >= 30, "{kind}: {preview:?}");
        assert!(!mailbox.browser.text("body").await.contains(&format!("{preview}\n{preview}")), "{kind}: the preview itself is not to be seen");
    }
    mailbox.browser.close().await;
}
