"""A real kube-apiserver with a real etcd, as `make apiserver` has built and unpacked them."""
