//! Web pages: what the links in messages lead to.
