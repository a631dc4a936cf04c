# Goes on behind inside/1_ask.sh. What is printed comes in parts: lines "akskv data", gzip in base64, then a line "akskv
# whole" with the part's name and what is to be said of it; or a line "akskv gap" with why there is none. No part is
# printed that would be cut: what comes after it may be small enough.
# Needs also gzip, without which parts are just longer. model/mounts/inside_report.py reads them.
MOST=480000 # of the 512 kB that come back [D]
spent=2000  # for the lines around

packed() {
  if type -P gzip >/dev/null; then gzip -9nc "$1"; else cat "$1"; fi | base64 | tr -d '\n' | fold -w 4000
}

# The name, the file, how much it may be, what is to be said of it.
part() {
  local size
  packed "$2" >"$work/packed"
  echo >>"$work/packed"
  size=$(($(wc -c <"$work/packed") * 102 / 100))
  [ "$size" -le "$3" ] || return 1
  spent=$((spent + size))
  sed 's/^/akskv data /' "$work/packed"
  say "whole $1 ${4:-}"
}

left() { echo $((MOST - spent)); }

# The name; what kubectl said is in $work/err.
gap() {
  if grep -q "have a resource type" "$work/err"; then
    say "gap $1 NotFound"
  else
    say "gap $1 $(class_of "$work/err")"
  fi
}

# The name, a template, what is to be said of it, what kubectl shall get. The items stay in $work/NAME.
list() {
  local name=$1 template=$2 told=$3 file=$work/${1%/*}
  shift 3
  : >"$file"
  kubectl get "$@" -o go-template="$template" >"$work/items" 2>"$work/err" || return 1
  mv "$work/items" "$file"
  part "$name" "$file" "$(left)" "$told" || say "gap $name TooLarge"
}

# The same, of all namespaces, or else of one that may be read.
list_wide() {
  local name=$1 template=$2 narrower=$3
  shift 3
  list "$name" "$template" "" "$@" --all-namespaces && return 0
  cp "$work/err" "$work/wide"
  if [ -n "$narrower" ] && grep -q '(Forbidden)' "$work/err"; then
    list "$name" "$template" "$narrower" "$@" --namespace "$narrower" && return 0
  fi
  mv "$work/wide" "$work/err"
  gap "$name"
}
