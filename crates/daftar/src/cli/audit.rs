//! `daftar audit`.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use daftar_core::audit::Act;
use uuid::Uuid;

use super::Output;

/// Which entries of the audit trail.
#[derive(Debug, Args)]
pub(crate) struct AuditList {
    /// Those about this account: its id, also once it is erased, or its e-mail address, phone number or username
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) account: Option<String>,
    /// Those of this act
    #[arg(long, value_name = "ACT", value_parser = acts())]
    pub(crate) act: Option<Act>,
    /// Those older than the entry of this id
    #[arg(long, value_name = "ID")]
    pub(crate) before: Option<Uuid>,
    /// Those newer than the entry of this id, the oldest of them first: to go on from what was read before
    #[arg(long, value_name = "ID", conflicts_with = "before")]
    pub(crate) after: Option<Uuid>,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) limit: u32,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// The acts, by their names.
fn acts() -> impl TypedValueParser<Value = Act> {
    let names = Act::ALL.iter().map(|act| act.name());
    PossibleValuesParser::new(names).try_map(|name| Act::from_name(&name).ok_or("no such act"))
}
