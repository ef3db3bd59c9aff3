//! One of the calls that are measured, again and again, for a profiler to look at:
//!
//! `cargo build --release -p daftar-benches --example one_call && perf record -g target/release/examples/one_call check_sessions sqlite 10`
//!
//! Look-ups can be made where there are many accounts: `look_up sqlite 10 10000000`.

#![expect(clippy::print_stdout, reason = "that is what it is for")]

use std::time::Duration;

use daftar_benches::place::Place;
use daftar_benches::scale;
use daftar_benches::site::Site;
use daftar_core::limit::Limits;
use daftar_testkit::database::Engine;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (what, engine) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
    let seconds = arguments.next().and_then(|seconds| seconds.parse().ok()).unwrap_or(10);
    let engine = if engine == "postgres" { Engine::Postgres } else { Engine::Sqlite };
    let time = Duration::from_secs(seconds);
    if let Some(accounts) = arguments.next().and_then(|accounts| accounts.parse().ok()) {
        let site = Site::start(engine, accounts, Some(Limits::default()));
        println!("{what} from now on");
        println!("{:.0} a second", scale::look_up(&site, &scale::look_ups(accounts), time));
        return;
    }
    let place = Place::start(engine, Some(Limits::default()));
    println!("{what} from now on");
    let rate = match what.as_str() {
        "look_up" => place.look_up(time, &[]),
        "check_sessions" => place.check_sessions(time),
        "sign_in" => place.sign_in(time),
        "sign_up" => place.sign_up(time),
        "send_and_verify" => place.send_and_verify(time).0,
        _ => {
            println!("one of: look_up, check_sessions, sign_in, sign_up, send_and_verify; sqlite or postgres; seconds; for look_up, accounts");
            return;
        }
    };
    println!("{rate:.0} a second");
}
