#!/usr/bin/env bash
# Runs in the command pod of `az aks command invoke`, beside a file akskv.order: a word and its value on each line.
#
# Every line that begins with "akskv" is for the machine that sent this; model/pod_report.py reads them. They hold
# counts, names of namespaces and secrets, versions and classes of errors. No value, and no sentence of a server that
# could quote one, is ever printed: of an error only its class, and what matches one of the patterns in class_of.
# Needs bash, kubectl, awk, grep, sed and what coreutils have. [D: the command image has kubectl, bash, grep, awk and more]
set -u
export LC_ALL=C
umask 077
BEGUN=$SECONDS
PATCHED='{{.metadata.namespace}} {{.metadata.name}} {{.metadata.resourceVersion}}{{"\n"}}'
PASSING=" Conflict TooManyRequests InternalError ServiceUnavailable Timeout ServerTimeout ServerError Unreachable PluginAway Unreadable "
REASONS="Unauthorized Forbidden NotFound AlreadyExists Conflict Gone Invalid ServerTimeout Timeout TooManyRequests BadRequest"
REASONS+=" MethodNotAllowed NotAcceptable RequestEntityTooLarge UnsupportedMediaType InternalError Expired ServiceUnavailable"
REASONS+=" ServerError Unreachable Unknown" # the first ones are those of Kubernetes, these are ours
TRIES=4
MOST_UNREADABLE=20
MOST_REFUSED=400 # some 200 kB of the 512 kB that come back
PAGE=25          # whole secrets, 1 MB each at most, in 1 GiB
# A request that hangs would take the time of all that come after it.
kubectl() { command kubectl --request-timeout=60s "$@"; }
say() { printf 'akskv %s\n' "$*"; }
elapsed() { echo $((SECONDS - BEGUN)); }

order() { awk -v wanted="$1" '$1 == wanted { sub(/^[^ ]+ ?/, ""); print; exit }' akskv.order; }

# One line "Class detail" from what kubectl wrote on stderr.
class_of() {
  awk -v reasons="$REASONS" '
    function told(pattern) { if (!detail && match(all, pattern)) detail = substr(all, RSTART, RLENGTH) }
    NR <= 40 { all = all " " $0 }
    END {
      name = "[A-Za-z0-9.-]+"
      if (match(all, /Error from server \([A-Za-z]+\)/)) class = substr(all, RSTART + 19, RLENGTH - 20)
      else if (all ~ /must be logged in|Unauthorized/) class = "Unauthorized"
      else if (all ~ /Error from server/) class = "ServerError"
      else if (all ~ /[Uu]nable to connect|connection to the server|dial tcp|EOF|connection re|TLS handshake|i\/o timeout/)
        class = "Unreachable"
      else class = "Unknown"
      if (index(" " reasons " ", " " class " ") == 0) class = "Other" # webhooks choose a reason freely
      # whoever denies words the rest of the message, and could word it like one of the patterns below
      told("admission webhook \"" name "\" denied the request")
      told("ValidatingAdmissionPolicy [\047]" name "[\047] with binding [\047]" name "[\047] denied request")
      told("failed calling webhook \"" name "\"")
      if (detail ~ /denied/) { if (class == "ServerError") class = "Forbidden" }
      else if (!detail && (class == "InternalError" || class == "ServerError")) {
        if (all ~ /code = (Unavailable|DeadlineExceeded|ResourceExhausted)/) class = "PluginAway"
        else if (all ~ /unable to transform key|no matching (prefix|key was) found|(failed|unable) to decrypt|not transformable|error while decrypting/)
          class = "Unreadable"
      }
      told("transform key \"/registry/secrets/[a-z0-9.-]+/[a-z0-9.-]+\"")
      told("User \"[A-Za-z0-9@._:#-]+\" cannot [a-z]+ resource \"[a-z]+\" in API group \"[a-z0-9.]*\"")
      print class, substr(detail, 1, 400)
    }' "$1"
}

# So many pauses, of a length that the order says.
pause_for() { sleep "$(awk -v count="$1" -v pause="$pause" 'BEGIN { print count * pause }')"; }

passing() { [[ $PASSING == *" $1 "* ]]; }

ready() { kubectl get --raw /readyz >/dev/null 2>&1; }

