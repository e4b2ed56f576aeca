#!/usr/bin/env python3
"""queries.py: turns the schema and the folders' named queries into queries.h and queries.c.

Run by the build (src/store/meson.build). How a .sql file is written stands in src/store/QUERIES.md. Each query is prepared on an
in-memory SQLite that holds the schema, so an unknown column, a parameter too many or a missing account guard fails the build with
one line: file:line: query: what is wrong. Needs only Python's own library. Outputs are written only when they change.
"""
import argparse
import hashlib
import os
import re
import sqlite3
import sys

KINDS = {"int": ("int64_t", "QUERY_INT"), "text": ("struct str", "QUERY_TEXT"), "blob": ("struct str", "QUERY_BLOB")}
COLUMN_KINDS = {"INTEGER": "int", "TEXT": "text", "BLOB": "blob"}
IDENT = re.compile(r"[a-z][a-z0-9_]*\Z")
C_WORDS = set("""auto bool break case char const continue default do double else enum extern false float for goto if inline int long
 register restrict return short signed sizeof static struct switch true typedef union unsigned void volatile while""".split())
PIECE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|\$\d+|[A-Za-z_][A-Za-z0-9_]*|\d+|\s+|.", re.S)
ENDING = re.compile(r"(CLUSTERED|PLAIN|KEYED\s*\(([^)]*)\))(\s+HOT)?\Z")
WRITES = {sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE}
TOUCHES = WRITES | {sqlite3.SQLITE_READ}


class Wrong(Exception):
    """A sentence for whoever writes the .sql file."""


def pieces(sql):
    """Words, literals and signs of a statement; comments are dropped."""
    return [p for p in PIECE.findall(sql) if not p.startswith("--")]


def one_line(sql):
    """The statement with comments and runs of white space taken out: what digests and C texts are made of."""
    return re.sub(r" +", " ", "".join(" " if p.isspace() else p for p in pieces(sql))).strip()


def statements(sql):
    out, now = [], ""
    for p in pieces(sql):
        if p == ";":
            out.append(one_line(now))
            now = ""
        else:
            now += p
    if now.strip():
        raise Wrong("the last statement does not end in a semicolon")
    return [s for s in out if s]


# ---- schema ----

def translate_types(body, engine):
    words = {"sqlite": {"BIGINT": "INTEGER", "SMALLINT": "INTEGER", "BYTEA": "BLOB", "ROWKEY": "INTEGER PRIMARY KEY"},
             # Texts are ordered by their bytes on both engines, whatever the database's own collation is.
             "postgres": {"ROWKEY": "BIGINT NOT NULL", "TEXT": 'TEXT COLLATE "C"'}}[engine]
    return "".join(words.get(p, p) for p in pieces(body))


def translate_table(statement, engine):
    """The endings CLUSTERED, KEYED (…), PLAIN and HOT become each engine's own words."""
    cut = statement.rfind(")", 0, statement.rfind("KEYED") if "KEYED" in statement else None)
    ending = ENDING.match(statement[cut + 1:].strip())
    if not ending:
        raise Wrong("a table ends in CLUSTERED, KEYED (…) or PLAIN, perhaps with HOT: " + statement[:60] + " …")
    body, keyed = translate_types(statement[:cut], engine), ending.group(2)
    if bool(keyed) != ("ROWKEY" in statement):
        raise Wrong("KEYED (…) and a ROWKEY column go together: " + statement[:60] + " …")
    if engine == "sqlite":
        return body + (") STRICT, WITHOUT ROWID" if ending.group(1) == "CLUSTERED" else ") STRICT")
    return body + (", PRIMARY KEY (" + keyed + "))" if keyed else ")") + (" WITH (fillfactor=70)" if ending.group(3) else "")


def translate(statement, engine):
    if statement.startswith("CREATE TABLE"):
        return translate_table(statement, engine)
    return translate_types(statement, engine)


class Migration:
    def __init__(self, path, shown):
        match = re.match(r"(\d{4})_([a-z0-9_]+)\.sql\Z", os.path.basename(path))
        if not match:
            raise Wrong(f"{shown}: a migration is called NNNN_name.sql")
        self.version, self.name = int(match.group(1)), match.group(2)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        try:
            self.statements = statements(text)
            self.texts = {e: ";\n".join(translate(s, e) for s in self.statements) + ";" for e in ("sqlite", "postgres")}
        except Wrong as e:
            raise Wrong(f"{shown}: {e}")
        self.directory = directory_tables(text)
        self.digest = hashlib.sha256("\n".join(self.statements).encode()).digest()


