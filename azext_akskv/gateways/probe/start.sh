# Starts the pod of a probe with kubectl, waits for its end, prints its log and takes the pod away. For run-command.
# In: akskv.order, the pod; three lines before these: selector, of the pods of this pool; left_seconds, the age from
# which on one was left behind; stuck_seconds, how long one that will not start is waited for.
# Out: what the pod wrote, or a line "akskv stopped", with why.
set -u
# An API server that takes a request and never answers it must not keep us until ARM's own patience ends.
kubectl() {
  verb=$1
  shift
  command kubectl "$verb" -n kube-system "$@" --request-timeout=20s
}
stopped() { printf 'akskv stopped %s\n' "$(printf '%s' "$*" | tr '\n' ' ')"; }
take_away() { kubectl delete pod "$@" --ignore-not-found --now --wait=false >/dev/null 2>&1 </dev/null; }

# What probes that were killed left behind; times of this form compare as numbers without their signs.
take_away_left() {
  oldest=$(date -u -d "@$(($(date +%s) - left_seconds))" +%Y%m%d%H%M%S)
  each='{range .items[*]}{.metadata.name} {.metadata.creationTimestamp}{"\n"}{end}'
  kubectl get pods -l "$selector" -o jsonpath="$each" 2>/dev/null | while read -r name made; do
    made=$(printf '%s' "$made" | tr -cd 0-9)
    [ "${made:-$oldest}" -ge "$oldest" ] || take_away "$name"
  done
}

take_away_left
look=$(cat /proc/sys/kernel/random/uuid)
pod=
# By the label, too: it may have been made without an answer.
trap '[ -z "$pod" ] || take_away "$pod"; take_away -l "akskv/look=$look"' EXIT
trap 'exit 1' INT TERM
if ! made=$(sed "s/akskv\.look/$look/" akskv.order | kubectl create -f - -o name 2>&1); then
  stopped "$made"
  exit 1
fi
pod=$(printf '%s\n' "$made" | sed -n 's,^pod/,,p') # there may be warnings of an admission policy around it
container='{.status.containerStatuses[*].state.waiting'
unplaced='{range .status.conditions[?(@.reason=="Unschedulable")]}{.reason}: {.message}{end}'
now="{.status.phase} {.status.reason} $container.reason} $container.message} $unplaced"
latest=$(($(date +%s) + 180)) # also where each look takes long
stuck=0
pulled= # why an image could not be; later it is only said that it is not tried just now
for _ in $(seq 150); do
  state=$(kubectl get pod "$pod" -o jsonpath="$now" 2>&1)
  case $state in
    Succeeded* | Failed*) break ;;
    *ErrImagePull*) pulled=$state ;;
  esac
  case $state in
    *ErrImage* | *ImagePullBackOff* | *InvalidImageName* | *Container*Error* | *Unschedulable*)
      stuck=$((stuck + 1))
      ;;
    *) stuck=0 ;;
  esac
  [ "$stuck" -le "$stuck_seconds" ] && [ "$(date +%s)" -lt "$latest" ] || break
  sleep 1
done
case $state in
  Succeeded* | Failed*)
    if log=$(kubectl logs "$pod" 2>&1); then
      printf '%s\n' "$log"
      [ "${state%% *}" = Succeeded ] || stopped "$state" # such as at its deadline
    else
      stopped "$state: $(printf '%s\n' "$log" | tail -n 1)"
    fi
    ;;
  *) stopped "${pulled:-$state}" ;;
esac
