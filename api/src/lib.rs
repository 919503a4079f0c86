//! The point-program service: everything behind the binary `tamaru`.

pub mod services;
