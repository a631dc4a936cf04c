# 11. Create a user-assigned managed identity for a private key vault
az identity create --name MyIdentity --resource-group MyResourceGroup
IDENTITY_OBJECT_ID=$(az identity show --name MyIdentity --resource-group MyResourceGroup --query 'principalId' -o tsv)
echo $IDENTITY_OBJECT_ID
IDENTITY_RESOURCE_ID=$(az identity show --name MyIdentity --resource-group MyResourceGroup --query 'id' -o tsv)
echo $IDENTITY_RESOURCE_ID

# 14. Assign permissions to create a private link
# deviation: vault-id
export KEYVAULT_RESOURCE_ID=$(az keyvault show --name MyKeyVault --resource-group MyResourceGroup --query id -o tsv)
az role assignment create --role "Key Vault Contributor" --assignee-object-id $IDENTITY_OBJECT_ID --assignee-principal-type "ServicePrincipal" --scope $KEYVAULT_RESOURCE_ID

# 18. Turn off KMS on the cluster
# deviation: kubeconfig
az aks get-credentials --name myAKSCluster --resource-group MyResourceGroup
az aks update --name myAKSCluster --resource-group MyResourceGroup --disable-azure-keyvault-kms
kubectl get secrets --all-namespaces -o json | kubectl replace -f -

# 20. Turn on KMS on the cluster by using the updated key vault
# deviation: new-version-private
export NewKEY_ID=$(az keyvault key create --name MyKeyName --vault-name MyKeyVault --query 'key.kid' -o tsv)
az aks update --name myAKSCluster --resource-group MyResourceGroup --enable-azure-keyvault-kms --azure-keyvault-kms-key-id $NewKEY_ID --azure-keyvault-kms-key-vault-network-access "Private" --azure-keyvault-kms-key-vault-resource-id $KEYVAULT_RESOURCE_ID
# deviation: rewrite-after-mode-change
kubectl get secrets --all-namespaces -o json | kubectl replace -f -

# 19. Change the key vault mode
# deviation: close-last
az keyvault update --name MyKeyVault --resource-group MyResourceGroup --public-network-access Disabled
