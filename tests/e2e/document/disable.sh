# 21. Turn off KMS
az aks list --query "[].{Name:name, KmsEnabled:securityProfile.azureKeyVaultKms.enabled, KeyId:securityProfile.azureKeyVaultKms.keyId}" -o table
az aks update --name myAKSCluster --resource-group MyResourceGroup --disable-azure-keyvault-kms
# deviation: kubeconfig
az aks get-credentials --name myAKSCluster --resource-group MyResourceGroup
kubectl get secrets --all-namespaces -o json | kubectl replace -f -
