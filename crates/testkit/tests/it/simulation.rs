//! One day.
use daftar_testkit::simulation::{Day, Plan, sprayer::Spray};

#[test]
fn look() {
    let t = std::time::Instant::now();
    println!("{}", Day::played(&Plan::quiet(), 1));
    println!("quiet {:?}", t.elapsed());
    let t = std::time::Instant::now();
    println!("{}", Day::played(&Plan { spray: Some(Spray::Blunt { hourly: 10_000 }), ..Plan::quiet() }, 1));
    println!("spray {:?}", t.elapsed());
    let t = std::time::Instant::now();
    println!("{}", Day::played(&Plan { stuffing: true, ..Plan::quiet() }, 1));
    println!("stuff {:?}", t.elapsed());
}
