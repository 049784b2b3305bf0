//! How a delay is kept, day after day: the share of a population whose outcome has come by day n,
//! those who still wait being counted for as long as they were seen (Kaplan and Meier's estimate).

/// The curve of a delay.
#[derive(Clone, Debug, PartialEq)]
pub struct Courbe {
    /// Indicator whose delay it is: 3.1.2, 3.1.4 or 3.1.6.
    pub indicateur: &'static str,
    /// The points, by increasing day. Between two of them the share does not move.
    pub points: Vec<Point>,
    /// People of the population.
    pub population: u64,
}

/// A day of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Days since the start of the delay.
    pub jour: i64,
    /// Share of the population whose outcome has come by that day, at most.
    pub part: f64,
    /// People seen waiting until that day.
    pub exposes: u64,
    /// Outcomes of that day.
    pub venus: u64,
}
