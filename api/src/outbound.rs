//! Calls to addresses that tenants choose. Whatever they write, nothing but public addresses is reached: the name is
//! resolved once, every address of it is looked at, and the connection goes to one of those.

pub mod address;
pub mod destination;
pub mod post;
pub mod sign;

pub use destination::{Allowed, Destination, Unreachable};
pub use post::{Lane, PostFailure, Reply, Tls};
