"""SQLite's FTS5 in memory. Lines come in: `B text` puts a document in, `I text` too and says how long until it was committed and
found, `Q words` asks for the ten nearest to any of the words and says how long that took, milliseconds."""

import sqlite3
import sys
import time

database = sqlite3.connect(":memory:")
database.execute("CREATE VIRTUAL TABLE documents USING fts5(text)")
SEARCH = "SELECT rowid, rank FROM documents WHERE documents MATCH ? ORDER BY rank LIMIT 10"


def any_of(words):
    return " OR ".join(f'"{word}"' for word in words.split())


for line in sys.stdin:
    what, _, text = line.rstrip("\n").partition(" ")
    begun = time.perf_counter()
    if what in "BI":
        database.execute("INSERT INTO documents VALUES (?)", (text,))
    if what == "B":
        continue
    if what == "I":
        database.commit()
    else:
        database.execute(SEARCH, (any_of(text),)).fetchall()
    print((time.perf_counter() - begun) * 1000, flush=True)
