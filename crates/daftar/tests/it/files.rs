//! What the program leaves on the disk: for its owner alone, and never without its key.

use std::path::Path;

use super::program::{Home, mode};

#[test]
fn row_54_everything_in_the_data_directory_is_its_owners_alone() {
    let home = Home::with_a_file();
    let server = home.start(&["dev"]);
    server.prints_until("the end of the tour");
    let data = home.path("daftar-data");
    assert_eq!(mode(&data), 0o700);
    let mut files = 0;
    for entry in std::fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        // Pictures lie behind the directory's own 0700.
        if !path.ends_with("pictures") {
            assert_eq!(mode(&path), expected, "{}", path.display());
        }
        files += 1;
    }
    assert!(files >= 4, "database, master key, ready client, pictures");
    assert!(server.stop().success());
}

#[test]
fn row_54_a_database_elsewhere_is_its_owners_alone() {
    let home = Home::for_development().with("DAFTAR_DATABASE__URL", "sqlite://else/where/accounts.db");
    home.run(&["migrate"]).ok();
    assert_eq!((mode(&home.path("else/where")), mode(&home.path("else/where/accounts.db"))), (0o700, 0o600));
}

#[test]
fn a_lost_master_key_stops_the_start_and_a_restored_one_mends_it() {
    let home = Home::for_development();
    home.client();
    let (key, kept) = (home.path("daftar-data/master.key"), home.path("kept.key"));
    std::fs::rename(&key, &kept).unwrap();
    for command in [&["serve"][..], &["client", "list"]] {
        let error = home.run(command).failed();
        assert!(error.contains("another master key") && error.contains("master.key"), "{error}");
        assert!(!key.exists(), "no useless key is left in the lost one's place");
    }
    std::fs::rename(&kept, &key).unwrap();
    assert!(home.start(&["serve"]).stop().success());
}

#[test]
fn a_configured_master_key_leaves_no_file() {
    let home = Home::for_development().with("DAFTAR_SECRETS__MASTER_KEY", "b1e0f3a7c25d94886f10aa3e5b7cd2914e6608f7391b2d5ac4e8f07162ab93dd");
    assert!(home.start(&["serve"]).stop().success());
    assert!(!home.path("daftar-data/master.key").exists());
}

/// Every file and directory below a path.
fn below(path: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(below(&path));
        }
        found.push(path);
    }
    found.sort();
    found
}

#[tokio::test]
async fn row_48_of_forms_that_break_off_nothing_is_left_on_the_disk_and_the_program_uses_no_other_place() {
    let home = Home::for_development();
    std::fs::create_dir(home.path("tmp")).unwrap();
    let home = home.with("TMPDIR", "tmp");
    let client = home.client();
    let (server, http) = (home.start(&["serve"]), reqwest::Client::new());
    assert_eq!(server.register(&http, &client, "siti", 1).await.unwrap(), 200);
    let token = server.sign_in(&http, "siti").await.unwrap();
    let files = below(&home.path("daftar-data"));
    let profile = r#"{"date_of_birth": "1996-10-18", "gender": "Perempuan", "phone_number": "6281200000001"}"#;
    let head = format!("--b\r\ncontent-disposition: form-data; name=\"basic_profile\"\r\n\r\n{profile}\r\n");
    let part = "--b\r\ncontent-disposition: form-data; name=\"profile_img\"; filename=\"../../x.png\"\r\n\r\n";
    let large = "x".repeat(4 * 1024 * 1024);
    for body in
        [head.clone(), format!("{head}{part}"), format!("{head}{part}{large}"), format!("{head}{part}{large}\r\n--b--\r\n"), head.repeat(10_000)]
    {
        let request = http.post(format!("{}/update-basic-profile", server.base)).bearer_auth(&token);
        let answer = request.header("content-type", "multipart/form-data; boundary=b").body(body).send().await.unwrap();
        assert!(answer.status().is_client_error(), "{}", answer.status());
    }
    assert_eq!(below(&home.path("daftar-data")), files);
    assert!(below(&home.path("tmp")).is_empty(), "{:?}", below(&home.path("tmp")));
    assert_eq!(server.profile(&http, &token).await, 200);
    assert!(server.stop().success());
    let beside: Vec<_> = std::fs::read_dir(home.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(beside.iter().all(|name| name == "daftar-data" || name == "tmp"), "{beside:?}");
}
