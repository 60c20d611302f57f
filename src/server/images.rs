//! Pictures: taken in, made anew, kept, shown and thrown away.
//!
//! What is stored is never what was uploaded: every picture is decoded and encoded again, so
//! that nothing but its pixels is left. Only what another site stored keeps its bytes, since they
//! are its name; it is looked through instead. Suggested reading order: [`decoding`], [`shelf`],
//! [`keeping`], [`importing`], [`references`], [`unused`], [`door`].

pub mod bare;
pub mod decoding;
pub mod door;
pub mod importing;
pub mod keeping;
pub mod references;
pub mod shelf;
pub mod unused;
