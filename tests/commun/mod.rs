//! What several test programs share.

pub mod arbitre;
pub mod ecrire;
pub mod hasard;
pub mod memoire;
