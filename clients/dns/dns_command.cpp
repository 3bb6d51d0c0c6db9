// portlab dns: queries a DNS server, and shows the answer as lines of a zone file.

#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "clients/cli/command_error.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/cli/url.hpp"
#include "clients/dns/dns_output.hpp"
#include "clients/net/client_session.hpp"
#include "clients/net/connection_card.hpp"
#include "clients/net/dns_exchange.hpp"
#include "common/dns/reverse_name.hpp"
#include "common/port.hpp"

namespace portlab {

namespace {

namespace json = boost::json;

constexpr Manual manual{
    "dns",
    "NAME [TYPE] [@SERVER[:PORT]]",
    {{{"portlab dns www.lab.test", "its address, over udp, from the lab's DNS server"},
      {"portlab dns whoami.lab.test TXT --sessions 3", "three questions, three ephemeral ports"},
      {"portlab dns big.lab.test TXT --edns 0", "too long for a datagram: again over tcp"}}},
    "TYPE is A (the default), AAAA, TXT, SRV, MX, NS, SOA, CNAME, PTR, CAA, HTTPS or another name "
    "of "
    "a type, ANY or TYPE123. "
    "The output has the format of a zone file; after ; are comments, which "
    "--quiet leaves out. Exit status 1 if the server reports an error such as NXDOMAIN."};

struct Plan {
  DnsQuestion question;
  bool tcp = false;
};

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
    const auto place = operand.substr(1);
    const auto mark = place.find('#');  // "@ADDRESS#PORT", as dig(1) has it
    if (const auto port = parse_port(place.substr(mark + 1)); mark != std::string::npos && port) {
      const auto host = place.substr(0, mark);
      const auto at =
          host.starts_with('[') ? host + ":" + std::to_string(*port) : authority_of(host, *port, 0);
      throw line.wrong("the port comes after a colon", shell_word("@" + at));
    }
    options.dns = line.host_and_port(place);
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
  if (reverse.empty() && words.size() == 2 && !dns::type_from_text(words[1]) &&
      dns::type_from_text(words[0]))
    // "dns -t TXT NAME", as host(1) has it; -t is --tcp here
    throw line.wrong("the name comes before the type",
                     "portlab dns " + printable(words[1]) + " " + printable(words[0]));
  auto type = reverse.empty() ? dns::Type::A : dns::Type::PTR;
  if (words.size() > names) type = type_of(line, words[names]);
  if (!reverse.empty()) {
    const auto address = parse_address(reverse);
    if (!address) throw line.wrong(address.error().text);
    return {dns::reverse_name(*address), type, dns::Class::IN};
  }
  const auto qname = dns::Name::from_text(words[0]);
  if (!qname) throw line.wrong(printable(qname.error().text), "a name like www.lab.test");
  return {*qname, type, dns::Class::IN};
}

/// The longest answer over udp for this question.
std::size_t datagram_bytes_max(const DnsReply& reply, const Plan& plan) {
  const std::size_t announced = reply.without_edns ? 0 : plan.question.udp_bytes;
  return std::max(announced, dns::udp_bytes_plain);
}

/// Asks; when the answer is truncated, again over tcp, with a message.
DnsReply ask(ClientSession& session, const Plan& plan, const ClientOptions& options) {
  const auto say = [&](const std::string& text) {
    if (options.shows_messages()) std::fputs((text + "\n").c_str(), stderr);
  };
  const auto name_faults = [&](const DnsReply& got) {
    for (const auto& what : got.irregularities) say("not as DNS should be: " + what);
  };
  const auto reply = ask_dns(session, plan.question);
  name_faults(reply);
  if (reply.without_edns)
    say("the server rejects EDNS (RFC 6891): the question was asked again without it");
  if (!reply.message.header.truncated || reply.transport != Transport::udp) return reply;
  std::string reasons;
  for (const auto& error : reply.message.extended_errors)
    if (!error.text.empty()) reasons += " (" + printable(error.text) + ")";
  say("truncated" + reasons + ": asking again over tcp");
  ClientOptions again = options;
  if (options.from != 0) again.from = session.local().port;  // each session has its own port
  session = connect_to(dns_server(options, Transport::tcp), again);
  show_cards({&session, 1}, "dns", options);
  auto complete = ask_dns(session, plan.question);
  name_faults(complete);
  if (reasons.empty() && complete.bytes <= datagram_bytes_max(reply, plan))
    say("the complete answer fits into a datagram: the server limits the rate of its answers, or "
        "wants tcp");
  return complete;
}

/// What to try after an error code.
std::string advice_for(dns::Rcode rcode, const dns::Question& question) {
  switch (rcode) {
    case dns::Rcode::NXDOMAIN:
      return "is it spelt right? The lab's names end in lab.test";
    case dns::Rcode::REFUSED:
      return dns::is_reverse_name(question.name)
                 ? "an address of the lab, or another @SERVER: this one does not know that address"
                 : "a name that ends in lab.test, or in a zone of portlabd --zone; or another "
                   "@SERVER";
    case dns::Rcode::FORMERR:
      return "the server's log: why could it not read the question (RFC 1035 section 4.1)?";
    case dns::Rcode::SERVFAIL:
      return "the server's log for the reason; or another @SERVER";
    case dns::Rcode::NOTIMP:
      return "another type of record; or another @SERVER";
    default:
      return "another @SERVER";
  }
}

CommandError error_reply(const DnsReply& reply, const dns::Question& question,
                         const Endpoint& server) {
  const auto name = short_text(question.name);
  const auto rcode = reply.message.rcode();
  const CommandError failure(
      Exit::failed, server.to_string() + ": " + name + ": " + meaning_of(reply.message, question),
      advice_for(rcode, question));
  return rcode == dns::Rcode::NXDOMAIN ? failure.explained_by(NetError::name, shell_word(name))
                                       : failure;
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
  show_cards(sessions, "dns", options);
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

/// Throws for options of dig(1) and nslookup(1), and for an option with a type.
void expect_no_dig_options(const Arguments& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& each = arguments[i];
    const auto value = i + 1 < arguments.size() ? arguments[i + 1] : std::string();
    if (each == "+short")
      throw usage_failure("dns: +short is an option of dig", "portlab dns --quiet NAME");
    if (each.starts_with("+tcp"))
      throw usage_failure("dns: " + printable(each) + " is an option of dig",
                          "portlab dns --tcp NAME");
    if (each == "--type" || each == "--query" || each.starts_with("--type="))
      throw usage_failure(
          "dns: there is no option " + printable(each) + ": the type comes after the name",
          "portlab dns NAME " + printable(each.starts_with("--type=") ? each.substr(7)
                                          : value.empty()             ? "TXT"
                                                                      : value));
    if (each == "-p" || each == "--port")
      throw usage_failure(
          "dns: there is no option " + each + ": the port comes after the server's address",
          "portlab dns NAME @127.0.0.1:" + printable(value.empty() ? "53" : value));
  }
}

}  // namespace

int run_dns(const Arguments& arguments) {
  expect_no_dig_options(arguments);
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
