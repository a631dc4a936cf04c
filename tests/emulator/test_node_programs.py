"""What programs on a node print of the network, to the letter, and how they end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from emulator.entra.metadata import VAULT_ZONE
from emulator.resolution import FRONT_ADDRESS
from emulator.worlds.network import NetworkSecurityGroup, PrivateEndpoint, SecurityRule, Subnet
from emulator.worlds.private_dns import Link, Record, Zone
from emulator.worlds.spec import Vault
from tests.emulator.data_planes import CLUSTER_ID
from tests.emulator.node_client import (
    ADDRESS,
    CLUSTER,
    ENDPOINT,
    FAR_ADDRESS,
    FRONT,
    HOST,
    NODES,
    OTHER,
    PRIVATE,
    a_world,
    asking,
    program,
    zone,
)

SERVER = "Server:\t\t168.63.129.16\nAddress:\t168.63.129.16#53\n\n"
SILENT = ";; communications error to 10.9.9.9#53: timed out\n" * 3
LOOP = (Record("a", ("b.corp.test",), "CNAME"), Record("b", ("a.corp.test",), "CNAME"), Record("none", ()))
LOOPING = Zone("corp.test", LOOP, (Link("n", "nodes-vnet"),))


def test_getent_shows_addresses_with_the_canonical_name_and_is_silent_otherwise() -> None:
    world = a_world()
    found = program(world, "getent", "ahosts", HOST)
    assert found.stdout == f"{ADDRESS}      STREAM {PRIVATE}\n{ADDRESS}      DGRAM  \n{ADDRESS}      RAW    \n"
    assert program(world, "getent", "hosts", HOST).stdout == f"{ADDRESS}      {PRIVATE} {HOST}\n"
    for name in ("none.test", "none.vault.emulator.test"):
        assert (program(world, "getent", "ahosts", name).code, program(world, "getent", "ahosts", name).stdout) == (
            2,
            "",
        )
    assert program(world, "getent", "ahosts", "10.1.2.3").stdout.startswith("10.1.2.3        STREAM 10.1.2.3\n")
    assert program(world, "getent", "shadow", "x").code == program(world, "getent").code == 1


def test_nslookup_shows_the_chain_and_the_address() -> None:
    found = program(a_world(), "nslookup", HOST)
    chain = f"{HOST}\tcanonical name = {PRIVATE}.\n"
    assert found.stdout == f"{SERVER}Non-authoritative answer:\n{chain}Name:\t{PRIVATE}\nAddress: {ADDRESS}\n\n"
    public = program(a_world(zones=()), "nslookup", HOST).stdout
    longer = f"{chain}{PRIVATE}\tcanonical name = {FRONT}.\nName:\t{FRONT}\nAddress: {FRONT_ADDRESS}\n\n"
    assert public.endswith(longer) and found.code == 0


def test_nslookup_fails_on_everything_else() -> None:
    world = a_world(zones=(zone(), LOOPING))
    missing = program(world, "nslookup", HOST)
    assert (missing.code, missing.stdout) == (1, f"{SERVER}** server can't find {HOST}: NXDOMAIN\n\n")
    assert "** server can't find a.corp.test: SERVFAIL\n" in program(world, "nslookup", "a.corp.test").stdout
    assert "*** Can't find none.corp.test: No answer\n" in program(world, "nslookup", "none.corp.test").stdout
    silent = program(a_world(networks=asking("10.9.9.9")), "nslookup", HOST)
    assert (silent.code, silent.stdout) == (1, f"{SILENT};; no servers could be reached\n\n")
    assert silent.waits == 3 and program(world, "nslookup").code == 1


def test_a_server_that_is_silent_is_followed_by_the_next() -> None:
    world = a_world(networks=asking("10.9.9.9", "8.8.8.8"))
    found = program(world, "nslookup", HOST)
    assert found.stdout.startswith(f"{SILENT}Server:\t\t8.8.8.8\n") and FRONT_ADDRESS in found.stdout
    assert ADDRESS in program(world, "nslookup", HOST, "168.63.129.16").stdout


def test_dig_shows_the_status_and_the_records_in_their_columns() -> None:
    found = program(a_world(), "dig", "+noall", "+comments", "+answer", HOST)
    lines = found.stdout.splitlines()
    assert lines[1].startswith(";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: ")
    assert lines[2] == ";; flags: qr rd ra; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 1"
    answers = [f"{HOST}. 60\tIN\tCNAME\t{PRIVATE}.", f"{PRIVATE}. 10 IN A {ADDRESS}", ""]
    assert lines[lines.index(";; ANSWER SECTION:") + 1 :] == answers and found.code == 0
    whole = program(a_world(), "dig", HOST, "A").stdout
    assert f"\n; <<>> DiG 9.18.28-0ubuntu0.22.04.1-Ubuntu <<>> {HOST} A\n" in whole
    assert f";; QUESTION SECTION:\n;{HOST}.\tIN\tA\n" in whole and ";; SERVER: 168.63.129.16#53" in whole


def test_dig_has_a_short_form_that_hides_what_went_wrong() -> None:
    assert program(a_world(), "dig", "+short", HOST).stdout == f"{PRIVATE}.\n{ADDRESS}\n"
    world = a_world(zones=(zone(), LOOPING))
    missing, loop = program(world, "dig", "+short", HOST), program(world, "dig", "+short", "a.corp.test")
    assert (missing.code, missing.stdout, loop.code, loop.stdout) == (0, f"{PRIVATE}.\n", 0, "")
    assert program(world, "dig", "+short", "AAAA", HOST).stdout == f"{PRIVATE}.\n"
    said = program(world, "dig", "+noall", "+comments", "+answer", HOST)
    assert said.code == 0 and "status: NXDOMAIN" in said.stdout
    assert "status: SERVFAIL" in program(world, "dig", "a.corp.test").stdout


def test_dig_says_when_no_server_answers() -> None:
    silent = program(a_world(), "dig", "@10.9.9.9", "+short", HOST)
    assert (silent.code, silent.stdout) == (9, f"{SILENT};; no servers could be reached\n\n")
    assert program(a_world(), "dig").code == 1


def test_host_says_it_in_sentences() -> None:
    found = program(a_world(), "host", "-W", "2", HOST)
    assert found.stdout == f"{HOST} is an alias for {PRIVATE}.\n{PRIVATE} has address {ADDRESS}\n" and found.code == 0
    world = a_world(zones=(zone(), LOOPING))
    missing, loop = program(world, "host", HOST), program(world, "host", "a.corp.test")
    assert (missing.code, missing.stdout) == (1, f"Host {HOST} not found: 3(NXDOMAIN)\n")
    assert (loop.code, loop.stdout) == (1, "Host a.corp.test not found: 2(SERVFAIL)\n")
    asked = program(world, "host", HOST, "8.8.8.8").stdout
    assert asked.startswith("Using domain server:\nName: 8.8.8.8\nAddress: 8.8.8.8#53\nAliases: \n\n")
    assert program(world, "host", HOST, "10.9.9.9").code == program(world, "host").code == 1


def test_nc_says_on_stderr_how_a_connection_ended() -> None:
    world = a_world()
    good = program(world, "nc", "-v", "-z", "-w", "2", HOST, "443")
    assert (good.code, good.stderr) == (0, f"Connection to {HOST} ({ADDRESS}) 443 port [tcp/https] succeeded!\n")
    assert program(world, "nc", "-z", HOST, "443").stderr == ""
    literal = program(world, "nc", "-zvw2", ADDRESS, "443")
    assert literal.stderr == f"Connection to {ADDRESS} 443 port [tcp/https] succeeded!\n"
    other = world.nodes_of(CLUSTER_ID)[1].address
    refused = program(world, "nc", "-vz", other, "443")
    assert (refused.code, refused.stderr) == (1, f"nc: connect to {other} port 443 (tcp) failed: Connection refused\n")
    late = program(world, "nc", "-vzw5", FAR_ADDRESS, "443")
    assert late.stderr == f"nc: connect to {FAR_ADDRESS} port 443 (tcp) timed out: Operation now in progress\n"
    assert (late.code, late.waits) == (1, 1)
    assert "failed: Connection timed out" in program(world, "nc", "-vz", FAR_ADDRESS, "443").stderr


def test_nc_says_what_the_c_library_says_of_names() -> None:
    unknown = program(a_world(), "nc", "-z", "none.test", "443")
    text = 'nc: getaddrinfo for host "none.test" port 443: {}\n'
    assert (unknown.code, unknown.stderr) == (1, text.format("Name or service not known"))
    silent = program(a_world(networks=asking("10.9.9.9")), "nc", "-z", "none.test", "443")
    assert silent.stderr == text.format("Temporary failure in name resolution") and silent.waits == 2
    assert program(a_world(), "nc", "-z", HOST).code == program(a_world(), "nc", "-zu", HOST, "53").code == 1


FORMAT = "%{http_code} %{remote_ip} %{ssl_verify_result}\\n"
HEALTH = f"https://{HOST}/healthstatus"


def test_curl_gets_the_vaults_own_answer_over_the_endpoint() -> None:
    got = program(a_world(), "curl", "-sS", "-o", "/dev/null", "-D", "-", "-w", FORMAT, "--max-time", "5", HEALTH)
    head, _, written = got.stdout.rpartition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 OK\r\n") and "\r\nContent-Length: 4\r\n" in head
    assert "x-ms-keyvault-network-info: conn_type=Ipv4;addr=10.224.0.4;act_addr_fam=InterNetwork;\r\n" in head
    assert written == f"200 {ADDRESS} 0\n" and (got.code, got.stderr) == (0, "")
    assert dict(got.files) == {"/dev/null": "[]\r\n"}
    assert program(a_world(), "curl", "-s", HEALTH).stdout == "[]\r\n"


def test_curl_over_the_internet_comes_from_the_nat() -> None:
    got = program(a_world(zones=()), "curl", "-sSI", "-w", "%header{x-ms-keyvault-network-info}", HEALTH)
    assert got.stdout.endswith("\r\n\r\nconn_type=Ipv4;addr=20.50.60.70;act_addr_fam=InterNetwork;")
    secret = program(a_world(zones=()), "curl", "-isfS", f"https://{HOST}/keys?api-version=7.4")
    assert (secret.code, secret.stderr) == (22, "curl: (22) The requested URL returned error: 401\n")


def test_curl_takes_an_address_in_place_of_the_name() -> None:
    world = a_world(zones=(zone(),))
    assert program(world, "curl", "-s", HEALTH).code == 6
    got = program(world, "curl", "-s", "--resolve", f"{HOST}:443:{ADDRESS}", "-w", FORMAT, HEALTH)
    assert got.stdout.endswith(f"200 {ADDRESS} 0\n")
    assert program(world, "curl", "--resolve", f"{HOST}:443", HEALTH).code == 2
    assert program(world, "curl", "-sS", "--resolve", f"{HOST}:443:x", HEALTH).stderr.startswith("curl: (49) ")


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("https://none.test/",), 6, "Could not resolve host: none.test"),
        (("--max-time", "3", f"https://{FAR_ADDRESS}/"), 28, "Connection timed out after 3001 milliseconds"),
        (("--connect-timeout", "2", f"https://{FAR_ADDRESS}/"), 28, "after 2001 ms: Timeout was reached"),
        ((f"https://{FAR_ADDRESS}/",), 28, "after 135000 ms: Timeout was reached"),
        (("https://10.224.0.5/",), 7, "Failed to connect to 10.224.0.5 port 443 after 1 ms: Couldn't connect"),
        ((f"https://{ADDRESS}/healthstatus",), 60, f"certificate subject name matches target host name '{ADDRESS}'"),
        (("ftp://x/",), 1, 'Protocol "ftp" not supported'),
        ((f"http://{HOST}/",), 28, "port 80"),
    ],
)
def test_curl_tells_where_it_ended(arguments: tuple[str, ...], code: int, text: str) -> None:
    ended = program(a_world(), "curl", "-sS", "-w", "%{http_code} %{exitcode}", *arguments)
    assert (ended.code, ended.stdout) == (code, f"000 {code}")
    assert ended.stderr.startswith(f"curl: ({code}) ") and text in ended.stderr
    assert program(a_world(), "curl", "-s", *arguments).stderr == ""


def test_curl_waits_for_dns_servers_that_are_silent() -> None:
    world = a_world(networks=asking("10.9.9.9"))
    limited = program(world, "curl", "-sS", "-m", "5", HEALTH)
    assert limited.stderr == "curl: (28) Resolving timed out after 5000 milliseconds\n"
    assert program(world, "curl", "-sS", HEALTH).stderr == f"curl: (6) Could not resolve host: {HOST}\n"


def test_curl_meets_strangers_behind_endpoints_of_other_things() -> None:
    """An endpoint of something that is no vault has a certificate of its own."""
    world = a_world()
    endpoint = next(one for one in world.resources if one.id.endswith("/privateEndpoints/shop-pe"))
    [link] = endpoint.body["properties"]["privateLinkServiceConnections"]
    link["properties"]["privateLinkServiceId"] = "/subscriptions/s/providers/Microsoft.Storage/storageAccounts/a"
    assert program(world, "curl", "-s", HEALTH).code == 60
    assert program(world, "curl", "-sk", HEALTH).code == 52


@pytest.mark.parametrize("arguments", [("--what", HEALTH), ("-Z", HEALTH), (HEALTH, "-o"), (), ("-m", "soon", HEALTH)])
def test_curl_refuses_what_it_does_not_know(arguments: tuple[str, ...]) -> None:
    refused = program(a_world(), "curl", *arguments)
    assert refused.code == 2 and refused.stderr.startswith("curl: ") and refused.stdout == ""


def test_pods_that_ask_coredns_get_the_answers_of_their_node() -> None:
    world = a_world()
    found = program(world, "nslookup", HOST, clustered=True, on_node=False)
    assert found.stdout.startswith("Server:\t\t10.0.0.10\nAddress:\t10.0.0.10#53\n") and ADDRESS in found.stdout
    assert program(world, "nslookup", HOST, clustered=True).stdout.startswith(SERVER)
    assert ADDRESS in program(world, "nslookup", HOST, "10.0.0.10").stdout
    silent = program(a_world(networks=asking("10.9.9.9")), "nslookup", HOST, clustered=True, on_node=False)
    assert f"** server can't find {HOST}: SERVFAIL\n" in silent.stdout


def test_nodes_of_worlds_without_networks_reach_the_internet_alone() -> None:
    world = a_world(
        networks=(), private_endpoints=(), zones=(), clusters=(replace(CLUSTER, subnets=()),), vaults=(Vault(),)
    )
    assert program(world, "curl", "-s", "-w", FORMAT, HEALTH).stdout.endswith(f"200 {FRONT_ADDRESS} 0\n")
    assert program(world, "nc", "-z", FAR_ADDRESS, "443").code == 1


def test_a_security_group_on_the_nodes_stops_the_programs_too() -> None:
    rule = SecurityRule("no", destination="10.225.0.0/24")
    nodes = (Subnet("nodes", "10.224.0.0/16", security_group="nsg"), NODES.subnets[1])
    networks = (type(NODES)("nodes-vnet", NODES.prefixes, nodes), OTHER)
    world = a_world(networks=networks, security_groups=(NetworkSecurityGroup("nsg", (rule,)),))
    assert program(world, "nc", "-z", "-w", "1", HOST, "443").code == 1
    assert program(world, "curl", "-s", "-m", "1", HEALTH).code == 28
    assert VAULT_ZONE in program(world, "nslookup", HOST).stdout


def test_an_endpoint_of_another_vault_is_no_way_to_this_one() -> None:
    other = PrivateEndpoint("other-pe", "other-kv", "nodes-vnet", "ends")
    world = a_world(vaults=(a_world().spec.vaults[0], Vault("other-kv")), private_endpoints=(ENDPOINT, other))
    got = program(world, "curl", "-s", "--resolve", f"{HOST}:443:10.225.0.5", HEALTH)
    assert "ForbiddenByConnection" in got.stdout
