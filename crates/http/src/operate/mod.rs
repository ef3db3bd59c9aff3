//! For operators and developers: health, keys, the development inbox.
