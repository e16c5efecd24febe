//! What a file that is not safetensors holds, by its first bytes.

/// How many first bytes tell.
pub(super) const LENGTH: usize = 16;

/// The way out for pickles, which run code when they are read.
const PICKLE: &str = "a PyTorch pickle (`.pt`, `.bin`), which can run any code when it is read; \
                      use the model's `.safetensors`";

/// Names what the bytes are the beginning of; nothing if they could begin a safetensors file.
pub(super) fn foreign(start: &[u8]) -> Option<&'static str> {
    let found = match start {
        // A `.pt` of today is a zip of pickles.
        [b'P', b'K', 3 | 5, 4 | 6, ..] | [0x80, 2..=5, ..] => PICKLE,
        [b'G', b'G', b'U', b'F', ..] => "a GGUF model",
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => "a NumPy array",
        [0x89, b'H', b'D', b'F', ..] => "an HDF5 file",
        [b'v' | b'#' | b'<', ..] if is_text(start) => "text (perhaps a Git LFS pointer)",
        [b'{' | b'[', ..] if is_text(start) => {
            "JSON; if it is the index of weights in several files, merge them into one safetensors \
             file"
        }
        _ => return None,
    };
    Some(found)
}

/// A safetensors file begins with a length, whose high bytes are zero.
fn is_text(start: &[u8]) -> bool {
    start
        .iter()
        .all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e))
}
