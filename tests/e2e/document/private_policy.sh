# 10. Create a private key vault and key
# deviation: private-policy-vault
az keyvault create --name MyKeyVault --resource-group MyResourceGroup --public-network-access Disabled --enable-rbac-authorization false
# deviation: open-for-key
az keyvault update --name MyKeyVault --resource-group MyResourceGroup --public-network-access Enabled
az keyvault key create --name MyKeyName --vault-name MyKeyVault
# deviation: key-id
export KEY_ID=$(az keyvault key show --name MyKeyName --vault-name MyKeyVault --query 'key.kid' -o tsv)
# deviation: close-after-key
az keyvault update --name MyKeyVault --resource-group MyResourceGroup --public-network-access Disabled
# deviation: vault-id
export KEYVAULT_RESOURCE_ID=$(az keyvault show --name MyKeyVault --resource-group MyResourceGroup --query id -o tsv)

# 11. Create a user-assigned managed identity for a private key vault
az identity create --name MyIdentity --resource-group MyResourceGroup
IDENTITY_OBJECT_ID=$(az identity show --name MyIdentity --resource-group MyResourceGroup --query 'principalId' -o tsv)
echo $IDENTITY_OBJECT_ID
IDENTITY_RESOURCE_ID=$(az identity show --name MyIdentity --resource-group MyResourceGroup --query 'id' -o tsv)
echo $IDENTITY_RESOURCE_ID

# 12. Assign permissions for a non-RBAC private key vault
az keyvault set-policy --name MyKeyVault --key-permissions decrypt encrypt --object-id $IDENTITY_OBJECT_ID

# 14. Assign permissions to create a private link
az role assignment create --role "Key Vault Contributor" --assignee-object-id $IDENTITY_OBJECT_ID --assignee-principal-type "ServicePrincipal" --scope $KEYVAULT_RESOURCE_ID

# 15. Create an AKS cluster that has a private key vault and turn on KMS
# deviation: vnet-integration
az aks create \
--name myAKSCluster \
--resource-group MyResourceGroup \
--assign-identity $IDENTITY_RESOURCE_ID \
--enable-azure-keyvault-kms \
--azure-keyvault-kms-key-id $KEY_ID \
--azure-keyvault-kms-key-vault-network-access "Private" \
--azure-keyvault-kms-key-vault-resource-id $KEYVAULT_RESOURCE_ID \
--generate-ssh-keys \
--enable-apiserver-vnet-integration
