//! `daftar outbox`: what is waiting, sent, delivered, failed; where one code is; sending a message once more.

use anyhow::Context as _;
use daftar_core::message::{Channel, MessageId};
use daftar_core::outbox::MessageState;
use daftar_core::outbox::status::{Enquiry, EnquiryError, MessageFilter, Retried, Told, ToldAttempt, enquire};
use daftar_core::ports::Store as _;
use daftar_delivery::GatewayClient;
use serde_json::json;

use super::account::find;
use super::{say, say_json};
use crate::cli::{ChannelName, OutboxCommand, OutboxList, StatusName};
use crate::config::{Checked, Config};
use crate::wiring::{Foundation, gateway};

/// Carries the command out.
pub(crate) async fn run(Checked { config, .. }: Checked, command: OutboxCommand) -> anyhow::Result<()> {
    let foundation = Foundation::open(&config, config.database.migrate).await?;
    match command {
        OutboxCommand::List(wanted) => list(&foundation, &config, wanted).await,
        OutboxCommand::Show { id, output } => {
            let id = id_of(&id)?;
            let message = foundation.store.message_status(id).await?.with_context(|| unknown(id))?.told(false);
            if output.json { Ok(say_json(&serde_json::to_value(message)?)?) } else { show(&message) }
        }
        OutboxCommand::Routes { output } => routes(&foundation, &config, output.json),
        OutboxCommand::Retry { id } => {
            let id = id_of(&id)?;
            match foundation.store.retry_message(id, foundation.clock.now()).await?.with_context(|| unknown(id))? {
                Retried::Queued => Ok(say(format_args!("message {} is due now, by every route anew", id.0))?),
                Retried::Done(MessageState::Delivered) => anyhow::bail!("message {} has arrived", id.0),
                Retried::Done(_) => anyhow::bail!("message {} was sent: its gateway has it, and nothing more is kept that could be sent", id.0),
                Retried::Underway => anyhow::bail!("message {} is being sent right now: look again in a moment", id.0),
                Retried::Expired => anyhow::bail!("message {} has expired, and what it said is wiped: a new code has to be asked for", id.0),
            }
        }
    }
}

async fn list(foundation: &Foundation, config: &Config, wanted: OutboxList) -> anyhow::Result<()> {
    let account = match &wanted.account {
        Some(whom) => Some(find(foundation, config, whom).await?.id),
        None => None,
    };
    let states = wanted.status.iter().flat_map(|status| MessageState::of_told(status.name())).collect();
    let filter = MessageFilter { states, channel: wanted.channel.map(ChannelName::channel), ..MessageFilter::default() };
    let enquiry = Enquiry { to: wanted.to.clone(), account, filter };
    let countries = (&config.usapi.country, &config.app.default_country);
    let messages = enquire(&*foundation.store, countries, enquiry, wanted.limit).await.map_err(|error| match error {
        EnquiryError::NoContact => anyhow::anyhow!("{:?} is neither an e-mail address nor a phone number", wanted.to.unwrap_or_default()),
        error @ (EnquiryError::NoAccount | EnquiryError::Fault(_)) => error.into(),
    })?;
    if wanted.output.json {
        return Ok(say_json(&serde_json::to_value(messages)?)?);
    }
    for message in &messages {
        let last = message.attempts.last().map_or("-", |attempt| attempt.route.as_str());
        let why = message.reason.as_deref().unwrap_or_default();
        let line = format!(
            "{}  {}  {:<10}{:<7}{:<22}{:<20}{:<14}{why}",
            message.id, message.created_at, message.status, message.channel, message.to, message.kind, last
        );
        say(line.trim_end())?;
    }
    if messages.is_empty() {
        say("there are no such messages")?;
    }
    Ok(())
}

/// The routes of short messages, and where their gateways report.
fn routes(foundation: &Foundation, config: &Config, as_json: bool) -> anyhow::Result<()> {
    let client = GatewayClient::new()?;
    let mut told = Vec::new();
    for route in &config.sms.routes {
        let receipts = gateway(config, route, client.clone(), foundation)?.receipt_url().to_owned();
        let countries = route.countries().map(|countries| countries.iter().map(|country| country.as_str().to_owned()).collect::<Vec<_>>());
        if as_json {
            let (name, way) = (route.name.as_str(), route.way().name());
            told.push(json!({ "name": name, "preset": route.preset, "way": way, "countries": countries, "receipts": receipts }));
        } else {
            let countries = countries.map_or_else(|| "all".to_owned(), |countries| countries.join(","));
            let receipts = if receipts.is_empty() { "-" } else { &receipts };
            say(format_args!("{:<20}{:<13}{:<10}{countries:<16}{receipts}", route.name.as_str(), route.preset.name(), route.way().name()))?;
        }
    }
    if as_json {
        return Ok(say_json(&told.into())?);
    }
    if config.sms.routes.is_empty() {
        say("there are no routes for short messages: see `sms.routes`")?;
    }
    Ok(())
}

/// One screen: the message, then a line for every attempt.
fn show(message: &Told) -> anyhow::Result<()> {
    let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let lines = [
        ("id", message.id.clone()),
        ("to", format!("{} ({})", message.to, message.channel)),
        ("says", message.kind.clone()),
        ("status", message.status.to_owned()),
        ("reason", dash(&message.reason)),
        ("queued", message.created_at.clone()),
        ("expires", message.expires_at.clone()),
        ("next try", dash(&message.next_at)),
        ("cost", message.cost.clone()),
    ];
    for (name, value) in lines {
        say(format_args!("{name:<10}{value}"))?;
    }
    for attempt in &message.attempts {
        say(attempt_line(attempt))?;
    }
    if message.without_answer > 0 {
        let times = message.without_answer;
        say(format_args!("and {times} without an answer: under way, cut off by the end of a server, or without a route"))?;
    }
    if message.status == "failed" && message.can_retry {
        say(format_args!("\nIt can be sent once more: daftar outbox retry {}", message.id))?;
    }
    Ok(())
}

fn attempt_line(attempt: &ToldAttempt) -> String {
    let said = match (&attempt.reason, &attempt.reference) {
        (Some(reason), _) => format!(": {reason}"),
        (None, Some(reference)) => format!(" as {reference}"),
        (None, None) => String::new(),
    };
    let receipt = attempt.receipt.as_ref().map_or_else(String::new, |receipt| {
        let why = receipt.reason.as_deref().map_or_else(String::new, |reason| format!(" ({reason})"));
        format!("; {} {}{why}", receipt.outcome, receipt.at)
    });
    format!("attempt {:<2} {} by {} ({}), {}{said}{receipt}", attempt.number, attempt.started_at, attempt.route, attempt.channel, attempt.answer)
}

fn id_of(text: &str) -> anyhow::Result<MessageId> {
    text.parse().map(MessageId).with_context(|| format!("{text:?} is not the id of a message; `daftar outbox list` shows them"))
}

fn unknown(id: MessageId) -> String {
    format!("there is no message {}; `daftar outbox list` shows those of the last 30 days", id.0)
}

impl ChannelName {
    const fn channel(self) -> Channel {
        match self {
            Self::Email => Channel::Email,
            Self::Sms => Channel::Sms,
        }
    }
}

impl StatusName {
    const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Accepted => "accepted",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}
