use std::collections::BTreeSet;

use daftar_core::brand::Brand;
use daftar_core::identifier::{EmailAddress, PhoneNumber};
use daftar_core::locale::Locale;
use daftar_core::message::Recipient;

use super::*;
use crate::segments::{Encoding, Segments};

const CODE_USES: [CodeUse; 3] = [CodeUse::SignIn, CodeUse::ResetPassword, CodeUse::ChangeContact];
const LINK: &str = "https://accounts.example.test/signup/confirm?key=abc-_123";
const CUSTOMER_LINK: &str = "https://accounts.example.test/b2b/customer/register/authorize?key=abc-_123";

fn brands() -> Brands {
    let brand = Brand::plain;
    Brands {
        default: brand("Daftar", "#1f3a5f"),
        platforms: vec![
            ("ONMART".to_owned(), brand("ONMART", "#c8102e")),
            ("LONG".to_owned(), brand("ABCDEFGHIJ KLMNOPQRS", "#123456")),
            ("ODD".to_owned(), brand("R&D <b>\r\nBcc: x", "red;\"><script>")),
        ],
    }
}

fn signup(name: &str, link: Option<&str>, code_minutes: u64) -> Content {
    Content::SignupCode { name: name.to_owned(), code: "12345678".to_owned(), code_minutes, link: link.map(str::to_owned), link_minutes: 30 }
}

fn code(good_for: CodeUse, code_minutes: u64) -> Content {
    Content::Code { good_for, code: "12345678".to_owned(), code_minutes }
}

fn customer(name: &str) -> Content {
    Content::CustomerLink { name: name.to_owned(), link: CUSTOMER_LINK.to_owned(), link_minutes: 30 }
}

/// One of every kind of thing to say.
fn contents() -> Vec<Content> {
    let mut contents = vec![signup("Siti", Some(LINK), 10), signup("Siti", None, 10), signup("", None, 10)];
    contents.extend(CODE_USES.map(|good_for| code(good_for, 10)));
    contents.push(customer("Siti"));
    contents.push(Content::GeneratedPassword { password: "Kq7mWx2RtzHd".to_owned() });
    for contact in [ContactKind::Email, ContactKind::Phone] {
        contents.push(Content::ContactLost { contact, masked: "+62*****890".to_owned() });
        contents.push(Content::ContactChanged { contact });
    }
    contents
}

/// Those of them that go by short message, too.
fn short_contents() -> impl Iterator<Item = Content> {
    contents().into_iter().filter(|content| !matches!(content, Content::CustomerLink { .. }))
}

/// The link in it.
fn link(content: &Content) -> Option<&str> {
    match content {
        Content::SignupCode { link, .. } => link.as_deref(),
        Content::CustomerLink { link, .. } => Some(link),
        Content::Code { .. } | Content::GeneratedPassword { .. } | Content::ContactLost { .. } | Content::ContactChanged { .. } => None,
    }
}

/// What the reader is to copy from the message and nobody else is to see.
fn secret(content: &Content) -> Option<&str> {
    match content {
        Content::SignupCode { code, .. } | Content::Code { code, .. } => Some(code),
        Content::GeneratedPassword { password } => Some(password),
        Content::CustomerLink { .. } | Content::ContactLost { .. } | Content::ContactChanged { .. } => None,
    }
}

fn write(channel: Channel, locale: Locale, platform: &str, content: Content) -> Rendered {
    try_to_write(channel, locale, platform, content).unwrap()
}

fn try_to_write(channel: Channel, locale: Locale, platform: &str, content: Content) -> Result<Rendered, RenderError> {
    let to = match channel {
        Channel::Email => Recipient::Email(EmailAddress::parse("siti@example.test").unwrap()),
        Channel::Sms => Recipient::Sms(PhoneNumber::from_e164("+6281234567890").unwrap()),
    };
    let message = Message { to, locale, platform: Some(platform.to_owned()), content };
    Renderer::new(brands(), &Overrides::default()).unwrap().render(&message)
}

