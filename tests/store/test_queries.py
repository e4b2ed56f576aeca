"""The sentences of tools/queries.py: each case is a .sql file and what must be said about it (None: it is accepted)."""
import os
import subprocess
import sys
import tempfile

TOOL = sys.argv[1]
SCHEMA = """-- 1 whose is this?
CREATE TABLE account (account_id BIGINT NOT NULL PRIMARY KEY, username TEXT NOT NULL) CLUSTERED;
-- 2 the rest
CREATE TABLE thing (account_id BIGINT NOT NULL, thing_id BIGINT NOT NULL, name TEXT, stamp BYTEA, PRIMARY KEY (account_id, thing_id)) CLUSTERED HOT;
CREATE TABLE wide (wide_id ROWKEY, account_id BIGINT NOT NULL, name TEXT NOT NULL) KEYED (account_id, wide_id);
"""
GET = "-- name: thing_get\n-- One thing.\n-- in: account_id int, thing_id int\n-- out: name text\n"
ADD = "-- name: thing_add\n-- A new one.\n-- in: account_id int, thing_id int, name text\n"

CASES = [
    ("good", GET + "SELECT name FROM thing WHERE account_id = $1 AND thing_id = $2;", None),
    ("no name", "SELECT 1;", 'a.sql:1: a statement without "-- name:" above it'),
    ("bad name", "-- name: Thing\n-- x\nSELECT 1;", 'a.sql:1: "Thing" cannot be the name of a query'),
    ("unknown column", GET + "SELECT nome FROM thing WHERE account_id = $1 AND thing_id = $2;", "a.sql:1: thing_get: no such column: nome"),
    ("unknown table", GET + "SELECT name FROM things WHERE account_id = $1 AND thing_id = $2;", "thing_get: no such table: things"),
    ("a column too many", GET + "SELECT name, stamp FROM thing WHERE account_id = $1 AND thing_id = $2;", "gives 2 columns, but the list out: has 1"),
    ("parameter not used", GET + "SELECT name FROM thing WHERE account_id = $1;", '"thing_id" is in the list, but $2 is not in the statement'),
    ("parameter not named", GET + "SELECT name FROM thing WHERE account_id = $1 AND thing_id = $2 AND stamp = $3;", "$3 is in the statement, but the list in: has 2 names"),
    ("dollar in a text", "-- name: a\n-- x\n-- out: t text\nSELECT '$1; -- no';", None),
    ("wrong type out", GET.replace("name text", "name int") + "SELECT name FROM thing WHERE account_id = $1 AND thing_id = $2;", 'column 1 ("name") is text in the schema, but int in the list'),
    ("wrong type in", GET.replace("thing_id int", "thing_id text") + "SELECT name FROM thing WHERE account_id = $1 AND thing_id = $2;", '"thing_id" is compared with thing_id (int in the schema), but text in the list'),
    ("no such type", GET.replace("name text", "name string") + "SELECT 1;", '"name string" is not a name and int, text or blob'),
    ("C word", GET.replace("name text", "default text") + "SELECT 1;", '"default" cannot be the name of a C field'),
    ("no guard", "-- name: a\n-- x\n-- in: thing_id int\n-- out: name text\nSELECT name FROM thing WHERE thing_id = $1;", "a.sql:1: a: wants account_id = $n for each of thing"),
    ("guard by reason", "-- name: a\n-- across accounts: all of them\n-- in: thing_id int\n-- out: name text\nSELECT name FROM thing WHERE thing_id = $1;", None),
    ("reason missing", "-- name: a\n-- across accounts:\n-- out: name text\nSELECT name FROM thing;", 'a: "across accounts:" wants a reason'),
    ("one guard for two tables", GET + "SELECT t.name FROM thing t JOIN wide w ON w.wide_id = t.thing_id WHERE t.account_id = $1 AND t.thing_id = $2;", "for each of thing, wide"),
    ("two guards for two tables", GET + "SELECT t.name FROM thing t JOIN wide w ON w.wide_id = t.thing_id AND w.account_id = t.account_id WHERE t.account_id = $1 AND t.thing_id = $2;", None),
    ("setting is not guarding", "-- name: a\n-- x\n-- in: account_id int\nUPDATE thing SET account_id = $1;", "wants account_id = $n for each of thing"),
    ("setting it second is not guarding", "-- name: a\n-- x\n-- in: name text, account_id int\nUPDATE thing SET name = $1, account_id = $2 WHERE thing_id = 1;", "wants account_id = $n for each of thing"),
    ("set from a guarded subquery", "-- name: a\n-- x\n-- in: account_id int\nUPDATE thing SET name = (SELECT w.name FROM wide w WHERE w.account_id = $1) WHERE account_id = $1;", None),
    ("guard with another value", "-- name: a\n-- x\n-- in: thing_id int\n-- out: name text\nSELECT name FROM thing WHERE account_id = $1;", 'account_id is compared with "thing_id"'),
    ("directory table", "-- name: a\n-- x\n-- in: username text\n-- out: account_id int\nSELECT account_id FROM account WHERE username = $1;", None),
    ("insert", ADD + "INSERT INTO thing (account_id, thing_id, name) VALUES ($1, $2, $3);", None),
    ("insert swapped", ADD + "INSERT INTO thing (account_id, name, thing_id) VALUES ($1, $2, $3);", 'value 2 is "name" in the statement, but "thing_id" in the list'),
    ("select swapped", GET.replace("name text", "name blob, stamp text") + "SELECT stamp, name FROM thing WHERE account_id = $1 AND thing_id = $2;", 'column 1 is "stamp" in the statement, but "name" in the list'),
    ("insert of a constant account", "-- name: a\n-- x\n-- in: n int\nINSERT INTO thing (thing_id, account_id) SELECT $1, 1;", None),
    ("returning", GET + "UPDATE thing SET stamp = NULL WHERE account_id = $1 AND thing_id = $2 RETURNING name;", None),
    ("returning more", GET + "UPDATE thing SET stamp = NULL WHERE account_id = $1 AND thing_id = $2 RETURNING name, stamp;", "gives 2 columns, but the list out: has 1"),
    ("append that is none", "-- name: a\n-- x\n-- append\n-- in: account_id int\nDELETE FROM thing WHERE account_id = $1;", '"append" is for a plain INSERT of one row whose values are the parameters, each once'),
    ("no semicolon", GET + "SELECT name FROM thing WHERE account_id = $1 AND thing_id = $2", "does not end in a semicolon"),
    ("two statements", "-- name: a\n-- x\n-- out: n int\nSELECT 1; SELECT 2;", "one query is one statement"),
    ("no sentence", "-- name: a\n-- out: n int\nSELECT 1;", "says nothing about itself"),
    ("rows of another", GET + "SELECT name FROM thing WHERE account_id = $1 AND thing_id = $2;\n-- name: b\n-- x\n-- in: account_id int\n-- out: as thing_get\nSELECT name FROM thing WHERE account_id = $1;", None),
    ("other rows than said", GET + "SELECT name FROM thing WHERE account_id = $1 AND thing_id = $2;\n-- name: b\n-- x\n-- in: account_id int\n-- out: as thing_get\nSELECT stamp FROM thing WHERE account_id = $1;", 'b: column 1 ("name") is blob in the schema, but text in the list'),
    ("rows of nobody", "-- name: b\n-- x\n-- in: account_id int\n-- out: as thing_get\nSELECT name FROM thing WHERE account_id = $1;", 'b: there is no query "thing_get" with rows of its own'),
    ("twice", "-- name: a\n-- x\n-- out: n int\nSELECT 1;\n-- name: a\n-- x\n-- out: n int\nSELECT 1;", "a.sql:5: a: there is a query of that name at a.sql:1"),
]

