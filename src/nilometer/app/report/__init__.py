"""The report: one self-contained page that says who was shown whose data, since when, and what to do first."""
