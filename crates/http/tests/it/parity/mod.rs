//! The surfaces side by side: what is one service and what differs. Every situation is played on each, every time by people of their own, and the
//! answers are in one table, `snapshots/parity.snap`, the same on both engines. A difference fails; to take over one that is meant, run this with
//! `INSTA_UPDATE=always` and read what changed.

mod across;
mod codes;
mod door;
mod sessions;
mod sign_in;
mod table;
mod too_often;

use table::Section;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_surfaces_answer_alike_but_for_what_this_table_shows() {
    let sections: Vec<Section> = vec![sign_in::section().await, codes::section().await, sessions::section().await, too_often::section().await];
    let legend = "!  the statuses differ    ″  as at its left    –  cannot arise    [n counted]  so many wrong codes count by then\n".to_owned();
    let table: Vec<String> = std::iter::once(legend).chain(sections.iter().map(Section::to_string)).collect();
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("parity", table.join("\n"));
    });
}
