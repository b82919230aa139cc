"""Run SQL statements for :meth:`suite.postgres.Cluster.sql`, in the environment's own Python.

The tools use the standard library only, but psycopg2 stands in the environment that they built;
``psql`` may be missing. The connection is the one that libpq's variables name.

In, as JSON: ``{"database": name, "statements": [text, …]}``. Out, as JSON: rows of the last
statement that has any.
"""

import json
import sys

import psycopg2


def main() -> None:
    request = json.load(sys.stdin)
    try:
        connection = psycopg2.connect(dbname=request["database"])
        connection.autocommit = True
        rows = []
        with connection.cursor() as cursor:
            for statement in request["statements"]:
                cursor.execute(statement)
                if cursor.description:
                    rows = cursor.fetchall()
    except psycopg2.Error as error:
        sys.exit(" ".join(str(error).split()))
    json.dump(rows, sys.stdout, default=str)


if __name__ == "__main__":
    main()
