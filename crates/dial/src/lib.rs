//! Whom to call, in which order and through what, as a plan over time; sans-IO
