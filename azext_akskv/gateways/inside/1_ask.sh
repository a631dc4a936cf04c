#!/usr/bin/env bash
# The first part of one script. It runs in the command pod of `az aks command invoke`, beside a file akskv.order: a word
# and its value on each line.
#
# Every line that begins with "akskv" is for the machine that sent this; model/pod_report.py reads them. They hold
# counts, names of namespaces and secrets, versions and classes of errors. No value, and no sentence of a server that
# could quote one, is ever printed: of an error only its class, and what matches one of the patterns in class_of.
# Needs bash, kubectl, awk, grep, sed and what coreutils have. [D: the command image has kubectl, bash, grep and awk]
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
