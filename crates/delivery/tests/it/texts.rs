//! The folder of an operator's own words and page: what it changes, and what is said of one that is wrong.

use std::fs;
use std::path::Path;

use daftar_core::brand::{Brand, Brands, Links};
use daftar_core::identifier::{EmailAddress, PhoneNumber};
use daftar_core::locale::Locale;
use daftar_core::message::{CodeUse, Content, Message, Recipient};
use daftar_delivery::{Overrides, Rendered, Renderer};
use tempfile::TempDir;

const PAGE: &str = include_str!("../../templates/mail.html");

fn brands() -> Brands {
    let links = |base: &str| Links { signup: format!("{base}/signup/confirm?key="), customer: format!("{base}/b2b/customer?key=") };
    let shop = Brand {
        logo: Some("https://cdn.example.test/logo.png?a=1&b=2".to_owned()),
        mail_from: Some("no-reply@shop.example.test".to_owned()),
        sms_sender: Some("MYSHOP".to_owned()),
        links: Some(links("https://shop.example.test")),
        autofill_domain: Some("shop.example.test".to_owned()),
        ..Brand::plain("Shop", "#0b6e4f")
    };
    let usual = [("ONMART", "#c0392b"), ("ONMARKET", "#0b6e4f"), ("OSAS", "#5b3e96"), ("ONAPPS", "#1f5fbf")];
    let mut platforms = usual.map(|(name, color)| (name.to_owned(), Brand::plain(name, color))).to_vec();
    platforms.push(("SHOP".to_owned(), shop));
    Brands { default: Brand::plain("Daftar", "#1f5fbf"), platforms }
}

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = TempDir::new().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn renderer(files: &[(&str, &str)]) -> Renderer {
    let dir = folder(files);
    let renderer = Renderer::new(brands(), &Overrides::read(dir.path()).unwrap()).unwrap();
    assert_eq!(renderer.review().flaws, []);
    renderer
}

/// What is said of a folder, without the folder's own name.
fn flaws(files: &[(&str, &str)]) -> Vec<String> {
    let dir = folder(files);
    let said = |flaws: &[daftar_delivery::Flaw]| flaws.iter().map(|flaw| without(dir.path(), &flaw.to_string())).collect();
    match Overrides::read(dir.path()).and_then(|overrides| Renderer::new(brands(), &overrides)) {
        Ok(renderer) => said(&renderer.review().flaws),
        Err(flaws) => said(&flaws.0),
    }
}

fn without(dir: &Path, text: &str) -> String {
    text.replace(&format!("{}/", dir.display()), "")
}

fn code_by(renderer: &Renderer, to: Recipient, locale: Locale, platform: Option<&str>) -> Rendered {
    let content = Content::Code { good_for: CodeUse::SignIn, code: "482915".to_owned(), code_minutes: 10 };
    renderer.render(&Message { to, locale, platform: platform.map(str::to_owned), content }).unwrap()
}

fn phone() -> Recipient {
    Recipient::Sms(PhoneNumber::from_e164("+6281234567890").unwrap())
}

fn mailbox() -> Recipient {
    Recipient::Email(EmailAddress::parse("siti@example.test").unwrap())
}

#[test]
fn a_folder_replaces_what_it_names_and_nothing_else() {
    let own = "# Our tone\n-tone = Cheers\r\ncode-sms = { -tone }! { $code } for { $brand }\r\n";
    let renderer = renderer(&[("en/messages.ftl", own), ("README.md", "notes"), (".hidden.ftl", "x")]);
    assert_eq!(code_by(&renderer, phone(), Locale::English, None).text, "Cheers! 482915 for Daftar");
    let indonesian = code_by(&renderer, phone(), Locale::Indonesian, None).text;
    assert_eq!(indonesian, "482915 adalah kode untuk masuk ke Daftar. Berlaku 10 menit. Jangan berikan kepada siapa pun.");
    assert!(code_by(&renderer, mailbox(), Locale::English, None).text.contains("Type this code to sign in to your Daftar account:\n482915\n"));
}

