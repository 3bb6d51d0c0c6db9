#include "labs/network/office/office_plan.hpp"

#include <algorithm>
#include <array>

#include "common/text.hpp"

namespace portlab::office {

namespace {

constexpr std::string_view inside_servers = "192.168.1.10 203.0.113.80";

constexpr std::array all_hosts{
    Host{"pc1", "192.168.1.11", {}, inside_servers},
    Host{"pc2", "192.168.1.12", {}, inside_servers},
    Host{"pc3", "192.168.1.13", {}, inside_servers},
    Host{"server1", server1_address, {}, inside_servers, true},
    Host{"internet", internet_address, {}, internet_address, true},
    Host{"router", router_address, outside_address, inside_servers},
    Host{"switch", {}, {}, {}},
};

/// The router's rules: routers for homes and small offices have the same ones.
constexpr const char* router_rules = R"(# The rules of the office's router, for nft(8).
# lan is the interface to the office, wan the interface to the internet.
table ip office {
	# The forwarded ports: port of the router : address . port inside.
	map forwarded_tcp {
		type inet_service : ipv4_addr . inet_service;
	}
	map forwarded_udp {
		type inet_service : ipv4_addr . inet_service;
	}

	# Destination NAT: leads a visitor of a forwarded port to the host inside.
	chain prerouting {
		type nat hook prerouting priority dstnat; policy accept;
		iifname "wan" dnat ip to tcp dport map @forwarded_tcp
		iifname "wan" dnat ip to udp dport map @forwarded_udp
	}

	# Source NAT: what leaves has the router's outside address.
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		oifname "wan" masquerade
	}

	# The firewall for packets through the router.
	chain forward {
		type filter hook forward priority filter; policy drop;
		ct state established,related accept comment "answers"
		iifname "lan" oifname "wan" accept comment "the inside may go out"
		iifname "wan" ct status dnat accept comment "forwarded ports"
		counter drop comment "all other packets"
	}

	# The firewall for packets to the router itself.
	chain input {
		type filter hook input priority filter; policy drop;
		ct state established,related accept comment "answers"
		iifname { "lo", "lan" } accept comment "the inside may use the router"
		counter drop comment "unasked packets from outside"
	}
}
)";

/// FTP names the address and port of its data connections in the control connection (RFC 959): the
/// kernel's helper reads and translates them.
constexpr const char* ftp_rules = R"(# FTP through NAT, for nft(8).
table ip office {
	ct helper ftp {
		type "ftp" protocol tcp;
	}
	chain ftp {
		type filter hook prerouting priority filter; policy accept;
		tcp dport 21 ct helper set "ftp"
	}
}
)";

constexpr const char* bash_start = R"(# The start-up file of the shells in the office.
[ -r ~/.bashrc ] && . ~/.bashrc
unset PROMPT_COMMAND
PS1='\h\$ '
)";

/// Samba's settings on pc3: smb.conf(5). Its own files are in /tmp, which is a folder of the office.
constexpr const char* samba_settings = R"(# The settings of smbd on pc3: smb.conf(5).
[global]
	server role = standalone server
	# Whoever has no password is a guest.
	map to guest = Bad User
	guest account = nobody
	# Only SMB over TCP: no NetBIOS, ports 137 to 139.
	disable netbios = yes
	smb ports = 445
	interfaces = 192.168.1.13
	bind interfaces only = yes
	# No printers.
	load printers = no
	printcap name = /dev/null
	disable spoolss = yes
	private dir = /tmp
	lock directory = /tmp
	state directory = /tmp
	cache directory = /tmp
	pid directory = /tmp
	ncalrpc dir = /tmp/ncalrpc
	usershare path =

[share]
	comment = the shared folder of pc3
	path = /etc/portlab-office/pc3/share
	guest ok = yes
	read only = no
)";

constexpr const char* shared_text =
    "Welcome to the shared folder of pc3.\n"
    "Your computer reads it with SMB, over a TCP session to port 445.\n";
constexpr const char* shared_table = "article,price\npaper,4.90\npencil,0.80\nstapler,7.50\n";

constexpr const char* desktop_start =
    R"(# The shell on the desktop of server1. After exit, a new one starts.
echo "This is the desktop of $(hostname), 192.168.1.10."
echo "Commands that are typed here run on $(hostname)."
while :; do
	bash --rcfile /etc/portlab-office/bashrc -i || sleep 1
done
)";

std::string file(std::string_view name) { return std::string(folder) + "/" + std::string(name); }

