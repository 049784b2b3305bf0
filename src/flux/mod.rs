//! Files in, raw rows out.
