"""What honest actors do: one file for each kind of habit."""
