//! Writing the effective configuration back, secrets masked, in a form that can be read again.

use super::secret::MASK;
use super::{Config, Environment};

impl Config {
    /// The configuration with everything filled in that would be used.
    fn effective(&self) -> Self {
        let mut full = self.clone();
        full.data_dir = Some(self.data_dir());
        full.database.url = Some(self.database_url());
        full.email.transport = Some(self.email.transport(self.environment));
        full.sms.transport = Some(self.sms.transport(self.environment));
        full.tokens.issuer = Some(self.issuer());
        if self.environment == Environment::Development && self.public_url.is_none() {
            full.public_url = super::text::Text::parse(&self.public_url(self.listen));
        }
        full
    }

    /// The effective configuration as TOML. A secret that is set stands there as a comment: what is shown can be read again and
    /// never passes a mask off as a secret.
    pub(crate) fn shown(&self) -> Result<String, toml::ser::Error> {
        let text = toml::to_string_pretty(&self.effective())?;
        let masked = format!("= \"{MASK}\"");
        let line = |line: &str| if line.ends_with(&masked) { format!("# {line} is set and not shown\n") } else { format!("{line}\n") };
        Ok(text.lines().map(line).collect())
    }
}