#[test]
fn a_page_of_ones_own_is_used_and_escapes_what_it_inserts() {
    let page = "<html><h1>{{ heading }}</h1>{{ greeting }}{% for part in parts %}{{ part.intro if part.kind == 'code' }}\
                {% if part.kind == 'link' %}<a href=\"{{ part.url }}\">{{ part.label }}</a>{% elif part.kind == 'code' %}<b>{{ part.code }}</b>\
                {% else %}{{ part.text }}{% endif %}{% endfor %}{{ footer }}</html>";
    let renderer = renderer(&[("mail.html", page)]);
    let html = code_by(&renderer, mailbox(), Locale::English, Some("SHOP")).html.unwrap();
    assert!(html.starts_with("<html><h1>Sign in to your account</h1>Hello,") && html.contains("<b>482915</b>"), "{html}");
    let content = Content::GeneratedPassword { password: "<i>&\"'/".to_owned() };
    let message = Message { to: mailbox(), locale: Locale::English, platform: None, content };
    assert!(renderer.render(&message).unwrap().html.unwrap().contains("<b>&#60;i&#62;&#38;&#34;&#39;/</b>"));
}

#[test]
fn a_brand_has_its_own_sender_logo_links_and_domain() {
    let renderer = renderer(&[]);
    let sms = code_by(&renderer, phone(), Locale::English, Some("SHOP"));
    assert_eq!(sms.text, "482915 is your code to sign in to Shop. It works for 10 minutes. Never share it.\n@shop.example.test #482915");
    assert_eq!((sms.sms_sender.as_deref(), sms.mail_from.as_deref()), (Some("MYSHOP"), Some("no-reply@shop.example.test")));
    let mail = code_by(&renderer, mailbox(), Locale::English, Some("SHOP"));
    let html = mail.html.unwrap();
    assert!(html.contains("<img src=\"https://cdn.example.test/logo.png?a=1&#38;b=2\" alt=\"Shop\" height=\"40\""), "{html}");
    assert!(!mail.text.contains("@shop.example.test #"), "a mail has no such line");
    let usual = code_by(&renderer, phone(), Locale::English, Some("ONMART"));
    assert_eq!((usual.sms_sender, usual.mail_from), (None, None));
    assert!(!usual.text.contains('\n') && !code_by(&renderer, mailbox(), Locale::English, None).html.unwrap().contains("<img"));
}

#[test]
fn our_own_texts_have_no_flaw_and_no_short_message_of_ours_takes_two_parts() {
    let plain = Brands { platforms: brands().platforms.into_iter().filter(|(name, _)| name != "SHOP").collect(), ..brands() };
    let review = Renderer::new(plain, &Overrides::default()).unwrap().review();
    assert_eq!((review.flaws, review.long), (vec![], vec![]));
    // As long a name as the texts are written for.
    let longest = Brands { default: Brand::plain("ABCDEFGHIJ KLMNOPQRS", "#1f5fbf"), platforms: Vec::new() };
    assert_eq!(Renderer::new(longest, &Overrides::default()).unwrap().review().long, Vec::<String>::new());
}

#[test]
fn a_short_message_that_takes_two_parts_is_told_with_its_brand_language_and_reason() {
    let named = |name: &str, autofill: Option<&str>| {
        let default = Brand { autofill_domain: autofill.map(str::to_owned), ..Brand::plain(name, "#1f5fbf") };
        Renderer::new(Brands { default, platforms: Vec::new() }, &Overrides::default()).unwrap().review().long
    };
    let long = named("Caf\u{e9} S\u{e3}o Paulo", None);
    let expected = "the short message code-sms (en) of the brand Caf\u{e9} S\u{e3}o Paulo takes 2 parts, and is paid for as 2 messages: \
                    with 'ã' in it only 70 characters fit into one";
    assert!(long.contains(&expected.to_owned()), "{long:#?}");
    let long = named("Daftar", Some("accounts.example.com"));
    assert!(!long.is_empty() && long.iter().all(|sentence| sentence.contains("(zh-Hant)")), "{long:#?}");
    let long = named(&"Long Name ".repeat(5), None);
    assert!(long.iter().any(|sentence| sentence.contains("(en)") && sentence.contains("160 characters fit into one")), "{long:#?}");
}

