#include "clients/scan/scan_result.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "clients/cli/numbers.hpp"

namespace portlab {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::uint8_t icmp_unreachable = 3;   // RFC 792
constexpr std::uint8_t icmp6_unreachable = 1;  // RFC 4443 section 3.1
constexpr std::uint8_t icmp_host_code = 1;
constexpr std::uint8_t icmp_port_code = 3;
constexpr std::uint8_t icmp6_address_code = 3;
constexpr std::uint8_t icmp6_port_code = 4;

/// RFC 792, RFC 1812 section 5.2.7.1, RFC 4443 section 3.1; null for other codes.
const char* unreachable_name(const IcmpError& error) {
  if (error.v6) {
    constexpr std::array names{"no route",
                               "administratively prohibited",
                               "beyond scope of source address",
                               "address unreachable",
                               "port unreachable",
                               "source address failed policy",
                               "reject route"};
    return error.code < names.size() ? names[error.code] : nullptr;
  }
  switch (error.code) {
    case 0:
      return "network unreachable";
    case 1:
      return "host unreachable";
    case 2:
      return "protocol unreachable";
    case icmp_port_code:
      return "port unreachable";
    case 9:
      return "network administratively prohibited";
    case 10:
      return "host administratively prohibited";
    case 13:
      return "administratively prohibited";
    default:
      return nullptr;
  }
}

bool is_unreachable(const IcmpError& error) {
  return error.type == (error.v6 ? icmp6_unreachable : icmp_unreachable);
}

std::string times(unsigned count) { return count == 1 ? "once" : std::to_string(count) + " times"; }

/// Whole tenths of a second, so that ports with nearly equal times are one group.
std::string rounded_seconds(microseconds duration) {
  const auto tenths = (duration.count() + 50'000) / 100'000;
  return in_seconds(milliseconds(tenths * 100));
}

}  // namespace

std::string_view to_string(PortState state) {
  switch (state) {
    case PortState::open:
      return "open";
    case PortState::closed:
      return "closed";
    case PortState::filtered:
      return "filtered";
    case PortState::open_or_filtered:
      return "open or filtered";
    case PortState::unknown:
      break;
  }
  return "unknown";
}

std::string to_string(const IcmpError& error) {
  if (error.by_this_machine) return "no machine has this address (it does not answer to ARP)";
  const std::string protocol = error.v6 ? "ICMPv6 " : "ICMP ";
  if (const char* name = is_unreachable(error) ? unreachable_name(error) : nullptr; name != nullptr)
    return protocol + name;
  return protocol + "type " + std::to_string(error.type) + " code " + std::to_string(error.code);
}

bool is_port_unreachable(const IcmpError& error) {
  return is_unreachable(error) && error.code == (error.v6 ? icmp6_port_code : icmp_port_code);
}

bool is_host_unreachable(const IcmpError& error) {
  return is_unreachable(error) && error.code == (error.v6 ? icmp6_address_code : icmp_host_code);
}

std::string known_by(const PortResult& result) {
  const bool tcp = result.transport == Transport::tcp;
  switch (result.evidence) {
    case Evidence::none:
      return "not scanned";
    case Evidence::syn_ack:
      return "answered SYN ACK";
    case Evidence::syn_ack_then_reset:
      return "answered SYN ACK, then RST";
    case Evidence::reset:
      return result.attempts > 1 ? "RST to a repeated SYN" : "RST at once";
    case Evidence::datagram:
      return "answered";
    case Evidence::icmp:
      return to_string(result.icmp);
    case Evidence::silence:
      return "nothing for " + rounded_seconds(result.took) + (tcp ? ", SYN" : ", question") +
             " sent " + times(result.attempts);
    case Evidence::refused_here:
      return "this machine's firewall lets no packet out";
    case Evidence::error:
      return std::strerror(result.error);
  }
  return {};
}

bool is_host_missing(const PortResult& result) {
  return result.evidence == Evidence::icmp ? result.icmp.by_this_machine
                                           : result.error == EHOSTUNREACH;
}

std::string duration_text(microseconds duration) {
  const auto milli = static_cast<double>(duration.count()) / 1000;
  std::array<char, 32> text{};
  if (milli >= 1000)
    std::snprintf(text.data(), text.size(), "%.1f s", milli / 1000);
  else
    std::snprintf(text.data(), text.size(),
                  milli < 0.1  ? "%.3f ms"
                  : milli < 10 ? "%.2f ms"
                               : "%.0f ms",
                  milli);
  return text.data();
}

}  // namespace portlab
