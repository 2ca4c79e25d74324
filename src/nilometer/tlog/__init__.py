"""A tamper-evident log: RFC 6962 hashing, C2SP tiles, signed checkpoints and proofs. It knows nothing of Nilometer."""
