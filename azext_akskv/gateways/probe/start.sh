# Starts the pod of a probe with kubectl, waits for its end, prints its log and takes the pod away. For run-command.
# In: akskv.order, the pod. Out: what the pod wrote, or a line "akskv stopped", with why.
set -u
say() { printf 'akskv %s\n' "$*"; }
take_away() { kubectl delete -f akskv.order --ignore-not-found --now --wait="$1" --timeout=30s >/dev/null 2>&1; }

trap 'take_away false' EXIT
trap 'exit 1' INT TERM
take_away true # what a probe before this one left behind
if ! made=$(kubectl create -f akskv.order -o name 2>&1); then
  say "stopped $made"
  exit 1
fi
waiting='{.status.containerStatuses[0].state.waiting.reason}'
unplaced='{.status.conditions[?(@.reason=="Unschedulable")].message}'
for _ in $(seq 150); do
  state=$(kubectl get -f akskv.order -o jsonpath="{.status.phase} {.status.reason} $waiting $unplaced" 2>&1)
  case $state in Succeeded* | Failed*) break ;; esac
  sleep 1
done
case $state in
  Succeeded* | Failed*) kubectl logs -n kube-system "$made" 2>&1 || say "stopped $state" ;;
  *) say "stopped $state" ;;
esac
