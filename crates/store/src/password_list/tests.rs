use std::io::Write as _;

use daftar_core::password::common::PasswordDigests;
use tempfile::NamedTempFile;

use super::*;
use crate::row;

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn list(text: &str) -> Result<FilePasswordList, PasswordListError> {
    FilePasswordList::open(file(text).path())
}

fn of(number: u32) -> PasswordDigests {
    PasswordDigests::of_text(number.to_string().as_bytes())
}

fn pre_hashed(number: u32) -> PasswordDigests {
    PasswordDigests { md5: of(number).md5, sha1: None }
}

fn hashes(numbers: impl Iterator<Item = u32>, line: impl Fn(&PasswordDigests) -> String) -> String {
    let mut lines: Vec<_> = numbers.map(|number| line(&of(number))).collect();
    lines.sort();
    lines.concat()
}

fn hex(bytes: &[u8]) -> String {
    row::hex(bytes).to_uppercase()
}

#[tokio::test]
async fn passwords_are_found_as_they_are_written() {
    let list = list("123456\r\npässwörd\n\n1 2\nlast").unwrap();
    let has = async |text: &str| list.has(&PasswordDigests::of_text(text.as_bytes())).await.unwrap();
    for listed in ["123456", "pässwörd", "1 2", "last"] {
        assert!(has(listed).await, "{listed}");
    }
    for other in ["", "123456\r", "Last", "12"] {
        assert!(!has(other).await, "{other}");
    }
}

#[tokio::test]
async fn every_hash_is_found_and_no_other() {
    for (count, end) in [(1, "\n"), (2, "\r\n"), (1000, "\n")] {
        let even = || (0..count).map(|number| 2 * number);
        let md5 = list(&hashes(even(), |of| hex(&of.md5) + end)).unwrap();
        let seen = |of: &PasswordDigests| u64::from(of.md5[0]) * 40_000_000;
        let sha1 = list(&hashes(even(), |of| format!("{}:{}{end}", hex(&of.sha1.unwrap()).to_lowercase(), seen(of)))).unwrap();
        for number in 0..2 * count {
            for list in [&md5, &sha1] {
                assert_eq!(list.has(&of(number)).await.unwrap(), number % 2 == 0, "{number} of {count}");
            }
            let pre_hashed = pre_hashed(number);
            assert_eq!(md5.has(&pre_hashed).await.unwrap(), number % 2 == 0, "{number} of {count}");
            assert!(!sha1.has(&pre_hashed).await.unwrap(), "its SHA-1 is not known");
        }
    }
}

#[tokio::test]
async fn the_last_line_may_lack_its_end_or_have_empty_ones_behind_it_and_any_may_be_there_twice() {
    let text = hashes(0..10, |of| hex(&of.md5) + "\n");
    for end in ["", "\n", "\n\n\r\n"] {
        let list = list(&format!("{}{end}", text.trim_end())).unwrap();
        for number in 0..10 {
            assert!(list.has(&of(number)).await.unwrap());
        }
    }
    let list = list(&hashes((0..10).chain(0..10), |of| hex(&of.md5) + "\n")).unwrap();
    assert!(list.has(&of(3)).await.unwrap() && !list.has(&of(10)).await.unwrap());
}

#[test]
fn operators_are_told_what_a_list_is() {
    let summary = |text: &str| list(text).unwrap().summary().unwrap();
    assert_eq!(summary("123456\nqwerty\n"), ListSummary { of: "passwords", count: 2, looks_foreign: false });
    let numbers = || (123_400..123_500).chain([7]);
    let md5 = summary(&hashes(numbers(), |of| hex(&of.md5) + "\n"));
    assert_eq!(md5, ListSummary { of: "MD5 hashes", count: 101, looks_foreign: false });
    // Thirty-two digits, but of another hash.
    let others = summary(&hashes(numbers(), |of| hex(&of.sha1.unwrap()[..16]) + "\n"));
    assert_eq!(others, ListSummary { looks_foreign: true, ..md5 });
}

#[test]
fn what_is_no_list_is_said_to_be_none() {
    assert!(matches!(FilePasswordList::open(Path::new("/nowhere/at/all")), Err(PasswordListError::Unreadable(_))));
    assert!(matches!(FilePasswordList::open(Path::new("/dev/zero")), Err(PasswordListError::NoFile)));
    assert!(matches!(list(""), Err(PasswordListError::Empty)));
    assert!(matches!(list("\n\r\n"), Err(PasswordListError::Empty)));
    let sorted = hashes(0..200, |of| hex(&of.md5) + "\n");
    let turned: Vec<&str> = sorted.lines().rev().collect();
    assert!(matches!(list(&turned.join("\n")), Err(PasswordListError::Unsorted)));
    assert!(matches!(list(&format!("{sorted}{}", "a password\n".repeat(400))), Err(PasswordListError::Mixed(_))));
    assert!(matches!(list(&format!("{sorted}{}\n", "F".repeat(400))), Err(PasswordListError::Mixed(_))));
    // What would pass for passwords, and refuse nothing.
    for mark in ["\u{feff}", "\0"] {
        assert!(matches!(list(&format!("{mark}{sorted}")), Err(PasswordListError::Strange)), "{mark:?}");
    }
    for line in [hex(&of(1).md5) + " 17", hex(&of(1).md5) + "  password.txt", hex(&of(1).sha1.unwrap()) + "\t3", "ab".repeat(32)] {
        assert!(matches!(list(&(line.clone() + "\n")), Err(PasswordListError::Strange)), "{line}");
    }
}

#[tokio::test]
async fn what_cannot_be_searched_is_named() {
    let file = file(&hashes(0..1000, |of| hex(&of.md5) + "\n"));
    let list = FilePasswordList::open(file.path()).unwrap();
    file.as_file().set_len(10).unwrap();
    let Err(StoreError::Failed(cause)) = list.has(&of(1)).await else { panic!("it cannot be read") };
    assert!(cause.to_string().contains(&file.path().display().to_string()), "{cause}");
}
