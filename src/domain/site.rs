//! What a site is called, and what it says of itself.

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
        one_line(typed, Self::LONGEST).map(Self)
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

/// What a site says of itself in a few words: below its pages, to search engines, and in its feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagline(String);

impl Tagline {
    /// The longest, in characters: what search engines show of a page.
    pub const LONGEST: usize = 150;

    /// Trims and checks a tagline.
    ///
    /// # Errors
    /// What it has to be.
    pub fn parse(typed: &str) -> Result<Self, String> {
        one_line(typed, Self::LONGEST).map(Self)
    }

    /// As it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is true of every site that is written with the program.
impl Default for Tagline {
    fn default() -> Self {
        Self("Articles by people who sign them".to_owned())
    }
}

fn one_line(typed: &str, longest: usize) -> Result<String, String> {
    let line = typed.trim();
    let length = line.chars().count();
    if length == 0 || length > longest || line.contains(char::is_control) {
        return Err(format!("it has to be one line of 1 to {longest} characters"));
    }
    Ok(line.to_owned())
}
