# What was asked for: one look at everything, or the logs of pods.
KIND=secrets-store.csi.x-k8s.io
DRIVER_PODS='"app":"(secrets-store-csi-driver|csi-secrets-store)"'
SYSTEM_PODS='app in (secrets-store-csi-driver,csi-secrets-store,secrets-store-provider-azure,'
SYSTEM_PODS+='csi-secrets-store-provider-azure)'
REVIEW='{"apiVersion":"authorization.k8s.io/v1","kind":"SubjectAccessReview","spec":{"user":"%s","groups":'
REVIEW+='["%s","%s","%s"],"resourceAttributes":{"verb":"create","resource":"secrets","group":"","namespace":"%s"}}}'
MOST_LINES=20000
WORK_SECONDS=240 # then what there may be many of is left out

# The namespaces of items, the first of a line being its own.
namespaces_in() {
  awk 'match($0, /"namespace":"[a-z0-9-]+"/) { print substr($0, RSTART + 13, RLENGTH - 14) }' "$@" | sort -u
}

late() {
  [ "$(elapsed)" -ge $WORK_SECONDS ] && say "gap $1 OutOfTime"
}

# Rows alone, and which of them have a label: their objects are not printed.
secrets_of() {
  local label
  late "secrets/$1" && return
  if ! kubectl get secrets --namespace "$1" --no-headers >"$work/rows" 2>"$work/err"; then
    gap "secrets/$1"
    return
  fi
  awk 'NF >= 3 { print "row", $1, $2, $3 }' "$work/rows" >"$work/secrets"
  for label in managed used; do
    kubectl get secrets --namespace "$1" --selector "secrets-store.csi.k8s.io/$label=true" --no-headers \
      >"$work/rows" 2>/dev/null && { echo "asked $label"; awk -v label=$label 'NF { print label, $1 }' "$work/rows"; } \
      >>"$work/secrets"
  done
  part "secrets/$1" "$work/secrets" "$(left)" || say "gap secrets/$1 TooLarge"
}

# The account of a driver, and where it is to make Secrets.
review() {
  local namespace=$1 account=$2 target=$3
  late "may/$namespace/$account/$target" && return
  printf "$REVIEW" \
    "system:serviceaccount:$namespace:$account" system:serviceaccounts "system:serviceaccounts:$namespace" \
    system:authenticated "$target" |
    kubectl create --raw /apis/authorization.k8s.io/v1/subjectaccessreviews -f - >"$work/review" 2>"$work/err"
  if grep -q '"allowed": *true' "$work/review"; then
    say "may yes $namespace $account $target"
  elif grep -q '"allowed": *false' "$work/review"; then
    say "may no $namespace $account $target"
  else
    gap "may/$namespace/$account/$target"
  fi
}

mounts() {
  local only namespace account target
  only=$(order namespace)
  local -a scope=(--all-namespaces)
  [ -z "$only" ] || scope=(--namespace "$only")
  list driver "$CSI_DRIVER" "" csidrivers --field-selector metadata.name=secrets-store.csi.k8s.io || gap driver
  list nodes "$NODE" "" nodes || gap nodes
  list csinodes "$CSI_NODE" "" csinodes || gap csinodes
  list_wide system "$SYSTEM" kube-system pods --selector "$SYSTEM_PODS"
  list_wide classes "$CLASS" "$only" "secretproviderclasses.$KIND"
  list pods "$POD" "" pods "${scope[@]}" || gap pods
  list statuses "$MOUNTED" "" "secretproviderclasspodstatuses.$KIND" "${scope[@]}" || gap statuses
  grep -F "\"namespace\":\"$only" "$work/classes" >"$work/near"
  namespaces_in "$work/pods" >"$work/homes"
  namespaces_in "$work/near" "$work/pods" | grep -x "${only:-.*}" >"$work/spaces"
  while read -r namespace <&3; do secrets_of "$namespace"; done 3<"$work/spaces"
  while read -r namespace <&3; do
    late "accounts/$namespace" && continue
    list "accounts/$namespace" "$ACCOUNT" "" serviceaccounts --namespace "$namespace" || gap "accounts/$namespace"
  done 3<"$work/homes"
  grep -F '"secretObjects":[null,{' "$work/near" >"$work/making"
  namespaces_in "$work/making" | grep -x "${only:-.*}" >"$work/targets"
  grep -E "$DRIVER_PODS" "$work/system" | awk 'match($0, /"namespace":"[a-z0-9-]+"/) {
    namespace = substr($0, RSTART + 13, RLENGTH - 14)
    if (match($0, /"serviceAccountName":"[a-z0-9.-]+"/)) print namespace, substr($0, RSTART + 22, RLENGTH - 23)
  }' | sort -u >"$work/drivers"
  while read -r namespace account <&3; do
    while read -r target <&4; do review "$namespace" "$account" "$target"; done 4<"$work/targets"
  done 3<"$work/drivers"
  list events "$EVENT" "" events --field-selector type=Warning,involvedObject.kind=Pod "${scope[@]}" || gap events
}

# The newest lines, as many as there is room for beside the others'.
logs() {
  local namespace pod container which path number=0 count most told
  awk '$1 == "log"' akskv.order >"$work/wanted"
  count=$(wc -l <"$work/wanted")
  while read -r _ namespace pod container which <&3; do
    path="/api/v1/namespaces/$namespace/pods/$pod/log?container=$container&sinceSeconds=$since&tailLines=$MOST_LINES"
    [ "$which" != previous ] || path+="&previous=true"
    if kubectl get --raw "$path" >"$work/log" 2>"$work/err"; then
      most=$(wc -l <"$work/log") told=
      [ "$most" -lt "$MOST_LINES" ] || told=$most
      until part "log/$number" "$work/log" $(($(left) / (count - number))) "$told"; do
        most=$((most / 2))
        [ "$most" -gt 0 ] || { say "gap log/$number TooLarge"; break; }
        told=$most
        tail -n "$most" "$work/log" >"$work/tail" && mv "$work/tail" "$work/log"
      done
    else
      gap "log/$number"
    fi
    number=$((number + 1))
  done 3<"$work/wanted"
}

mode=$(order mode) since=$(order since) ended=done
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
    mounts | logs) "$mode" ;;
  esac
fi
say "end $mode $ended"
