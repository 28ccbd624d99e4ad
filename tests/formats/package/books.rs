//! E-books: what they say of themselves, and what is listed and not there.
