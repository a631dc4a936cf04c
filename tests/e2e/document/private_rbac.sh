# 10. Create a private key vault and key
# deviation: kubeconfig
az aks get-credentials --name myAKSCluster --resource-group MyResourceGroup
az keyvault create --name MyKeyVault --resource-group MyResourceGroup --public-network-access Disabled
# deviation: vault-id
export KEYVAULT_RESOURCE_ID=$(az keyvault show --name MyKeyVault --resource-group MyResourceGroup --query id -o tsv)
# deviation: crypto-officer
az role assignment create --role "Key Vault Crypto Officer" --assignee-object-id $(az ad signed-in-user show --query id -o tsv) --assignee-principal-type "User" --scope $KEYVAULT_RESOURCE_ID
# deviation: open-for-key
az keyvault update --name MyKeyVault --resource-group MyResourceGroup --public-network-access Enabled
az keyvault key create --name MyKeyName --vault-name MyKeyVault
# deviation: key-id
export KEY_ID=$(az keyvault key show --name MyKeyName --vault-name MyKeyVault --query 'key.kid' -o tsv)
# deviation: close-after-key
az keyvault update --name MyKeyVault --resource-group MyResourceGroup --public-network-access Disabled

# 11. Create a user-assigned managed identity for a private key vault
az identity create --name MyIdentity --resource-group MyResourceGroup
IDENTITY_OBJECT_ID=$(az identity show --name MyIdentity --resource-group MyResourceGroup --query 'principalId' -o tsv)
echo $IDENTITY_OBJECT_ID
IDENTITY_RESOURCE_ID=$(az identity show --name MyIdentity --resource-group MyResourceGroup --query 'id' -o tsv)
echo $IDENTITY_RESOURCE_ID

# 13. Assign permissions for an RBAC private key vault
az role assignment create --role "Key Vault Crypto User" --assignee-object-id $IDENTITY_OBJECT_ID --assignee-principal-type "ServicePrincipal" --scope $KEYVAULT_RESOURCE_ID

# 14. Assign permissions to create a private link
az role assignment create --role "Key Vault Contributor" --assignee-object-id $IDENTITY_OBJECT_ID --assignee-principal-type "ServicePrincipal" --scope $KEYVAULT_RESOURCE_ID

# 16. Update an existing AKS cluster to turn on KMS for a private key vault
az aks update --name myAKSCluster --resource-group MyResourceGroup --enable-azure-keyvault-kms --azure-keyvault-kms-key-id $KEY_ID --azure-keyvault-kms-key-vault-network-access "Private" --azure-keyvault-kms-key-vault-resource-id $KEYVAULT_RESOURCE_ID
kubectl get secrets --all-namespaces -o json | kubectl replace -f -

# 17. Rotate the keys in a private key vault
# deviation: open-for-key
az keyvault update --name MyKeyVault --resource-group MyResourceGroup --public-network-access Enabled
# deviation: new-version-private
export NewKEY_ID=$(az keyvault key create --name MyKeyName --vault-name MyKeyVault --query 'key.kid' -o tsv)
# deviation: close-after-key
az keyvault update --name MyKeyVault --resource-group MyResourceGroup --public-network-access Disabled
az aks update --name myAKSCluster --resource-group MyResourceGroup --enable-azure-keyvault-kms --azure-keyvault-kms-key-id $NewKEY_ID --azure-keyvault-kms-key-vault-network-access "Private" --azure-keyvault-kms-key-vault-resource-id $KEYVAULT_RESOURCE_ID
kubectl get secrets --all-namespaces -o json | kubectl replace -f -

# 17. Rotate the keys in a private key vault
# deviation: open-for-key
az keyvault update --name MyKeyVault --resource-group MyResourceGroup --public-network-access Enabled
# deviation: new-version-private
export NewKEY_ID=$(az keyvault key create --name MyKeyName --vault-name MyKeyVault --query 'key.kid' -o tsv)
# deviation: close-after-key
az keyvault update --name MyKeyVault --resource-group MyResourceGroup --public-network-access Disabled
az aks update --name myAKSCluster --resource-group MyResourceGroup --enable-azure-keyvault-kms --azure-keyvault-kms-key-id $NewKEY_ID --azure-keyvault-kms-key-vault-network-access "Private" --azure-keyvault-kms-key-vault-resource-id $KEYVAULT_RESOURCE_ID
kubectl get secrets --all-namespaces -o json | kubectl replace -f -
