"""What others do, one rule a file: the baselines that Nilometer is measured beside."""
