# The second part: which secrets there are, also behind one that cannot be decrypted.

# Lines "namespace name" of every secret, of the namespaces asked for or of all, into $work/names.
list_names() {
  : >"$work/found"
  if [ -z "$only" ] && [ "$wide" = yes ] && kubectl get secrets --all-namespaces --no-headers >"$work/rows" 2>"$work/err"; then
    awk '{ print $1, $2 }' "$work/rows" >"$work/found"
  else
    if [ -n "$only" ]; then
      tr ' ' '\n' <<<"$only" >"$work/spaces"
    elif kubectl get namespaces --no-headers >"$work/rows" 2>"$work/err"; then
      awk '{ print $1 }' "$work/rows" >"$work/spaces"
    else
      return 1
    fi
    while [ $many = no ] && read -r namespace; do
      list_namespace "$namespace" || return 1
    done <"$work/spaces"
  fi
  awk '$1 ~ /^[a-z0-9.-]+$/ && $2 ~ /^[a-z0-9.-]+$/' "$work/found" | sort -k1,1 -k2,2 >"$work/names"
}

list_namespace() {
  if kubectl get secrets --namespace "$1" --no-headers >"$work/rows" 2>"$work/err"; then
    awk -v namespace="$1" '{ print namespace, $1 }' "$work/rows" >>"$work/found"
    return 0
  fi
  read -r class detail < <(class_of "$work/err")
  [ "$class" = Unreadable ] && walk "$1"
}

# A list fails as a whole on a value that cannot be decrypted: page by page up to it, and on behind it. The pages are
# whole secrets, because kubectl sends tokens in no other way; their names alone are kept.
walk() {
  local namespace=$1 last="" limit=$PAGE token page status
  while :; do
    token=""
    [ -n "$last" ] && token="&continue=$(printf '{"v":"meta.k8s.io/v1","rv":-1,"start":"%s\\u0000"}' "$last" |
      base64 | tr -d '\n=' | tr '+/' '-_')"
    page="/api/v1/namespaces/$namespace/secrets?limit=$limit$token"
    : >"$work/err"
    kubectl get --raw "$page" 2>"$work/err" |
      kubectl patch --local -f - --type=merge -p '{}' -o go-template='{{.metadata.name}}{{"\n"}}' >"$work/page" 2>/dev/null
    status=${PIPESTATUS[0]}
    if [ "$status" = 0 ]; then
      awk -v namespace="$namespace" '{ print namespace, $1 }' "$work/page" >>"$work/found"
      [ "$(wc -l <"$work/page")" -lt "$limit" ] && return 0
      last=$(tail -n 1 "$work/page") limit=$PAGE
    else
      read -r class detail < <(class_of "$work/err")
      if [ "$class" != Unreadable ]; then
        [ -n "$last" ] && [ "$class" = BadRequest ] || return 1
        unreadable "$namespace" '*' "it stands behind $last" # this server takes no token that it did not make
        return 0
      elif [ "$limit" -gt 1 ]; then
        limit=$((limit / 5 > 1 ? limit / 5 : 1))
      else
        last=${detail#*secrets/} last=${last%\"}
        if [ "${last%%/*}" != "$namespace" ]; then
          unreadable "$namespace" '*' "not named"
          return 0
        fi
        last=${last#*/} limit=$PAGE
        unreadable "$namespace" "$last" "" || return 0
      fi
    fi
  done
}

unreadable() {
  say "unreadable $1 $2 $3"
  clean=no bad=$((bad + 1))
  [ "$bad" -lt $MOST_UNREADABLE ] || { many=yes; return 1; }
}
