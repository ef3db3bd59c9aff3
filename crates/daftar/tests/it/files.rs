//! What the program leaves on the disk: for its owner alone, and never without its key.

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
