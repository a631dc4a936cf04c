# What a node sees of a vault. A pod with the node's network runs this on the node's own file system, by
# `chroot /host /bin/sh -c`, so that the programs are the node's. [D: chroot /host from a debug pod has all tools]
#
# In: PROBE_HOST, the vault's name; PROBE_ADDRESS, the private endpoint's address, or nothing; PROBE_NODE. Out: lines
# that begin with "akskv"; model/probe_report.py reads them: each program that was run, its exit code, and what it said.
# It writes no file, because the file system is mounted read-only, and sends nothing that would have to be kept secret.
#
# Kubernetes replaces a dollar sign and a name in parentheses, and two dollar signs, before this runs: of the first only
# names of the pod's environment, and none of the second may stand here.
set -u
export LC_ALL=C
say() { printf 'akskv %s\n' "$*"; }
has() { command -v "$1" >/dev/null 2>&1; }

# Runs a program for so many seconds at most.
run() {
  seconds=$1
  shift
  if has timeout; then
    out=$(timeout "$seconds" "$@" 2>&1 </dev/null)
  else
    out=$("$@" 2>&1 </dev/null)
  fi
  code=$?
}

# How what ran last ended, as the step and the program that are named, and the first lines of what it said.
tell() {
  say "ran $1 $2 $code"
  printf '%s\n' "$out" | tr '\t' ' ' | tr -cd '\040-\176\n' | cut -c 1-300 | sed '/^ *$/d' | head -n 40 |
    sed "s/^/akskv said $1 /"
}

servers() {
  [ -r "$1" ] || return 0
  cat "$1" | while read -r word value rest; do
    [ "$word" = nameserver ] && say "dns $value"
  done
}

# systemd's stub would hide the servers; they stand in a file that it keeps beside.
name_servers() {
  found=$(servers /etc/resolv.conf)
  case $found in
    *" 127.0.0.53"*)
      behind=$(servers /run/systemd/resolve/resolv.conf)
      found=${behind:-$found}
      ;;
  esac
  [ -z "$found" ] || printf '%s\n' "$found"
}

# The answer of the C library, which is what programs get, and the canonical names, which it does not tell.
resolve() {
  resolved=unknown
  if has getent; then
    run 20 getent ahosts "$PROBE_HOST"
    tell addresses getent
    case $code in 0 | 2 | 124) resolved=$code ;; esac # with another one it says nothing about the name
  fi
  if has dig; then
    run 12 dig +noall +comments +answer "$PROBE_HOST"
    tell names dig
    if has nslookup; then
      run 12 nslookup "$PROBE_HOST" # for the reader, who knows it better
      tell story nslookup
    fi
  elif has nslookup; then
    run 12 nslookup "$PROBE_HOST"
    tell names nslookup
  elif has host; then
    run 12 host "$PROBE_HOST"
    tell names host
  fi
}

# TCP; that of busybox knows neither -v nor -z.
connect() {
  has nc || return 0
  run 15 nc -v -z -w 5 "$2" 443
  case $out in
    *"nvalid option"* | *"nrecognized option"* | *"sage: "*) run 15 nc -w 5 "$2" 443 ;;
  esac
  tell "$1" nc
}

# TLS and HTTP, without credentials. Not through a proxy: it would look up the name and connect in the node's place.
ask() {
  has curl || return 0
  step=$1
  shift
  run 15 curl -q -sS --noproxy '*' --connect-timeout 5 --max-time 10 -o /dev/null -D - \
    -w '\n%{http_code} %{remote_ip} %{ssl_verify_result}\n' "$@" "https://$PROBE_HOST/healthstatus"
  out=$(printf '%s\n' "$out" | grep -i -E '^(curl: |x-ms-keyvault-network-info:|[0-9]{3} )')
  tell "$step" curl
}

say "begin 1 probe"
say "node $PROBE_NODE"
name_servers
resolve
if [ "$resolved" = 0 ] || [ "$resolved" = unknown ]; then
  connect connect "$PROBE_HOST"
  ask ask
fi
if [ -n "$PROBE_ADDRESS" ]; then
  say "address $PROBE_ADDRESS"
  connect connect-past "$PROBE_ADDRESS"
  ask ask-past --resolve "$PROBE_HOST:443:$PROBE_ADDRESS"
fi
say "end probe done"