SCHEMA_CASES = [
    ("no ending", "CREATE TABLE t (a BIGINT NOT NULL PRIMARY KEY);", "a table ends in CLUSTERED, KEYED (…) or PLAIN"),
    ("rowkey without keyed", "CREATE TABLE t (a ROWKEY) PLAIN;", "KEYED (…) and a ROWKEY column go together"),
    ("nonsense", "CREATE TABLE t (a BIGINT NOT NULL, PRIMARY KEY (b)) CLUSTERED;", "0001_first.sql:"),
]


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def run_tool(schema, queries):
    with tempfile.TemporaryDirectory() as d:
        for sub in ("schema", "src"):
            os.mkdir(os.path.join(d, sub))
        write(os.path.join(d, "schema", "0001_first.sql"), schema)
        write(os.path.join(d, "src", "a.sql"), queries)
        done = subprocess.run([sys.executable, TOOL, "--root", os.path.join(d, "src"), "--schema", os.path.join(d, "schema"), "--folder", os.path.join(d, "src"),
                               "--folder", os.path.join(d, "missing"), "--header", os.path.join(d, "q.h"), "--source", os.path.join(d, "q.c"),
                               "--depfile", os.path.join(d, "q.d")], capture_output=True, text=True)
        made = os.path.exists(os.path.join(d, "q.c"))
        text = open(os.path.join(d, "q.c"), encoding="utf-8").read() if made else ""
        return done.returncode, done.stderr, text


def check(name, schema, queries, want):
    code, said, made = run_tool(schema, queries)
    good = (code == 0 and made and not said) if want is None else (code == 1 and want in said and not made)
    if not good:
        print(f"{name}: wanted {want!r}, got status {code}: {said.strip()}")
    return good


def check_texts():
    """Both engines' texts of the schema and of a query."""
    _, _, made = run_tool(SCHEMA, CASES[0][1])
    wants = ["name TEXT, stamp BLOB, PRIMARY KEY (account_id, thing_id)) STRICT, WITHOUT ROWID;", "wide_id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL, name TEXT NOT NULL) STRICT;",
             'name TEXT COLLATE \\"C\\", stamp BYTEA, PRIMARY KEY (account_id, thing_id)) WITH (fillfactor=70);', 'wide_id BIGINT NOT NULL, account_id BIGINT NOT NULL, name TEXT COLLATE \\"C\\" NOT NULL, PRIMARY KEY (account_id, wide_id));',
             "account_id = ?1 AND thing_id = ?2", "account_id = $1 AND thing_id = $2"]
    missing = [w for w in wants if w not in made]
    for w in missing:
        print("not in the C text: " + w)
    return not missing


results = [check(n, SCHEMA, q, w) for n, q, w in CASES] + [check(n, s, CASES[0][1], w) for n, s, w in SCHEMA_CASES] + [check_texts()]
print(f"{results.count(True)} of {len(results)} cases")
sys.exit(0 if all(results) else 1)
