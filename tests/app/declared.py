"""One table of each kind as an operator writes it, for tests that change a word of it."""

from __future__ import annotations

NEED = '[[need]]\nlevel = "app"\nid = "a"\npeople_a_day = 5\n'
PLANNED = '[[planned]]\nlevel = "app"\nid = "a"\nfrom = 2026-01-01T00:00:00Z\nuntil = 2026-01-03T00:00:00Z\npeople = 5\n'
GROUP = '[[group]]\nname = "small"\nlevel = "app"\nids = ["a", "b"]\n'
BUSY = "[[busy]]\nfrom = 2026-01-01T00:00:00Z\nuntil = 2026-01-03T00:00:00Z\nfactor = 3\n"
VERDICT = '[[verdict]]\nlevel = "app"\nid = "a"\nverdict = "benign"\nat = 2026-01-01T12:00:00Z\npeople_a_day = 101\nwhy = "x"\n'
RELATION = '[[relation]]\nlevel = "app"\nid = "a"\nfile = "served.csv"\n'
