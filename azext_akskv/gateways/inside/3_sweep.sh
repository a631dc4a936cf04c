# The third part: batches of empty patches, what each came to, and how fast they go.

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
