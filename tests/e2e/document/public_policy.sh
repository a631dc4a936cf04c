# 2. Create a key vault and key for a non-RBAC public key vault
# deviation: policy-vault
az keyvault create --name MyKeyVault --resource-group MyResourceGroup --enable-rbac-authorization false
az keyvault key create --name MyKeyName --vault-name MyKeyVault
export KEY_ID=$(az keyvault key show --name MyKeyName --vault-name MyKeyVault --query 'key.kid' -o tsv)
echo $KEY_ID

# 4. Create a user-assigned managed identity for a public key vault
az identity create --name MyIdentity --resource-group MyResourceGroup
IDENTITY_OBJECT_ID=$(az identity show --name MyIdentity --resource-group MyResourceGroup --query 'principalId' -o tsv)
echo $IDENTITY_OBJECT_ID
IDENTITY_RESOURCE_ID=$(az identity show --name MyIdentity --resource-group MyResourceGroup --query 'id' -o tsv)
echo $IDENTITY_RESOURCE_ID

# 5. Assign permissions for a non-RBAC public key vault
az keyvault set-policy --name MyKeyVault --key-permissions decrypt encrypt --object-id $IDENTITY_OBJECT_ID

# 7. Create an AKS cluster that has a public key vault and turn on KMS
az aks create \
--name myAKSCluster \
--resource-group MyResourceGroup \
--assign-identity $IDENTITY_RESOURCE_ID \
--enable-azure-keyvault-kms \
--azure-keyvault-kms-key-vault-network-access "Public" \
--azure-keyvault-kms-key-id $KEY_ID \
--generate-ssh-keys
