# Starts the pod of a probe with kubectl, waits for its end, prints its log and takes the pod away. For run-command.
# In: akskv.order, the pod. Out: what the pod wrote, or a line "akskv stopped", with why.
set -u
# An API server that takes a request and never answers it must not keep us until ARM's own patience ends.
kubectl() { command kubectl --request-timeout=20s "$@"; }
stopped() { printf 'akskv stopped %s\n' "$(printf '%s' "$*" | tr '\n' ' ')"; }
take_away() { kubectl delete -f akskv.order --ignore-not-found --now --wait="$1" --timeout=30s >/dev/null 2>&1; }

trap 'take_away false' EXIT
trap 'exit 1' INT TERM
take_away true # what a probe before this one left behind
if ! made=$(kubectl create -f akskv.order -o name 2>&1); then
  stopped "$made"
  exit 1
fi
pod=$(printf '%s\n' "$made" | grep '^pod/') # there may be warnings of an admission policy around it
waiting='{.status.containerStatuses[*].state.waiting.reason}'
unplaced='{.status.conditions[?(@.reason=="Unschedulable")].message}'
while [ "$SECONDS" -lt 180 ]; do # also where each look takes long
  state=$(kubectl get -f akskv.order -o jsonpath="{.status.phase} {.status.reason} $waiting $unplaced" 2>&1)
  case $state in Succeeded* | Failed*) break ;; esac
  sleep 1
done
case $state in
  Succeeded* | Failed*)
    if log=$(kubectl logs -n kube-system "$pod" 2>&1); then
      printf '%s\n' "$log"
      [ "${state%% *}" = Succeeded ] || stopped "$state" # such as at its deadline
    else
      stopped "$state: $(printf '%s\n' "$log" | tail -n 1)"
    fi
    ;;
  *) stopped "$state" ;;
esac
