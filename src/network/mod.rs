//! What is known of the network.

pub mod estimator;
