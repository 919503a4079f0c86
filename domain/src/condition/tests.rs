//! Table tests follow with the rules they pin down.
