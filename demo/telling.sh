# What the stories of this folder are told with.
# shellcheck shell=bash

# Each command is shown as one would type it, then run; the story on stderr and the result on stdout come together.
run() {
    local word line='$'
    for word in "$@"; do
        case $word in
        *[!A-Za-z0-9_./:=,-]*) line+=" \"$word\"" ;;
        *) line+=" $word" ;;
        esac
    done
    printf '\n%s\n' "$line"
    "$@" 2>&1
}

say() { printf '\n# %s\n' "$@"; }
