//! `daftar dev`: no configuration, and a tour that works as it is printed.

use super::bash::Bash;
use super::program::{Home, Server};

pub(super) fn tour_of(server: &Server) -> Vec<String> {
    let printed = server.prints_until("the end of the tour");
    let tour = printed.iter().skip_while(|line| !line.contains("the tour: paste it")).filter(|line| !line.starts_with('#'));
    tour.cloned().collect()
}

#[test]
fn the_tour_works_line_by_line_as_often_as_one_likes() {
    let home = Home::for_development();
    let server = home.start(&["dev"]);
    let tour = tour_of(&server);
    for _ in 0..2 {
        let mut bash = Bash::start(&home);
        let answers: Vec<_> = tour.iter().map(|line| bash.paste(line)).collect();
        let expected = [
            ("", ""),
            ("siti", "62812"),
            ("Please check your email to complete registration", "\"exp_otp\":600"),
            ("The code is ", "."),
            ("Account has been created", "true"),
            ("eyJ", "."),
            ("\"first_name\":\"Siti\"", "\"email_verified\":true"),
            ("Success update profile", "true"),
            ("\"gender\":\"Perempuan\"", "\"profile_img\":\"http://127.0.0.1:"),
            ("Email is already registered", "false"),
            ("otpToken", "\"success\":true"),
            ("The code is ", "."),
            ("accessToken", "\"success\":true"),
            ("eyJ", "."),
            ("\"tokenType\":\"REGISTRATION\"", "\"attempt\":1"),
            ("The token is ", "."),
            ("\"registered\":true", "0813"),
            ("{\"token\":\"eyJ", "."),
        ];
        assert_eq!(answers.len(), expected.len(), "{tour:#?}");
        for (answer, (one, other)) in answers.iter().zip(expected) {
            assert!(answer.contains(one) && answer.contains(other), "{answer:?} should contain {one:?} and {other:?}: {answers:#?}");
        }
        for (answer, digits) in [(3, 6), (11, 4), (15, 4)] {
            assert_eq!(answers[answer].chars().filter(char::is_ascii_digit).count(), digits, "{answers:#?}");
        }
    }
}

#[tokio::test]
async fn the_picture_of_the_tour_opens_in_a_browser() {
    let home = Home::for_development();
    let server = home.start(&["dev"]);
    let mut bash = Bash::start(&home);
    let profile = tour_of(&server).iter().map(|line| bash.paste(line)).find(|answer| answer.contains("profile_img\":\"")).unwrap();
    let profile: serde_json::Value = serde_json::from_str(&profile).unwrap();
    let answer = reqwest::Client::new().get(profile["profile_img"].as_str().unwrap()).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()), (200, "image/jpeg"));
}

#[test]
fn the_ready_client_stays_the_same_until_it_is_disabled() {
    let home = Home::for_development();
    let credentials =
        |server: &Server| tour_of(server).into_iter().find(|line| line.starts_with("BASE=")).unwrap().split("CLIENT=").nth(1).unwrap().to_owned();
    let first = { credentials(&home.start(&["dev"])) };
    let second = { credentials(&home.start(&["dev"])) };
    assert_eq!(first, second);
    let id = first.trim_matches('\'').split(':').next().unwrap().to_owned();
    home.run(&["client", "disable", &id]).ok();
    assert_ne!(first, credentials(&home.start(&["dev"])));
}

#[test]
fn commands_find_the_development_installation_without_any_configuration() {
    let server_home = Home::bare();
    server_home.write("daftar.toml", "listen = '127.0.0.1:0'");
    let server = server_home.start(&["dev"]);
    server.prints_until("the end of the tour");
    std::fs::remove_file(server_home.path("daftar.toml")).unwrap();
    let list = server_home.json(&["client", "list", "--json"]);
    assert_eq!(list[0]["name"], "dev");
}

#[test]
fn it_shows_itself_to_this_machine_alone() {
    let error = Home::for_development().with("DAFTAR_LISTEN", "0.0.0.0:0").run(&["dev"]).failed();
    assert!(error.contains("`listen`") && error.contains("loopback"), "{error}");
}

#[test]
fn it_is_not_for_production() {
    let error = Home::bare().with("DAFTAR_ENVIRONMENT", "production").run(&["dev"]).failed();
    assert!(error.contains("`environment`") || error.contains("`public_url`"), "{error}");
}

#[test]
fn a_busy_port_names_listen() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = Home::for_development().with("DAFTAR_LISTEN", &address).run(&["dev"]).failed();
    assert!(error.contains("`listen`") && error.contains(&address), "{error}");
}
