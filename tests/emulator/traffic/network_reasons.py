"""Why rows about networks do not agree."""

from __future__ import annotations

from tests.emulator.traffic.reason import Reason

NETWORK_REASONS = (
    Reason(
        "a virtual machine's own network interface: there are no virtual machines here",
        ("status 404, not 200",),
        ("GET microsoft.network/networkinterfaces/{}",),
        ("test_aks_create_and_update_with_http_proxy_config",),
    ),
    Reason(
        "an Azure Policy of the recorded subscription ties a security group of its own to every subnet after a while",
        ("lacks properties.networkSecurityGroup", "lacks properties.subnets[].properties.networkSecurityGroup"),
        ("GET microsoft.network/virtualnetworks/{}", "GET microsoft.network/virtualnetworks/{}/subnets/{}"),
        ("test_mysql_flexible_server_new_private_dns_zone",),
    ),
    Reason(
        "the gateway's own time-out for a network of before, which no row tells",
        ("status 404, not 503",),
        ("PUT microsoft.network/virtualnetworks/{}/subnets/{}",),
        ("test_private_endpoint_connection_webapp",),
    ),
)