fn mail_to(name: &str) -> Rendered {
    write(Channel::Email, Locale::English, "ONMART", signup(name, Some(LINK), 10))
}

fn customer_mail(name: &str) -> Rendered {
    write(Channel::Email, Locale::English, "ONMART", customer(name))
}

#[test]
fn everything_can_be_said_in_every_language() {
    for locale in Locale::ALL {
        for content in contents() {
            let mail = write(Channel::Email, locale, "ONMART", content.clone());
            let (subject, html) = (mail.subject.unwrap(), mail.html.unwrap());
            for words in [&subject, &mail.text, &html] {
                assert!(words.contains("ONMART"), "{locale:?} {content:?}: {words}");
                assert!(!words.contains("{ $") && !words.contains("{$"), "{locale:?} {content:?}: {words}");
                assert!(!words.contains(['\u{2068}', '\u{2069}']), "{locale:?} {content:?}: {words}");
            }
            assert!(html.contains(&format!("<html lang=\"{}\" ", locale.tag())), "{html}");
        }
        for content in short_contents() {
            let sms = write(Channel::Sms, locale, "ONMART", content);
            assert_eq!((sms.subject, sms.html), (None, None));
            assert!(sms.text.contains("ONMART"));
        }
    }
}

#[test]
fn a_customers_link_never_goes_by_short_message() {
    for locale in Locale::ALL {
        let refused = try_to_write(Channel::Sms, locale, "ONMART", customer("Siti"));
        assert!(matches!(refused, Err(RenderError::MailOnly { kind: "customer_link" })), "{refused:?}");
        assert!(!refused.unwrap_err().to_string().contains("key"));
    }
}

#[test]
fn the_languages_have_the_same_texts() {
    let keys = |text: &str| -> BTreeSet<String> {
        let entries = text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
        entries.filter_map(|line| line.split_once(" = ")).map(|(key, _)| key.to_owned()).collect()
    };
    let english = keys(include_str!("../../locales/en/messages.ftl"));
    assert!(english.len() > 20, "{english:?}");
    assert_eq!(keys(include_str!("../../locales/id/messages.ftl")), english);
    assert_eq!(keys(include_str!("../../locales/zh-Hant/messages.ftl")), english);
}

#[test]
fn a_text_that_is_missing_is_an_error_and_not_english() {
    let (texts, flaws) = Texts::new(&Overrides::default());
    assert_eq!(flaws, []);
    let words = texts.words(Locale::Indonesian);
    assert!(matches!(words.say("no-such-text"), Err(RenderError::Text { key: "no-such-text", language: "id", .. })));
    // It names a brand that it was not given.
    assert!(words.say("footer").is_err());
}

#[test]
fn a_short_message_fits_one_segment_with_a_long_brand() {
    // A customer's token has a prefix, and has grown.
    let token = |code: &str| Content::SignupCode { name: "Siti".into(), code: code.into(), code_minutes: 10, link: None, link_minutes: 0 };
    for locale in Locale::ALL {
        for content in short_contents().chain(["UhY1234", "UhY12345678", "ABC-12345678"].map(token)) {
            let text = write(Channel::Sms, locale, "LONG", content).text;
            let Segments { encoding, count, forced_by } = Segments::of(&text);
            let expected = match locale {
                Locale::English | Locale::Indonesian => Encoding::Gsm7,
                Locale::TraditionalChinese => Encoding::Ucs2,
            };
            assert_eq!((encoding, count), (expected, 1), "{locale:?}, {forced_by:?}, {} characters: {text}", text.chars().count());
        }
    }
}

