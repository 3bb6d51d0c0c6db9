// portlab dns: queries a DNS server, and shows the answer as lines of a zone file.

#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "clients/cli/command_error.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/dns/dns_output.hpp"
#include "clients/net/client_session.hpp"
#include "clients/net/connection_card.hpp"
#include "clients/net/dns_exchange.hpp"

namespace portlab {

namespace {

namespace json = boost::json;

constexpr Manual manual{
    "dns",
    "NAME [TYPE] [@SERVER[:PORT]]",
    {{{"portlab dns www.lab.test", "its address, over udp, from the lab's DNS server"},
      {"portlab dns whoami.lab.test TXT --sessions 3", "three questions, three ephemeral ports"},
      {"portlab dns big.lab.test TXT --edns 0", "too long for a datagram: again over tcp"}}},
    "TYPE is A (the default), AAAA, TXT, SRV, MX, NS, SOA, CNAME, PTR, ANY or TYPE123. "
    "The output has the format of a zone file; after ; are comments, which "
    "--quiet leaves out. Exit status 1 if the server reports an error such as NXDOMAIN."};

struct Plan {
  DnsQuestion question;
  bool tcp = false;
};

/// The name for reverse lookups: 11.0.0.127.in-addr.arpa for 127.0.0.11 (RFC 1035 section 3.5), the
/// nibbles of ::1 below ip6.arpa (RFC 3596 section 2.5).
std::string reverse_name(const asio::ip::address& address) {
  std::string name;
  if (address.is_v4()) {
    for (const auto byte : address.to_v4().to_bytes())
      name = std::to_string(static_cast<unsigned>(byte)) + "." + name;
    return name + "in-addr.arpa.";
  }
  for (const auto byte : address.to_v6().to_bytes()) {
    const char* const digits = "0123456789abcdef";
    name = std::string{digits[byte & 15], '.', digits[byte >> 4], '.'} + name;
  }
  return name + "ip6.arpa.";
}

dns::Type type_of(const CommandLine& line, const std::string& text) {
  const auto type = dns::type_from_text(text);
  if (!type)
    throw line.wrong("'" + printable(text) + "' is not a type of record",
                     "A, AAAA, TXT, SRV, MX, NS, SOA, CNAME, PTR or ANY");
  return *type;
}

/// Removes @SERVER from the operands and stores it in the options.
Arguments without_server(const CommandLine& line, ClientOptions& options) {
  Arguments rest;
  bool taken = false;
  for (const auto& operand : line.operands()) {
    if (!operand.starts_with('@')) {
      rest.push_back(operand);
      continue;
    }
    if (taken) throw line.wrong("one @SERVER is enough");
    options.dns = line.host_and_port(operand.substr(1));
    taken = true;
  }
  return rest;
}

dns::Question question_of(const CommandLine& line, const Arguments& words,
                          const std::string& reverse) {
  const std::size_t names = reverse.empty() ? 1 : 0;
  if (words.size() < names) throw line.wrong("a NAME is missing", "portlab dns www.lab.test");
  if (words.size() > names + 1)
    throw line.wrong("'" + printable(words.back()) + "' is one word too many");
  std::string name = reverse.empty() ? words[0] : std::string();
  auto type = dns::Type::A;
  if (!reverse.empty()) {
    const auto address = parse_address(reverse);
    if (!address) throw line.wrong(address.error().text);
    name = reverse_name(*address);
    type = dns::Type::PTR;
  }
  if (words.size() > names) type = type_of(line, words[names]);
  const auto qname = dns::Name::from_text(name);
  if (!qname) throw line.wrong(printable(qname.error().text), "a name like www.lab.test");
  return {*qname, type, dns::Class::IN};
}

/// Asks; when the answer is truncated, again over tcp, with a message.
DnsReply ask(ClientSession& session, const Plan& plan, const ClientOptions& options) {
  auto reply = ask_dns(session, plan.question);
  if (!reply.message.header.truncated || reply.transport != Transport::udp) return reply;
  if (!options.quiet && !options.json)
    std::fputs("truncated: the answer does not fit the datagram; asking again over tcp\n", stderr);
  ClientOptions again = options;
  if (options.from != 0) again.from = session.local().port;  // each session has its own port
  session = connect_to(dns_server(options, Transport::tcp), again);
  show_card(card_of(session, "dns", dns_default_port, options), options);
  return ask_dns(session, plan.question);
}

CommandError error_reply(const DnsReply& reply, const dns::Question& question,
                         const Endpoint& server) {
  std::string name;
  question.name.append_short_text(name);
  const auto rcode = reply.message.rcode();
  std::string advice = "a name that ends in lab.test, or another @SERVER";
  if (rcode == dns::Rcode::NXDOMAIN) {
    advice = "is it spelt right? The lab's names end in lab.test";
  } else if (rcode == dns::Rcode::REFUSED) {
    advice = "a name that ends in lab.test, the only zone of portlabd; or another @SERVER";
    if (is_reverse(question))
      advice =
          "a name that ends in lab.test: portlabd knows the addresses of names, not the names "
          "of addresses";
  }
  const CommandError failure(
      Exit::peer_said_no,
      server.to_string() + ": " + name + ": " + meaning_of(reply.message, question), advice);
  return rcode == dns::Rcode::NXDOMAIN ? failure.explained_by(NetError::name, name) : failure;
}

/// Throws when -4 or -6 excludes the default server, whose address the user did not type.
void expect_family(const Target& server, const ClientOptions& options) {
  const auto address = parse_address(server.host);
  if (options.dns || !address) return;
  if ((options.ipv6_only && address->is_v4()) || (options.ipv4_only && address->is_v6()))
    throw usage_failure("dns: the lab's DNS server is at " + server.host + ", and " +
                            (options.ipv6_only ? "-6 allows only IPv6" : "-4 allows only IPv4"),
                        "@SERVER; or without -4 and -6: type AAAA is for a name's IPv6 address");
}

int run(const Plan& plan, const ClientOptions& options) {
  const auto transport = plan.tcp ? Transport::tcp : Transport::udp;
  const auto& question = plan.question.question;
  const auto server = dns_server(options, transport);
  expect_family(server, options);
  auto sessions = connect_all(server, options);
  for (const auto& session : sessions)
    show_card(card_of(session, "dns", dns_default_port, options), options);

  const unsigned columns = room_of(STDOUT_FILENO).value_or(0);
  json::array replies;
  std::vector<CommandError> failures;
  for (auto& session : sessions) {
    const auto reply = ask(session, plan, options);
    if (options.json) {
      auto row = portlab::to_json(card_of(session, "dns", dns_default_port, options)).as_object();
      for (auto& [key, value] : portlab::to_json(reply)) row[key] = value;
      replies.push_back(std::move(row));
    } else {
      print(to_text(reply, question, options.quiet, columns));
    }
    if (reply.message.rcode() != dns::Rcode::NOERROR)
      failures.push_back(error_reply(reply, question, session.remote()));
  }
  hold(options);
  if (options.json)
    print_json(json::object{{"question", portlab::to_json(question)}, {"sessions", replies}});
  if (failures.empty()) return 0;
  if (!options.json) complain(failures.front());
  return static_cast<int>(failures.front().exit());
}

}  // namespace

int run_dns(const Arguments& arguments) {
  CommandLine line(manual);
  Plan plan;
  std::string reverse;
  std::string edns = std::to_string(dns::udp_bytes_default);
  line.add()("tcp,t", po::bool_switch(&plan.tcp), "over tcp from the start")(
      "reverse,x", po::value(&reverse)->value_name("ADDRESS"),
      "the name of an address: its PTR record")(
      "edns", po::value(&edns)->value_name("BYTES"),
      "the longest datagram to accept (default 1232); 0: without EDNS, 512");
  auto options = line.parse(arguments);
  if (!options) return 0;
  const auto udp_bytes = parse_number(edns, 0, dns::message_bytes_max);
  if (!udp_bytes) throw line.wrong("--edns: " + udp_bytes.error().text);
  const auto words = without_server(line, *options);
  plan.question = {question_of(line, words, reverse), static_cast<std::uint16_t>(*udp_bytes), true};
  return run(plan, *options);
}

}  // namespace portlab
