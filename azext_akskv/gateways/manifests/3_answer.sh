# Goes on behind mounts/2_templates.sh: looks at single objects, and makes or changes one. In: akskv.order with the mode
# (look, create, change), the namespace, an item for each object that shall be looked at, and what shall be written.
# Out: of each object what is compared, by the same templates as of all others; neither commands nor values.
DEFINED=$Q$B$PAIRS$OWNERS$NAMED$USES$VOLUMES
MARKS='"app.kubernetes.io/managed-by" "meta.helm.sh/release-name" "argocd.argoproj.io/instance" '
MARKS+='"argocd.argoproj.io/tracking-id" "kustomize.toolkit.fluxcd.io/name" "helm.toolkit.fluxcd.io/name" '
MARKS+='"azure.workload.identity/client-id" "azure.workload.identity/use"'
MARKED='{"":""{{range $k, $v := .}}{{if eq $k '$MARKS'}},{{printf "%q" $k}}:{{printf "%q" $v}}{{end}}{{end}}}'
MARKED='{{define "marked"}}'$MARKED'{{end}}'
ONE=$DEFINED$MARKED'{{with .}}{{"{"}}{{template "named" .}},"resourceVersion":{{template "q" .metadata.resourceVersion}},'
ONE+='"labels":{{template "marked" .metadata.labels}},"annotations":{{template "marked" .metadata.annotations}}}'
RUN='{{define "run"}}"spec":{"":0{{with .}},"serviceAccountName":{{template "q" .serviceAccountName}},"volumes":'
RUN+='{{template "volumes" .volumes}},"initContainers":{{template "uses" .initContainers}},"containers":'
RUN+='{{template "uses" .containers}}{{end}}}{{end}}'
ONE=$RUN$ONE
declare -A TEMPLATES=(
  [serviceaccounts]=$ONE$END
  [secretproviderclasses]=$ONE${CLASS#"$ALL}"}
  [pods]=$ONE',{{template "run" .spec}}'$END
  [deployments]=$ONE',"spec":{"selector":{"matchLabels":{{template "pairs" .spec.selector.matchLabels}}},"template":'
)
TEMPLATES[deployments]+='{"metadata":{"labels":{{template "marked" .spec.template.metadata.labels}}},'
TEMPLATES[deployments]+='{{template "run" .spec.template.spec}}}}'$END

may() {
  local verb=$1 resource=$2 of=
  [ "$resource" = "${resource%%.*}" ] || of=${resource#*.}
  printf '{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","spec":{"resourceAttributes":{"verb":"%s","resource":"%s","group":"%s","namespace":"%s"}}}' \
    "$verb" "${resource%%.*}" "$of" "$namespace" |
    kubectl create --raw /apis/authorization.k8s.io/v1/selfsubjectaccessreviews -f - >"$work/review" 2>"$work/err"
  if grep -q '"allowed": *true' "$work/review"; then
    say "may yes $verb $resource $namespace"
  elif grep -q '"allowed": *false' "$work/review"; then
    say "may no $verb $resource $namespace"
  else
    gap "may/$verb/$resource"
  fi
}

look() {
  local resource name
  if kubectl get namespace "$namespace" -o go-template='{{.status.phase}}' >"$work/phase" 2>"$work/err"; then
    say "namespace $(tr -cd 'A-Za-z' <"$work/phase")"
  else
    gap namespace
  fi
  if kubectl get --raw /apis/secrets-store.csi.x-k8s.io/v1 >/dev/null 2>"$work/err"; then say kind; else gap kind; fi
  while read -r _ resource name <&3; do
    if kubectl get "$resource" "$name" --namespace "$namespace" -o go-template="${TEMPLATES[${resource%%.*}]}" \
      >"$work/item" 2>"$work/err"; then
      part "item/$resource/$name" "$work/item" "$(left)" || say "gap item/$resource/$name TooLarge"
      [ "$resource" = pods ] || may patch "$resource"
    else
      gap "item/$resource/$name"
      may create "$resource"
    fi
  done 3<"$work/wanted"
}

write() {
  local resource name
  read -r resource name <<<"$(order write)"
  order body >"$work/body"
  if [ "$mode" = create ]; then
    kubectl create --namespace "$namespace" -f "$work/body" -o name >/dev/null 2>"$work/err"
  else
    kubectl patch "$resource" "$name" --namespace "$namespace" --type merge --patch-file "$work/body" -o name \
      >/dev/null 2>"$work/err"
  fi && say written || gap write
}

mode=$(order mode) namespace=$(order namespace) ended=done
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
  awk '$1 == "item"' akskv.order >"$work/wanted"
  [ "$mode" = look ] || write
  look
fi
say "end $mode $ended"
