//! What is tried at every surface alike (`docs/security.md`), and must come to nothing at each.

mod overload;