def directory_tables(text):
    """Tables of block 1 (from the comment "-- 1 …" to the next "-- N …"): they map to an account and need no guard."""
    found, block = set(), None
    for line in text.splitlines():
        head = re.match(r"-- (\d+) ", line)
        block = int(head.group(1)) if head else block
        table = re.match(r"CREATE TABLE (\w+)", line)
        if table and block == 1:
            found.add(table.group(1))
    return found


class Schema:
    def __init__(self, folders, shown):
        paths = [os.path.join(d, n) for d in folders for n in sorted(os.listdir(d)) if n.endswith(".sql")]
        self.migrations = sorted((Migration(p, shown(p)) for p in paths), key=lambda m: m.version)
        self.paths = paths
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        for a, b in zip(self.migrations, self.migrations[1:]):
            if a.version == b.version:
                raise Wrong(f"two migrations have the number {a.version:04}: {a.name} and {b.name}")
        for m in self.migrations:
            try:
                self.db.executescript(m.texts["sqlite"])
            except sqlite3.Error as e:
                raise Wrong(f"{m.version:04}_{m.name}.sql: {e}")
        self.directory = set().union(*(m.directory for m in self.migrations))
        names = [r[0] for r in self.db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        self.tables = {t: {c[1]: COLUMN_KINDS.get(c[2], "?") for c in self.db.execute(f"PRAGMA table_info({t})")} for t in names}

    def guarded(self, table):
        return table not in self.directory and "account_id" in self.tables.get(table, {})


# ---- queries ----

class Query:
    def __init__(self, name, place, folder_file):
        self.name, self.place, self.file = name, place, folder_file
        self.says, self.ins, self.outs, self.sql = [], [], [], []
        self.across, self.append, self.writes = False, False, False
        self.row_of = None  # the query whose rows these are

    def wrong(self, what):
        return Wrong(f"{self.place}: {self.name}: {what}")


def read_columns(query, text):
    found = []
    for item in text.split(","):
        words = item.split()
        if len(words) != 2 or words[1] not in KINDS:
            raise query.wrong(f'"{item.strip()}" is not a name and int, text or blob')
        if not IDENT.match(words[0]) or words[0] in C_WORDS:
            raise query.wrong(f'"{words[0]}" cannot be the name of a C field')
        found.append((words[0], words[1]))
    return found


def read_note(query, note):
    """One comment line between the name and the statement."""
    kind = re.match(r"(in|out|across accounts):\s*(.*)", note)
    if not kind:
        if note == "append":
            query.append = True
        elif note:
            query.says.append(note)
    elif kind.group(1) == "across accounts":
        if not kind.group(2):
            raise query.wrong('"across accounts:" wants a reason')
        query.across = True
        query.says.append("Across accounts: " + kind.group(2))
    elif kind.group(1) == "out" and kind.group(2).startswith("as "):
        query.row_of = kind.group(2)[3:].strip()
    else:
        (query.ins if kind.group(1) == "in" else query.outs).extend(read_columns(query, kind.group(2)))


def share_rows(queries):
    """`out: as NAME`: the columns of that query, and one struct for both."""
    by_name = {q.name: q for q in queries}
    for q in [q for q in queries if q.row_of]:
        other = by_name.get(q.row_of)
        if not other or other.row_of or not other.outs:
            raise q.wrong(f'there is no query "{q.row_of}" with rows of its own')
        if q.outs:
            raise q.wrong('"out: as" stands alone')
        q.outs = other.outs


def read_file(path, shown):
    found = []
    with open(path, encoding="utf-8") as f:
        lines = f.read().splitlines()
    for number, line in enumerate(lines, 1):
        place, text = f"{shown}:{number}", line.strip()
        head = re.match(r"-- name:\s*(\S*)", text)
        if head:
            if not IDENT.match(head.group(1)):
                raise Wrong(f'{place}: "{head.group(1)}" cannot be the name of a query (lower-case letters, digits, _)')
            found.append(Query(head.group(1), place, shown))
        elif found and text.startswith("--") and not found[-1].sql:
            read_note(found[-1], text[2:].strip())
        elif text and not text.startswith("--"):
            if not found:
                raise Wrong(f'{place}: a statement without "-- name:" above it')
            found[-1].sql.append(line)
    return found


def check_names(query, columns, wanted, what):
    """Two names that stand in each other's place are nearly always two values in each other's place."""
    for i, ((name, kind), (column, column_kind)) in enumerate(zip(wanted, columns), 1):
        if column and name != column and name in [c for c, _ in columns]:
            raise query.wrong(f'{what} {i} is "{column}" in the statement, but "{name}" in the list')
        if column_kind in KINDS and kind != column_kind:
            raise query.wrong(f'{what} {i} ("{name}") is {column_kind} in the schema, but {kind} in the list')


def split_list(text):
    """The items of a list, split at commas outside brackets; ends at the bracket that closes it."""
    items, depth = [""], 0
    for p in pieces(text):
        depth += {"(": 1, ")": -1}.get(p, 0)
        if depth < 0:
            break
        if p == "," and depth == 0:
            items.append("")
        else:
            items[-1] += p
    return [i.strip() for i in items]


class Checker:
    def __init__(self, schema):
        self.schema = schema
        self.touched = set()

    def authorize(self, action, table, column, _db, _trigger):
        if action in TOUCHES and table and not table.startswith("sqlite_"):
            self.touched.add((action, table))
        return sqlite3.SQLITE_OK

    def check(self, query):
        try:
            parts = statements("\n".join(query.sql))
        except Wrong as e:
            raise query.wrong(str(e))
        if len(parts) != 1:
            raise query.wrong("one query is one statement, and ends in a semicolon")
        query.text = parts[0]
        if not query.says:
            raise query.wrong("says nothing about itself: put a sentence for the reader above it")
        query.sqlite = "".join("?" + p[1:] if re.match(r"\$\d", p) else p for p in pieces(query.text))
        self.check_parameters(query)
        program = self.prepare(query)
        self.check_columns(query, program)
        self.check_kinds(query)
        self.check_guard(query)
        query.into = self.append_into(query) if query.append else None

    def append_into(self, query):
        """What an engine needs to write many rows at once: the table, and its columns in the order of the parameters."""
        plain = re.match(r"INSERT INTO (\w+) \(([^)]*)\) VALUES \(([^()]*)\)\Z", query.text)
        values = split_list(plain.group(3)) if plain else []
        if sorted(values) != sorted(f"${n}" for n in range(1, len(query.ins) + 1)):
            raise query.wrong('"append" is for a plain INSERT of one row whose values are the parameters, each once')
        columns = dict(zip(values, split_list(plain.group(2))))
        return f"{plain.group(1)} ({', '.join(columns[f'${n}'] for n in range(1, len(values) + 1))})"

    def check_parameters(self, query):
        used = {int(p[1:]) for p in pieces(query.text) if re.match(r"\$\d", p)}
        for n in sorted(used | set(range(1, len(query.ins) + 1))):
            if n not in used:
                raise query.wrong(f'"{query.ins[n - 1][0]}" is in the list, but ${n} is not in the statement')
            if n > len(query.ins) or n < 1:
                raise query.wrong(f"${n} is in the statement, but the list in: has {len(query.ins)} names")
        for names, what in ((query.ins, "in"), (query.outs, "out")):
            twice = [n for n, _ in names if [m for m, _ in names].count(n) > 1]
            if twice:
                raise query.wrong(f'"{twice[0]}" stands twice in {what}:')

    def prepare(self, query):
        self.touched = set()
        self.schema.db.set_authorizer(self.authorize)
        try:
            return self.schema.db.execute("EXPLAIN " + query.sqlite, [None] * len(query.ins)).fetchall()
        except sqlite3.Error as e:
            raise query.wrong(str(e))
        finally:
            self.schema.db.set_authorizer(None)
            query.writes = any(a in WRITES for a, _ in self.touched)

    def check_columns(self, query, program):
        widths = [row[3] for row in program if row[1] == "ResultRow"]
        width = widths[0] if widths else 0
        if width != len(query.outs):
            raise query.wrong(f"gives {width} columns, but the list out: has {len(query.outs)}")
        if not query.outs:
            return
        columns = self.returned(query) if query.writes else self.selected(query)
        if columns:
            check_names(query, columns, query.outs, "column")

    def selected(self, query):
        """Names and types as a view would have them: SQLite knows the type of each plain column."""
        text = "".join("NULL" if re.match(r"\$\d", p) else p for p in pieces(query.text))
        try:
            self.schema.db.execute("CREATE TEMP VIEW looked_at AS " + text)
            rows = self.schema.db.execute("PRAGMA table_info(looked_at)").fetchall()
            self.schema.db.execute("DROP VIEW looked_at")
        except sqlite3.Error:
            return []
        return [(r[1], COLUMN_KINDS.get(r[2], "?")) for r in rows]

    def returned(self, query):
        items = split_list(re.split(r"\bRETURNING\b", query.text)[-1])
        kinds = self.kinds()
        names = [i.split(".")[-1] if re.match(r"[\w.]+\Z", i) else "" for i in items]
        return [(n, kinds.get(n, "?")) for n in names]

    def kinds(self):
        """Type of each column name in the tables that the query touches, where they agree."""
        found = {}
        for _, table in self.touched:
            for column, kind in self.schema.tables.get(table, {}).items():
                found[column] = kind if found.get(column, kind) == kind else "?"
        return found

    def check_kinds(self, query):
        insert = re.match(r"INSERT INTO \w+ \(([^)]*)\) VALUES \((.*)", query.text)
        kinds = self.kinds()
        if insert:
            columns, values = split_list(insert.group(1)), split_list(insert.group(2))
            bound = [(c, v) for c, v in zip(columns, values) if re.match(r"\$\d+\Z", v)]
            wanted = [query.ins[int(v[1:]) - 1] for _, v in bound]
            check_names(query, [(c, kinds.get(c, "?")) for c, _ in bound], wanted, "value")
        for column, n in re.findall(r"(\w+) ?(?:=|<|>|<=|>=|<>) ?\$(\d+)(?! ?[-+*/|])", query.text):
            name, kind = query.ins[int(n) - 1]
            if kinds.get(column, "?") in KINDS and kinds[column] != kind:
                raise query.wrong(f'"{name}" is compared with {column} ({kinds[column]} in the schema), but {kind} in the list')

    def check_guard(self, query):
        """Each table with an account_id wants its own: in the INSERT's columns, or as account_id = $n (or another table's)."""
        if query.across:
            return
        tables = sorted({t for _, t in self.touched if self.schema.guarded(t)})
        insert = re.search(r"INSERT INTO (\w+) \(([^)]*)\)", query.text)
        n = 1 if insert and self.schema.guarded(insert.group(1)) and "account_id" in split_list(insert.group(2)) else 0
        rest = re.sub(r" SET .*?(?= WHERE | RETURNING |$)", "", query.text)  # what is set guards nothing
        for parameter in re.findall(r"\baccount_id ?= ?(?:\$(\d+)|\w+\.account_id\b)", rest):
            n += 1
            if parameter and not query.ins[int(parameter) - 1][0].endswith("account_id"):
                raise query.wrong(f'account_id is compared with "{query.ins[int(parameter) - 1][0]}"')
        if n < len(tables):
            raise query.wrong(f"wants account_id = $n for each of {', '.join(tables)} (or says \"-- across accounts: why\")")


# ---- output ----

def c_text(text):
    lines = text.split("\n")
    quoted = ['"' + l.replace("\\", "\\\\").replace('"', '\\"') + ("\\n" if i + 1 < len(lines) else "") + '"' for i, l in enumerate(lines)]
    return "\n        ".join(quoted)


def c_struct(prefix, query, columns):
    fields = "".join(f"    {KINDS[kind][0]} {name};\n" for name, kind in columns)
    return f"struct {prefix}_{query.name} {{\n{fields}}};\n" if columns else ""


def header(queries):
    out = ["/* Generated by tools/queries.py from the folders' .sql files: the named queries and the shapes of their values. */",
           "#pragma once", '#include "store/store_query.h"', "", "enum query_id {"]
    out += [f"    Q_{q.name.upper()}," for q in queries] + ["};", ""]
    for q in queries:
        says = " ".join(q.says).replace("*/", "* /")
        row = f"#define r_{q.name} r_{q.row_of}\n" if q.row_of else c_struct("r", q, q.outs)
        shapes = c_struct("q", q, q.ins) + row
        out.append(f"/* {q.name} ({q.file}): {says} */\n{shapes}")
    return "\n".join(out)


def column_table(prefix, q, columns):
    rows = "".join(f'    {{"{n}", {KINDS[k][1]}, offsetof(struct {prefix}_{q.name}, {n})}},\n' for n, k in columns)
    return f"static const struct query_column {prefix}_{q.name}_columns[] = {{\n{rows}}};\n" if columns else ""


def query_row(q):
    def side(prefix, columns, word):
        if not columns:
            return ""
        return f", .{word} = {prefix}_{q.name}_columns, .n_{word} = {len(columns)}, .{word}_size = sizeof(struct {prefix}_{q.name})"
    marks = (f', .append_into = "{q.into}"' if q.into else "") + (", .writes = true" if q.writes else "")
    return (f'    [Q_{q.name.upper()}] = {{.name = "{q.name}",\n        .sqlite = {c_text(q.sqlite)},\n'
            f'        .postgres = {c_text(q.text)}{side("q", q.ins, "in")}{side("r", q.outs, "out")}{marks}}},')


def source(queries, schema, header_name):
    out = ["/* Generated by tools/queries.py: the table of queries and the migrations. */", f'#include "{header_name}"', ""]
    out += [column_table("q", q, q.ins) + column_table("r", q, q.outs) for q in queries]
    out += ["const struct query_def query_table[] = {"] + [query_row(q) for q in queries]
    out += ["};", f"const int query_count = {len(queries)};", "", "const struct migration migration_table[] = {"]
    for m in schema.migrations:
        digest = ", ".join(f"0x{b:02x}" for b in m.digest)
        out.append(f'    {{{m.version}, "{m.name}",\n        {c_text(m.texts["sqlite"])},\n        {c_text(m.texts["postgres"])},\n        {{{digest}}}}},')
    out += ["};", f"const int migration_count = {len(schema.migrations)};", ""]
    return "\n".join(out)


def write_if_changed(path, text):
    try:
        with open(path, encoding="utf-8") as f:
            if f.read() == text:
                return
    except FileNotFoundError:
        pass
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def read_queries(folders, shown, schema):
    queries, paths, seen, checker = [], [], {}, Checker(schema)
    for folder in folders:
        names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        for path in [os.path.join(folder, n) for n in names if n.endswith(".sql")]:
            paths.append(path)
            queries += read_file(path, shown(path))
    share_rows(queries)
    for q in queries:
        if q.name in seen:
            raise q.wrong(f"there is a query of that name at {seen[q.name].place}")
        seen[q.name] = q
        checker.check(q)
    return queries, paths


def main():
    parser = argparse.ArgumentParser(description="Checks the named queries and writes queries.h and queries.c.")
    parser.add_argument("--root", required=True, help="the project's folder: places are shown relative to it")
    parser.add_argument("--schema", action="append", required=True, help="a folder of NNNN_name.sql, may come again")
    parser.add_argument("--folder", action="append", required=True, help="a folder whose *.sql are read, in this order; a missing one is fine")
    parser.add_argument("--header", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--depfile")
    args = parser.parse_args()
    shown = lambda path: os.path.relpath(path, args.root)
    try:
        schema = Schema(args.schema, shown)
        queries, paths = read_queries(args.folder, shown, schema)
    except Wrong as e:
        print(f"{e}", file=sys.stderr)
        return 1
    write_if_changed(args.header, header(queries))
    write_if_changed(args.source, source(queries, schema, os.path.basename(args.header)))
    if args.depfile:
        # Folders are named too: a new file in one changes its time, and the table is made again.
        folders = [d for d in args.schema + args.folder if os.path.isdir(d)]
        with open(args.depfile, "w", encoding="utf-8") as f:
            escaped = [p.replace(" ", "\\ ") for p in [args.header, args.source] + schema.paths + paths + folders]
            f.write(" ".join(escaped[:2]) + ": " + " ".join(escaped[2:]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
