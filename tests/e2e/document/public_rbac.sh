# 1. Prerequisites
az --version
# deviation: kubeconfig
az aks get-credentials --name myAKSCluster --resource-group MyResourceGroup
kubectl get po -n kube-system
# deviation: show-vnet-integration
az aks show -g MyResourceGroup -n myAKSCluster

# 3. Create a key vault and key for an RBAC public key vault
export KEYVAULT_RESOURCE_ID=$(az keyvault create --name MyKeyVault --resource-group MyResourceGroup --enable-rbac-authorization true --query id -o tsv)
az role assignment create --role "Key Vault Crypto Officer" --assignee-object-id $(az ad signed-in-user show --query id -o tsv) --assignee-principal-type "User" --scope $KEYVAULT_RESOURCE_ID
az keyvault key create --name MyKeyName --vault-name MyKeyVault
export KEY_ID=$(az keyvault key show --name MyKeyName --vault-name MyKeyVault --query 'key.kid' -o tsv)
echo $KEY_ID

# 4. Create a user-assigned managed identity for a public key vault
az identity create --name MyIdentity --resource-group MyResourceGroup
IDENTITY_OBJECT_ID=$(az identity show --name MyIdentity --resource-group MyResourceGroup --query 'principalId' -o tsv)
echo $IDENTITY_OBJECT_ID
IDENTITY_RESOURCE_ID=$(az identity show --name MyIdentity --resource-group MyResourceGroup --query 'id' -o tsv)
echo $IDENTITY_RESOURCE_ID

# 6. Assign permissions for an RBAC public key vault
az role assignment create --role "Key Vault Crypto User" --assignee-object-id $IDENTITY_OBJECT_ID --assignee-principal-type "ServicePrincipal" --scope $KEYVAULT_RESOURCE_ID

# 8. Update an existing AKS cluster to turn on KMS for a public key vault
az aks update --name myAKSCluster --resource-group MyResourceGroup --enable-azure-keyvault-kms --azure-keyvault-kms-key-vault-network-access "Public" --azure-keyvault-kms-key-id $KEY_ID
kubectl get secrets --all-namespaces -o json | kubectl replace -f -

# 28. The AKS resource's JSON
# deviation: show-kms
az aks show --name myAKSCluster --resource-group MyResourceGroup --query securityProfile.azureKeyVaultKms
