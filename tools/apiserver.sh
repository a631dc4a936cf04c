#!/usr/bin/env bash
# apiserver.sh FOLDER: kube-apiserver built from Debian 12's source package, and from its packages etcd, etcdctl and wrk.
#
# Nothing is installed and no root is needed: apt works on a source list and a state folder of its own, and what the
# build needs (Go, jq, rsync, dpkg-source) is unpacked beside the sources. All of it is signed by Debian.
set -euo pipefail
target=$1
packages=(
    golang-1.19-go golang-1.19-src                    # what bookworm's golang-go stands for
    rsync libpopt0 jq libjq1 libonig5                 # the build's own scripts
    dpkg-dev libdpkg-perl patch xz-utils              # unpacking the source package with Debian's patches
    golang-github-modern-go-reflect2-dev              # 1.0.2: the vendored one crashes under Go 1.18 and later
    etcd-server etcd-client wrk libluajit-5.1-2       # what runs beside it, and the load for the benchmark
)

work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"

say() { printf '  ok      %4d s  %s\n' $SECONDS "$*"; SECONDS=0; }

# The machine's own mirror of Debian 12, also where apt has never read its lists, as in a new container.
mirror=$(apt-get update --print-uris | sed -n "s#^'\(.*\)/dists/bookworm/InRelease'.*#\1#p" | awk 'NR == 1')
keys=/usr/share/keyrings/debian-archive-keyring.gpg
if [ -z "$mirror" ] || [ ! -e "$keys" ]; then
    echo "This needs Debian 12: among apt's sources there is none for bookworm, or Debian's keys are not installed." >&2
    exit 1
fi
mkdir -p apt/state/lists/partial apt/cache/archives/partial debs tree
touch apt/state/status
for kind in deb deb-src; do echo "$kind [signed-by=$keys] $mirror bookworm main"; done >apt/sources.list
cat >apt/apt.conf <<CONF
Dir::State "$work/apt/state";
Dir::State::status "$work/apt/state/status";
Dir::Cache "$work/apt/cache";
Dir::Etc::SourceList "$work/apt/sources.list";
Dir::Etc::SourceParts "/nonexistent";
APT::Sandbox::User "$(id -un)";
CONF
export APT_CONFIG=$work/apt/apt.conf
apt-get -qq update
apt-get -qq source --download-only kubernetes
(cd debs && apt-get -qq download "${packages[@]}")
for deb in debs/*.deb; do dpkg-deb -x "$deb" tools; done

export PATH=$work/tools/usr/lib/go-1.19/bin:$work/tools/usr/bin:$PATH
export LD_LIBRARY_PATH=$work/tools/usr/lib/x86_64-linux-gnu PERL5LIB=$work/tools/usr/share/perl5
say "fetching kubernetes' sources and the tools to build them"
source=$work/go/src/k8s.io/kubernetes
mkdir -p "${source%/*}"
dpkg-source --no-check -x ./*.dsc "$source" >dpkg.log
reflect2=vendor/github.com/modern-go/reflect2
rm -rf "${source:?}/$reflect2"
cp -r "tools/usr/share/gocode/src/${reflect2#vendor/}" "$source/$reflect2"

say "unpacking"
echo "  building kube-apiserver: four to six minutes on two cores"
export GOPATH=$work/go GOROOT=$work/tools/usr/lib/go-1.19 GOCACHE=$work/gocache GO111MODULE=off CGO_ENABLED=0 GOFLAGS=-buildvcs=false
export KUBE_GIT_VERSION=v1.20.2 KUBE_GIT_COMMIT=unknown KUBE_GIT_TREE_STATE=archive
make -C "$source" WHAT=cmd/kube-apiserver >build.log 2>&1 || { tail -40 build.log >&2; exit 1; }

mkdir -p "$target.new/lib"
cp "$source/_output/bin/kube-apiserver" tools/usr/bin/{etcd,etcdctl,wrk} "$target.new/"
cp -P tools/usr/lib/x86_64-linux-gnu/libluajit* "$target.new/lib/"
rm -rf "$target" && mv "$target.new" "$target"  # whoever sees the folder sees it whole
say "$("$target/kube-apiserver" --version), $("$target/etcd" --version | head -1)"
