// Names below lab.test, resolved by the lab's DNS server.

#include <algorithm>
#include <cstdio>
#include <tuple>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/control_client.hpp"
#include "clients/net/dns_exchange.hpp"
#include "clients/net/resolver.hpp"
#include "common/dns/rdata.hpp"

namespace portlab {

namespace {

std::string server_text(const ClientOptions& options) {
  const auto server = dns_server(options, Transport::udp);
  return server.host + " port " + std::to_string(server.port);
}

/// What to try when the lab's DNS server does not answer.
std::string lab_dns_advice(const ClientOptions& options) {
  const std::string rest =
      "--dns ADDRESS:PORT where one listens; or an address instead of the name";
  const auto* ours = local_server();
  if (options.dns || ours == nullptr) return "portlabd, which runs one; or " + rest;
  if (!ours->here) return enter_advice();
  return "portlab server listeners (does your portlabd serve dns?); or " + rest;
}

/// The answer to a question about one of the lab's names. Throws a CommandError without one.
DnsReply ask_lab_server(const std::string& name, dns::Type type, const ClientOptions& options) {
  const auto qname = dns::Name::from_text(name);
  if (!qname) throw usage_failure(qname.error().text, "a name like www.lab.test");
  try {
    return look_up({*qname, type, dns::Class::IN}, options);
  } catch (const CommandError& failure) {
    if (failure.exit() != Exit::no_connection) throw;
    throw CommandError(
        Exit::no_connection,
        printable(name) + ": the lab's DNS server does not answer: " + failure.reason(),
        lab_dns_advice(options))
        .caused_by(failure);
  }
}

/// The answer section. Throws a CommandError for an error code (RCODE).
std::vector<dns::Record> ask_lab(const std::string& name, dns::Type type,
                                 const ClientOptions& options, bool must_exist = true) {
  const auto reply = ask_lab_server(name, type, options);
  const auto rcode = reply.message.rcode();
  if (rcode == dns::Rcode::NXDOMAIN && !must_exist) return {};
  if (rcode == dns::Rcode::NXDOMAIN)
    throw CommandError(Exit::failed,
                       printable(name) + ": NXDOMAIN: the DNS server at " + server_text(options) +
                           " has no such name",
                       "is it spelt right? portlab dns " + printable(name))
        .explained_by(NetError::name, shell_word(name));
  if (rcode != dns::Rcode::NOERROR)
    throw CommandError(Exit::failed,
                       printable(name) + ": the DNS server at " + server_text(options) +
                           " answers " + to_string(rcode),
                       "portlab dns " + printable(name) + " (the whole answer)");
  return reply.message.answers;
}

}  // namespace

std::vector<asio::ip::address> resolve_lab_name(const std::string& name,
                                                const ClientOptions& options) {
  std::vector<asio::ip::address> addresses;
  // Both also with -4 or -6, so that the caller can tell "none of this family" from "none".
  for (const auto type : {dns::Type::A, dns::Type::AAAA}) {
    try {
      for (const auto& record : ask_lab(name, type, options)) {
        if (record.type != type) continue;  // a CNAME record
        const auto address = parse_address(dns::rdata_to_text(type, as_bytes(record.rdata)));
        if (address) addresses.push_back(*address);
      }
    } catch (const CommandError& failure) {
      // Servers that know only A answer anything, or nothing, to AAAA (RFC 4074).
      const bool needs_ipv6 = options.ipv6_only || (options.source && options.source->is_v6());
      if (addresses.empty() || needs_ipv6) throw;
      if (options.shows_messages())
        std::fprintf(stderr, "AAAA could not be asked, A is used: %s\n", failure.reason().c_str());
    }
  }
  return addresses;
}

std::vector<ServiceLocation> find_service(const std::string& srv_name,
                                          const ClientOptions& options) {
  std::vector<ServiceLocation> found;
  bool unavailable = false;
  for (const auto& record : ask_lab(srv_name, dns::Type::SRV, options, false)) {
    ByteReader in(as_bytes(record.rdata));
    const auto priority = in.u16();
    const auto weight = in.u16();
    const auto port = in.u16();
    const auto host = dns::target_of(record.type, as_bytes(record.rdata));
    if (record.type != dns::Type::SRV || !priority || !weight || !port || !host) continue;
    if (host->is_root()) {  // RFC 2782: "decidedly not available"
      unavailable = true;
      continue;
    }
    found.push_back({short_text(*host), *port, *priority, *weight});
  }
  if (unavailable && found.empty())
    throw CommandError(Exit::failed,
                       printable(srv_name) +
                           ": there is no such service: the target of its SRV "
                           "record is \".\" (RFC 2782; DNS server " +
                           server_text(options) + ")",
                       "portlab server listeners");
  // The highest weight first, not at random as in RFC 2782, so that a lab has the same result each
  // time.
  std::ranges::stable_sort(found, [](const ServiceLocation& a, const ServiceLocation& b) {
    return std::tuple(a.priority, b.weight) < std::tuple(b.priority, a.weight);
  });
  return found;
}

}  // namespace portlab
