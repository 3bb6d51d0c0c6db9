#include "clients/net/socket_row.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace portlab {

namespace {

constexpr std::array<std::uint8_t, 12> ipv4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

std::string_view to_string(TcpState state) {
  // By the kernel's numbers.
  constexpr std::string_view names[] = {"UNKNOWN",    "ESTABLISHED", "SYN_SENT",  "SYN_RECV",
                                        "FIN_WAIT1",  "FIN_WAIT2",   "TIME_WAIT", "CLOSE",
                                        "CLOSE_WAIT", "LAST_ACK",    "LISTEN",    "CLOSING"};
  const auto number = static_cast<std::size_t>(state);
  return number < std::size(names) ? names[number] : names[0];
}

bool SocketEnd::is_ipv4() const {
  return std::equal(ipv4_prefix.begin(), ipv4_prefix.end(), address.begin());
}

asio::ip::address SocketEnd::to_address() const {
  const asio::ip::address_v6 six(address);
  if (!is_ipv4()) return six;
  return asio::ip::make_address_v4(asio::ip::v4_mapped, six);
}

SocketEnd socket_end(const asio::ip::address& address, std::uint16_t port) {
  SocketEnd end{{}, port};
  if (address.is_v4()) {
    const auto four = address.to_v4().to_bytes();
    std::copy(ipv4_prefix.begin(), ipv4_prefix.end(), end.address.begin());
    std::copy(four.begin(), four.end(), end.address.begin() + 12);
  } else {
    end.address = address.to_v6().to_bytes();
  }
  return end;
}

Endpoint to_endpoint(Transport transport, const SocketEnd& end) {
  return {transport, end.to_address(), end.port, {}};
}

void append_address(std::string& out, const SocketEnd& end) {
  if (!end.is_ipv4()) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(AF_INET6, end.address.data(), text.data(), text.size());
    out += '[';
    out += text.data();
    out += ']';
    return;
  }
  // Not inet_ntop(3), which uses printf: 6 of about 60 ms of the bench case `netstat with 15,000
  // sessions`.
  for (std::size_t i = 12; i < 16; ++i) {
    if (i > 12) out += '.';
    std::array<char, 3> digits{};
    out.append(digits.data(),
               std::to_chars(digits.data(), digits.data() + digits.size(), end.address[i]).ptr);
  }
}

}  // namespace portlab
