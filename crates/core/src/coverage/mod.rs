//! Who pays a deficit.
