//! What documents may say of ladders, and what members are told of them.

mod document;
mod outlook;
