# 9. Rotate the keys in a public key vault
# deviation: kubeconfig
az aks get-credentials --name myAKSCluster --resource-group MyResourceGroup
# deviation: new-version-public
export NEW_KEY_ID=$(az keyvault key create --name MyKeyName --vault-name MyKeyVault --query 'key.kid' -o tsv)
az aks update --name myAKSCluster --resource-group MyResourceGroup --enable-azure-keyvault-kms --azure-keyvault-kms-key-vault-network-access "Public" --azure-keyvault-kms-key-id $NEW_KEY_ID
kubectl get secrets --all-namespaces -o json | kubectl replace -f -

# 9. Rotate the keys in a public key vault
# deviation: new-version-public
export NEW_KEY_ID=$(az keyvault key create --name MyKeyName --vault-name MyKeyVault --query 'key.kid' -o tsv)
az aks update --name myAKSCluster --resource-group MyResourceGroup --enable-azure-keyvault-kms --azure-keyvault-kms-key-vault-network-access "Public" --azure-keyvault-kms-key-id $NEW_KEY_ID
kubectl get secrets --all-namespaces -o json | kubectl replace -f -