#[test]
fn a_short_message_begins_with_its_code_and_minutes_have_their_plural() {
    let sms = |locale, minutes| write(Channel::Sms, locale, "ONMART", signup("Siti", None, minutes)).text;
    assert_eq!(sms(Locale::English, 10), "12345678 is your ONMART code. It works for 10 minutes. Never share it.");
    assert_eq!(sms(Locale::English, 1), "12345678 is your ONMART code. It works for one minute. Never share it.");
    assert_eq!(sms(Locale::Indonesian, 10), "12345678 adalah kode ONMART Anda. Berlaku 10 menit. Jangan berikan kepada siapa pun.");
    assert_eq!(sms(Locale::TraditionalChinese, 10), "12345678 是您的 ONMART 驗證碼\u{ff0c}10 分鐘內有效。請勿告訴任何人。");
}

#[test]
fn a_customers_token_is_read_with_its_prefix() {
    let sms = |locale, code: &str| {
        let content = Content::SignupCode { name: "Siti".into(), code: code.into(), code_minutes: 10, link: None, link_minutes: 0 };
        write(Channel::Sms, locale, "Daftar", content).text
    };
    assert_eq!(sms(Locale::English, "UhY1234"), "UhY1234 is your Daftar code. It works for 10 minutes. Never share it.");
    assert_eq!(sms(Locale::English, "UhY12345678"), "UhY12345678 is your Daftar code. It works for 10 minutes. Never share it.");
    assert_eq!(sms(Locale::Indonesian, "UhY1234"), "UhY1234 adalah kode Daftar Anda. Berlaku 10 menit. Jangan berikan kepada siapa pun.");
    assert_eq!(sms(Locale::TraditionalChinese, "UhY1234"), "UhY1234 是您的 Daftar 驗證碼\u{ff0c}10 分鐘內有效。請勿告訴任何人。");
}

#[test]
fn a_code_says_what_it_is_good_for() {
    let uses = |locale, channel| CODE_USES.map(|good_for| write(channel, locale, "ONMART", code(good_for, 10)));
    for locale in Locale::ALL {
        let mails = uses(locale, Channel::Email);
        // A language that lacks the words for one use would say those for another.
        let subjects: BTreeSet<_> = mails.iter().map(|mail| &mail.subject).collect();
        assert_eq!(subjects.len(), CODE_USES.len(), "{subjects:?}");
        let headings: BTreeSet<_> = mails.iter().filter_map(|mail| mail.html.as_deref()?.split("</h1>").next()?.rsplit('>').next()).collect();
        assert_eq!(headings.len(), CODE_USES.len(), "{headings:?}");
        // The greeting, the code with its introduction, how long it works, what to do who did not ask.
        for paragraph in [1, 3] {
            let said: BTreeSet<_> = mails.iter().filter_map(|mail| mail.text.split("\n\n").nth(paragraph)).collect();
            assert_eq!(said.len(), CODE_USES.len(), "{said:?}");
        }
        let said: BTreeSet<_> = uses(locale, Channel::Sms).map(|sms| sms.text).into();
        assert_eq!(said.len(), CODE_USES.len(), "{said:?}");
    }
    let sms = |good_for, minutes| write(Channel::Sms, Locale::English, "ONMART", code(good_for, minutes)).text;
    assert_eq!(sms(CodeUse::SignIn, 1), "12345678 is your code to sign in to ONMART. It works for one minute. Never share it.");
    assert_eq!(sms(CodeUse::ResetPassword, 10), "12345678 is your code to choose a new ONMART password. It works for 10 minutes. Never share it.");
    assert_eq!(
        sms(CodeUse::ChangeContact, 10),
        "12345678 is your code to put this number on your ONMART account. It works for 10 minutes. Never share it."
    );
}

#[test]
fn code_and_password_stand_alone_on_their_lines_and_not_in_the_subject() {
    for locale in Locale::ALL {
        for content in contents() {
            let Some(secret) = secret(&content) else { continue };
            let mail = write(Channel::Email, locale, "ONMART", content.clone());
            assert_eq!(mail.text.lines().filter(|line| *line == secret).count(), 1, "{}", mail.text);
            assert!(!mail.subject.unwrap().contains(secret));
            let html = mail.html.unwrap();
            assert!(html.contains(&format!(">{secret}</p>")), "{html}");
            assert_eq!(html.matches(secret).count(), 1, "{html}");
            let sms = write(Channel::Sms, locale, "ONMART", content.clone()).text;
            assert_eq!(sms.split_whitespace().next(), Some(secret), "{sms}");
        }
    }
}

