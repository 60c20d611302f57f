//! Setting a second factor up.
