#include "labs/runner/check/connection_attempt.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <boost/regex.hpp>

#include "common/text.hpp"
#include "labs/network/office/office_plan.hpp"
#include "labs/runner/model/text_lines.hpp"

namespace portlab::labs {

namespace {

/// A regular expression for the host's address, and its names: localhost, those of the lab's zone, those
/// of an office.
std::string host_pattern(const asio::ip::address& address) {
  auto pattern = boost::algorithm::replace_all_copy(address.to_string(), ".", "\\.");
  if (address == asio::ip::address_v4::loopback())
    pattern += R"(|localhost|(?:[\w-]+\.)+lab\.test)";
  if (const auto* host = office::host_at(address))
    pattern += "|" + std::string(host->name) + "(?:\\.lab\\.test)?";
  return "(?:" + pattern + ")";
}

/// "server1:3389", "192.168.1.1 8080", "203.0.113.1 port 8080", "/dev/tcp/192.168.1.1/8080",
/// "127.0.0.1#53".
bool names_end(const std::string& text, const EndPattern& end) {
  const boost::regex pattern("(?<![\\w.-])" + host_pattern(*end.address) +
                             "(?:[:/#]|\\s+(?:port\\s+)?)" + std::to_string(*end.port) + "(?!\\d)");
  return boost::regex_search(text, pattern);
}

bool runs_curl(const std::string& command) {
  static const boost::regex pattern(R"((?:^|[\s;&|(])curl\s)");
  return boost::regex_search(command, pattern);
}

bool says_refused(const CommandResult& result) {
  static const boost::regex refused("refused", boost::regex::icase);
  static const boost::regex unreachable(R"(unreachable|no\s+route)", boost::regex::icase);
  constexpr int curl_cannot_connect = 7;  // curl(1), EXIT CODES
  return boost::regex_search(result.output, refused) ||
         (result.status == curl_cannot_connect && runs_curl(result.command) &&
          !boost::regex_search(result.output, unreachable));
}

bool says_timed_out(const CommandResult& result) {
  // "timed out", ncat's "TIMEOUT", smbclient's NT_STATUS_IO_TIMEOUT; not the option --timeout.
  static const boost::regex timed_out(R"((?<!-)timed?(?:[_-]|\s+)?out)", boost::regex::icase);
  constexpr int curl_timed_out = 28, timeout_has_ended_it = 124;  // curl(1); timeout(1)
  return boost::regex_search(result.output, timed_out) || result.status == timeout_has_ended_it ||
         (result.status == curl_timed_out && runs_curl(result.command));
}

/// A command of the shell that does not connect: "echo 127.0.0.1:53 hello".
bool only_prints(const std::string& command) {
  static const boost::regex pattern(R"(\s*(?:echo|printf)\b(?:[^|<>&;`$\n]|\$(?!\())*)");
  return boost::regex_match(command, pattern);
}

}  // namespace

bool tried(const Condition& condition, const CommandResult& result) {
  if (!names_end(result.command + "\n" + result.output, condition.pattern.remote)) return false;
  switch (condition.kind) {
    case Condition::Kind::refused:
      return says_refused(result);
    case Condition::Kind::timed_out:
      return says_timed_out(result);
    default:
      return !says_refused(result) && !says_timed_out(result) && !only_prints(result.command);
  }
}

}  // namespace portlab::labs
