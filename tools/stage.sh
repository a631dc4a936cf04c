#!/usr/bin/env bash
# stage.sh TITLE COMMAND...: runs COMMAND, prints one line with the seconds, and its whole output only when it failed.
set -u
title=$1
shift
log=$(mktemp)
trap 'rm -f "$log"' EXIT
start=$SECONDS
if "$@" >"$log" 2>&1 </dev/null; then
    printf '  ok      %4d s  %s\n' $((SECONDS - start)) "$title"
else
    code=$?
    cat "$log"
    printf '  FAILED  %4d s  %s\n' $((SECONDS - start)) "$title"
    exit $code
fi
