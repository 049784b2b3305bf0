//! What was learnt, and when: one immutable Parquet segment a file, never updated. The presence of
//! the segment is the commit; everything after is a pure function of the set of segments.

pub mod anomalies;
pub mod depot;
pub mod ecriture;
pub mod evenements;
pub mod lecture;
pub mod reecriture;
pub mod rejets;
pub mod segment;
pub mod somme;
