"""Attribution: which actors could have made a dump that was found, and how likely that is."""
