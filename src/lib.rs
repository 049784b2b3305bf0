//! placeholder
#![allow(missing_docs)]
pub mod flux;
pub mod identite;
pub mod journal;
pub mod releves;
pub mod temps;