# Until the API server is ready again, or the time is up.
wait_ready() {
  ready && return 0
  if [ "$gentle" = yes ]; then
    rate=$((rate > 1 ? rate / 2 : rate)) paid=$total since=$(elapsed)
  fi
  while [ "$(elapsed)" -lt "$seconds" ]; do
    pause_for 2
    ready && return 0
  done
  return 1
}

# The store's version: that of a list which is read from etcd and holds no secret.
revision() {
  kubectl get --raw '/api/v1/namespaces?limit=1' 2>"$work/err" |
    awk 'match($0, /"resourceVersion":"[0-9]+"/) { print substr($0, RSTART + 19, RLENGTH - 20); found = 1; exit }
         END { exit !found }'
}

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

# What the last run of ours noted, quoted, so that each is one line.
lease() {
  local of='{{printf "%q" (index .metadata.annotations "akskv/'
  local each='")}}{{"\n"}}'
  if kubectl get lease akskv --namespace default -o json >"$work/lease.json" 2>"$work/err" &&
    kubectl patch --local -f "$work/lease.json" --type=merge -p '{"metadata":{"annotations":{"akskv/here":"1"}}}' \
      -o go-template="$of"key"$each$of"tag"$each$of"r0"$each$of"proved"$each" >"$work/note" 2>"$work/err"; then
    cut -c 1-1000 "$work/note" | tr -cd '[:print:]\n' | head -n 4 | sed 's/^/akskv note /'
  else
    read -r class detail < <(class_of "$work/err")
    if [ "$class" = NotFound ]; then say no-note; else say "gap note $class $detail"; fi
  fi
}

look() {
  if ready; then say "ready yes"; else say "ready no"; return; fi
  lease
  local verb resource namespace
  order rights | tr ',' '\n' >"$work/rights"
  while read -r verb resource namespace; do
    printf '{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","spec":{"resourceAttributes":{"verb":"%s","resource":"%s","group":"%s","namespace":"%s"}}}' \
      "$verb" "${resource%%.*}" "$(awk -v of="$resource" 'BEGIN { sub(/^[^.]*[.]?/, "", of); print of }')" "$namespace" |
      kubectl create --raw /apis/authorization.k8s.io/v1/selfsubjectaccessreviews -f - >"$work/review" 2>"$work/err"
    if grep -q '"allowed": *true' "$work/review"; then
      say "may yes $verb $resource $namespace"
    elif grep -q '"allowed": *false' "$work/review"; then
      say "may no $verb $resource $namespace"
    else
      say "gap rights $(class_of "$work/err")"
    fi
  done <"$work/rights"
  if list_names; then
    say "counted $(wc -l <"$work/names") $(awk '{ print $1 }' "$work/names" | sort -u | wc -l)"
  else
    say "gap secrets $(class_of "$work/err")"
  fi
}

# Patches the secrets of a file in one go. $work/out then has a line for each that was answered.
patch_all() {
  awk 'BEGIN { printf "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[" }
    { printf "%s{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"namespace\":\"%s\",\"name\":\"%s\"}}", sep, $1, $2
      sep = "," }
    END { print "]}" }' "$1" >"$work/list.json"
  kubectl patch -f "$work/list.json" --type=merge -p '{}' -o go-template="$PATCHED" >"$work/out" 2>"$work/err"
}

# R: written later than the list; C: current, and later than R0; U: current, and no later than R0 or no R0 is known.
judged() {
  awk -v base="$base" -v r0="$r0" 'NF == 3 && $3 ~ /^[0-9]+$/ {
    print $1, $2, ($3 + 0 > base + 0 ? "R" : (r0 != "" && $3 + 0 > r0 + 0 ? "C" : "U")) }' "$work/out" >>"$work/outcome"
}

