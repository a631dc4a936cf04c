# The last part: the note of the key change, what a look and the metrics say, and what was asked for.

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

# Which run says that it is at work: since when, when it was last heard of, for how long that counts; its name quoted.
holder() {
  local of='{{with .spec.holderIdentity}}{{$.spec.acquireTime}} {{$.spec.renewTime}} {{$.spec.leaseDurationSeconds}} '
  if kubectl get lease akskv-run --namespace default -o go-template="$of"'{{printf "%q" .}}{{"\n"}}{{end}}' \
    >"$work/holder" 2>"$work/err"; then
    say "now $(date -u '+%Y-%m-%dT%H:%M:%SZ')"
    cut -c 1-1000 "$work/holder" | tr -cd '[:print:]\n' | head -n 1 | sed 's/^/akskv holder /'
  else
    read -r class detail < <(class_of "$work/err")
    [ "$class" = NotFound ] || say "gap holder $class $detail"
  fi
}

look() {
  if ready; then say "ready yes"; else say "ready no"; return; fi
  lease
  holder
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
