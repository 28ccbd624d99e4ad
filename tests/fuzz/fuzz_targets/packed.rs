//! What the targets that compare a stream with a whole leave out: a stream unpacks a compressed document, a whole does not.

/// Returns whether the bytes begin as gzip, zstd (or a frame that zstd skips) or xz data do.
pub fn is_packed(bytes: &[u8]) -> bool {
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    let is_skipped = matches!(bytes, [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..]);
    is_skipped || begins(b"\x1f\x8b\x08") || begins(b"\x28\xb5\x2f\xfd") || begins(b"\xfd7zXZ\0")
}
