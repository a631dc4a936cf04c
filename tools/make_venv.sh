#!/usr/bin/env bash
# make_venv.sh FOLDER: an empty virtual environment from the first Python that az 2.91 runs on (3.10 or newer).
set -u
folder=$1
# A name can stand on the path and still not run (version managers), so each candidate is tried.
suits='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'
for python in ${PYTHON_FOR_VENV:-} python3 python3.12 python3.13 python3.11 python3.10 python3.14; do
    "$python" -c "$suits" 2>/dev/null || continue
    rm -rf "$folder"
    exec "$python" -m venv "$folder"
done
echo "No Python 3.10 or newer with venv was found (tried ${PYTHON_FOR_VENV:-} python3 python3.10 to 3.14)." >&2
echo "On Debian or Ubuntu: apt install python3-venv" >&2
exit 1
