#include "common/service_names.hpp"

#include <algorithm>

#include "common/text.hpp"

// The assembler copies the data file into the program; it finds the file through -I.
asm(".pushsection .rodata\n"
    ".global portlab_service_names\n"
    ".global portlab_service_names_end\n"
    "portlab_service_names:\n"
    ".incbin \"common/data/service-names.tsv\"\n"
    "portlab_service_names_end:\n"
    ".byte 0\n"
    ".popsection\n");
extern "C" const char portlab_service_names[];
extern "C" const char portlab_service_names_end[];

namespace portlab {

namespace {

/// Sorted by the usual name. A name that IANA registered itself, such as mysql, is not here.
constexpr UsualName usual[] = {
    {"afp", "afpovertcp"},
    {"bonjour", "mdns"},
    {"bootp", "bootps"},
    {"cups", "ipp"},
    {"dhcp", "bootps"},
    {"dns", "domain"},
    {"dns-over-tls", "domain-s"},
    {"doh", "https"},
    {"dot", "domain-s"},
    {"etcd", "etcd-client"},
    {"ike", "isakmp"},
    {"ipsec", "isakmp"},
    {"jabber", "xmpp-client"},
    {"jetdirect", "pdl-datastream"},
    {"lpd", "printer"},
    {"lpr", "printer"},
    {"mail", "smtp"},
    {"mariadb", "mysql"},
    {"memcached", "memcache"},
    {"modbus", "mbap"},
    {"mongo", "mongodb"},
    {"mqtts", "secure-mqtt"},
    {"ms-sql", "ms-sql-s"},
    {"msrpc", "epmap"},
    {"mssql", "ms-sql-s"},
    {"netbios", "netbios-ssn"},
    {"pop", "pop3"},
    {"portmap", "sunrpc"},
    {"portmapper", "sunrpc"},
    {"postgres", "postgresql"},
    {"quic", "https"},
    {"rabbitmq", "amqp"},
    {"rdp", "ms-wbt-server"},
    {"remote-desktop", "ms-wbt-server"},
    {"rexec", "exec"},
    {"rlogin", "login"},
    {"rmi", "rmiregistry"},
    {"rpcbind", "sunrpc"},
    {"rsh", "shell"},
    {"rtmp", "macromedia-fcs"},
    {"samba", "microsoft-ds"},
    {"smb", "microsoft-ds"},
    {"smtps", "submissions"},
    {"snmp-trap", "snmptrap"},
    {"socks5", "socks"},
    {"sqlserver", "ms-sql-s"},
    {"subversion", "svn"},
    {"upnp", "ssdp"},
    {"vnc", "rfb"},
    {"web", "http"},
    {"whois", "nicname"},
    {"x", "x11"},
    {"xmpp", "xmpp-client"},
    {"zeroconf", "mdns"},
};
static_assert(std::ranges::is_sorted(usual, {}, &UsualName::usual));

constexpr std::string_view date_mark = "# as of ";

std::string_view file() {
  return {portlab_service_names,
          static_cast<std::size_t>(portlab_service_names_end - portlab_service_names)};
}

/// Removes the text up to the separator (or the end), and the separator, and returns that text.
std::string_view cut(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto front = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return front;
}

/// Reads "80" or "6000-6063".
PortRange read_ports(std::string_view digits) {
  PortRange range;
  const auto read = [](std::string_view number, std::uint16_t& port) {
    std::from_chars(number.data(), number.data() + number.size(), port);
  };
  read(cut(digits, '-'), range.first);
  range.last = range.first;
  read(digits, range.last);
  return range;
}

std::vector<ServiceName> read_registry() {
  constexpr std::size_t approximate_entries = 13'000;
  std::vector<ServiceName> registry;
  registry.reserve(approximate_entries);
  for (auto text = file(); !text.empty();) {
    auto line = cut(text, '\n');
    if (line.starts_with('#')) continue;
    ServiceName entry;
    entry.range = read_ports(cut(line, '\t'));
    entry.transport = cut(line, '\t');
    entry.name = cut(line, '\t');
    entry.description = line;
    for (std::uint32_t port = entry.range.first; port <= entry.range.last; ++port) {
      entry.port = static_cast<std::uint16_t>(port);
      registry.push_back(entry);
    }
  }
  // The two lines of a range, tcp and udp, have the same ports. Stable: within a port, the order of
  // the file is that of the transports and names.
  std::ranges::stable_sort(registry, {}, &ServiceName::port);
  return registry;
}

}  // namespace

std::span<const ServiceName> service_registry() {
  static const auto registry = read_registry();
  return registry;
}

std::span<const ServiceName> services_at(std::uint16_t port) {
  const auto registry = service_registry();
  // Not std::ranges::equal_range: clang 14 can't compile the one of g++ 12.
  const auto first = std::partition_point(registry.begin(), registry.end(),
                                          [&](const auto& entry) { return entry.port < port; });
  const auto last = std::partition_point(first, registry.end(),
                                         [&](const auto& entry) { return entry.port == port; });
  return {first, last};
}

std::string_view service_name(std::uint16_t port, std::string_view transport) {
  for (const auto& entry : services_at(port))
    if (entry.transport == transport) return entry.name;
  return {};
}

std::vector<ServiceName> services_named(std::string_view name) {
  std::vector<ServiceName> found;
  if (name.empty()) return found;
  for (const auto& entry : service_registry())
    if (entry.port == entry.range.first && equal_ignoring_case(entry.name, name))
      found.push_back(entry);
  return found;
}

std::string_view registered_name(std::string_view usual_name) {
  const auto found = std::ranges::find_if(
      usual, [&](const UsualName& each) { return equal_ignoring_case(each.usual, usual_name); });
  return found == std::end(usual) ? std::string_view() : found->registered;
}

std::span<const UsualName> usual_names() { return usual; }

std::string_view registry_date() {
  auto text = file();
  const auto mark = text.find(date_mark);
  return mark == std::string_view::npos ? std::string_view()
                                        : text.substr(mark + date_mark.size(), 10);
}

}  // namespace portlab