sweep_batch() {
  local try class detail namespace name
  base=$(revision) || { wait_ready && base=$(revision) || return 1; }
  : >"$work/outcome"
  cp "$work/batch" "$work/left"
  for ((try = 1; try <= TRIES; try++)); do
    patch_all "$work/left"
    [ $? -ge 128 ] && batch=$((batch > 1 ? batch / 2 : 1)) && try=$TRIES # killed: too many large ones at once
    judged
    awk 'FILENAME == ARGV[1] { done[$1 " " $2]; next } !(($1 " " $2) in done)' "$work/outcome" "$work/left" >"$work/rest"
    mv "$work/rest" "$work/left"
    [ -s "$work/left" ] || break
    conflicts=$((conflicts + $(grep -c '(Conflict)' "$work/err")))
    read -r class detail < <(grep -v '(NotFound)' "$work/err" | class_of -)
    [ "$class" = Unauthorized ] && { say "failed patch $class"; return 1; }
    passing "$class" && [ $try -lt $TRIES ] || break
    [ "$class" = Conflict ] && continue
    pause_for $try
    wait_ready || return 1
  done
  while read -r namespace name <&4; do
    [ "$(elapsed)" -lt $((seconds + 30)) ] || break
    settle "$namespace" "$name" || return 1
  done 4<"$work/left"
}

# One that a batch left: again for as long as that may help, then what stands in its way.
settle() {
  local try class="" detail=""
  for ((try = 1; try <= TRIES + 1; try++)); do
    if kubectl patch secret "$2" --namespace "$1" --type=merge -p '{}' -o go-template="$PATCHED" \
      >"$work/out" 2>"$work/err" </dev/null; then
      judged
      return 0
    fi
    read -r class detail < <(class_of "$work/err")
    case $class in
      NotFound) echo "$1 $2 G" >>"$work/outcome" && return 0 ;;
      Unauthorized) say "failed patch $class" && return 1 ;;
      Conflict) conflicts=$((conflicts + 1)) ;;
      Unreadable) [ $try -lt 3 ] || break; pause_for $try ;;
      *) passing "$class" && [ $try -le $TRIES ] || break; pause_for $try; wait_ready ;;
    esac
  done
  echo "$1 $2 X $class $detail" >>"$work/outcome"
}

# Counts what the batch came to, in order, up to the first that was not settled.
count_batch() {
  local namespace name outcome why
  sort -k1,1 -k2,2 -u "$work/outcome" >"$work/sorted"
  awk 'FILENAME == ARGV[1] { found[$1 " " $2] = $0; next } { key = $1 " " $2; if (!(key in found)) exit; print found[key] }' \
    "$work/sorted" "$work/batch" >"$work/counted"
  settled=$(wc -l <"$work/counted")
  while read -r namespace name outcome why; do
    if [ "$namespace" != "$at_namespace" ]; then
      [ -n "$at_namespace" ] && [ $clean = yes ] && finished="$at_namespace $total $rewritten $current $gone $conflicts"
      at_namespace=$namespace
    fi
    at_name=$name total=$((total + 1))
    case $outcome in
      R) rewritten=$((rewritten + 1)) ;;
      C) current=$((current + 1)) ;;
      U) current=$((current + 1)) unproved=$((unproved + 1)) clean=no ;;
      G) gone=$((gone + 1)) ;;
      X) refused=$((refused + 1)) clean=no && say "refused $namespace $name $why" ;;
    esac
  done <"$work/counted"
}

checkpoint() {
  [ -n "$at_name" ] || return 0
  [ -n "$finished" ] && say "finished $finished"
  say "at $at_namespace $at_name $total $rewritten $current $gone $conflicts $unproved $refused $rate $batch"
}

# No faster than the rate: waits for as long as the secrets since the last change of it should have taken.
keep_rate() {
  [ "$rate" -gt 0 ] || return 0
  sleep "$(awk -v done=$((total - paid)) -v rate="$rate" -v gone="$(($(elapsed) - since))" \
    'BEGIN { wait = done / rate - gone; print (wait > 0 ? (wait < 60 ? wait : 60) : 0) }')"
}

