//! `cargo lambda watch` and `cargo lambda invoke`: a function on the developer's machine, with the deployed stack behind it.