#[test]
fn a_link_stands_alone_on_its_line() {
    for locale in Locale::ALL {
        for content in contents() {
            let Some(link) = link(&content) else { continue };
            let mail = write(Channel::Email, locale, "ONMART", content.clone());
            assert_eq!(mail.text.lines().filter(|line| *line == link).count(), 1, "{}", mail.text);
            let html = mail.html.unwrap();
            // The button and the plain link below it.
            assert_eq!(html.matches(&format!("href=\"{link}\"")).count(), 2, "{html}");
            assert!(html.contains(&format!(">{link}</a>")), "{html}");
            assert!(!mail.subject.unwrap().contains("key"));
        }
    }
}

#[test]
fn a_mail_without_a_link_speaks_of_none() {
    for content in contents().into_iter().filter(|content| link(content).is_none()) {
        for (locale, link) in [(Locale::English, "link"), (Locale::Indonesian, "tautan"), (Locale::TraditionalChinese, "\u{9023}\u{7d50}")] {
            let mail = write(Channel::Email, locale, "ONMART", content.clone());
            assert!(!mail.text.to_lowercase().contains(link) && !mail.html.unwrap().contains("<a "), "{}", mail.text);
        }
    }
}

#[test]
fn who_registers_without_a_name_and_a_link_reads_a_whole_mail() {
    let text = |locale| write(Channel::Email, locale, "ONMART", signup("", None, 10)).text;
    let english = "Hello,\n\n\
        Thank you for registering with ONMART. One step is left: confirm that this address is yours.\n\n\
        Type this code where you registered:\n12345678\n\n\
        The code works for 10 minutes. Never share it: ONMART will not ask you for it.\n\n\
        You did not register? Then somebody has used your address, perhaps by mistake. Ignore this mail and no account is made with it.\n\n\
        -- \nONMART sent this mail automatically. Replies are not read.\n";
    assert_eq!(text(Locale::English), english);
    assert!(text(Locale::Indonesian).starts_with("Halo,\n\n"));
    assert!(text(Locale::TraditionalChinese).starts_with("您好\u{ff1a}\n\n"));
}

#[test]
fn a_customer_reads_what_to_do_and_what_if_it_was_not_him() {
    let text = |locale| write(Channel::Email, locale, "ONMART", customer("Siti Rahma")).text;
    let english = "Hello Siti Rahma,\n\n\
        You are being registered with ONMART, and this address was given as yours. \
        To confirm it, open the page below and press the button there. Then go on in the app where you registered.\n\n\
        Open this link to confirm it:\nhttps://accounts.example.test/b2b/customer/register/authorize?key=abc-_123\n\n\
        The link works for 30 minutes, and once.\n\n\
        You did not register? Then somebody has used your address, perhaps by mistake. Ignore this mail and the address is not confirmed, \
        or open the link and choose “This was not me” to end the registration at once.\n\n\
        -- \nONMART sent this mail automatically. Replies are not read.\n";
    assert_eq!(text(Locale::English), english);
    for (locale, subject, button, not_you) in [
        (Locale::English, "Confirm your e-mail address for ONMART", "Confirm my address", "This was not me"),
        (Locale::Indonesian, "Konfirmasi alamat email Anda untuk ONMART", "Konfirmasi alamat saya", "Ini bukan saya"),
        (Locale::TraditionalChinese, "請確認您用於 ONMART 的電子郵件地址", "確認我的地址", "這不是我"),
    ] {
        let mail = write(Channel::Email, locale, "ONMART", customer("Siti Rahma"));
        assert_eq!(mail.subject.as_deref(), Some(subject));
        assert!(mail.text.contains("Siti Rahma") && mail.text.contains(not_you) && mail.text.contains("30"), "{}", mail.text);
        assert!(mail.html.unwrap().contains(&format!(">{button}</a>")));
    }
}

