//! Tests over little histories.
