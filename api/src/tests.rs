//! What holds for all parsers together.

mod fuzz;
