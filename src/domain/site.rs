//! What a site is called.

/// What a site calls itself: on its pages, in its feeds, and as the sender of its mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteName(String);

impl SiteName {
    /// The longest, in characters: it stands in a line with the navigation, on a phone too.
    pub const LONGEST: usize = 50;

    /// Trims and checks a name.
    ///
    /// # Errors
    /// What it has to be.
    pub fn parse(typed: &str) -> Result<Self, String> {
        let name = typed.trim();
        let length = name.chars().count();
        if length == 0 || length > Self::LONGEST || name.contains(char::is_control) {
            return Err(format!("it has to be one line of 1 to {} characters", Self::LONGEST));
        }
        Ok(Self(name.to_owned()))
    }

    /// As it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// That of the program, for a site that nobody has named.
impl Default for SiteName {
    fn default() -> Self {
        Self("Byline".to_owned())
    }
}
