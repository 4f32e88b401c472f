//! Bytes to what a guest would conclude: the second opinion. Shares no code with the encoder.
