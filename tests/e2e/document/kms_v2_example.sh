# 22. Turn off KMS to migrate storage
az aks update --name myAKSCluster --resource-group MyResourceGroup --disable-azure-keyvault-kms

# 23. Migrate storage
# deviation: kubeconfig
az aks get-credentials --name myAKSCluster --resource-group MyResourceGroup
kubectl get secrets --all-namespaces -o json | kubectl replace -f -

# 25. Upgrade an AKS cluster: the example
az aks upgrade --resource-group myResourceGroup --name myAKSCluster --kubernetes-version 1.27.1

# 26. Turn on KMS after storage migration
# deviation: key-id
export KEY_ID=$(az keyvault key show --name MyKeyName --vault-name MyKeyVault --query 'key.kid' -o tsv)
# deviation: enable-after-upgrade
az aks update --name myAKSCluster --resource-group MyResourceGroup --enable-azure-keyvault-kms --azure-keyvault-kms-key-vault-network-access "Public" --azure-keyvault-kms-key-id $KEY_ID

# 27. Migrate storage for KMS v2
kubectl get secrets --all-namespaces -o json | kubectl replace -f -