#[test]
fn a_mail_loads_nothing_from_anywhere() {
    for mail in [mail_to("Siti"), customer_mail("Siti")] {
        let html = mail.html.unwrap();
        for loader in ["<img", "<script", "<link", "url(", "src=", "@import", "<form"] {
            assert!(!html.contains(loader), "{loader}");
        }
        assert!(html.contains("color-scheme") && html.contains("prefers-color-scheme: dark") && html.contains("#c8102e"));
    }
}

#[test]
fn row_40_a_name_cannot_write_html() {
    for mail in [mail_to, customer_mail] {
        let html = mail("<b>Siti\"'&</b >").html.unwrap();
        assert!(!html.contains("<b>"), "{html}");
        let html = mail("<b>Siti\"'&").html.unwrap();
        assert!(!html.contains("<b>") && html.contains("Siti"), "{html}");
    }
}

#[test]
fn a_password_is_escaped_in_html_and_nowhere_else() {
    let content = Content::GeneratedPassword { password: "<b>&\"'{$x}".to_owned() };
    let mail = write(Channel::Email, Locale::English, "ONMART", content.clone());
    let html = mail.html.unwrap();
    assert!(!html.contains("<b>") && html.contains("&#38;"), "{html}");
    assert!(mail.text.contains("\n<b>&\"'{$x}\n"), "{}", mail.text);
    let sms = write(Channel::Sms, Locale::English, "ONMART", content).text;
    assert!(sms.starts_with("<b>&\"'{$x} is your ONMART password."), "{sms}");
}

#[test]
fn row_40_a_name_stays_on_its_line() {
    for mail in [mail_to, customer_mail] {
        let text = mail("Siti\r\nBcc: x\n\nYour code is 999999").text;
        assert!(!text.contains("Bcc"), "a name with a colon is not repeated: {text}");
        let text = mail("Siti\r\nAminah\u{2028}Putri").text;
        assert!(text.starts_with("Hello Siti Aminah Putri,\n"), "{text}");
    }
}

#[test]
fn row_40_a_name_that_is_an_advertisement_is_not_repeated() {
    for name in ["Win at shop.example now", "http://shop.example", "shop@shop.example"] {
        for mail in [mail_to(name), customer_mail(name)] {
            assert!(mail.text.starts_with("Hello,\n") && !mail.text.contains("shop"), "{}", mail.text);
            assert!(!mail.html.unwrap().contains("shop"));
        }
    }
}

#[test]
fn a_long_name_is_repeated_whole() {
    let name = "長".repeat(200);
    assert!(customer_mail(&name).text.starts_with(&format!("Hello {name},\n")));
    assert!(mail_to(&name).text.starts_with(&format!("Hello {name},\n")));
}

#[test]
fn row_40_a_brand_is_one_line_and_its_colour_is_a_colour() {
    let mail = write(Channel::Email, Locale::English, "ODD", signup("Siti", Some(LINK), 10));
    assert_eq!(mail.from_name, "R&D <b> Bcc: x");
    assert_eq!(mail.subject.as_deref(), Some("Confirm your R&D <b> Bcc: x account"));
    let html = mail.html.unwrap();
    assert!(!html.contains("<b>") && !html.contains("<script"), "{html}");
}

#[test]
fn row_52_a_rendered_message_does_not_print_its_words() {
    let shown = format!("{:?}", mail_to("Siti"));
    assert!(!shown.contains("1234") && !shown.contains("http") && !shown.contains("Siti"), "{shown}");
    for content in contents() {
        let shown = format!("{:?} {content:?}", write(Channel::Email, Locale::English, "ONMART", content.clone()));
        assert!(!shown.contains("key"), "{shown}");
        assert!(secret(&content).is_none_or(|secret| !shown.contains(secret)), "{shown}");
    }
}