class CommandList {
 public:
  /// `line`: the words, separated by spaces.
  void add(std::string_view host, const std::string& line) {
    HostCommand command{host, {}, false};
    std::string word;
    for (const char c : line + " ") {
      if (c != ' ') {
        word += c;
      } else if (!word.empty()) {
        command.words.push_back(word);
        word.clear();
      }
    }
    list_.push_back(std::move(command));
  }

  /// A pair of veth(4) interfaces: `name` in `host`, `peer` in `peer_host`.
  void add_cable(std::string_view host, std::string_view name, std::string_view peer_host,
                 std::string_view peer) {
    add(host, "ip link add " + std::string(name) + " type veth peer name " + std::string(peer) +
                  " netns " + file("netns/" + std::string(peer_host)));
  }

  /// Without an IPv6 address of its own (addrgenmode): the office has only IPv4.
  void bring_up(std::string_view host, std::string_view interface) {
    add(host, "ip link set " + std::string(interface) + " addrgenmode none up");
  }

  std::vector<HostCommand> take() { return std::move(list_); }
  HostCommand& last() { return list_.back(); }

 private:
  std::vector<HostCommand> list_;
};

}  // namespace

std::span<const Host> hosts() { return all_hosts; }

const Host* find_host(std::string_view name) {
  const auto* const found = std::ranges::find(all_hosts, name, &Host::name);
  return found == all_hosts.end() ? nullptr : found;
}

const Host* host_at(const asio::ip::address& address) {
  const auto text = address.to_string();
  for (const auto& host : all_hosts)
    if (!host.address.empty() && (host.address == text || host.second == text)) return &host;
  return nullptr;
}

std::string host_names() { return join(all_hosts, ", ", &Host::name); }

std::string HostCommand::text() const {
  // The only words with spaces are those of sh -c.
  if (words.size() == 3 && words[0] == "sh") return words[2];
  return join(words, " ");
}

std::vector<HostCommand> commands() {
  CommandList list;
  for (const auto& host : all_hosts) list.add(host.name, "ip link set lo up");
  list.add("switch", "ip link add switch type bridge");
  list.bring_up("switch", "switch");
  for (const auto& host : all_hosts) {
    if (host.address.empty() || host.address == internet_address) continue;
    const bool is_router = !host.second.empty();
    const std::string_view interface = is_router ? "lan" : "eth0";
    list.add_cable("switch", host.name, host.name, interface);
    list.add("switch",
             "ip link set " + std::string(host.name) + " master switch addrgenmode none up");
    list.add(host.name,
             "ip address add " + std::string(host.address) + "/24 dev " + std::string(interface));
    list.bring_up(host.name, interface);
    if (!is_router) list.add(host.name, "ip route add default via " + std::string(router_address));
  }
  list.add_cable("router", "wan", "internet", "eth0");
  list.add("router", "ip address add " + std::string(outside_address) + "/24 dev wan");
  list.bring_up("router", "wan");
  list.add("internet", "ip address add " + std::string(internet_address) + "/24 dev eth0");
  list.bring_up("internet", "eth0");
  list.add("router", "nft -f " + file("router.nft"));
  list.add("router", "nft -f " + file("ftp.nft"));
  list.last().may_fail = true;
  list.add("router", "");
  list.last().words = {"sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"};
  return list.take();
}

std::vector<PlanFile> files() {
  std::vector<PlanFile> all{{"router.nft", router_rules},
                            {"ftp.nft", ftp_rules},
                            {"bashrc", bash_start},
                            {"pc3/smb.conf", samba_settings},
                            {"pc3/share/welcome.txt", shared_text},
                            {"pc3/share/prices.csv", shared_table},
                            {"server1/desktop.sh", desktop_start}};
  std::string names;
  for (const auto& host : all_hosts) {
    const std::string name(host.name);
    for (const auto& address : {host.address, host.second})
      if (!address.empty()) names += std::string(address) + " " + name + "\n";
    std::string servers;
    for (std::size_t from = 0; from < host.servers.size();) {
      const auto end = std::min(host.servers.find(' ', from), host.servers.size());
      servers += "nameserver " + std::string(host.servers.substr(from, end - from)) + "\n";
      from = end + 1;
    }
    const bool inside = host.servers == inside_servers;
    all.push_back({name + "/resolv.conf", (inside ? "search lab.test\n" : "") + servers});
    std::string table = "127.0.0.1 localhost\n::1 localhost\n";
    if (!host.address.empty())
      table +=
          std::string(host.address) + " " + name + (inside ? " " + name + ".lab.test\n" : "\n");
    all.push_back({name + "/hosts", std::move(table)});
    all.push_back({name + "/hostname", name + "\n"});
  }
  all.push_back({"hosts", std::move(names)});
  return all;
}

}  // namespace portlab::office
