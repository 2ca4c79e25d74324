"""Detection scored against truth, beside what others do on the same disclosures; `run.py` is the way in."""
