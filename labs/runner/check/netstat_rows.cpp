#include "labs/runner/check/netstat_rows.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <boost/regex.hpp>
#include <map>

namespace portlab::labs {

namespace {

/// The states of TCP that ss(8) names otherwise; UNCONN is a UDP socket without a peer.
std::string state_of(const std::string& state_of_ss) {
  static const std::map<std::string, std::string> other_names{
      {"ESTAB", "ESTABLISHED"},    {"UNCONN", ""},
      {"SYN-SENT", "SYN_SENT"},    {"SYN-RECV", "SYN_RECV"},
      {"FIN-WAIT-1", "FIN_WAIT1"}, {"FIN-WAIT-2", "FIN_WAIT2"},
      {"TIME-WAIT", "TIME_WAIT"},  {"CLOSE-WAIT", "CLOSE_WAIT"},
      {"LAST-ACK", "LAST_ACK"}};
  const auto found = other_names.find(state_of_ss);
  return found == other_names.end() ? state_of_ss : found->second;
}

}  // namespace

std::string with_netstat_rows(const std::string& output) {
  static const boost::regex mapped(R"(\[?::ffff:(\d{1,3}(?:\.\d{1,3}){3})\]?(?=:))");
  // ss: "tcp" where it lists several protocols, state, two queues, local, peer; netstat: "tcp6".
  static const boost::regex ss_row(
      R"(^(?:(tcp|udp)[ \t]+)?(ESTAB|UNCONN|LISTEN|[A-Z]+-[A-Z0-9-]+)[ \t]+\d+[ \t]+\d+[ \t]+)"
      R"((\S+:\S+)[ \t]+(\S+:\S+)[^\n]*$)");
  static const boost::regex netstat_row(R"(^(tcp|udp)6?[ \t]+\d+[ \t]+\d+[ \t]+(?=\S+:))");
  auto text = boost::regex_replace(output, mapped, "$1");
  text = boost::regex_replace(text, ss_row, [](const boost::smatch& row) {
    const auto transport = row[1].matched ? row[1].str() : row[2] == "UNCONN" ? "udp" : "tcp";
    return transport + " " + row[3].str() + " " + row[4].str() + " " + state_of(row[2].str());
  });
  return boost::regex_replace(text, netstat_row, "$1 ");
}

}  // namespace portlab::labs
