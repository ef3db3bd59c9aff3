//! What a look finds: how it stands, what that means, and what to do next.

use std::error::Error;
use std::fmt;

use serde::Serialize;

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// All is well.
    Ok,
    /// It works, but should be looked after, or could not be looked at.
    Warning,
    /// It does not work.
    Failed,
}

/// What a look found.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// Which of several, such as the name of a route.
    pub(crate) of: Option<String>,
    /// How it stands.
    pub(crate) state: State,
    /// What was found.
    pub(crate) finding: String,
    /// What to do next, if there is anything.
    pub(crate) advice: Option<String>,
}

impl Finding {
    /// All is well.
    pub(crate) fn ok(finding: impl fmt::Display) -> Self {
        Self { of: None, state: State::Ok, finding: finding.to_string(), advice: None }
    }

    /// It should be looked after.
    pub(crate) fn warning(finding: impl fmt::Display, advice: impl fmt::Display) -> Self {
        Self { of: None, state: State::Warning, finding: finding.to_string(), advice: Some(advice.to_string()) }
    }

    /// It does not work.
    pub(crate) fn failed(finding: impl fmt::Display, advice: impl fmt::Display) -> Self {
        Self { state: State::Failed, ..Self::warning(finding, advice) }
    }

    /// It cannot be looked at, for a reason that another line tells.
    pub(crate) fn unseen(why: impl fmt::Display) -> Self {
        Self { state: State::Warning, ..Self::ok(format_args!("not looked at: {why}")) }
    }

    /// Which of several it is about.
    pub(crate) fn of(self, name: impl Into<String>) -> Self {
        Self { of: Some(name.into()), ..self }
    }
}

/// A finding and the look that made it: a line of the report.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    /// The look.
    pub(crate) look: &'static str,
    /// What it found.
    #[serde(flatten)]
    pub(crate) finding: Finding,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { of, state, finding, advice } = &self.finding;
        let state = match state {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Failed => "FAILED",
        };
        let look = of.as_ref().map_or_else(|| self.look.to_owned(), |of| format!("{} {of}", self.look));
        write!(f, "{state:<9}{look:<20}  {finding}")?;
        advice.as_ref().map_or(Ok(()), |advice| write!(f, ". {advice}"))
    }
}

/// An error with its causes, on one line.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    causes.map(|cause| cause.to_string().replace('\n', " ")).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line() {
        let line = |finding| Line { look: "mail", finding }.to_string();
        assert_eq!(line(Finding::ok("all is well").of("first")), "ok       mail first            all is well");
        assert_eq!(line(Finding::failed("it is down", "start it")), "FAILED   mail                  it is down. start it");
        assert_eq!(line(Finding::unseen("no store")), "warning  mail                  not looked at: no store");
    }

    #[test]
    fn a_finding_in_json_names_its_look() {
        let line = Line { look: "clock", finding: Finding::warning("it is late", "set it") };
        let json = serde_json::json!({"look": "clock", "of": null, "state": "warning", "finding": "it is late", "advice": "set it"});
        assert_eq!(serde_json::to_value(line).unwrap(), json);
    }
}