#[test]
fn what_is_wrong_with_a_text_is_told_with_its_file_line_and_key() {
    let en = |text: &str| flaws(&[("en/messages.ftl", text)]);
    for (text, expected) in [
        ("\nno-such = x\n", "en/messages.ftl, line 2, `no-such`: there is no text of this name"),
        (
            "greeting = Hi { $name }\nsignup-subject = Your code is { $code }\n",
            "en/messages.ftl, line 2, `signup-subject`: it names $code, which it is not given; it may name $brand",
        ),
        // In a form that no sample chooses.
        (
            "code-lasts = { $minutes ->\n    [7] { $brnad }\n   *[other] { $minutes }\n}\n",
            "en/messages.ftl, line 1, `code-lasts`: it names $brnad, which it is not given; it may name $brand, $minutes",
        ),
        ("code-sms = Your code, { $brand }\n", "en/messages.ftl, line 1, `code-sms`: it does not name $code, and must"),
        (
            "code-sms = { $use ->\n    [reset] { $brand }\n   *[other] { $code }\n}\n",
            "en/messages.ftl, line 1, `code-sms`: it does not always show the code or password that it is about",
        ),
        ("password-sms = { $brand }\n", "en/messages.ftl, line 1, `password-sms`: it does not name $password, and must"),
        ("footer = a\n\nfooter = { $brand\n", "en/messages.ftl, line 4: this is not Fluent: Expected a token starting with \"}\""),
        ("footer = { $brand }\nfooter = { $brand }!\n", "en/messages.ftl, line 1, `footer`: it stands here twice"),
        ("footer = { $brand } { -team }\n", "en/messages.ftl, line 1, `footer`: there is no term -team in this file"),
        (
            "footer = { $brand } { greeting }\n",
            "en/messages.ftl, line 1, `footer`: it refers to the text greeting; only a term of this file can be referred to",
        ),
        ("footer = { $brand } { NUMBER(1) }\n", "en/messages.ftl, line 1, `footer`: there is no function NUMBER"),
        ("footer =\n    .title = { $brand }\n", "en/messages.ftl, line 1, `footer`: it has no text"),
    ] {
        let flaws = en(text);
        assert!(flaws.contains(&expected.to_owned()), "{text:?}: {flaws:#?}");
    }
}

#[test]
fn every_wrong_line_is_told_at_once() {
    let flaws = flaws(&[("en/messages.ftl", "nonsense = x\n"), ("id/messages.ftl", "signup-sms = tanpa kode\n"), ("mail.html", "{{ hedding }}")]);
    assert_eq!(flaws.len(), 3, "{flaws:#?}");
}

#[test]
fn what_a_page_leaves_out_or_does_not_know_is_told() {
    let page = |from: &str, to: &str| {
        assert!(PAGE.contains(from), "{from}");
        flaws(&[("mail.html", &PAGE.replace(from, to))])
    };
    for (from, to, expected) in [
        ("{{ part.code }}", "", "mail.html: it leaves out a code, here \"83920571\""),
        ("{{ footer }}", "", "mail.html: it leaves out the footer, here \"Daftar sent this mail automatically. Re…\""),
        ("{{ part.label }}", "", "mail.html: it leaves out a link's label, here \"Confirm my address\""),
        ("href=\"{{ part.url }}\"", "href=\"https://evil.example\"", "mail.html: no href=\"…\" leads to a link's url"),
        (
            "<p class=\"small\" style=\"margin:0 0 16px;font-size:14px;line-height:1.5;color:#59616b;\">{{ part.text }}</p>",
            "",
            "mail.html: it leaves out a part's text, here",
        ),
        ("{{ heading }}", "{{ hedding }}", "mail.html: it names hedding, which it is not given"),
        ("{{ part.intro }}", "{{ part.intor }}", "undefined value"),
        ("{% endfor %}", "", "mail.html, line "),
    ] {
        let flaws = page(from, to);
        assert!(flaws.iter().any(|flaw| flaw.starts_with(expected) || flaw.contains(expected)), "{from} -> {to}: {flaws:#?}");
    }
}

#[test]
fn a_file_that_nothing_reads_is_told_and_so_is_a_folder_that_is_not_there() {
    let there_are = "nothing reads it; there are en/messages.ftl, id/messages.ftl, zh-Hant/messages.ftl and mail.html";
    for name in ["zh-TW/messages.ftl", "messages.ftl", "mails.html", "en/mesages.ftl"] {
        let flaws = flaws(&[(name, "")]);
        let place = if name.starts_with("zh-TW") { "zh-TW" } else { name };
        assert_eq!(flaws, [format!("{place}: {there_are}")]);
    }
    let missing = Overrides::read(Path::new("/no/such/folder")).unwrap_err().to_string();
    assert!(missing.contains("/no/such/folder: the folder cannot be read"), "{missing}");
}
