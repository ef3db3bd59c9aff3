//! What the simulated day comes to, and that a real installation decides alike.

mod simulation;