sweep() {
  local after_namespace after_name state=done looked=0 noted=0
  after_namespace=$(order after-namespace) after_name=$(order after-name)
  at_namespace="" at_name="" finished="" paid=0 since=0
  [ -n "$after_name" ] && at_namespace=$after_namespace
  total=0 rewritten=0 current=0 gone=0 conflicts=0 unproved=0 refused=0
  list_names || { say "failed list $(class_of "$work/err")"; ended=failed; return; }
  [ $many = no ] || { say "failed list TooManyUnreadable"; ended=failed; return; }
  awk -v namespace="$after_namespace" -v name="$after_name" '
    namespace == "" || ($1 "") > (namespace "") ||
    (name != "" && ($1 "") == (namespace "") && ($2 "") > (name ""))' "$work/names" >"$work/todo"
  since=$(elapsed)
  exec 3<"$work/todo"
  local -a lines
  while mapfile -t -n "$batch" -u 3 lines && [ ${#lines[@]} -gt 0 ]; do
    # one batch at least, however long the list took: otherwise the next command would get no further either
    [ "$total" -gt 0 ] && [ "$(elapsed)" -ge "$seconds" ] || [ "$refused" -ge $MOST_REFUSED ] && { state=more; break; }
    if [ "$gentle" = yes ] && [ $(($(elapsed) - looked)) -ge 5 ]; then
      wait_ready || { state=more; break; }
      looked=$(elapsed)
    fi
    printf '%s\n' "${lines[@]}" >"$work/batch"
    sweep_batch || state=more
    count_batch
    [ "$settled" = ${#lines[@]} ] || state=more
    if [ $(($(elapsed) - noted)) -ge 5 ]; then checkpoint; noted=$(elapsed); fi
    [ $state = done ] || break
    keep_rate
  done
  checkpoint
  lease
  ended=$state
}

# The Leases by which API servers are known, and what each connection's metrics say of the keys.
evidence() {
  local one samples
  if ! kubectl get leases --namespace kube-system --selector apiserver.kubernetes.io/identity=kube-apiserver \
    -o go-template='{{range .items}}{{.metadata.name}} {{.spec.renewTime}} {{.metadata.creationTimestamp}}{{"\n"}}{{end}}' \
    >"$work/leases" 2>"$work/err"; then
    say "gap evidence $(class_of "$work/err")"
    return
  fi
  say "now $(date -u '+%Y-%m-%dT%H:%M:%SZ')"
  sed 's/^/akskv server /' "$work/leases"
  samples=$(($(wc -l <"$work/leases") * 4))
  for ((one = 0; one < samples && one < 24; one++)); do
    if ! kubectl get --raw /metrics 2>"$work/err" | grep '^apiserver_envelope_encryption_key_id_hash_total{' \
      >"$work/metrics" && [ -s "$work/err" ]; then
      say "gap evidence $(class_of "$work/err")"
      return
    fi
    say sample
    sed 's/^/akskv metric /' "$work/metrics"
  done
}

# The note, if it is still what was seen; annotations of others on the Lease stay.
note() {
  local annotations
  annotations=$(order annotations)
  lease >"$work/before"
  if grep -q '^akskv gap' "$work/before"; then
    cat "$work/before"
  elif [ "$(sed -n 's/^akskv note //p' "$work/before")" != "$(order was | tr '\t' '\n')" ]; then
    say "gap write Conflict"
  elif grep -q '^akskv no-note' "$work/before"; then
    printf '{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","spec":{},"metadata":{"name":"akskv","namespace":"default","annotations":%s}}' \
      "$annotations" | kubectl create -f - >/dev/null 2>"$work/err" || say "gap write $(class_of "$work/err")"
  else
    kubectl patch --local -f "$work/lease.json" --type=merge -p "{\"metadata\":{\"annotations\":$annotations}}" -o json \
      2>"$work/err" >"$work/new.json" && kubectl replace -f "$work/new.json" >/dev/null 2>"$work/err" ||
      say "gap write $(class_of "$work/err")"
  fi
  lease
}

mode=$(order mode) ended=done clean=yes bad=0 many=no total=0 paid=0 since=0
only=$(order only) r0=$(order r0) rate=$(order rate) batch=$(order batch) gentle=$(order gentle)
seconds=$(order seconds) pause=$(order pause) wide=$(order wide)
say "begin 1 $mode"
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
export KUBECACHEDIR=$work/cache # the home folder may be closed
if [ -z "$work" ]; then
  say "failed mktemp Missing"
  ended=failed
elif ! type -P kubectl >/dev/null; then
  say "failed kubectl Missing"
  ended=failed
else
  case $mode in
    look | sweep | evidence | note) "$mode" ;;
    version) at=$(revision) && say "latest $at" || say "gap latest $(class_of "$work/err")" ;;
  esac
fi
[ $many = yes ] && say many
say "end $mode $ended"
